//! The starter files of contact hours: each of their rules, read and asked for the hours of a week with holidays.

use std::path::Path;

use balustrade::{
    domain::{Duration, Frequency, Span, Timestamp},
    rules::{
        Rulebook, Sources,
        calendar::{Zones, allowed},
        compile,
        draft::{Action, LocalClock},
    },
};
use jiff::{
    Zoned,
    civil::{Date, date},
};

fn starter() -> Rulebook {
    let sources = Sources::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("rules")).unwrap();
    compile(&sources).rulebook.unwrap()
}

/// The hours that a rule leaves to a contact in that zone on that day, such as `09:00-20:00`.
fn hours(rule: &str, country: &str, region: Option<&str>, zone: &str, day: Date) -> Vec<String> {
    let rulebook = starter();
    let draft = rulebook
        .drafts()
        .iter()
        .find(|draft| draft.card.id.as_str() == rule)
        .unwrap();
    let [effect] = draft.effects.as_slice() else {
        panic!("{rule} has one effect")
    };
    let Action::Times(times) = &effect.action else {
        panic!("{rule} limits times")
    };
    assert_eq!(times.clock, LocalClock::Recipient, "{rule}");
    let start: Zoned = day.in_tz(zone).unwrap();
    let from: Timestamp = start.timestamp().into();
    let horizon = Span::new(from, from.plus(Duration::from_days(1)));
    let days = rulebook.holidays().of(Some(country), region);
    let spans = allowed(&times.limit, horizon, &Zones::of(Some(zone), None), days);
    let local = |at: Timestamp| {
        at.to_jiff()
            .to_zoned(start.time_zone().clone())
            .strftime("%H:%M")
            .to_string()
    };
    spans
        .ranges()
        .iter()
        .map(|span| format!("{}-{}", local(span.from), local(span.until)))
        .collect()
}

// 2026-12-07 is a Monday, the eve of a holiday in Italy and Spain.

#[test]
fn in_italy_weekdays_from_nine_to_eight_and_saturdays_and_eves_from_ten_to_seven() {
    let on = |day| hours("italy-contact-hours", "IT", None, "Europe/Rome", day);
    assert_eq!(on(date(2026, 12, 3)), ["09:00-20:00"], "a Thursday");
    assert_eq!(on(date(2026, 12, 5)), ["10:00-19:00"], "a Saturday");
    assert_eq!(on(date(2026, 12, 6)), [""; 0], "a Sunday");
    assert_eq!(
        on(date(2026, 12, 7)),
        ["10:00-19:00"],
        "the eve of the Immacolata"
    );
    assert_eq!(on(date(2026, 12, 8)), [""; 0], "the Immacolata");
}

#[test]
fn in_spain_monday_to_friday_from_nine_to_nine() {
    let on = |region, day| hours("spain-contact-hours", "ES", region, "Europe/Madrid", day);
    assert_eq!(on(None, date(2026, 12, 10)), ["09:00-21:00"], "a Thursday");
    assert_eq!(
        on(None, date(2026, 12, 7)),
        [""; 0],
        "some communities keep the Monday after a holiday"
    );
    assert_eq!(on(None, date(2026, 12, 5)), [""; 0], "a Saturday");
    assert_eq!(on(None, date(2026, 12, 8)), [""; 0], "the Inmaculada");
    let san_juan = date(2027, 6, 24);
    assert_eq!(on(Some("ES-CT"), san_juan), [""; 0]);
    assert_eq!(on(Some("ES-MD"), san_juan), ["09:00-21:00"]);
    assert_eq!(on(None, san_juan), [""; 0], "it may be in Barcelona");
}

#[test]
fn in_france_monday_to_friday_with_an_hour_for_lunch() {
    let on = |day| hours("france-contact-hours", "FR", None, "Europe/Paris", day);
    assert_eq!(on(date(2026, 12, 7)), ["10:00-13:00", "14:00-20:00"]);
    assert_eq!(on(date(2026, 12, 5)), [""; 0], "a Saturday");
    assert_eq!(on(date(2027, 7, 14)), [""; 0], "the fête nationale");
}

#[test]
fn in_the_united_states_from_eight_to_nine_and_in_three_states_to_eight() {
    let new_york = |rule| hours(rule, "US", None, "America/New_York", date(2026, 12, 5));
    assert_eq!(new_york("us-contact-hours"), ["08:00-21:00"]);
    assert_eq!(new_york("us-states-contact-hours"), ["08:00-20:00"]);
}

#[test]
fn in_france_four_calls_in_thirty_days() {
    let rulebook = starter();
    let draft = rulebook
        .drafts()
        .iter()
        .find(|draft| draft.card.id.as_str() == "france-four-calls-a-month")
        .unwrap();
    let Action::Cap(cap) = &draft.effects[0].action else {
        panic!("it is a cap")
    };
    let often = Frequency {
        most: cap.most,
        window: cap.window,
    };
    assert_eq!(
        often,
        Frequency {
            most: 4,
            window: Duration::from_days(30)
        }
    );
}
