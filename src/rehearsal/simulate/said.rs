//! A change as people read it.

use super::{once::Changed, report::Change};
use crate::domain::{
    Attribute, CandidateRecord, Choice, Currency, Micros, Money, Question, Record, RuleIx, RuleTable,
    Verdict, Word,
};
use crate::guardrail::Answer;

/// The value as a person writes it; empty where none leaves.
pub(super) fn value(choice: Option<Choice>, currency: Currency) -> String {
    let money = |amount: Micros| Money { amount, currency }.to_string();
    match choice {
        None => String::new(),
        Some(Choice::Bid(price)) => money(price),
        Some(Choice::NoBid(reason)) => format!("no bid ({reason})"),
        Some(Choice::Send(at)) => at.to_string(),
        Some(Choice::Show(slot)) => format!("slot {slot}"),
        Some(Choice::NotShown) => "not shown".to_owned(),
        Some(Choice::Share(part)) => money(part),
        Some(Choice::Score(millionths)) => format!("{:.2} %", millionths.to_f64() / 10_000.0),
    }
}

/// `IT display`; what is not known is `-`.
pub(super) fn market(record: &Record) -> String {
    let word = |attribute| record.facts.word(&attribute).map_or("-", Word::as_str);
    format!(
        "{} {}",
        word(Attribute::MarketCountry),
        word(Attribute::MarketChannel)
    )
}

/// The ids of rules.
pub(super) fn ids(rules: &RuleTable, named: &[RuleIx]) -> Vec<String> {
    let cards = named.iter().filter_map(|rule| rules.get(*rule));
    cards.map(|card| card.id.to_string()).collect()
}

/// Which way an answer turned, the gravest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Way {
    Blocked,
    Held,
    Freed,
    Lower,
    Higher,
    Other,
}

impl Way {
    pub(super) fn of(then: &CandidateRecord, now: &Answer) -> Self {
        let free = |verdict: Verdict| matches!(verdict, Verdict::Allowed | Verdict::Changed);
        match now.verdict {
            Verdict::Blocked if then.verdict != Verdict::Blocked => return Self::Blocked,
            Verdict::Held if then.verdict != Verdict::Held => return Self::Held,
            Verdict::Allowed | Verdict::Changed if !free(then.verdict) => return Self::Freed,
            Verdict::Blocked | Verdict::Held | Verdict::Allowed | Verdict::Changed => {}
        }
        match (amount(then.choice), amount(now.choice)) {
            (Some(before), Some(after)) if after < before => Self::Lower,
            (Some(before), Some(after)) if after > before => Self::Higher,
            (Some(_), Some(_)) | (None, _) | (_, None) => Self::Other,
        }
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Blocked => "blocked",
            Self::Held => "held",
            Self::Freed => "freed",
            Self::Lower => "lower",
            Self::Higher => "higher",
            Self::Other => "other",
        }
    }
}

/// A no-bid is a bid of nothing.
fn amount(choice: Option<Choice>) -> Option<Micros> {
    match choice? {
        Choice::NoBid(_) => Some(Micros::ZERO),
        choice @ (Choice::Bid(_) | Choice::Share(_) | Choice::Score(_)) => choice.amount(),
        Choice::Send(_) | Choice::Show(_) | Choice::NotShown => None,
    }
}

pub(super) fn change(record: &Record, changed: &Changed, place: usize, now: &Answer) -> Option<Change> {
    let then = record.candidates.get(place)?;
    Some(Change {
        decision_id: record.decision.to_string(),
        candidate_id: then.id.to_string(),
        campaign_id: then.campaign.to_string(),
        kind: record.question.kind().name().to_owned(),
        market: market(record),
        before_verdict: then.verdict.name().to_owned(),
        before: value(then.choice, then.currency),
        after_verdict: now.verdict.name().to_owned(),
        after: value(now.choice, then.currency),
        because_of: ids(&changed.rules, &now.causes.because_of),
        asked_now: changed.asked_now.contains(&place),
        size: size(&record.question, then.choice, now.choice),
    })
}

/// By how much an answer changed: first as money in micros, then as a part of the larger value. What is no money
/// changes wholly or by its part.
fn size(question: &Question, then: Option<Choice>, now: Option<Choice>) -> (i64, i64) {
    let of = |choice: Option<Choice>| amount(choice).unwrap_or_default().get();
    let (before, after) = (of(then), of(now));
    let moved = before.saturating_sub(after).saturating_abs();
    let larger = before.max(after).max(1);
    let part = i64::try_from(i128::from(moved) * 1_000_000 / i128::from(larger)).unwrap_or(i64::MAX);
    match question {
        // CPM: the price of one impression is a thousandth of it.
        Question::Bid(_) => (moved / 1_000, part),
        Question::Budget(_) => (moved, part),
        Question::SendTime(_) | Question::Recommendation { .. } => (0, 1_000_000),
        Question::Score => (0, part),
    }
}
