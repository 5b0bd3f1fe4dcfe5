//! Slates of a new market: one in ten follows people's order, and where the model's brings less the hand-over freezes.
//!
//! Faults that were planted, and all were told: people's share left out of the propensity; no share of creatives; people's slates
//! counted for the model; every open slot counted; a frozen hand-over that goes on, or that forgets the rule's list.

use std::sync::Arc;

use balustrade::{
    domain::{
        Active, Attribute, Baselines, Bounded, Bounds, Campaign, CandidateRecord, Certainty, DecisionId,
        Duration, Effect, Event, FactValue, Facts, Kind, LimitedBy, Outcome, OutcomeReply, Proposed, Record,
        RuleIx, RuleTable, Signs, Source, Tier, Verdict, Versions,
    },
    guardrail::enforce,
    learning::Trainer,
    model::propose,
};
use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};

use crate::{
    guardrail_laws::campaign,
    journal_samples::{candidate_record, word},
    model_recommendation::{FILMS, agree, asked, id, learnt, proposed, slots},
    model_response::uniform,
};

/// A list that leads, and leaves the model the last slots.
fn start_list(place: Option<u16>, model_slots: u16) -> Bounds {
    [Active {
        certainty: Certainty::Certain,
        rule: RuleIx(0),
        tier: Tier::Brand,
        effect: Effect::StartList {
            place,
            model_slots,
            have: 3,
            need: 50,
        },
    }]
    .into_iter()
    .collect()
}

/// A stranger's slate of three in a new market, of which the list leaves so many to the model. The rule's list is `noir 2`, then
/// `farce 1`; the campaign's begins with `farce 7`.
fn new_market(model_slots: u16, seed: u64) -> Bounded {
    let mut bounded = asked("stranger", &FILMS, 3, seed);
    for (at, limits) in bounded.limits.iter_mut().enumerate() {
        let place = match at {
            1 => Some(1),
            2 => Some(2),
            _ => None,
        };
        limits.effects = start_list(place, model_slots);
    }
    bounded
}

/// What stands in a slot.
fn standing(proposed: &[Option<Proposed>], slot: u16) -> (usize, &Proposed) {
    let at = slots(proposed)
        .iter()
        .position(|shown| *shown == Some(slot))
        .unwrap();
    (at, proposed[at].as_ref().unwrap())
}

#[test]
fn one_slate_in_ten_follows_the_order_of_people() {
    let snapshot = learnt(40);
    let (mut by_hand, rounds) = (0, 2_000);
    for seed in 0..rounds {
        let slate = proposed(&snapshot, new_market(2, seed));
        let ((first, led), (second, open), (third, last)) =
            (standing(&slate, 1), standing(&slate, 2), standing(&slate, 3));
        assert_eq!(
            (first, led.source, led.forced),
            (1, Source::Human, true),
            "the list leads"
        );
        assert_eq!(open.source, last.source);
        if open.source == Source::Human {
            by_hand += 1;
            assert_eq!(
                (second, third),
                (2, 5),
                "the rest of the rule's list, then the campaign's"
            );
        }
        let enforced = enforce(propose(&snapshot, Arc::new(new_market(2, seed))));
        assert!(enforced.answers().iter().all(|answer| answer.alarm.is_none()));
    }
    assert!((160..240).contains(&by_hand), "{by_hand} of {rounds}");
}

#[test]
fn propensities_are_over_both_orders() {
    let snapshot = learnt(40);
    agree(&snapshot, |seed| new_market(3, seed), 4_000);
    let creatives = |seed| {
        let mut bounded = new_market(3, seed);
        for (candidate, name) in bounded.query.candidates.iter_mut().zip(["red", "green", "blue"]) {
            candidate.id = id(name);
        }
        for candidate in &mut bounded.query.candidates {
            let creative = FactValue::Word(word(candidate.id.as_str()));
            candidate.facts.set(Attribute::Creative, creative);
        }
        bounded
    };
    agree(&snapshot, creatives, 4_000);
}

fn recorded(bounded: &Bounded, proposed: &[Option<Proposed>]) -> Record {
    let versions = Versions {
        rulebook: "b3:0011".into(),
        stops: None,
        snapshot: 1,
        build: "0.1.0".into(),
        simulation: None,
    };
    let mut record = Record::of(&bounded.query, RuleTable::default(), versions);
    record.candidates = bounded
        .query
        .candidates
        .iter()
        .zip(&bounded.limits)
        .zip(proposed)
        .map(|((candidate, limits), proposed)| CandidateRecord {
            id: candidate.id.clone(),
            campaign: candidate.campaign.clone(),
            objective: campaign().objective,
            facts: Facts::new(),
            limits: limits.clone(),
            choice: proposed.as_ref().map(|proposed| proposed.choice),
            proposed: proposed.clone(),
            verdict: Verdict::Allowed,
            ..candidate_record("spring", None)
        })
        .collect();
    record
}

/// So many slates of which two slots are open; each slot is answered with the chance that `chance` says of it.
fn taught(count: u64, chance: impl Fn(u16, Source) -> f64) -> Trainer {
    let snapshot = learnt(40);
    let mut trainer = Trainer::default();
    trainer.declare([Arc::new(declared())]);
    let mut generator = ChaCha8Rng::seed_from_u64(11);
    for n in 0..count {
        let mut bounded = new_market(2, n);
        bounded.query.now = bounded
            .query
            .now
            .plus(Duration::from_secs(60 * i64::try_from(n).unwrap()));
        bounded.query.decision = DecisionId::new(bounded.query.now, u128::from(n));
        let slate = proposed(&snapshot, bounded.clone());
        trainer.decision(&recorded(&bounded, &slate));
        for slot in [2, 3] {
            let (at, shown) = standing(&slate, slot);
            if uniform(&mut generator) < chance(slot, shown.source) {
                let told = Outcome {
                    decision: bounded.query.decision,
                    candidate: bounded.query.candidates[at].id.clone(),
                    event_id: word("click"),
                    revision: 0,
                    at: bounded.query.now,
                    event: Event::Click,
                    withdrawn: false,
                    signs: Signs::NONE,
                };
                trainer.outcome(&told, bounded.query.now, OutcomeReply::Accepted);
            }
        }
    }
    trainer.advance(new_market(2, 0).query.now.plus(Duration::from_days(30)));
    trainer
}

fn declared() -> Campaign {
    Campaign {
        baselines: Baselines {
            list: Some(vec![id("farce 7"), id("noir 9")]),
            ..Baselines::default()
        },
        ..campaign()
    }
}

fn is_frozen(trainer: &mut Trainer) -> bool {
    let snapshot = trainer.snapshot();
    let (known, nothing) = (&snapshot.knowledge().hand_overs, Facts::new());
    known.is_frozen(&declared().id, Kind::Recommendation, &nothing, &nothing)
}

#[test]
fn where_the_models_order_brings_less_the_hand_over_freezes_and_people_order_the_slate() {
    let worse = |_, source| if source == Source::Human { 0.1 } else { 0.01 };
    let mut trainer = taught(3_000, worse);
    assert!(is_frozen(&mut trainer));
    let snapshot = trainer.snapshot();
    for seed in 0..50 {
        // What the stranger clicked it is not shown again.
        let mut bounded = new_market(2, seed);
        let somebody = FactValue::Word(word("somebody else"));
        bounded.query.facts.set(Attribute::Contact, somebody);
        let slate = proposed(&snapshot, bounded);
        let places = [1, 2, 3].map(|slot| standing(&slate, slot));
        assert_eq!(places.map(|(at, _)| at), [1, 2, 5]);
        for (_, shown) in places {
            assert_eq!(
                (shown.source, shown.limited_by),
                (Source::Human, Some(LimitedBy::Freeze))
            );
            assert!((shown.propensity - 1.0).abs() < 1e-12);
        }
    }
}

#[test]
fn where_it_brings_as_much_or_more_nothing_freezes() {
    assert!(!is_frozen(&mut taught(3_000, |_, _| 0.05)));
    let better = |_, source| if source == Source::Human { 0.01 } else { 0.1 };
    assert!(!is_frozen(&mut taught(3_000, better)));
}

/// The items of one slate share a person and a moment: only the first open slot is held against people's.
#[test]
fn what_stands_behind_the_first_open_slot_is_no_trial_of_its_own() {
    let behind = |slot, source| {
        if slot == 3 && source == Source::Human {
            0.3
        } else {
            0.02
        }
    };
    assert!(!is_frozen(&mut taught(3_000, behind)));
}
