//! When to send: what is proposed inside the limits.

use std::{collections::BTreeMap, sync::Arc};

use balustrade::{
    domain::{
        Active, Attribute, Baselines, Bounded, Bounds, CandidateLimits, Certainty, Choice, Effect, FactValue,
        Facts, Grounds, Kind, Proposal, Proposed, Question, RuleIx, RuleTable, Sending, Source, Span, Spans,
        Stage, Tier, TimeLimit, TimeOfDay, Verdict, permits, sendable,
    },
    guardrail::enforce,
    model::{
        Knowledge, Snapshot,
        contacts::Day,
        propose,
        send_time::{HELD_OUT, SendTimes, Trace},
    },
};
use proptest::prelude::*;

use crate::{
    domain_stories::story,
    guardrail_laws::{campaign, query},
    model_send_hours::{hour, instant, who, word},
    model_thompson::few,
};

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
