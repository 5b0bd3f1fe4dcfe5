//! One sentence a person can read out: what was answered, what was wished, because of whom.

use std::fmt::Write as _;

use crate::{
    domain::{Choice, Currency, RuleCard, RuleIx, RuleTable, Source, Verdict},
    guardrail::Answer,
};

/// For instance: `bid lowered from 2.40 to 1.95 EUR because of italy-cap (anna: no data before March);
/// company-max-bid would have done it too`.
pub(super) fn sentence(answer: &Answer, rules: &RuleTable, currency: Currency) -> String {
    let mut text = match answer.verdict {
        Verdict::Blocked => "blocked".to_owned(),
        Verdict::Held => "held until somebody approves".to_owned(),
        Verdict::Changed => changed(answer.wish, answer.choice, currency),
        Verdict::Allowed => plain(answer.choice, answer.source, currency),
    };
    // Writing to a text cannot fail.
    if let Some(reason) = answer.fallback {
        let _ = write!(text, ", the fallback for `{}`", reason.name());
    }
    because(&mut text, &answer.causes.because_of, rules);
    also(&mut text, &answer.causes.also, rules);
    text
}

fn changed(wish: Option<Choice>, choice: Option<Choice>, currency: Currency) -> String {
    match (wish.and_then(Choice::price), choice) {
        (Some(from), Some(Choice::Bid(to))) if to < from => {
            format!("bid lowered from {from} to {to} {currency}")
        }
        (Some(from), Some(Choice::Bid(to))) if to > from => {
            format!("bid raised from {from} to {to} {currency}")
        }
        (Some(from), Some(Choice::NoBid(reason))) => {
            format!("no bid ({reason}) instead of {from} {currency}")
        }
        (None, Some(Choice::Bid(to))) => format!("bid {to} {currency} instead of none"),
        (Some(_) | None, choice) => plain(choice, Source::Fallback, currency),
    }
}

fn plain(choice: Option<Choice>, source: Source, currency: Currency) -> String {
    let whose = match source {
        Source::Model => "as the model wished",
        Source::Human => "as people set it",
        Source::Blend => "between people's value and the model's",
        Source::Fallback => "without the model",
    };
    match choice {
        Some(Choice::Bid(price)) => format!("bid {price} {currency}, {whose}"),
        Some(Choice::NoBid(reason)) => format!("no bid ({reason})"),
        None => "no answer".to_owned(),
    }
}

fn because(text: &mut String, rules: &[RuleIx], table: &RuleTable) {
    let mut join = " because of ";
    for card in rules.iter().filter_map(|rule| table.get(*rule)) {
        let RuleCard {
            id, owner, because, ..
        } = card;
        let _ = write!(text, "{join}{id} ({owner}: {because})");
        join = " and ";
    }
}

fn also(text: &mut String, rules: &[RuleIx], table: &RuleTable) {
    let names: Vec<&str> = rules
        .iter()
        .filter_map(|rule| table.get(*rule))
        .map(|card| card.id.as_str())
        .collect();
    if !names.is_empty() {
        let _ = write!(text, "; {} would have done it too", names.join(", "));
    }
}
