//! What bounds and values come to, so that they can be compared.

use std::cmp::Ordering;

use crate::rules::{
    band::Human,
    calendar::LocalLimit,
    draft::{Action, Amount},
    syntax::ast::{ReachDef, StepDef},
};

/// Which comes first; `None` where amounts are of different currencies or kinds.
pub(super) fn compared(a: Amount, b: Amount) -> Option<Ordering> {
    match (a, b) {
        (Amount::Price(a), Amount::Price(b)) => (a.currency == b.currency).then(|| a.value.cmp(&b.value)),
        (Amount::Part(a), Amount::Part(b)) => Some(a.cmp(&b)),
        (Amount::Price(_), Amount::Part(_)) | (Amount::Part(_), Amount::Price(_)) => None,
    }
}

/// The lower and the upper end of what an action keeps in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Range {
    pub(super) at_least: Option<Amount>,
    pub(super) at_most: Option<Amount>,
}

impl Range {
    /// Of a bound.
    pub(super) fn of(action: &Action) -> Self {
        match action {
            Action::AtLeast(bound) => Self {
                at_least: Some(*bound),
                at_most: None,
            },
            Action::AtMost(bound) => Self {
                at_least: None,
                at_most: Some(*bound),
            },
            Action::Share(range) => Self {
                at_least: Some(Amount::Part(range.at_least)),
                at_most: Some(Amount::Part(range.at_most)),
            },
            Action::Block
            | Action::Exclude
            | Action::Hold(_)
            | Action::Cap(_)
            | Action::AtMostPer(_)
            | Action::Times(_)
            | Action::StepAtMost(_)
            | Action::Force(_)
            | Action::ForceAt(_)
            | Action::StartAt(_)
            | Action::Pin(_)
            | Action::Adjust(_)
            | Action::Boost(_)
            | Action::Note(_) => Self::default(),
        }
    }

    /// Whether it keeps nothing in that the other keeps out, and the other keeps something out.
    fn is_within(self, other: Self) -> bool {
        let low = other.at_least.is_none_or(|other| {
            let own = self.at_least.and_then(|own| compared(own, other));
            own.is_some_and(Ordering::is_ge)
        });
        let high = other.at_most.is_none_or(|other| {
            let own = self.at_most.and_then(|own| compared(own, other));
            own.is_some_and(Ordering::is_le)
        });
        other != Self::default() && low && high
    }
}

/// The value that a directive chooses, where it is an amount.
pub(super) fn chosen(action: &Action) -> Option<Amount> {
    match action {
        Action::Force(value) => Some(*value),
        Action::StartAt(start) => match &start.human {
            Human::Price(price, _) => Some(Amount::Price(*price)),
            Human::Part(part, _) => Some(Amount::Part(*part)),
            Human::Time(..) | Human::List(..) => None,
        },
        Action::Block
        | Action::Exclude
        | Action::Hold(_)
        | Action::AtLeast(_)
        | Action::AtMost(_)
        | Action::Cap(_)
        | Action::AtMostPer(_)
        | Action::Times(_)
        | Action::Share(_)
        | Action::StepAtMost(_)
        | Action::ForceAt(_)
        | Action::Pin(_)
        | Action::Adjust(_)
        | Action::Boost(_)
        | Action::Note(_) => None,
    }
}

/// Whether a bound lets nothing out that the other keeps in.
pub(super) fn is_within(tighter: &Action, looser: &Action) -> bool {
    if let (Action::Cap(tight), Action::Cap(loose)) = (tighter, looser) {
        let reaches = tight.reach == ReachDef::AcrossChannels || tight.reach == loose.reach;
        return reaches && tight.most <= loose.most && tight.window >= loose.window;
    }
    if let (Action::AtMostPer(tight), Action::AtMostPer(loose)) = (tighter, looser) {
        return tight.fact == loose.fact && tight.most <= loose.most;
    }
    if let (Action::StepAtMost(tight), Action::StepAtMost(loose)) = (tighter, looser) {
        return match (tight, loose) {
            (StepDef::OfItsLast(tight), StepDef::OfItsLast(loose))
            | (StepDef::Points(tight), StepDef::Points(loose)) => tight <= loose,
            (StepDef::OfItsLast(_), StepDef::Points(_)) | (StepDef::Points(_), StepDef::OfItsLast(_)) => {
                false
            }
        };
    }
    if let (Action::Times(tight), Action::Times(loose)) = (tighter, looser) {
        return tight == loose;
    }
    Range::of(tighter).is_within(Range::of(looser))
}

const fn limit_name(limit: &LocalLimit) -> &'static str {
    match limit {
        LocalLimit::QuietHours(_) => "quiet_hours",
        LocalLimit::OnlyOn(_) => "only_on",
        LocalLimit::NotBefore(_) => "not_before",
        LocalLimit::NotAfter(_) => "not_after",
    }
}

/// An effect as it is written, as far as a finding speaks of it.
pub(super) fn words(action: &Action) -> String {
    match action {
        Action::AtLeast(amount) => format!("at_least: {amount}"),
        Action::AtMost(amount) => format!("at_most: {amount}"),
        Action::Force(amount) => format!("force: {amount}"),
        Action::StartAt(start) => format!("start_at: {}", start.human),
        Action::ForceAt(at) => format!("force: {}", at.strftime("%H:%M")),
        Action::Pin(slot) => format!("pin: {slot}"),
        Action::Share(range) => format!("share: {}-{}", range.at_least, range.at_most),
        Action::Cap(cap) => format!("at_most: {} in {}", cap.most, cap.window),
        Action::AtMostPer(per) => format!("at_most: {} per fact", per.most),
        Action::StepAtMost(StepDef::OfItsLast(share)) => format!("step_at_most: {share}"),
        Action::StepAtMost(StepDef::Points(points)) => format!("step_at_most: {points}"),
        Action::Times(times) => limit_name(&times.limit).to_owned(),
        Action::Block => "block".to_owned(),
        Action::Exclude => "exclude".to_owned(),
        Action::Hold(role) => format!("hold: {role}"),
        Action::Adjust(by) => format!("adjust: {by}"),
        Action::Boost(by) => format!("boost: {by}"),
        Action::Note(_) => "note".to_owned(),
    }
}
