//! From a limit to the instants that it allows one recipient.

use super::{
    holidays::DaysOf,
    limit::LocalLimit,
    wall::{self, Days},
    zones::{Clock, Reckoning, Zones},
};
use crate::domain::{Duration, Span, Spans, Timestamp};

/// The longest stretch of time that is looked at, in days. Instants further ahead are not allowed.
pub const HORIZON_DAYS: i64 = 400;

/// The instants of the horizon that a limit allows a recipient in any of these zones.
///
/// `horizon` is when the message may go at all; what lies more than [`HORIZON_DAYS`] after its beginning is left
/// out. `days` tells the holidays where the recipient lives.
///
/// ```
/// use balustrade::{
///     domain::{Span, Timestamp},
///     rules::calendar::{allowed, DayKind, DaysOf, Hours, LocalLimit, LocalWindow, Zones},
/// };
/// use jiff::civil::time;
///
/// let at = |text: &str| Timestamp::from(text.parse::<jiff::Timestamp>().unwrap());
/// let nights = LocalLimit::QuietHours(vec![LocalWindow {
///     days: DayKind::EVERY,
///     hours: Hours { from: time(21, 30, 0, 0), until: time(8, 0, 0, 0) },
/// }]);
/// let horizon = Span::new(at("2026-11-02T20:00:00Z"), at("2026-11-03T20:00:00Z"));
/// let allowed = allowed(&nights, horizon, &Zones::of(Some("Europe/Rome"), None), DaysOf::UNKNOWN);
/// let now = at("2026-11-02T22:15:00Z");
/// assert_eq!(allowed.nearest(now), Some(at("2026-11-03T07:00:00Z")), "eight in the morning in Rome");
/// ```
#[must_use]
pub fn allowed(limit: &LocalLimit, horizon: Span, zones: &Zones, days: DaysOf<'_>) -> Spans {
    let horizon = horizon_of(horizon);
    let Some(around) = Days::around(horizon).filter(|_| !horizon.is_empty()) else {
        return Spans::nothing();
    };
    let readings = wall::allowed(limit, around, days);
    let mut left = Spans::from(horizon);
    for clock in zones.clocks(horizon) {
        left = left.intersection(&shown(&readings, &clock));
        if left.is_empty() {
            break;
        }
    }
    left
}

/// What is looked at of a stretch of time.
pub(super) fn horizon_of(stated: Span) -> Span {
    let furthest = stated.from.plus(Duration::from_days(HORIZON_DAYS));
    Span::new(stated.from, stated.until.min(furthest))
}

/// The instants at which this clock shows one of the readings.
fn shown(readings: &Spans, clock: &Clock) -> Spans {
    clock
        .iter()
        .flat_map(|reckoning| while_so(readings, *reckoning))
        .collect()
}

fn while_so(readings: &Spans, Reckoning { during, ahead }: Reckoning) -> Vec<Span> {
    let reading = |at: Timestamp| at.plus(ahead);
    let instant = |at: Timestamp| at.plus(Duration::from_millis(-ahead.as_millis()));
    let seen = readings.within(Span::new(reading(during.from), reading(during.until)));
    let instants = seen
        .ranges()
        .iter()
        .map(|span| Span::new(instant(span.from), instant(span.until)));
    instants.collect()
}
