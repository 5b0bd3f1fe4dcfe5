//! Local windows, in every zone and across every change of clocks, beside a reference that reads the wall clock
//! minute by minute.

use std::{collections::BTreeSet, sync::LazyLock};

use balustrade::{
    domain::{Duration, Span, Spans, Timestamp},
    rules::calendar::{
        DayKind, Edge, Holiday, Holidays, Hours, LocalLimit, LocalWindow, Zones, allowed, named,
    },
};
use jiff::{
    civil::{Date, Time, Weekday, date},
    tz::TimeZone,
};
use proptest::prelude::*;

use crate::{
    domain_laws::cases,
    rules_calendar::{at, daily, hours, on, weekdays},
};

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;

/// Every zone of the bundle, also those that no country uses any more.
static ZONES: LazyLock<Vec<TimeZone>> = LazyLock::new(|| {
    let bundle = jiff::tz::TimeZoneDatabase::bundled();
    bundle
        .available()
        .map(|name| bundle.get(name.as_str()).unwrap())
        .collect()
});

// === the plain reference ===

/// What a test says of holidays: a row a day, of the country or of region `NO`; and where the recipient lives.
#[derive(Debug, Clone)]
struct Told {
    rows: Vec<(Date, Option<&'static str>)>,
    region: Option<&'static str>,
}

impl Told {
    fn holidays(&self) -> Holidays {
        let row = |(date, region): &(Date, Option<&str>)| Holiday {
            country: "IT".to_owned(),
            region: region.map(str::to_owned),
            date: *date,
        };
        self.rows.iter().map(row).collect()
    }

    /// Whether it is, and whether it may be.
    fn is_holiday(&self, day: Date) -> (bool, bool) {
        if !self.rows.iter().any(|(row, _)| row.year() == day.year()) {
            return (false, true);
        }
        let here: Vec<_> = self.rows.iter().filter(|(row, _)| *row == day).collect();
        let national = here.iter().any(|(_, region)| region.is_none());
        let region_is_told = self
            .rows
            .iter()
            .any(|(_, region)| *region == self.region && region.is_some());
        let own = region_is_told && here.iter().any(|(_, region)| *region == self.region);
        let perhaps = !region_is_told && !here.is_empty();
        (national || own, national || own || perhaps)
    }
}

fn is_meant(kind: DayKind, day: Date, told: &Told) -> (bool, bool) {
    match kind {
        DayKind::Weekdays(weekdays) => {
            let is = weekdays.contains(day.weekday());
            (is, is)
        }
        DayKind::Holidays => told.is_holiday(day),
        DayKind::Eves => told.is_holiday(day.tomorrow().unwrap()),
        DayKind::Dates { first, last } => {
            let is = day >= first && day <= last;
            (is, is)
        }
    }
}

/// Whether the clock shows a time in the window: surely, and perhaps.
fn shows(window: &LocalWindow, day: Date, now: Time, told: &Told) -> (bool, bool) {
    let Hours { from, until } = window.hours;
    let of = |begun: Date, in_hours: bool| {
        let (is, may_be) = is_meant(window.days, begun, told);
        (is && in_hours, may_be && in_hours)
    };
    let today = of(day, now >= from && (until <= from || now < until));
    let since_yesterday = of(day.yesterday().unwrap(), until <= from && now < until);
    (today.0 || since_yesterday.0, today.1 || since_yesterday.1)
}

fn plainly_allows(limit: &LocalLimit, zone: &TimeZone, told: &Told, instant: Timestamp) -> bool {
    let local = zone.to_datetime(instant.to_jiff());
    let (day, now) = (local.date(), local.time());
    let mut each = match limit {
        LocalLimit::QuietHours(windows) | LocalLimit::OnlyOn(windows) => windows
            .iter()
            .map(|window| shows(window, day, now, told))
            .collect::<Vec<_>>()
            .into_iter(),
        LocalLimit::NotBefore(_) | LocalLimit::NotAfter(_) => Vec::new().into_iter(),
    };
    match limit {
        LocalLimit::QuietHours(_) => !each.any(|(_, perhaps)| perhaps),
        LocalLimit::OnlyOn(_) => each.any(|(surely, _)| surely),
        LocalLimit::NotBefore(Edge::Time(from)) => now >= *from,
        LocalLimit::NotBefore(Edge::Date(first)) => day >= *first,
        LocalLimit::NotAfter(Edge::Time(until)) => *until == Time::midnight() || now < *until,
        LocalLimit::NotAfter(Edge::Date(last)) => day <= *last,
    }
}

// === random limits around random changes of clocks ===

fn times() -> impl Strategy<Value = Time> {
    // Clocks change at night, so half of the times are there.
    let fives = prop_oneof![1 => 0_i32..288, 1 => 0_i32..48];
    fives.prop_map(|fives| Time::midnight() + jiff::Span::new().minutes(fives * 5))
}

fn weekday() -> impl Strategy<Value = Weekday> {
    (0_i8..7).prop_map(|day| Weekday::from_monday_zero_offset(day).unwrap())
}

fn windows(around: Date) -> impl Strategy<Value = Vec<LocalWindow>> {
    let near = move || (-3_i64..4).prop_map(move |days| around + jiff::Span::new().days(days));
    let kinds = prop_oneof![
        2 => Just(DayKind::EVERY),
        3 => (weekday(), weekday()).prop_map(|(first, last)| weekdays(first, last)),
        2 => Just(DayKind::Holidays),
        2 => Just(DayKind::Eves),
        1 => (near(), near()).prop_map(|(first, last)| DayKind::Dates { first, last }),
    ];
    let window = (kinds, times(), times()).prop_map(|(days, from, until)| LocalWindow {
        days,
        hours: Hours { from, until },
    });
    prop::collection::vec(window, 0..4)
}

fn limits(around: Date) -> impl Strategy<Value = LocalLimit> {
    let edge = || {
        prop_oneof![
            times().prop_map(Edge::Time),
            (-2_i64..3).prop_map(move |days| Edge::Date(around + jiff::Span::new().days(days))),
        ]
    };
    prop_oneof![
        3 => windows(around).prop_map(LocalLimit::QuietHours),
        3 => windows(around).prop_map(LocalLimit::OnlyOn),
        1 => edge().prop_map(LocalLimit::NotBefore),
        1 => edge().prop_map(LocalLimit::NotAfter),
    ]
}

fn told(around: Date) -> impl Strategy<Value = Told> {
    let day = (-4_i64..5).prop_map(move |days| around + jiff::Span::new().days(days));
    let regions = || prop::sample::select(vec![None, None, Some("MI"), Some("RM")]);
    (prop::collection::vec((day, regions()), 0..5), regions())
        .prop_map(|(rows, region)| Told { rows, region })
}

/// A zone, and an instant: of a change of its clocks, or any.
fn places() -> impl Strategy<Value = (TimeZone, Timestamp)> {
    let years_1970_to_2040 = 0_i64..2_208_988_800;
    (any::<prop::sample::Index>(), years_1970_to_2040, 0..4).prop_map(|(zone, second, still)| {
        let zone = zone.get(&ZONES).clone();
        let any = jiff::Timestamp::from_second(second).unwrap();
        let change = zone.following(any).next().map(|change| change.timestamp());
        let instant = change.filter(|_| still > 0).unwrap_or(any);
        (zone, instant.into())
    })
}

type Story = (TimeZone, Span, LocalLimit, Told);

fn stories() -> impl Strategy<Value = Story> {
    places().prop_flat_map(|(zone, instant)| {
        let around = zone.to_datetime(instant.to_jiff()).date();
        (
            Just((zone, instant)),
            0..6 * HOUR,
            0..6 * HOUR,
            limits(around),
            told(around),
        )
            .prop_map(|((zone, instant), before, after, limit, told)| {
                let back = Duration::from_millis(-before);
                let horizon = Span::new(instant.plus(back), instant.plus(Duration::from_millis(after)));
                (zone, horizon, limit, told)
            })
    })
}

/// Every minute of the horizon, and both sides of every end.
fn instants(horizon: Span, spans: &Spans) -> BTreeSet<Timestamp> {
    let length = horizon.until.since(horizon.from).as_millis();
    let minutes =
        (0..=length / MINUTE).map(|minute| horizon.from.plus(Duration::from_millis(minute * MINUTE)));
    let ends = spans.ranges().iter().flat_map(|span| [span.from, span.until]);
    let sides = ends.flat_map(|end| [-1, 0].map(|by| end.plus(Duration::from_millis(by))));
    minutes
        .chain(sides)
        .filter(|instant| horizon.contains(*instant))
        .collect()
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn local_windows_are_right_in_every_zone_across_changes_of_clocks((zone, horizon, limit, told) in stories()) {
        let holidays = told.holidays();
        let spans = allowed(&limit, horizon, &Zones::stated(zone.clone()), holidays.of(Some("IT"), told.region));
        for instant in instants(horizon, &spans) {
            let plain = plainly_allows(&limit, &zone, &told, instant);
            prop_assert_eq!(spans.contains(instant), plain, "{} in {:?}", instant, zone);
        }
        prop_assert!(spans.within(horizon) == spans, "nothing outside of the horizon");
    }

    #[test]
    fn with_an_unknown_zone_only_what_every_zone_of_the_country_allows(
        country in prop::sample::select(vec!["US", "ES", "PT", "AU", "BR", "FR", "RU", "IT", "ZZ"]),
        second in 1_700_000_000_i64..2_208_988_800,
        limit in limits(date(2027, 3, 28)),
        told in told(date(2027, 3, 28)),
        probe in prop::collection::vec(0_i64..48 * 60, 20),
    ) {
        let from = Timestamp::from_millis(second * 1_000);
        let horizon = Span::new(from, from.plus(Duration::from_days(2)));
        let zones = Zones::of(None, Some(country));
        let holidays = told.holidays();
        let spans = allowed(&limit, horizon, &zones, holidays.of(Some("IT"), told.region));
        for minute in probe {
            let instant = from.plus(Duration::from_millis(minute * MINUTE));
            let plain = zones.all().iter().all(|zone| plainly_allows(&limit, zone, &told, instant));
            prop_assert_eq!(spans.contains(instant), plain, "{}", instant);
        }
    }
}

#[test]
fn a_whole_year_in_zones_with_odd_clocks() {
    let told = Told {
        rows: vec![
            (date(2026, 12, 25), None),
            (date(2026, 4, 5), Some("MI")),
            (date(2027, 1, 1), None),
        ],
        region: None,
    };
    let holidays = told.holidays();
    let limit = LocalLimit::QuietHours(vec![
        daily("21:30-08:00"),
        on(weekdays(Weekday::Sunday, Weekday::Sunday)),
        on(DayKind::Holidays),
        LocalWindow {
            days: DayKind::Eves,
            hours: hours("19:00-00:00"),
        },
    ]);
    let horizon = Span::new(at("2026-01-01T00:00:00Z"), at("2027-01-01T00:00:00Z"));
    let odd = [
        "Europe/Rome",
        "Australia/Lord_Howe",
        "Asia/Kathmandu",
        "Pacific/Chatham",
        "Africa/Casablanca",
        "America/St_Johns",
        "Pacific/Kiritimati",
        "America/New_York",
        "Africa/Cairo",
        "Antarctica/Troll",
    ];
    for name in odd {
        let zone = named(name).unwrap();
        let spans = allowed(
            &limit,
            horizon,
            &Zones::stated(zone.clone()),
            holidays.of(Some("IT"), None),
        );
        for quarter in 0..365 * 96 {
            let instant = horizon.from.plus(Duration::from_millis(quarter * 15 * MINUTE));
            let plain = plainly_allows(&limit, &zone, &told, instant);
            assert_eq!(spans.contains(instant), plain, "{instant} in {name}");
        }
    }
}
