//! When to send: what is learnt of the week, and what is proposed inside the limits.

use std::{collections::BTreeMap, sync::Arc};

use balustrade::{
    domain::{
        Active, Attribute, Baselines, Bounded, Bounds, BrandId, CandidateLimits, Certainty, Choice, Effect,
        FactValue, Facts, Grounds, Kind, Proposal, Proposed, Question, RuleIx, RuleTable, Sending, Source,
        Span, Spans, Stage, Tier, TimeLimit, TimeOfDay, Timestamp, Verdict, Word, permits, sendable,
    },
    guardrail::enforce,
    model::{
        Knowledge, Snapshot,
        contacts::Day,
        propose,
        send_time::{HELD_OUT, HOURS, Hour, MOST_TRACES, SendTimes, Spread, Time, Trace, Who, moments},
    },
};
use jiff::tz::TimeZone;
use proptest::prelude::*;

use crate::{
    domain_kinds::story,
    guardrail_laws::{campaign, query},
    model_thompson::few,
};

fn word(text: &str) -> Word {
    Word::new(text).unwrap()
}

fn instant(text: &str) -> Timestamp {
    text.parse::<jiff::Timestamp>().unwrap().into()
}

fn hour(weekday: u8, of_day: u8) -> Hour {
    Hour::numbered(weekday * 24 + of_day).unwrap()
}

fn who(contact: &str) -> Who {
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

// === what is proposed ===

/// An audience of so many that answers at nineteen o'clock, over so many days.
fn audience(recipients: u32, days: u16) -> Snapshot {
    let mut known = SendTimes::default();
    for number in 0..recipients {
        let contact = who(&format!("contact {number}"));
        let day = Day(20_759 - days + u16::try_from(number % u32::from(days.max(1))).unwrap());
        let of_day = u8::try_from(number % 12 + 9).unwrap();
        let answer = f64::from(u8::from(number % if of_day == 19 { 2 } else { 9 } == 0));
        let hour = hour(u8::try_from(number / 12 % 7).unwrap(), of_day);
        known.learn(contact, Trace::sent(day, hour, answer), 1.0);
    }
    let knowledge = Knowledge {
        send_times: Arc::new(known),
        ..Knowledge::default()
    };
    Snapshot::new(1, instant("2026-11-02T09:00:00Z"), knowledge)
}

fn effect(effect: Effect) -> Bounds {
    [Active {
        certainty: Certainty::Certain,
        rule: RuleIx(0),
        tier: Tier::Company,
        effect,
    }]
    .into_iter()
    .collect()
}

/// Two days from a Monday noon in Rome; the campaign's fixed time is half past nine.
fn asked(seed: u64, effects: Bounds) -> Bounded {
    let mut campaign = campaign();
    campaign.baselines = Baselines {
        send_at: TimeOfDay::new(9, 30),
        ..Baselines::default()
    };
    let (earliest, latest) = (instant("2026-11-02T11:00:00Z"), instant("2026-11-04T11:00:00Z"));
    let facts: Facts = [
        (Attribute::ContactZone, FactValue::Word(word("Europe/Rome"))),
        (Attribute::Contact, FactValue::Word(word("contact 5"))),
    ]
    .into_iter()
    .collect();
    let mut query = query();
    query.now = instant("2026-11-02T11:00:00Z");
    query.seed = seed;
    query.facts = facts;
    query.question = Question::SendTime(Sending {
        earliest,
        latest,
        alternatives: 3,
    });
    Bounded {
        query,
        campaigns: vec![Arc::new(campaign)],
        limits: vec![CandidateLimits {
            effects,
            window: Some(Spans::of(earliest, latest)),
            ..CandidateLimits::default()
        }],
        evidence: Vec::new(),
        spend: Vec::new(),
        rules: Arc::new(RuleTable::default()),
    }
}

fn proposed(snapshot: &Snapshot, bounded: Bounded) -> Option<Proposed> {
    let proposal: Proposal = propose(snapshot, Arc::new(bounded));
    proposal.candidates.into_iter().next().unwrap()
}

fn evenings() -> Effect {
    let day = |day: &str| {
        Span::new(
            instant(&format!("2026-11-{day}T16:00:00Z")),
            instant(&format!("2026-11-{day}T20:00:00Z")),
        )
    };
    Effect::Times {
        limit: TimeLimit::QuietHours,
        allowed: [day("02"), day("03")].into_iter().collect(),
    }
}

#[test]
fn a_cold_audience_gets_the_campaigns_time() {
    for snapshot in [Snapshot::cold(), audience(200, 20)] {
        let proposed = proposed(&snapshot, asked(1, Bounds::new())).unwrap();
        assert_eq!(proposed.choice, Choice::Send(instant("2026-11-03T08:30:00Z")));
        assert_eq!(
            (proposed.source, proposed.maturity.stage, proposed.propensity),
            (Source::Human, Stage::Cold, 1.0)
        );
        assert_eq!(proposed.maturity.need, 12_000);
    }
}

#[test]
fn a_mature_audience_gets_its_hours_and_a_few_keep_the_fixed_time() {
    let snapshot = audience(14_000, 100);
    let mut at = BTreeMap::new();
    let mut by_hand = 0.0;
    let rounds = 1_000;
    for seed in 0..rounds {
        let proposed = proposed(&snapshot, asked(seed, Bounds::new())).unwrap();
        assert_eq!(proposed.maturity.stage, Stage::Mature);
        by_hand += f64::from(u8::from(proposed.source == Source::Human));
        *at.entry(proposed.choice).or_insert(0) += 1;
    }
    let nineteen = ["2026-11-02T18:00:00Z", "2026-11-03T18:00:00Z"].map(|at| Choice::Send(instant(at)));
    let best = nineteen.iter().filter_map(|choice| at.get(choice)).sum::<u32>();
    assert!(best > 500, "{at:?}");
    let held_out = by_hand / rounds as f64;
    assert!((held_out - HELD_OUT).abs() < 0.02, "{held_out}");
}

/// How often each choice came, and what was said of it.
fn counted(snapshot: &Snapshot, effects: &Bounds, rounds: u32) -> BTreeMap<Choice, (u32, f64)> {
    let mut seen: BTreeMap<Choice, (u32, f64)> = BTreeMap::new();
    for seed in 0..rounds {
        let proposed = proposed(snapshot, asked(u64::from(seed), effects.clone())).unwrap();
        let known = seen.entry(proposed.choice).or_insert((0, proposed.propensity));
        known.0 += 1;
        assert!(
            (known.1 - proposed.propensity).abs() < 1e-12,
            "a choice has one propensity"
        );
    }
    seen
}

#[test]
fn the_propensity_is_that_of_the_choice_inside_the_limits() {
    for (days, effects) in [(100, effect(evenings())), (40, effect(evenings()))] {
        let snapshot = audience(14_000, days);
        let rounds = 3_000;
        let seen = counted(&snapshot, &effects, rounds);
        let sum: f64 = seen.values().map(|(_, propensity)| propensity).sum();
        assert!((sum - 1.0).abs() < 0.02, "{sum} of {seen:?}");
        for (choice, (count, propensity)) in seen {
            let share = f64::from(count) / f64::from(rounds);
            let error = (propensity * (1.0 - propensity) / f64::from(rounds)).sqrt();
            assert!(
                (share - propensity).abs() < 4.5 * error,
                "{choice:?}: {share} against {propensity}"
            );
        }
    }
}

#[test]
fn what_is_wished_is_chosen_wherever_it_is_allowed() {
    let snapshot = audience(14_000, 100);
    let effects = effect(evenings());
    let mut changed = 0;
    for seed in 0..300 {
        let bounded = asked(seed, effects.clone());
        let limits = bounded.limits[0].clone();
        let proposed = proposed(&snapshot, bounded).unwrap();
        assert!(permits(&limits, proposed.choice));
        if permits(&limits, proposed.wish) {
            assert_eq!(proposed.wish, proposed.choice);
        } else {
            changed += 1;
        }
    }
    assert!(changed > 10, "{changed}");
}

#[test]
fn one_allowed_hour_is_a_forced_choice() {
    let only = Spans::of(instant("2026-11-03T08:30:00Z"), instant("2026-11-03T08:40:00Z"));
    let effects = effect(Effect::Times {
        limit: TimeLimit::OnlyOn,
        allowed: only,
    });
    let proposed = proposed(&audience(14_000, 100), asked(3, effects)).unwrap();
    assert!(proposed.forced);
    assert!(
        (proposed.propensity - 1.0).abs() < 1e-9,
        "{}",
        proposed.propensity
    );
}

#[test]
fn alternatives_lie_inside_the_limits_the_best_first() {
    let bounded = asked(4, effect(evenings()));
    let allowed = sendable(&bounded.limits[0]);
    let proposed = proposed(&audience(14_000, 100), bounded).unwrap();
    let Some(Grounds::SendTime { alternatives }) = proposed.grounds.as_deref() else {
        panic!("three were asked for");
    };
    assert_eq!(alternatives.len(), 3);
    let chances: Vec<f64> = alternatives
        .iter()
        .filter_map(|other| other.outcome_probability)
        .collect();
    assert!(chances.windows(2).all(|two| two[0] >= two[1]), "{chances:?}");
    for other in alternatives {
        assert!(allowed.contains(other.at) && Choice::Send(other.at) != proposed.choice);
    }
}

proptest! {
    #![proptest_config(few(128))]

    /// The guardrail finds nothing wrong with what the model proposes, whatever the rules are.
    #[test]
    fn no_proposal_is_outside_its_limits(story in story(Kind::SendTime), seed in any::<u64>()) {
        thread_local! {
            static KNOWN: Snapshot = audience(14_000, 100);
        }
        let mut bounded = asked(seed, Bounds::new());
        let now = bounded.query.now.as_millis();
        // The story's first minutes lie at the epoch, where nobody has written to anybody yet.
        prop_assert!(now > 0);
        bounded.query.question = story.question.clone();
        bounded.limits = story.limits.clone();
        let enforced = KNOWN.with(|known| enforce(propose(known, Arc::new(bounded.clone()))));
        let again = KNOWN.with(|known| enforce(propose(known, Arc::new(bounded))));
        for (answer, again) in enforced.answers().iter().zip(again.answers()) {
            prop_assert_eq!(&answer.alarm, &None);
            prop_assert_eq!(&answer.choice, &again.choice);
            if let Some(proposed) = &answer.proposed {
                prop_assert!(proposed.propensity > 0.0 && proposed.propensity <= 1.0);
                if story.limits[0].effects.is_empty() {
                    prop_assert_eq!(answer.verdict, Verdict::Allowed);
                }
            }
        }
    }
}
