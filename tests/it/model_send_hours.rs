//! The hours of a week, and what is learnt of them.

use balustrade::{
    domain::{BrandId, Span, Spans, Timestamp, Word},
    model::{
        contacts::Day,
        send_time::{HOURS, Hour, MOST_TRACES, SendTimes, Spread, Time, Trace, Who, moments},
    },
};
use jiff::tz::TimeZone;

pub(crate) fn word(text: &str) -> Word {
    Word::new(text).unwrap()
}

pub(crate) fn instant(text: &str) -> Timestamp {
    text.parse::<jiff::Timestamp>().unwrap().into()
}

pub(crate) fn hour(weekday: u8, of_day: u8) -> Hour {
    Hour::numbered(weekday * 24 + of_day).unwrap()
}

pub(crate) fn who(contact: &str) -> Who {
    Who::new(&BrandId::new("nova").unwrap(), None, Some(&word(contact)))
}

fn shape_at(known: &SendTimes, who: Who, day: Day, hour: Hour) -> f64 {
    known.believe(who, day).shape[hour.number()]
}

const TODAY: Day = Day(20_700);

// === hours ===

#[test]
fn an_hour_is_read_from_the_recipients_clock() {
    let rome = TimeZone::get("Europe/Rome").unwrap();
    let monday_noon = instant("2026-11-02T11:30:00Z");
    assert_eq!(Hour::of(monday_noon, &rome), hour(0, 12));
    assert_eq!(Hour::of(instant("2026-11-01T22:59:59Z"), &rome), hour(6, 23));
    assert_eq!(
        Hour::of(instant("1969-12-31T23:00:00Z"), &TimeZone::UTC),
        hour(2, 23)
    );
    let kathmandu = TimeZone::get("Asia/Kathmandu").unwrap();
    assert_eq!(Hour::of(instant("2026-11-02T00:20:00Z"), &kathmandu), hour(0, 6));
}

#[test]
fn every_hour_stands_once_with_its_first_allowed_instant() {
    let rome = TimeZone::get("Europe/Rome").unwrap();
    let allowed: Spans = [
        Span::new(instant("2026-11-02T08:20:00Z"), instant("2026-11-02T10:00:00Z")),
        Span::new(instant("2026-11-02T10:30:00Z"), instant("2026-11-02T10:40:00Z")),
        // A week later: the same hour again.
        Span::new(instant("2026-11-09T08:00:00Z"), instant("2026-11-09T09:00:00Z")),
    ]
    .into_iter()
    .collect();
    let found: Vec<(Timestamp, Hour)> = moments(&allowed, &rome)
        .into_iter()
        .map(|moment| (moment.at, moment.hour))
        .collect();
    let expected = [
        (instant("2026-11-02T08:20:00Z"), hour(0, 9)),
        (instant("2026-11-02T09:00:00Z"), hour(0, 10)),
        (instant("2026-11-02T10:30:00Z"), hour(0, 11)),
    ];
    assert_eq!(found, expected);
}

#[test]
fn the_night_on_which_clocks_go_back_has_its_hour_once() {
    let rome = TimeZone::get("Europe/Rome").unwrap();
    let night = Spans::of(instant("2026-10-25T00:00:00Z"), instant("2026-10-25T03:00:00Z"));
    let hours: Vec<Hour> = moments(&night, &rome)
        .into_iter()
        .map(|moment| moment.hour)
        .collect();
    assert_eq!(
        hours,
        [hour(6, 2), hour(6, 3)],
        "two o'clock comes twice, and counts once"
    );
}

#[test]
fn a_spread_week_agrees_with_the_plain_double_sum() {
    let mut week = [0.0; HOURS];
    for (at, cell) in week.iter_mut().enumerate() {
        *cell = ((at * 7919) % 31) as f64;
    }
    for (spread, deviation, other_days) in [(Spread::wide(), 1.0, 0.5), (Spread::narrow(), 0.4, 0.0)] {
        let weight = |from: usize, to: usize| -> f64 {
            let distance = (from % 24).abs_diff(to % 24);
            let circular = distance.min(24 - distance) as f64;
            let day = if from / 24 == to / 24 { 1.0 } else { other_days };
            day * (-0.5 * (circular / deviation).powi(2)).exp()
        };
        let all: f64 = (0..HOURS).map(|to| weight(0, to)).sum();
        for (to, cell) in spread.over(&week).into_iter().enumerate() {
            let plain: f64 = (0..HOURS).map(|from| week[from] * weight(from, to)).sum::<f64>() / all;
            assert!((cell - plain).abs() < 1e-9, "hour {to}: {cell} against {plain}");
        }
        let squares: f64 = (0..HOURS).map(|to| (weight(0, to) / all).powi(2)).sum();
        assert!((spread.effective_hours() - 1.0 / squares).abs() < 1e-9);
    }
}

// === what is learnt ===

#[test]
fn it_learns_rates_and_not_the_schedule_of_the_past() {
    let mut known = SendTimes::default();
    let (crowded, better) = (hour(0, 9), hour(1, 18));
    for number in 0..4_000_u32 {
        let who = who(&number.to_string());
        let (hour, one_in) = if number % 4 == 0 {
            (better, 3)
        } else {
            (crowded, 10)
        };
        let answer = f64::from(u8::from(number / 4 % one_in == 0));
        known.learn(who, Trace::sent(TODAY, hour, answer), 1.0);
    }
    // More answers came from nine o'clock, and a smaller share of what was sent.
    let stranger = who("stranger");
    let (crowded, better) = (
        shape_at(&known, stranger, TODAY, crowded),
        shape_at(&known, stranger, TODAY, better),
    );
    assert!(better > 1.3 && crowded < 1.0, "{better} {crowded}");
}

#[test]
fn a_contact_moves_away_from_its_group_as_far_as_its_own_evidence_goes() {
    let mut known = SendTimes::default();
    for number in 0..600_u32 {
        let who = who(&format!("morning {number}"));
        known.learn(who, Trace::unasked(TODAY, hour(2, 8), 1.0), 1.0);
    }
    let night = who("night");
    let before = shape_at(&known, night, TODAY, hour(2, 22));
    for _ in 0..3 {
        known.learn(night, Trace::unasked(TODAY, hour(2, 22), 1.0), 1.0);
    }
    let little = shape_at(&known, night, TODAY, hour(2, 22));
    for _ in 0..20 {
        known.learn(night, Trace::unasked(TODAY, hour(2, 22), 1.0), 1.0);
    }
    let much = shape_at(&known, night, TODAY, hour(2, 22));
    assert!(before < little && little < much, "{before} {little} {much}");
    let stranger = shape_at(&known, who("stranger"), TODAY, hour(2, 8));
    assert!(stranger > 3.0 && shape_at(&known, night, TODAY, hour(2, 8)) < stranger);
}

#[test]
fn hours_run_in_a_circle() {
    let mut known = SendTimes::default();
    let late = who("late");
    for _ in 0..10 {
        known.learn(late, Trace::unasked(TODAY, hour(6, 23), 1.0), 1.0);
    }
    let midnight = shape_at(&known, late, TODAY, hour(6, 0));
    let noon = shape_at(&known, late, TODAY, hour(6, 12));
    assert!(midnight > 2.0 * noon, "{midnight} {noon}");
}

#[test]
fn what_is_newer_speaks_louder() {
    let mut known = SendTimes::default();
    let moved = who("moved");
    for _ in 0..8 {
        known.learn(moved, Trace::unasked(Day(TODAY.0 - 360), hour(3, 7), 1.0), 1.0);
        known.learn(moved, Trace::unasked(TODAY, hour(3, 19), 1.0), 1.0);
    }
    let (old, new) = (
        shape_at(&known, moved, TODAY, hour(3, 7)),
        shape_at(&known, moved, TODAY, hour(3, 19)),
    );
    assert!(new > 4.0 * old, "{new} {old}");
}

#[test]
fn an_open_that_a_machine_made_counts_by_the_chance_that_a_person_did() {
    let rate = |answer: f64| {
        let mut known = SendTimes::default();
        for number in 0..1_000_u32 {
            let who = who(&number.to_string());
            known.learn(who, Trace::sent(TODAY, hour(4, 10), answer), 1.0);
        }
        known.believe(who("stranger"), TODAY).rate
    };
    let (people, machines) = (rate(1.0), rate(0.1));
    assert!(
        people > 0.95 && (machines - 0.1).abs() < 0.02,
        "{people} {machines}"
    );
}

#[test]
fn what_is_taken_back_was_never_learnt() {
    let mut known = SendTimes::default();
    for number in 0..50_u32 {
        let who = who(&(number % 7).to_string());
        known.learn(who, Trace::sent(TODAY, hour(1, 9), f64::from(number % 2)), 1.0);
    }
    let before = known.believe(who("3"), TODAY);
    let trace = Trace::sent(TODAY, hour(5, 21), 1.0);
    known.learn(who("3"), trace, 1.0);
    assert_ne!(known.believe(who("3"), TODAY), before);
    known.learn(who("3"), trace, -1.0);
    let after = known.believe(who("3"), TODAY);
    for (a, b) in before.shape.iter().zip(&after.shape) {
        assert!((a - b).abs() < 1e-9);
    }
}

#[test]
fn recipients_are_counted_once_and_for_ninety_days() {
    let mut known = SendTimes::default();
    for (contact, day) in [("a", 0), ("a", 30), ("b", 10), ("c", 60)] {
        known.learn(
            who(contact),
            Trace::sent(Day(TODAY.0 + day), hour(0, 9), 0.0),
            1.0,
        );
    }
    let on = |day: u16| known.audience(who("anybody"), Day(TODAY.0 + day), 90);
    let counted = [60, 101, 121, 200].map(|day| on(day).current);
    assert_eq!(counted, [3, 2, 1, 0]);
    assert_eq!(
        (on(200).peak, on(200).latest),
        (3, Some(Day(TODAY.0 + 60).start()))
    );
}

#[test]
fn a_million_contacts_need_less_than_a_gibibyte() {
    let mut known = SendTimes::default();
    let contacts = 20_000_u32;
    for number in 0..contacts {
        let who = who(&number.to_string());
        // Nobody is remembered by more than this.
        for nth in 0..2 * MOST_TRACES as u16 {
            if nth < 2 || number % 50 == 0 {
                known.learn(who, Trace::sent(Day(TODAY.0 + nth), hour(0, 9), 0.0), 1.0);
            }
        }
    }
    assert_eq!(known.contacts(), contacts as usize);
    // In tables of a million contacts the slack of growth is the smaller; the allocator adds at most half.
    let few = known.bytes() as f64 / f64::from(contacts);
    let full = 24.0 * 1.125 + 16.0 + 4.0 * MOST_TRACES as f64;
    assert!(few < 100.0, "{few} bytes a contact");
    assert!(
        1.5 * full * 1e6 < f64::from(1 << 30),
        "{full} bytes a contact with every trace"
    );
}

#[test]
fn lift_compares_messages_of_which_chance_decided_whose_time_they_had() {
    let mut known = SendTimes::default();
    let anybody = who("anybody");
    known.learn(anybody, Trace::sent(TODAY, hour(0, 9), 0.0), 1.0);
    assert_eq!(known.lift(anybody), None);
    for number in 0..1_000_u32 {
        known.compare(anybody, Time::Chosen, f64::from(u8::from(number % 4 == 0)), 1.0);
        known.compare(anybody, Time::Fixed, f64::from(u8::from(number % 5 == 0)), 1.0);
    }
    let lift = known.lift(anybody).unwrap();
    assert!(
        (lift.difference - 0.05).abs() < 1e-9 && lift.error > 0.01 && lift.error < 0.03,
        "{lift:?}"
    );
}
