//! Local windows, in every zone and across every change of clocks, beside a reference that reads the wall clock
//! minute by minute.

use std::{collections::BTreeSet, path::Path, sync::LazyLock};

use balustrade::{
    domain::{Duration, Span, Spans, Timestamp},
    rules::{
        Sources,
        calendar::{
            DayKind, Edge, Holiday, Holidays, Hours, LocalLimit, LocalWindow, Weekdays, ZoneKnown, Zones,
            allowed, named, shown_at,
        },
        compile,
        condition::Truth,
        lapsed,
    },
};
use jiff::{
    civil::{Date, Time, Weekday, date, time},
    tz::TimeZone,
};
use proptest::prelude::*;

use crate::domain_laws::cases;

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

fn at(text: &str) -> Timestamp {
    Timestamp::from(text.parse::<jiff::Timestamp>().unwrap())
}

fn utc(spans: &Spans) -> Vec<String> {
    let each = |span: &Span| format!("{}..{}", span.from, span.until);
    spans.ranges().iter().map(each).collect()
}

/// `21:30-08:00`
fn hours(text: &str) -> Hours {
    let (from, until) = text.split_once('-').unwrap();
    Hours {
        from: from.parse().unwrap(),
        until: until.parse().unwrap(),
    }
}

fn daily(text: &str) -> LocalWindow {
    LocalWindow {
        days: DayKind::EVERY,
        hours: hours(text),
    }
}

fn on(days: DayKind) -> LocalWindow {
    LocalWindow {
        days,
        hours: Hours::WHOLE_DAY,
    }
}

fn weekdays(first: Weekday, last: Weekday) -> DayKind {
    DayKind::Weekdays(Weekdays::between(first, last))
}

fn rows(country: &str, days: &[Date]) -> Holidays {
    let row = |&date| Holiday {
        country: country.to_owned(),
        region: None,
        date,
    };
    days.iter().map(row).collect()
}

fn zone(name: &str) -> Zones {
    let zones = Zones::of(Some(name), None);
    assert_eq!(zones.known(), ZoneKnown::Stated);
    zones
}

fn allowed_in(name: &str, limit: &LocalLimit, from: &str, until: &str) -> Vec<String> {
    let none = Holidays::default();
    let horizon = Span::new(at(from), at(until));
    utc(&allowed(limit, horizon, &zone(name), none.of(None, None)))
}

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

// === stories ===

#[test]
fn a_window_over_midnight_belongs_to_the_day_on_which_it_begins() {
    let friday_nights = LocalLimit::QuietHours(vec![LocalWindow {
        days: weekdays(Weekday::Friday, Weekday::Friday),
        hours: hours("22:00-02:00"),
    }]);
    // 2026-11-06 is a Friday.
    assert_eq!(
        allowed_in(
            "UTC",
            &friday_nights,
            "2026-11-05T23:00:00Z",
            "2026-11-07T23:00:00Z"
        ),
        [
            "2026-11-05T23:00:00Z..2026-11-06T22:00:00Z",
            "2026-11-07T02:00:00Z..2026-11-07T23:00:00Z",
        ]
    );
}

#[test]
fn an_end_in_the_skipped_hour_moves_forward() {
    // In Rome the clock goes from 02:00 to 03:00 on 2027-03-28, at 01:00Z.
    let until_half_past_two = LocalLimit::QuietHours(vec![daily("22:00-02:30")]);
    assert_eq!(
        allowed_in(
            "Europe/Rome",
            &until_half_past_two,
            "2027-03-28T00:00:00Z",
            "2027-03-28T04:00:00Z"
        ),
        ["2027-03-28T01:00:00Z..2027-03-28T04:00:00Z"],
    );
    let from_half_past_two = LocalLimit::QuietHours(vec![daily("02:30-04:00")]);
    assert_eq!(
        allowed_in(
            "Europe/Rome",
            &from_half_past_two,
            "2027-03-28T00:00:00Z",
            "2027-03-28T04:00:00Z"
        ),
        [
            "2027-03-28T00:00:00Z..2027-03-28T01:00:00Z",
            "2027-03-28T02:00:00Z..2027-03-28T04:00:00Z",
        ],
    );
}

#[test]
fn a_repeated_hour_is_restricted_both_times() {
    // In Rome the clock goes from 03:00 back to 02:00 on 2026-10-25, at 01:00Z.
    let half_past_two = LocalLimit::QuietHours(vec![daily("02:15-02:30")]);
    assert_eq!(
        allowed_in(
            "Europe/Rome",
            &half_past_two,
            "2026-10-25T00:00:00Z",
            "2026-10-25T02:00:00Z"
        ),
        [
            "2026-10-25T00:00:00Z..2026-10-25T00:15:00Z",
            "2026-10-25T00:30:00Z..2026-10-25T01:15:00Z",
            "2026-10-25T01:30:00Z..2026-10-25T02:00:00Z",
        ],
    );
}

#[test]
fn lord_howe_moves_its_clocks_by_half_an_hour() {
    // From 02:00 back to 01:30 on 2026-04-05, at 15:00Z of the day before.
    let limit = LocalLimit::OnlyOn(vec![daily("01:30-02:00")]);
    assert_eq!(
        allowed_in(
            "Australia/Lord_Howe",
            &limit,
            "2026-04-04T12:00:00Z",
            "2026-04-04T18:00:00Z"
        ),
        ["2026-04-04T14:30:00Z..2026-04-04T15:30:00Z"],
    );
}

#[test]
fn the_day_that_samoa_skipped_is_no_day_there() {
    // Samoa went from the end of 2011-12-29 straight to 2011-12-31, at 10:00Z.
    let friday = LocalLimit::OnlyOn(vec![on(weekdays(Weekday::Friday, Weekday::Friday))]);
    let (from, until) = ("2011-12-29T00:00:00Z", "2012-01-01T00:00:00Z");
    assert!(allowed_in("Pacific/Apia", &friday, from, until).is_empty());
    let thursday_night = LocalLimit::OnlyOn(vec![LocalWindow {
        days: weekdays(Weekday::Thursday, Weekday::Thursday),
        hours: hours("22:00-08:00"),
    }]);
    assert_eq!(
        allowed_in("Pacific/Apia", &thursday_night, from, until),
        ["2011-12-30T08:00:00Z..2011-12-30T10:00:00Z"],
        "its end is skipped, and moves forward to the first time that shows: midnight",
    );
}

#[test]
fn a_name_of_no_zone_is_as_good_as_none() {
    assert!(named("Europe/Roma").is_none());
    assert!(named("Etc/Unknown").is_none(), "it would pass for UTC");
    let known = |stated, country| Zones::of(stated, country).known();
    assert_eq!(known(Some("europe/rome"), None), ZoneKnown::Stated);
    assert_eq!(known(Some("Europe/Roma"), Some("it")), ZoneKnown::OnlyOfCountry);
    assert_eq!(known(None, Some("ES")), ZoneKnown::AnyOfCountry);
    assert_eq!(known(Some("Europe/Roma"), None), ZoneKnown::AnyOfWorld);
    assert_eq!(
        known(None, Some("BV")),
        ZoneKnown::AnyOfWorld,
        "nobody lives there"
    );
}

#[test]
fn every_zone_of_every_country_is_in_the_bundle() {
    let table = include_str!("../../src/rules/calendar/zones.csv");
    let mut zones = 0;
    for row in table.lines().skip(1) {
        let (country, names) = row.split_once(',').unwrap();
        for name in names.split(' ') {
            assert!(named(name).is_some(), "{name} of {country}");
            zones += 1;
        }
    }
    assert_eq!(Zones::of(None, None).all().len(), zones);
    assert_eq!(zones, 418);
}

#[test]
fn spain_with_an_unknown_zone_is_spain_and_the_canaries() {
    let days = LocalLimit::OnlyOn(vec![daily("09:00-21:00")]);
    let horizon = Span::new(at("2026-11-02T00:00:00Z"), at("2026-11-03T00:00:00Z"));
    let none = Holidays::default();
    let spans = allowed(&days, horizon, &Zones::of(None, Some("ES")), none.of(None, None));
    assert_eq!(utc(&spans), ["2026-11-02T09:00:00Z..2026-11-02T20:00:00Z"]);
    let anywhere = allowed(&days, horizon, &Zones::of(None, None), none.of(None, None));
    assert!(anywhere.is_empty(), "somewhere in the world it is always night");
}

#[test]
fn a_holiday_that_nobody_told_of_may_be_any_day() {
    let told = rows("IT", &[date(2026, 12, 25)]);
    let horizon = Span::new(at("2026-12-24T00:00:00Z"), at("2027-01-03T00:00:00Z"));
    let rome = zone("Europe/Rome");
    let quiet = LocalLimit::QuietHours(vec![on(DayKind::Holidays)]);
    assert_eq!(
        utc(&allowed(&quiet, horizon, &rome, told.of(Some("it"), None))),
        [
            "2026-12-24T00:00:00Z..2026-12-24T23:00:00Z",
            "2026-12-25T23:00:00Z..2026-12-31T23:00:00Z",
        ],
        "of 2027 nothing is told"
    );
    let only = LocalLimit::OnlyOn(vec![on(DayKind::Holidays)]);
    assert_eq!(
        utc(&allowed(&only, horizon, &rome, told.of(Some("IT"), None))),
        ["2026-12-24T23:00:00Z..2026-12-25T23:00:00Z"],
    );
    assert!(allowed(&quiet, horizon, &rome, told.of(Some("FR"), None)).is_empty());
    assert!(allowed(&quiet, horizon, &rome, told.of(None, None)).is_empty());
    assert_eq!(told.known_until("IT", date(2026, 3, 1)), Some(date(2026, 12, 31)));
    assert_eq!(told.known_until("IT", date(2027, 3, 1)), None);
}

#[test]
fn what_one_region_celebrates_is_unknown_where_the_region_is() {
    let saint = Holiday {
        country: "ES".to_owned(),
        region: Some("ES-CT".to_owned()),
        date: date(2026, 6, 24),
    };
    let other = Holiday {
        region: Some("MD".to_owned()),
        date: date(2026, 5, 2),
        ..saint.clone()
    };
    let told: Holidays = [saint, other].into_iter().collect();
    let day = date(2026, 6, 24);
    assert_eq!(told.of(Some("ES"), Some("CT")).is_holiday(day), Truth::True);
    assert_eq!(told.of(Some("ES"), Some("es-md")).is_holiday(day), Truth::False);
    assert_eq!(
        told.of(Some("ES"), Some("Barcelona")).is_holiday(day),
        Truth::Unknown
    );
    assert_eq!(told.of(Some("ES"), None).is_holiday(day), Truth::Unknown);
    assert_eq!(
        told.of(Some("ES"), None).is_holiday(date(2026, 6, 25)),
        Truth::False
    );
    assert_eq!(
        told.of(Some("ES"), Some("CT")).is_eve(date(2026, 6, 23)),
        Truth::True
    );
}

#[test]
fn weekdays_go_over_the_end_of_the_week() {
    let long_weekend = Weekdays::between(Weekday::Saturday, Weekday::Monday);
    let among = |day| long_weekend.contains(day);
    assert!(among(Weekday::Saturday) && among(Weekday::Sunday) && among(Weekday::Monday));
    assert!(!among(Weekday::Tuesday) && !among(Weekday::Friday));
    assert_eq!(Weekdays::between(Weekday::Monday, Weekday::Sunday), Weekdays::ALL);
}

#[test]
fn a_horizon_without_end_is_looked_at_for_400_days() {
    let limit = LocalLimit::NotBefore(Edge::Time(time(9, 0, 0, 0)));
    let from = at("2026-11-02T00:00:00Z");
    let none = Holidays::default();
    let spans = allowed(
        &limit,
        Span { from, ..Span::EVER },
        &zone("UTC"),
        none.of(None, None),
    );
    assert_eq!(spans.ranges().len(), 400);
    let backwards = Span::new(from, from.plus(Duration::from_days(-1)));
    assert!(allowed(&limit, backwards, &zone("UTC"), none.of(None, None)).is_empty());
    assert!(allowed(&limit, Span::EVER, &zone("UTC"), none.of(None, None)).is_empty());
}

#[test]
fn holidays_that_run_out_are_told_two_months_ahead() {
    let told = |today: &str| {
        let sources =
            Sources::from_texts([("holidays/IT.csv", "country,date\nIT,2026-12-25\nIT,2027-12-25\n")]);
        let findings = lapsed(&sources, at(today));
        findings
            .iter()
            .map(|finding| format!("{} {}", finding.code, finding.message))
            .collect::<Vec<_>>()
    };
    let ends = "R072 the holidays of `IT` end with 2027-12-25";
    assert_eq!(told("2027-11-01T00:00:00Z"), [""; 0]);
    assert_eq!(told("2027-11-02T00:00:00Z"), [ends]);
    assert_eq!(told("2028-06-01T00:00:00Z"), [ends]);
}

#[test]
fn a_rule_that_needs_the_holidays_of_a_country_without_a_file_is_told() {
    let rules = "rules_of: Nova
tier: company
owner: anna@nova.example
rules:
  - id: never-on-holidays
    for: [send_time]
    when: {market.country: [IT, JP], not: {market.country: BR}}
    then: {quiet_hours: [holidays]}
    because: Our promise
  - id: never-at-night
    for: [send_time]
    when: {market.country: JP}
    then: {quiet_hours: [21:00-08:00]}
    because: Our promise
";
    let sources = Sources::from_texts([
        ("holidays/IT.csv", "country,date\nIT,2026-12-25\n"),
        ("nova.yaml", rules),
    ]);
    let findings = compile(&sources).findings;
    let told: Vec<String> = findings
        .iter()
        .filter(|finding| finding.code == "R073")
        .map(|finding| format!("{}: {}", finding.line, finding.message))
        .collect();
    assert_eq!(
        told,
        ["5: `never-on-holidays` speaks of holidays, and no file tells those of `JP`"]
    );
}

#[test]
fn the_shipped_holidays_are_read_and_tell_of_three_years() {
    let sources = Sources::read(Path::new("rules")).unwrap();
    let rulebook = compile(&sources).rulebook.unwrap();
    let holidays = rulebook.holidays();
    assert_eq!(
        holidays.countries().collect::<Vec<_>>(),
        ["DE", "ES", "FR", "GB", "IT", "PT", "US"]
    );
    for country in holidays.countries() {
        assert_eq!(
            holidays.known_until(country, date(2026, 11, 2)),
            Some(date(2028, 12, 31)),
            "{country}"
        );
        assert_eq!(
            holidays.of(Some(country), None).is_holiday(date(2027, 1, 1)),
            Truth::True,
            "{country}"
        );
    }
    let is_holiday = |country, region, day| holidays.of(Some(country), region).is_holiday(day);
    assert_eq!(
        is_holiday("IT", None, date(2027, 3, 29)),
        Truth::True,
        "Lunedì dell'Angelo"
    );
    assert_eq!(
        is_holiday("ES", Some("ES-CT"), date(2027, 6, 24)),
        Truth::True,
        "Sant Joan"
    );
    assert_eq!(is_holiday("ES", Some("ES-MD"), date(2027, 6, 24)), Truth::False);
    assert_eq!(is_holiday("FR", None, date(2027, 7, 14)), Truth::True);
}

#[test]
fn a_time_of_day_is_shown_once_a_day_skipped_or_repeated() {
    let shown = |from: &str, until: &str, zones: &Zones| {
        let spans = shown_at(time(2, 30, 0, 0), Span::new(at(from), at(until)), zones);
        spans
            .ranges()
            .iter()
            .map(|span| span.from.to_string())
            .collect::<Vec<_>>()
    };
    let rome = zone("Europe/Rome");
    assert_eq!(
        shown("2027-03-27T00:00:00Z", "2027-03-29T12:00:00Z", &rome),
        [
            "2027-03-27T01:30:00Z",
            "2027-03-28T01:00:00Z",
            "2027-03-29T00:30:00Z"
        ],
        "on the 28th the clock goes from 02:00 to 03:00"
    );
    assert_eq!(
        shown("2026-10-24T12:00:00Z", "2026-10-26T12:00:00Z", &rome),
        ["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"],
        "on the 25th it shows at 00:30Z and again at 01:30Z"
    );
    assert_eq!(
        shown("2026-10-25T01:00:00Z", "2026-10-25T12:00:00Z", &rome),
        [""; 0],
        "that was the second time"
    );
    assert_eq!(
        shown(
            "2026-11-02T00:00:00Z",
            "2026-11-02T12:00:00Z",
            &Zones::of(None, Some("ES"))
        ),
        ["2026-11-02T01:30:00Z", "2026-11-02T02:30:00Z"],
        "in Madrid and in the Canaries"
    );
}
