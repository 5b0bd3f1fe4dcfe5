//! When a clock comes to show a time of day.

use jiff::civil::Time;

use super::{
    allowed::horizon_of,
    wall::{Days, reading_of},
    zones::{Clock, Zones},
};
use crate::domain::{Duration, Span, Spans, Timestamp};

/// The instants of the horizon at which a recipient's clock comes to show a time of day, one millisecond each.
///
/// A time that is skipped is taken for the moment at which the clock was put forward; one that shows twice counts
/// the first time. Where the recipient may live by several clocks, those of each: what people chose is then kept
/// somewhere, and limits on time still hold everywhere.
#[must_use]
pub fn shown_at(time: Time, horizon: Span, zones: &Zones) -> Spans {
    let horizon = horizon_of(horizon);
    let Some(days) = Days::around(horizon).filter(|_| !horizon.is_empty()) else {
        return Spans::nothing();
    };
    // A change of clocks just before may have shown the time already, or skipped it.
    let clocks = zones.clocks(Span::new(
        horizon.from.plus(Duration::from_days(-2)),
        horizon.until.plus(Duration::from_days(2)),
    ));
    let instants = clocks.iter().flat_map(|clock| {
        days.iter()
            .filter_map(move |day| first_shown(clock, reading_of(day, time)))
    });
    instants
        .map(|at| Span::new(at, at.plus(Duration::from_millis(1))))
        .collect::<Spans>()
        .within(horizon)
}

/// When a clock first shows a reading, or has just skipped it.
fn first_shown(clock: &Clock, reading: Timestamp) -> Option<Timestamp> {
    let mut shown_until = None;
    for reckoning in clock {
        let first = reckoning.during.from.plus(reckoning.ahead);
        if shown_until.is_some_and(|until| until <= reading) && reading < first {
            return Some(reckoning.during.from);
        }
        let instant = reading.plus(Duration::from_millis(-reckoning.ahead.as_millis()));
        if reckoning.during.contains(instant) {
            return Some(instant);
        }
        shown_until = Some(reckoning.during.until.plus(reckoning.ahead));
    }
    None
}
