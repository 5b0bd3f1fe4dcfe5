//! When a message may be sent: the limits of times, merged.

use std::sync::LazyLock;

use jiff::{
    civil::Date,
    tz::{TimeZone, TimeZoneDatabase},
};

use super::{
    Active, Attribute, CandidateLimits, Duration, Effect, Facts, Sending, Spans, Tier, TimeOfDay, Timestamp,
};

/// The instants at which the limits let a message be sent: those that every restriction allows and, as far as any
/// such is, people chose. Nothing where rules are at odds.
#[must_use]
pub fn sendable(limits: &CandidateLimits) -> Spans {
    let Some(window) = limits.window.as_ref().filter(|_| limits.is_free()) else {
        return Spans::nothing();
    };
    let timed = Timed::of(window, limits.effects.iter());
    let Some(chosen) = &timed.directive else {
        return timed.allowed;
    };
    let Chosen::Near { near, .. } = chosen else {
        return Spans::nothing();
    };
    let both = timed.allowed.intersection(near);
    if !both.is_empty() {
        return both;
    }
    // None of people's instants is allowed: the allowed one nearest to theirs, and no other.
    let nearest = window.first().and_then(|first| timed.nearest(first));
    nearest.map_or_else(Spans::nothing, |at| {
        Spans::of(at, at.plus(Duration::from_millis(1)))
    })
}

/// The first instant at that local time of the recipient that the caller can send at; the earliest where there is
/// none. Where the zone is unknown the time is read as UTC: the limits bound it whatever it is.
#[must_use]
pub fn local_time(sending: Sending, time: Option<TimeOfDay>, facts: &Facts) -> Timestamp {
    let zone = zone_of(facts);
    let first_day = sending.earliest.to_jiff().to_zoned(zone.clone()).date();
    let on = |day: Date| at_local(day, time?, &zone);
    let days = [Some(first_day), first_day.tomorrow().ok()];
    days.into_iter()
        .flatten()
        .filter_map(on)
        .find(|at| (sending.earliest..sending.latest).contains(at))
        .unwrap_or(sending.earliest)
}

/// The zones as this build has them, the same on every machine.
static BUNDLED: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// The recipient's zone; UTC where it is unknown.
#[must_use]
pub fn zone_of(facts: &Facts) -> TimeZone {
    let stated = facts.word(&Attribute::ContactZone);
    let zone = stated.and_then(|zone| BUNDLED.get(zone.as_str()).ok());
    // `Etc/Unknown` is a name too, and would pass for UTC.
    zone.filter(|zone| !zone.is_unknown()).unwrap_or(TimeZone::UTC)
}

fn at_local(day: Date, time: TimeOfDay, zone: &TimeZone) -> Option<Timestamp> {
    let (hour, minute) = (time.minutes() / 60, time.minutes() % 60);
    let at = day.at(i8::try_from(hour).ok()?, i8::try_from(minute).ok()?, 0, 0);
    Some(at.to_zoned(zone.clone()).ok()?.timestamp().into())
}

/// The feasible set of instants that a set of effects leaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Timed {
    /// The instants that every restriction allows.
    pub(super) allowed: Spans,
    /// What people chose.
    pub(super) directive: Option<Chosen>,
}

/// The instants that people chose; the highest tier wins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Chosen {
    Near { tier: Tier, human: Spans, near: Spans },
    Conflict { tier: Tier },
}

impl Timed {
    /// Merges effects over the instants at which the caller can send. Their order does not matter.
    pub(super) fn of<'a>(window: &Spans, effects: impl Iterator<Item = &'a Active> + Clone) -> Self {
        let mut allowed = window.clone();
        for active in effects.clone() {
            if let Effect::Times { allowed: of_rule, .. } = &active.effect {
                allowed = allowed.intersection(of_rule);
            } else if let Effect::Cap(cap) = &active.effect {
                allowed = allowed.intersection(&cap.allowed);
            }
        }
        Self {
            allowed,
            directive: effects.filter_map(Chosen::of).reduce(Chosen::merged),
        }
    }

    /// The instants that restrictions and people leave, and the one nearest to `wish`.
    ///
    /// Where no instant that people chose is allowed, the allowed one nearest to theirs.
    pub(super) fn nearest(&self, wish: Timestamp) -> Option<Timestamp> {
        let Some(Chosen::Near { human, near, .. }) = &self.directive else {
            return self.allowed.nearest(wish);
        };
        let both = self.allowed.intersection(near);
        if both.is_empty() {
            return self.allowed.nearest(human.nearest(wish).unwrap_or(wish));
        }
        both.nearest(wish)
    }

    /// Whether an instant is allowed and, where any such is, one that people chose.
    pub(super) fn permits(&self, at: Timestamp) -> bool {
        let chosen = match &self.directive {
            Some(Chosen::Near { near, .. }) => self.allowed.intersection(near),
            Some(Chosen::Conflict { .. }) => return false,
            None => return self.allowed.contains(at),
        };
        let left = if chosen.is_empty() { &self.allowed } else { &chosen };
        left.contains(at)
    }
}

impl Chosen {
    const fn tier(&self) -> Tier {
        match self {
            Self::Near { tier, .. } | Self::Conflict { tier } => *tier,
        }
    }

    fn of(active: &Active) -> Option<Self> {
        let tier = active.tier;
        if let Effect::ForceAt(at) = &active.effect {
            let (human, near) = (at.clone(), at.clone());
            return Some(Self::Near { tier, human, near });
        }
        let Effect::BandAt(band) = &active.effect else {
            return None;
        };
        let (human, near) = (band.human.clone(), band.near.clone());
        Some(Self::Near { tier, human, near })
    }

    fn merged(self, other: Self) -> Self {
        match self.tier().cmp(&other.tier()) {
            std::cmp::Ordering::Greater => self,
            std::cmp::Ordering::Less => other,
            std::cmp::Ordering::Equal if self == other => self,
            std::cmp::Ordering::Equal => Self::Conflict { tier: self.tier() },
        }
    }
}
