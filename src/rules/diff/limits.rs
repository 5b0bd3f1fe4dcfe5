//! Whether a limit on times or on parts of a total permits less or more than before.
//!
//! What is told is certain: a window counts as covered where one window of the other side holds it whole. Where it
//! takes several, nothing is told.

use super::permits::Permits;
use crate::rules::{
    calendar::{DayKind, Edge, Hours, LocalLimit, LocalWindow},
    draft::{Action, RuleDraft, TimesAction},
    syntax::ast::RangeDef,
};

/// The minutes of a day.
const DAY: i32 = 24 * 60;

/// Of the effect of that name, which both rules have once; `None` where it is neither of times nor a share.
pub(super) fn limits(name: &str, old: &RuleDraft, new: &RuleDraft) -> Option<Permits> {
    if let (Some(old), Some(new)) = (share(name, old), share(name, new)) {
        return Some(shares(old, new));
    }
    let (old, new) = (times(name, old)?, times(name, new)?);
    if old.clock != new.clock {
        return Some(Permits::CannotBeTold);
    }
    Some(match (&old.limit, &new.limit) {
        (LocalLimit::QuietHours(old), LocalLimit::QuietHours(new)) => {
            Permits::of_reach(are_covered(old, new), are_covered(new, old))
        }
        (LocalLimit::OnlyOn(old), LocalLimit::OnlyOn(new)) => {
            Permits::of_reach(are_covered(new, old), are_covered(old, new))
        }
        (LocalLimit::NotBefore(old), LocalLimit::NotBefore(new)) => edges(*old, *new),
        (LocalLimit::NotAfter(old), LocalLimit::NotAfter(new)) => edges(*new, *old),
        (
            LocalLimit::QuietHours(_)
            | LocalLimit::OnlyOn(_)
            | LocalLimit::NotBefore(_)
            | LocalLimit::NotAfter(_),
            _,
        ) => Permits::CannotBeTold,
    })
}

fn share(name: &str, rule: &RuleDraft) -> Option<RangeDef> {
    let mut shares = rule.effects.iter().filter_map(|effect| {
        let Action::Share(range) = &effect.action else {
            return None;
        };
        Some(*range)
    });
    shares.next().filter(|_| name == "share")
}

fn times<'r>(name: &str, rule: &'r RuleDraft) -> Option<&'r TimesAction> {
    let mut limits = rule.effects.iter().filter_map(|effect| {
        let Action::Times(times) = &effect.action else {
            return None;
        };
        Some(times)
    });
    limits.find(|times| {
        name == match times.limit {
            LocalLimit::QuietHours(_) => "quiet_hours",
            LocalLimit::OnlyOn(_) => "only_on",
            LocalLimit::NotBefore(_) => "not_before",
            LocalLimit::NotAfter(_) => "not_after",
        }
    })
}

fn shares(old: RangeDef, new: RangeDef) -> Permits {
    let within =
        |narrow: RangeDef, wide: RangeDef| wide.at_least <= narrow.at_least && narrow.at_most <= wide.at_most;
    match (within(new, old), within(old, new)) {
        (true, true) => Permits::Same,
        (true, false) => Permits::Tighter,
        (false, true) => Permits::Looser,
        (false, false) => Permits::Different,
    }
}

/// Of two ends from which on something is allowed the later is tighter.
fn edges(old: Edge, new: Edge) -> Permits {
    match (old, new) {
        (Edge::Time(old), Edge::Time(new)) => Permits::of_reach(old <= new, new <= old),
        (Edge::Date(old), Edge::Date(new)) => Permits::of_reach(old <= new, new <= old),
        (Edge::Time(_), Edge::Date(_)) | (Edge::Date(_), Edge::Time(_)) => Permits::CannotBeTold,
    }
}

fn are_covered(windows: &[LocalWindow], by: &[LocalWindow]) -> bool {
    let covered = |window: &LocalWindow| by.iter().any(|by| is_covered(*window, *by));
    windows.iter().all(covered)
}

fn is_covered(window: LocalWindow, by: LocalWindow) -> bool {
    let begins_later = window.hours.from >= by.hours.from;
    // What begins earlier in the day lies in the window that began on the day before, if there was one.
    let days = is_within(window.days, by.days) && (begins_later || by.days == DayKind::EVERY);
    let offset = (minute(window.hours.from) - minute(by.hours.from)).rem_euclid(DAY);
    days && offset + length(window.hours) <= length(by.hours)
}

fn minute(time: jiff::civil::Time) -> i32 {
    i32::from(time.hour()) * 60 + i32::from(time.minute())
}

/// From one time to the same is a whole day.
fn length(hours: Hours) -> i32 {
    match (minute(hours.until) - minute(hours.from)).rem_euclid(DAY) {
        0 => DAY,
        length => length,
    }
}

fn is_within(days: DayKind, by: DayKind) -> bool {
    if by == DayKind::EVERY {
        return true;
    }
    match (days, by) {
        (DayKind::Weekdays(days), DayKind::Weekdays(by)) => days.and(by) == by,
        (DayKind::Holidays, DayKind::Holidays) | (DayKind::Eves, DayKind::Eves) => true,
        (
            DayKind::Dates { first, last },
            DayKind::Dates {
                first: begins,
                last: ends,
            },
        ) => begins <= first && last <= ends,
        (DayKind::Weekdays(_) | DayKind::Holidays | DayKind::Eves | DayKind::Dates { .. }, _) => false,
    }
}
