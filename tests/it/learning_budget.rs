//! Splits from the journal to a proposal: what an arm spent and brought, and how far the model may move it.

use std::sync::Arc;

use balustrade::{
    domain::{
        Active, Baselines, BasisPoints, Bounded, Bounds, Campaign, Candidate, CandidateLimits, Certainty,
        Choice, Effect, Event, Facts, Goal, Grounds, Kind, Micros, Observation, OutcomeReply, Query,
        Question, Record, RuleIx, RuleTable, Source, Span, Stage, Tier, Timestamp, Total, permits_all,
    },
    guardrail::enforce,
    learning::Trainer,
    model::{Snapshot, budget::EXPLORED, propose},
};

use super::journal_samples::{
    DAY_MS, HOUR_MS, at, brand, campaign, candidate, candidate_record, id, outcome, purchase, purchases,
    record,
};

const TOTAL: i64 = 400_000_000;
const ARMS: [&str; 4] = ["search", "social", "video", "mail"];

fn declared(of: &str) -> Arc<Campaign> {
    Arc::new(Campaign {
        id: campaign(of),
        brand: brand("nova"),
        product: None,
        objective: purchases(),
        goal: Goal::MaximiseConversions {
            value_per_outcome: Micros::new(5_000_000),
        },
        currency: "EUR".parse().unwrap(),
        baselines: Baselines {
            share: Some(BasisPoints::new(2_500)),
            ..Baselines::default()
        },
        budget: None,
        maturity: Default::default(),
        facts: Facts::new(),
    })
}

fn trainer() -> Trainer {
    let mut trainer = Trainer::default();
    trainer.declare(ARMS.map(declared));
    trainer
}

/// A day of history of an arm.
fn day(of: &str, day: i64, spend: i64, purchases: usize) -> Observation {
    let when = at(day * DAY_MS + HOUR_MS);
    let history = super::journal_samples::observation(of, when, vec![(purchase(), when); purchases]);
    Observation {
        kind: Kind::Budget,
        candidate: Some(candidate(of)),
        spend: Some(Micros::new(spend)),
        won: None,
        bid: None,
        market_price: None,
        ..history
    }
}

fn total(last: Option<i64>, now: Timestamp) -> Total {
    Total {
        amount: Micros::new(TOTAL),
        currency: "EUR".parse().unwrap(),
        last: vec![last.map(Micros::new); ARMS.len()],
        spent: Vec::new(),
        period: Some(Span::new(now, at(now.as_millis() - at(0).as_millis() + DAY_MS))),
    }
}

fn bounded(seed: u64, days: i64, effects: &[(usize, Effect)]) -> Bounded {
    let now = at(days * DAY_MS);
    let limits = (0..ARMS.len()).map(|arm| {
        let own = effects.iter().filter(|(of, _)| *of == arm);
        let active = own.map(|(_, effect)| Active {
            certainty: Certainty::Certain,
            rule: RuleIx(0),
            tier: Tier::Brand,
            effect: effect.clone(),
        });
        CandidateLimits {
            effects: Bounds::from_iter(active),
            ..CandidateLimits::default()
        }
    });
    Bounded {
        query: Query {
            decision: id(seed),
            now,
            seed,
            caller: None,
            request: None,
            question: Question::Budget(total(None, now)),
            facts: Facts::new(),
            candidates: ARMS
                .map(|of| Candidate {
                    id: candidate(of),
                    campaign: campaign(of),
                    facts: Facts::new(),
                })
                .to_vec(),
        },
        campaigns: ARMS.map(declared).to_vec(),
        limits: limits.collect(),
        evidence: Vec::new(),
        spend: Vec::new(),
        rules: Arc::new(RuleTable::default()),
    }
}

fn parts(snapshot: &Snapshot, bounded: Bounded) -> Vec<i64> {
    propose(snapshot, Arc::new(bounded))
        .candidates
        .iter()
        .map(|opinion| opinion.as_ref().unwrap().choice.amount().unwrap().get())
        .collect()
}

/// Thirty days in which `search` brings four times what the others do.
fn taught(trainer: &mut Trainer) {
    for history in 0..30 {
        let spend = 60_000_000 + (history * 7 % 11) * 8_000_000;
        for of in ARMS {
            let rate = if of == "search" { 4 } else { 1 };
            trainer.observation(&day(
                of,
                history,
                spend,
                usize::try_from(spend * rate / 4_000_000).unwrap(),
            ));
        }
    }
}

#[test]
fn a_cold_split_is_the_one_people_declared() {
    let opinions = propose(&Snapshot::cold(), Arc::new(bounded(1, 0, &[]))).candidates;
    for opinion in opinions.into_iter().map(Option::unwrap) {
        assert_eq!(opinion.choice, Choice::Share(Micros::new(TOTAL / 4)));
        assert_eq!(opinion.wish, opinion.choice);
        assert_eq!(
            (opinion.source, opinion.maturity.stage),
            (Source::Human, Stage::Cold)
        );
        assert_eq!(opinion.propensity, 1.0);
        assert_eq!(opinion.grounds, None);
    }
}

#[test]
fn money_moves_to_the_arm_that_brings_more_and_never_over_a_limit() {
    let mut trainer = trainer();
    taught(&mut trainer);
    let snapshot = trainer.snapshot();
    let free = parts(&snapshot, bounded(1, 30, &[]));
    assert_eq!(free.iter().sum::<i64>(), TOTAL);
    assert!(free[0] > TOTAL / 2, "{free:?}");
    let cap = Effect::Share {
        at_least: Micros::ZERO,
        at_most: Micros::new(TOTAL / 3),
    };
    let floor = Effect::Share {
        at_least: Micros::new(TOTAL / 5),
        at_most: Micros::new(TOTAL),
    };
    let limits = [(0, cap), (3, floor)];
    for seed in 0..20 {
        let asked = bounded(seed, 30, &limits);
        let (question, within) = (asked.query.question.clone(), asked.limits.clone());
        let split = parts(&snapshot, asked);
        let choices: Vec<Option<Choice>> = split
            .iter()
            .map(|part| Some(Choice::Share(Micros::new(*part))))
            .collect();
        assert!(permits_all(&question, &within, &choices), "{split:?}");
        assert_eq!(split[0], TOTAL / 3);
    }
}

#[test]
fn an_answer_tells_the_marginal_return_and_how_far_the_arm_is() {
    let mut trainer = trainer();
    taught(&mut trainer);
    let proposal = propose(&trainer.snapshot(), Arc::new(bounded(1, 30, &[])));
    let search = proposal.candidates[0].clone().unwrap();
    assert_eq!(
        (search.source, search.maturity.stage),
        (Source::Model, Stage::Mature)
    );
    let Some(Grounds::Arm { marginal_return }) = search.grounds.as_deref() else {
        panic!("{search:?}");
    };
    // A purchase costs 1.00 there.
    assert!((0.3..1.2).contains(marginal_return), "{marginal_return}");
    let answers = enforce(proposal);
    assert!(
        answers
            .answers()
            .iter()
            .all(|answer| answer.alarm.is_none() && answer.fallback.is_none())
    );
}

#[test]
fn the_propensity_of_a_part_is_how_often_it_is_drawn() {
    let mut trainer = trainer();
    for history in 0..30_i64 {
        let spend = 60_000_000 + (history * 7 % 11) * 8_000_000;
        for (rate, of) in ARMS.into_iter().enumerate() {
            // The more is spent, the less the next unit brings.
            let bought = (spend / 1_000_000).isqrt() * (i64::try_from(rate).unwrap() + 3);
            trainer.observation(&day(of, history, spend, usize::try_from(bought).unwrap()));
        }
    }
    let snapshot = trainer.snapshot();
    let mut drawn: std::collections::BTreeMap<i64, (f64, u32)> = Default::default();
    for seed in 0..4_000 {
        let proposal = propose(&snapshot, Arc::new(bounded(seed, 30, &[])));
        let social = proposal.candidates[1].clone().unwrap();
        let part = social.choice.amount().unwrap().get();
        drawn.entry(part).or_insert((social.propensity, 0)).1 += 1;
    }
    assert_eq!(drawn.len(), 2, "{drawn:?}");
    for (propensity, times) in drawn.values() {
        let share = f64::from(*times) / 4_000.0;
        assert!((share - propensity).abs() < 0.02, "{drawn:?}");
    }
    let sum: f64 = drawn.values().map(|(propensity, _)| propensity).sum();
    assert!((sum - 1.0).abs() < 1e-9 && drawn.values().any(|(p, _)| (p - EXPLORED).abs() < 1e-9));
}

#[test]
fn a_novel_arm_beside_known_ones_stays_at_its_human_part() {
    let mut trainer = trainer();
    for history in 0..30 {
        for of in &ARMS[..3] {
            trainer.observation(&day(of, history, 100_000_000, 40));
        }
    }
    let opinions = propose(&trainer.snapshot(), Arc::new(bounded(1, 30, &[]))).candidates;
    let novel = opinions[3].clone().unwrap();
    assert_eq!((novel.source, novel.maturity.stage), (Source::Human, Stage::Cold));
    assert_eq!(novel.choice, Choice::Share(Micros::new(TOTAL / 4)));
}

#[test]
fn a_learning_arm_is_moved_a_part_of_the_way() {
    let mut trainer = trainer();
    taught(&mut trainer);
    let few = |trainer: &mut Trainer| {
        for history in 20..22 {
            trainer.observation(&day("mail", history, 10_000_000, 0));
        }
    };
    few(&mut trainer);
    let mature = parts(&trainer.snapshot(), bounded(1, 30, &[]));
    assert!(mature[3] < TOTAL / 20, "{mature:?}");
    let mut young = self::trainer();
    for history in 0..30 {
        for of in &ARMS[..3] {
            young.observation(&day(of, history, 100_000_000, 40));
        }
    }
    young.observation(&day("mail", 29, 100_000_000, 10));
    let opinions = propose(&young.snapshot(), Arc::new(bounded(1, 30, &[]))).candidates;
    let mail = opinions[3].clone().unwrap();
    assert_eq!(
        (mail.source, mail.maturity.stage),
        (Source::Blend, Stage::Learning)
    );
    // With 10 of 10 + 15 of the weight it may lose two fifths of its human part.
    assert_eq!(mail.choice, Choice::Share(Micros::new(TOTAL / 4 * 3 / 5)));
}

#[test]
fn a_rules_band_bounds_an_arm_that_is_handed_over() {
    let mut trainer = trainer();
    taught(&mut trainer);
    let band = Effect::Band {
        human: Micros::new(80_000_000),
        low: Micros::new(60_000_000),
        high: Micros::new(120_000_000),
        have: 3,
        need: 50,
    };
    let split = parts(&trainer.snapshot(), bounded(1, 30, &[(0, band)]));
    assert_eq!(split[0], 120_000_000, "{split:?}");
}

#[test]
fn bounds_that_admit_no_split_leave_nobody_an_opinion_and_are_named() {
    let mut trainer = trainer();
    taught(&mut trainer);
    let half = |arm| {
        let at_least = Micros::new(TOTAL / 2);
        (
            arm,
            Effect::Share {
                at_least,
                at_most: Micros::new(TOTAL),
            },
        )
    };
    let proposal = propose(
        &trainer.snapshot(),
        Arc::new(bounded(1, 30, &[half(0), half(1), half(2)])),
    );
    assert!(proposal.candidates.iter().all(Option::is_none));
    for answer in enforce(proposal).answers() {
        assert_eq!(answer.choice, None);
        assert_eq!(
            answer.fallback,
            Some(balustrade::domain::FallbackReason::Contradiction)
        );
    }
}

#[test]
fn an_impossible_spend_leaves_the_model_where_it_was() {
    let arms = |trainer: &mut Trainer| {
        let mut hasher = blake3::Hasher::new();
        trainer.snapshot().knowledge().arms.digest(&mut hasher);
        hasher.finalize()
    };
    let mut trainer = trainer();
    taught(&mut trainer);
    let before = arms(&mut trainer);
    for spend in [i64::MAX, -1] {
        trainer.observation(&day("video", 31, spend, 5));
        assert_eq!(arms(&mut trainer), before, "{spend}");
    }
    trainer.observation(&day("video", 31, 1_000_000, 5));
    assert_ne!(arms(&mut trainer), before);
}

// === from decisions and outcomes ===

/// A split at `now` that gave every arm the same, for the day that began at midnight.
fn split(n: u64, now: Timestamp, part: i64, spent: Option<i64>) -> Record {
    let start = at((now.as_millis() - at(0).as_millis()).div_euclid(DAY_MS) * DAY_MS);
    let candidates = ARMS.map(|of| candidate_record(of, Some(Choice::Share(Micros::new(part)))));
    Record {
        question: Question::Budget(Total {
            spent: spent.map_or_else(Vec::new, |spent| vec![Micros::new(spent); ARMS.len()]),
            ..total(None, start)
        }),
        candidates: candidates.to_vec(),
        ..record(n, now, &[])
    }
}

fn bought(trainer: &mut Trainer, n: u64, of: &str, times: u32, when: Timestamp) {
    for purchase_of in 0..times {
        let event: Event = purchase();
        let told = outcome(n, of, event, &format!("p{purchase_of}"), when);
        trainer.outcome(&told, when, OutcomeReply::Accepted);
    }
}

fn usual(trainer: &mut Trainer, of: &str) -> Option<f64> {
    let snapshot = trainer.snapshot();
    let known = snapshot.knowledge().arms.get(&campaign(of), &candidate(of))?;
    Some(known.posterior.usual_micros())
}

#[test]
fn a_split_teaches_what_it_gave_when_its_window_has_closed() {
    let mut trainer = trainer();
    trainer.decision(&split(1, at(0), 100_000_000, None));
    bought(&mut trainer, 1, "search", 20, at(DAY_MS));
    trainer.advance(at(7 * DAY_MS - 1));
    assert_eq!(usual(&mut trainer, "search"), None, "the window is open");
    trainer.advance(at(7 * DAY_MS));
    assert_eq!(usual(&mut trainer, "search"), Some(100_000_000.0));
    let snapshot = trainer.snapshot();
    let known = snapshot
        .knowledge()
        .arms
        .get(&campaign("search"), &candidate("search"))
        .unwrap();
    assert_eq!(known.events.evidence(7, at(7 * DAY_MS)).current, 20);
}

#[test]
fn what_the_next_split_tells_was_spent_corrects_the_one_before() {
    let mut trainer = trainer();
    trainer.decision(&split(1, at(0), 100_000_000, Some(0)));
    trainer.decision(&split(2, at(12 * HOUR_MS), 100_000_000, Some(30_000_000)));
    bought(&mut trainer, 1, "search", 5, at(DAY_MS));
    bought(&mut trainer, 2, "search", 5, at(DAY_MS));
    trainer.advance(at(7 * DAY_MS));
    assert_eq!(usual(&mut trainer, "search"), None, "one of its windows is open");
    trainer.advance(at(8 * DAY_MS));
    // 30 until noon and the 70 that were left afterwards.
    assert_eq!(usual(&mut trainer, "search"), Some(100_000_000.0));
}

#[test]
fn an_outcome_that_is_withdrawn_is_taken_back() {
    let mut trainer = trainer();
    trainer.decision(&split(1, at(0), 100_000_000, None));
    bought(&mut trainer, 1, "search", 20, at(DAY_MS));
    trainer.advance(at(7 * DAY_MS));
    let mean = |trainer: &mut Trainer| {
        let snapshot = trainer.snapshot();
        let known = snapshot
            .knowledge()
            .arms
            .get(&campaign("search"), &candidate("search"));
        known.unwrap().posterior.mean().value(100_000_000.0)
    };
    let before = mean(&mut trainer);
    let withdrawn = balustrade::domain::Outcome {
        revision: 1,
        withdrawn: true,
        ..outcome(1, "search", purchase(), "p0", at(DAY_MS))
    };
    trainer.outcome(&withdrawn, at(7 * DAY_MS + HOUR_MS), OutcomeReply::Corrected);
    let after = mean(&mut trainer);
    assert!(after < before - 0.5, "{before} then {after}");
    let again = balustrade::domain::Outcome {
        revision: 2,
        withdrawn: false,
        ..withdrawn
    };
    trainer.outcome(&again, at(7 * DAY_MS + 2 * HOUR_MS), OutcomeReply::Corrected);
    assert_eq!(mean(&mut trainer), before);
}
