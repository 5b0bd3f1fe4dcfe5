//! How long a split and a score take.

use std::{collections::BTreeMap, hint::black_box, sync::Arc};

use balustrade::{
    domain::{
        Attribute, Baselines, BasisPoints, Bounded, BrandId, Campaign, CampaignId, Candidate, CandidateId,
        CandidateLimits, DecisionId, Duration, Evidence, FactValue, Facts, Goal, Micros, Objective,
        ObjectiveId, Query, Question, RuleTable, Spend, Timestamp, Total, Word,
    },
    model::{
        Knowledge, Snapshot,
        budget::{Arms, Events, KnownArm, Period, Posterior, Prior},
        propose,
        score::{Calibrated, Following, History, Known, Row, Scores, fit},
    },
};

use super::{timed, told};

pub(crate) const NOW: Timestamp = Timestamp::from_millis(1_795_392_000_000);

pub(crate) fn word(text: &str) -> Word {
    Word::new(text).unwrap()
}

pub(crate) fn campaign() -> Campaign {
    Campaign {
        id: CampaignId::new("spring").unwrap(),
        brand: BrandId::new("nova").unwrap(),
        product: None,
        objective: Objective {
            id: ObjectiveId::new("click").unwrap(),
            event: word("click"),
            window: Duration::from_secs(1_800),
        },
        goal: Goal::MaximiseConversions {
            value_per_outcome: Micros::new(400_000),
        },
        currency: "EUR".parse().unwrap(),
        baselines: Baselines {
            bid: Some(Micros::new(1_000_000)),
            share: Some(BasisPoints::new(10)),
            probability: Some(Micros::new(50_000)),
            ..Baselines::default()
        },
        budget: None,
        maturity: Default::default(),
        facts: Facts::new(),
    }
}

fn bounded(question: Question, facts: Facts, candidates: Vec<CandidateId>, seed: u64) -> Bounded {
    let campaign = Arc::new(campaign());
    let count = candidates.len();
    Bounded {
        campaigns: vec![Arc::clone(&campaign); count],
        limits: vec![CandidateLimits::default(); count],
        evidence: vec![Evidence::default(); count],
        spend: vec![Spend::default(); count],
        rules: Arc::new(RuleTable::default()),
        query: Query {
            decision: DecisionId::new(NOW, u128::from(seed)),
            now: NOW,
            seed,
            request: None,
            caller: None,
            question,
            facts,
            candidates: candidates
                .into_iter()
                .map(|id| Candidate {
                    id,
                    campaign: campaign.id.clone(),
                    facts: Facts::new(),
                })
                .collect(),
        },
    }
}

const ARMS: usize = 1_000;

fn arm(at: usize) -> CandidateId {
    CandidateId::new(&format!("arm-{at}")).unwrap()
}

/// What sixty days taught of an arm.
fn known(at: usize) -> KnownArm {
    let mut events = Events::default();
    let periods = (0..60_i64).map(|day| {
        let spend_micros = 1e6 * (1 + (at as i64 * 7 + day * 13) % 40) as f64;
        let outcomes = (spend_micros / 1e6 * (1.0 + (at % 9) as f64)).sqrt().round();
        let when = Timestamp::from_millis(NOW.as_millis() - day * 86_400_000);
        events.add(when, outcomes as u32);
        Period {
            spend_micros,
            outcomes,
        }
    });
    let periods: Vec<Period> = periods.collect();
    let prior = Prior {
        rate: 1e-6,
        usual_micros: 2e7,
    };
    KnownArm {
        posterior: Arc::new(Posterior::fit(&periods, prior).unwrap()),
        events: Arc::new(events),
    }
}

pub(crate) fn budget() {
    let arms = Arms {
        arms: (0..ARMS)
            .map(|at| ((campaign().id, arm(at)), known(at)))
            .collect(),
        rates: BTreeMap::from([(word("click"), 1e-6)]),
    };
    let snapshot = Snapshot::new(
        1,
        NOW,
        Knowledge {
            arms: Arc::new(arms),
            ..Knowledge::default()
        },
    );
    let total = Total {
        amount: Micros::new(20_000_000_000),
        currency: "EUR".parse().unwrap(),
        last: vec![None; ARMS],
        spent: Vec::new(),
        period: None,
    };
    let asked: Vec<Arc<Bounded>> = (0..20)
        .map(|seed| {
            Arc::new(bounded(
                Question::Budget(total.clone()),
                Facts::new(),
                (0..ARMS).map(arm).collect(),
                seed,
            ))
        })
        .collect();
    assert!(
        propose(&snapshot, Arc::clone(&asked[0]))
            .candidates
            .iter()
            .all(Option::is_some)
    );
    let times = timed(500, |round| {
        black_box(propose(&snapshot, Arc::clone(&asked[round % asked.len()])));
    });
    told("a budget split among 1,000 arms", &times, "aim: 10 ms");
}

/// So many facts of a lead: half of them numbers, half words.
fn fact(at: usize, lead: usize) -> (String, Option<f64>, String) {
    let value = (lead.wrapping_mul(2_654_435_761).wrapping_add(at * 40_503) >> 7) % 97;
    (
        format!("fact-{at}"),
        at.is_multiple_of(2).then_some(value as f64),
        format!("word-{}", value % 12),
    )
}

pub(crate) fn score() {
    const FACTS: usize = 20;
    let mut history = History::new();
    for lead in 0..20_000_usize {
        let facts: Vec<_> = (0..FACTS).map(|at| fact(at, lead)).collect();
        let mut row = Row::new();
        for (name, number, text) in &facts {
            match number {
                Some(number) => row.number(name, *number),
                None => row.word(name, text),
            }
        }
        let odds = facts[0].1.unwrap() + facts[2].1.unwrap() * f64::from(u8::from(facts[1].2 == "word-3"));
        history.push(&row, (lead * 31) % 97 < odds as usize / 2, NOW, History::CAPACITY);
    }
    let fit = fit::fit(&history).unwrap();
    let calibration = Following::new(fit.clone()).calibration();
    let fitted = fit.fitted;
    println!("  ({} over {FACTS} facts)", fitted.form().name());
    let known = Known {
        model: Some(Calibrated {
            calibration,
            fitted: Arc::new(fitted),
        }),
        ..Known::default()
    };
    let scores: Scores = [(campaign().id, Arc::new(known))].into_iter().collect();
    let snapshot = Snapshot::new(
        1,
        NOW,
        Knowledge {
            scores: Arc::new(scores),
            ..Knowledge::default()
        },
    );
    let asked: Vec<Arc<Bounded>> = (0..200)
        .map(|lead| {
            let facts: Facts = (0..FACTS)
                .map(|at| {
                    let (name, number, text) = fact(at, lead * 7);
                    let value = number.map_or_else(
                        || FactValue::Word(word(&text)),
                        |number| FactValue::Number(number as i64),
                    );
                    (Attribute::Own(word(&name)), value)
                })
                .collect();
            Arc::new(bounded(
                Question::Score,
                facts,
                vec![CandidateId::new("spring").unwrap()],
                lead as u64,
            ))
        })
        .collect();
    let times = timed(20_000, |round| {
        black_box(propose(&snapshot, Arc::clone(&asked[round % asked.len()])));
    });
    told("a score with its reasons", &times, "aim: 50 us");
}
