//! Which clocks a recipient may live by.
//!
//! Where the zone is not known, it may be any of the country's, and where the country is not known either, any
//! of the world's; a limit then allows only the instants that it allows in each of them. Countries and their
//! zones are those of `zone.tab` of the IANA time zone database.

use std::{collections::BTreeMap, sync::LazyLock};

use jiff::tz::{TimeZone, TimeZoneDatabase};
use smallvec::SmallVec;

use crate::domain::{Duration, Span, Timestamp};

/// The zones of each country, as in `zone.tab`: `IT,Europe/Rome`.
const TABLE: &str = include_str!("zones.csv");

/// The zones that come with the program. Those of the machine may be of any year, and the same decision must
/// come out the same on every one.
static BUNDLED: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

static WORLD: LazyLock<World> = LazyLock::new(World::read);

#[derive(Default)]
struct World {
    zones: Vec<TimeZone>,
    /// Where the zones of a country stand among all.
    countries: BTreeMap<&'static str, std::ops::Range<usize>>,
}

impl World {
    fn read() -> Self {
        let mut world = Self::default();
        for row in TABLE.lines().skip(1) {
            let Some((country, names)) = row.split_once(',') else {
                continue;
            };
            let before = world.zones.len();
            world.zones.extend(names.split(' ').filter_map(named));
            world.countries.insert(country, before..world.zones.len());
        }
        world
    }

    fn of_country(&self, country: &str) -> Option<&[TimeZone]> {
        let zones = self.countries.get(country.to_uppercase().as_str())?;
        self.zones.get(zones.clone()).filter(|zones| !zones.is_empty())
    }
}

/// The zone of that IANA name, written in any case.
#[must_use]
pub fn named(name: &str) -> Option<TimeZone> {
    let zone = BUNDLED.get(name).ok()?;
    // `Etc/Unknown` is a name too, and would pass for UTC.
    (!zone.is_unknown()).then_some(zone)
}

/// The IANA names of all zones.
pub fn names() -> impl Iterator<Item = String> {
    BUNDLED.available().map(|name| name.to_string())
}

/// How a recipient's zone is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ZoneKnown {
    /// It was stated.
    Stated,
    /// It is the only one of the country.
    OnlyOfCountry,
    /// It may be any of the country's.
    AnyOfCountry,
    /// It may be any of the world's.
    AnyOfWorld,
}

/// The zones in which a recipient may live; at least one.
#[derive(Debug, Clone)]
pub struct Zones {
    zones: Which,
    known: ZoneKnown,
}

#[derive(Debug, Clone)]
enum Which {
    One(TimeZone),
    AnyOf(&'static [TimeZone]),
}

impl Zones {
    /// The stated zone if there is one of that name, else all of the country's, else all of the world's.
    ///
    /// A name of no zone is as good as none; the caller may find out with [`named`] and say so.
    #[must_use]
    pub fn of(stated: Option<&str>, country: Option<&str>) -> Self {
        if let Some(zone) = stated.and_then(named) {
            return Self::stated(zone);
        }
        let world = &*WORLD;
        let (zones, known) = match country.and_then(|country| world.of_country(country)) {
            Some(zones @ [_]) => (zones, ZoneKnown::OnlyOfCountry),
            Some(zones) => (zones, ZoneKnown::AnyOfCountry),
            None => (world.zones.as_slice(), ZoneKnown::AnyOfWorld),
        };
        Self {
            zones: Which::AnyOf(zones),
            known,
        }
    }

    /// One zone that is known.
    #[must_use]
    pub const fn stated(zone: TimeZone) -> Self {
        Self {
            zones: Which::One(zone),
            known: ZoneKnown::Stated,
        }
    }

    /// How it is known.
    #[must_use]
    pub const fn known(&self) -> ZoneKnown {
        self.known
    }

    /// The zones.
    #[must_use]
    pub fn all(&self) -> &[TimeZone] {
        match &self.zones {
            Which::One(zone) => std::slice::from_ref(zone),
            Which::AnyOf(zones) => zones,
        }
    }

    /// The clocks of these zones in that time, those that agree throughout counted once.
    pub(super) fn clocks(&self, horizon: Span) -> Vec<Clock> {
        let mut clocks: Vec<Clock> = self.all().iter().map(|zone| clock(zone, horizon)).collect();
        clocks.sort_unstable();
        clocks.dedup();
        clocks
    }
}

/// How far clocks are ahead of UTC, in each part of a stretch of time, in order.
pub(super) type Clock = SmallVec<[Reckoning; 2]>;

/// A stretch of time in which clocks are this far ahead of UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Reckoning {
    pub(super) during: Span,
    pub(super) ahead: Duration,
}

fn clock(zone: &TimeZone, horizon: Span) -> Clock {
    let mut parts = Clock::new();
    let mut from = horizon.from;
    let mut offset = zone.to_offset(from.to_jiff());
    for change in zone.following(from.to_jiff()) {
        let at = Timestamp::from(change.timestamp());
        if at >= horizon.until {
            break;
        }
        // Not every change moves the clock: some only rename the time, or begin summer time by law.
        if change.offset() != offset {
            parts.push(reckoning(from, at, offset));
            (from, offset) = (at, change.offset());
        }
    }
    parts.push(reckoning(from, horizon.until, offset));
    parts
}

fn reckoning(from: Timestamp, until: Timestamp, offset: jiff::tz::Offset) -> Reckoning {
    Reckoning {
        during: Span::new(from, until),
        ahead: Duration::from_secs(offset.seconds().into()),
    }
}
