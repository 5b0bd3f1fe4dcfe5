use std::sync::Arc;

use jiff::tz::TimeZone;

use super::{code, conditions::Reader};
use crate::{
    domain::Word,
    rules::{
        band::{HandOver, Human, NovelBy, StartAt},
        calendar::LocalLimit,
        condition::{Condition, Reading},
        draft::{Action, Amount, EffectDraft, In, LocalClock, PerFactAction, TimesAction},
        syntax::{
            Findings, Spanned,
            ast::{AmountDef, ConditionDef, EffectDef, EvidenceDef, PerFactDef, StartAtDef, StartDef},
            did_you_mean, say,
        },
        vocabulary::{FactType, Scope},
    },
};

/// The window of evidence where a rule does not say, in days.
const WINDOW_DAYS: u32 = 30;

/// What a rule does, held against the vocabulary; `zone` is that of the file.
pub(super) fn effect(
    def: &Spanned<EffectDef>,
    zone: &TimeZone,
    reader: &mut Reader<'_, '_, '_>,
) -> Option<EffectDraft> {
    let (guard, action) = match &def.value {
        EffectDef::Block => (None, Action::Block),
        EffectDef::Hold { role } => (None, Action::Hold(role.value.clone())),
        EffectDef::AtLeast(bound) => (None, Action::AtLeast(amount(bound.value))),
        EffectDef::AtMost(bound) => (None, Action::AtMost(amount(bound.value))),
        EffectDef::Cap(cap) => (None, Action::Cap(cap.value)),
        EffectDef::AtMostPer(per) => (None, Action::AtMostPer(per_fact(&per.value, reader)?)),
        EffectDef::Times(limit) => (None, Action::Times(times(&limit.value, zone))),
        EffectDef::Share(range) => (None, Action::Share(range.value)),
        EffectDef::StepAtMost(step) => (None, Action::StepAtMost(step.value)),
        EffectDef::Force(value) => (None, Action::Force(amount(value.value))),
        EffectDef::ForceAt(at) => (None, Action::ForceAt(at.value)),
        EffectDef::StartAt(start) => (None, Action::StartAt(start_at(start, reader.findings)?)),
        EffectDef::Adjust(by) => (None, Action::Adjust(by.value)),
        EffectDef::Note(text) => (None, Action::Note(Arc::from(text.value.as_str()))),
        EffectDef::Pin(pin) => (which(pin.which.as_ref(), reader)?, Action::Pin(pin.slot.value)),
        EffectDef::Boost(boost) => (
            which(boost.which.as_ref(), reader)?,
            Action::Boost(boost.by.value),
        ),
        EffectDef::Exclude(out) => {
            let out = reader.of_candidates(out, Reading::Any)?;
            (Some(out), Action::Exclude)
        }
        EffectDef::Only(stays) => {
            let stays = reader.of_candidates(stays, Reading::Every)?;
            (Some(Condition::Not(Box::new(stays))), Action::Exclude)
        }
    };
    Some(EffectDraft { guard, action })
}

const fn amount(def: AmountDef) -> Amount {
    match def {
        AmountDef::Price(money) => Amount::Price(In {
            currency: money.currency,
            value: money.amount,
        }),
        AmountDef::Part(part) => Amount::Part(part),
    }
}

#[expect(
    clippy::option_option,
    reason = "outer: whether it can be read; inner: whether there is one"
)]
fn which(def: Option<&ConditionDef>, reader: &mut Reader<'_, '_, '_>) -> Option<Option<Condition>> {
    match def {
        Some(which) => reader.of_candidates(which, Reading::Any).map(Some),
        None => Some(None),
    }
}

/// Quiet hours are the recipient's own; every other window is the file's.
fn times(limit: &LocalLimit, zone: &TimeZone) -> TimesAction {
    let clock = match limit {
        LocalLimit::QuietHours(_) => LocalClock::Recipient,
        LocalLimit::OnlyOn(_) | LocalLimit::NotBefore(_) | LocalLimit::NotAfter(_) => {
            LocalClock::Zone(zone.clone())
        }
    };
    TimesAction {
        limit: limit.clone(),
        clock,
    }
}

/// A fact of candidates whose values can be counted.
fn per_fact(def: &PerFactDef, reader: &mut Reader<'_, '_, '_>) -> Option<PerFactAction> {
    let key = reader.key(&def.fact)?;
    let entry = reader.vocabulary.entry(key.slot)?;
    let counted = match entry.fact_type {
        FactType::Text
        | FactType::Labels
        | FactType::Clock
        | FactType::Instant
        | FactType::Number
        | FactType::Price(_)
        | FactType::Flag => false,
        FactType::Country
        | FactType::OneOf(_)
        | FactType::Name
        | FactType::Declared
        | FactType::Chosen
        | FactType::Word
        | FactType::Prefix
        | FactType::Topics(_)
        | FactType::Site => entry.scope == Scope::Candidate,
    };
    if !counted {
        reader
            .findings
            .error(
                code::WRONG_TEST,
                def.fact.span,
                say!("shown items cannot be counted by `{}`", &def.fact.value),
            )
            .help(say!(
                "count by a fact in which items differ, such as `2 per item.category` or `2 per brand`"
            ));
        return None;
    }
    Some(PerFactAction {
        fact: key.slot,
        most: def.most,
    })
}

fn start_at(def: &StartAtDef, findings: &mut Findings<'_>) -> Option<StartAt> {
    let human = match &def.start {
        StartDef::Price(price, share) => Human::Price(
            In {
                currency: price.value.currency,
                value: price.value.amount,
            },
            *share,
        ),
        StartDef::Part(part, points) => Human::Part(part.value, *points),
        StartDef::Time(at, time) => Human::Time(at.value, *time),
        StartDef::List(items, slots) => Human::List(list(items, findings)?, *slots),
    };
    let novel_by = novel_by(&def.novel_by, findings)?;
    Some(StartAt {
        human,
        hand_over: hand_over(&def.hand_over_at.value, novel_by),
    })
}

/// The items of a list, each once.
pub(super) fn list(items: &[Spanned<String>], findings: &mut Findings<'_>) -> Option<Vec<Word>> {
    let mut words: Vec<Word> = Vec::with_capacity(items.len());
    for item in items {
        let word = Word::new(&item.value).ok()?;
        if words.contains(&word) {
            findings
                .error(
                    code::REUSED_ID,
                    item.span,
                    say!("`{}` is twice in the list", &item.value),
                )
                .help(say!("an item stands in one slot"));
            return None;
        }
        words.push(word);
    }
    Some(words)
}

fn hand_over(evidence: &EvidenceDef, novel_by: Vec<NovelBy>) -> HandOver {
    let days = evidence.within.map(|within| within.as_millis() / 86_400_000);
    HandOver {
        need: evidence.count,
        window_days: days.map_or(WINDOW_DAYS, |days| u32::try_from(days.max(1)).unwrap_or(u32::MAX)),
        novel_by,
    }
}

fn novel_by(written: &[Spanned<String>], findings: &mut Findings<'_>) -> Option<Vec<NovelBy>> {
    let mut ways = Vec::new();
    for written in written {
        let Some(way) = NovelBy::from_name(&written.value) else {
            let near = did_you_mean(&written.value, NovelBy::ALL.iter().map(|way| way.name()));
            findings
                .error(
                    code::UNKNOWN_VALUE,
                    written.span,
                    say!("a market is not novel by `{}`", &written.value),
                )
                .help(say!("did you mean `{}`?", near.unwrap_or("country")));
            return None;
        };
        ways.push(way);
    }
    if ways.is_empty() {
        ways.extend(NovelBy::DEFAULT);
    }
    ways.sort_unstable();
    ways.dedup();
    Some(ways)
}
