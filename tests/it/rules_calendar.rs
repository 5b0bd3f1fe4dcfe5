//! Local windows of time: stories of single clocks and calendars.

use balustrade::{
    domain::{Duration, Span, Spans, Timestamp},
    rules::calendar::{
        DayKind, Edge, Holiday, Holidays, Hours, LocalLimit, LocalWindow, Weekdays, ZoneKnown, Zones,
        allowed, named, shown_at,
    },
};
use jiff::civil::{Date, Weekday, time};

pub(crate) fn at(text: &str) -> Timestamp {
    Timestamp::from(text.parse::<jiff::Timestamp>().unwrap())
}

pub(crate) fn utc(spans: &Spans) -> Vec<String> {
    let each = |span: &Span| format!("{}..{}", span.from, span.until);
    spans.ranges().iter().map(each).collect()
}

/// `21:30-08:00`
pub(crate) fn hours(text: &str) -> Hours {
    let (from, until) = text.split_once('-').unwrap();
    Hours {
        from: from.parse().unwrap(),
        until: until.parse().unwrap(),
    }
}

pub(crate) fn daily(text: &str) -> LocalWindow {
    LocalWindow {
        days: DayKind::EVERY,
        hours: hours(text),
    }
}

pub(crate) fn on(days: DayKind) -> LocalWindow {
    LocalWindow {
        days,
        hours: Hours::WHOLE_DAY,
    }
}

pub(crate) fn weekdays(first: Weekday, last: Weekday) -> DayKind {
    DayKind::Weekdays(Weekdays::between(first, last))
}

pub(crate) fn rows(country: &str, days: &[Date]) -> Holidays {
    let row = |&date| Holiday {
        country: country.to_owned(),
        region: None,
        date,
    };
    days.iter().map(row).collect()
}

pub(crate) fn zone(name: &str) -> Zones {
    let zones = Zones::of(Some(name), None);
    assert_eq!(zones.known(), ZoneKnown::Stated);
    zones
}

pub(crate) fn allowed_in(name: &str, limit: &LocalLimit, from: &str, until: &str) -> Vec<String> {
    let none = Holidays::default();
    let horizon = Span::new(at(from), at(until));
    utc(&allowed(limit, horizon, &zone(name), none.of(None, None)))
}

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
