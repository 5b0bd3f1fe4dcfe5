//! Holidays: what files tell of them, and what is unknown where they do not.

use std::path::Path;

use balustrade::{
    domain::Span,
    rules::{
        Sources,
        calendar::{DayKind, Holiday, Holidays, LocalLimit, allowed},
        compile,
        condition::Truth,
        lapsed,
    },
};
use jiff::civil::date;

use crate::rules_calendar::{at, on, rows, utc, zone};

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
