//! A new market: the model is held against the person's value, and the hand-over freezes where the model is worth less.
//!
//! Faults that were planted, and all were told: the person's draws counted for the model; a hand-over frozen whatever came
//! of it; a weight of one whoever engaged (in `engagement`).

use std::{collections::BTreeMap, sync::Arc};

use balustrade::{
    domain::{
        Active, Bounded, Bounds, BrandId, Campaign, CandidateLimits, Certainty, Choice, Effect, Event,
        Evidence, FactValue, Facts, Goal, Kind, LimitedBy, Micros, OutcomeReply, Record, RuleIx, RuleTable,
        Source, Spend, Tier,
    },
    learning::{KeptBy, Learner, Market, VersionsError},
    model::{Models, propose},
};
use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};

use super::journal_samples::{
    DAY_MS, LOSS, at, bid, campaign, facts, observation, outcome, purchase, purchases, query_of, record, win,
    word,
};
use super::taught::Taught;

const HUMAN: i64 = 1_000_000;

pub(crate) fn declared() -> Arc<Campaign> {
    Arc::new(Campaign {
        id: campaign("summer"),
        brand: BrandId::new("nova").unwrap(),
        product: Some(word("soda")),
        objective: purchases(),
        goal: Goal::MaximiseConversions {
            value_per_outcome: Micros::new(100_000),
        },
        currency: "EUR".parse().unwrap(),
        baselines: balustrade::domain::Baselines::of_bids(Micros::new(HUMAN)),
        budget: None,
        maturity: BTreeMap::new(),
        facts: Facts::from_iter([(
            balustrade::domain::Attribute::Product,
            FactValue::Word(word("soda")),
        )]),
    })
}

fn band() -> Bounds {
    Bounds::from_iter([Active {
        certainty: Certainty::Certain,
        rule: RuleIx(0),
        tier: Tier::Brand,
        effect: Effect::Band {
            human: Micros::new(HUMAN),
            low: Micros::new(500_000),
            high: Micros::new(3_000_000),
            have: 3,
            need: 50,
        },
    }])
}

/// A bid under the band, at the person's value or at the model's.
pub(crate) fn banded(n: u64, source: Source) -> Record {
    let price = if source == Source::Human { HUMAN } else { 2_500_000 };
    let when = at(i64::try_from(n).unwrap() * 60_000);
    let mut record = record(n, when, &[("summer", bid(price))]);
    let candidate = &mut record.candidates[0];
    candidate.limits.effects = band();
    let proposed = candidate.proposed.as_mut().unwrap();
    proposed.source = source;
    proposed.choice = Choice::Bid(Micros::new(price));
    record
}

fn unit(generator: &mut ChaCha8Rng) -> f64 {
    (generator.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
}

/// So many decisions in a new market, one in ten at the person's value. What is won costs what was bid; an outcome is
/// worth 0.10 EUR and follows one impression in a hundred, whoever bid.
fn market(trainer: &mut Taught, count: u64, chance: f64) {
    let mut generator = ChaCha8Rng::seed_from_u64(5);
    let last = at(i64::try_from(count).unwrap() * 60_000);
    for n in 1..=count {
        let source = if unit(&mut generator) < 0.1 {
            Source::Human
        } else {
            Source::Model
        };
        let record = banded(n, source);
        let price = record.candidates[0].choice.unwrap().price().unwrap().get();
        let when = record.now;
        trainer.decision(&record);
        let mut tell = |event: Event, id: &str| {
            let told = outcome(n, "summer", event, id, when);
            trainer.outcome(&told, when, OutcomeReply::Accepted);
        };
        // The human bid wins as often: the market is cheaper than both.
        if unit(&mut generator) < 0.5 {
            tell(win(price), "w");
            if unit(&mut generator) < chance {
                tell(purchase(), "p");
            }
        } else {
            tell(LOSS, "l");
        }
    }
    trainer.advance(at(last.as_millis() - at(0).as_millis() + 8 * DAY_MS));
}

fn trainer() -> Taught {
    let mut trainer = Taught::default();
    trainer.declare([declared()]);
    trainer
}

fn italy() -> Market {
    Market {
        campaign: campaign("summer"),
        kind: Kind::Bid,
        country: Some(word("IT")),
        channel: Some(word("display")),
    }
}

fn frozen(trainer: &mut Taught) -> bool {
    let snapshot = trainer.snapshot();
    snapshot
        .knowledge()
        .hand_overs
        .is_frozen(&campaign("summer"), Kind::Bid, &Facts::new(), &facts())
}

fn bounded(effects: Bounds) -> Arc<Bounded> {
    let mut query = query_of(&record(1, at(40 * DAY_MS), &[("summer", bid(1))]));
    query.candidates[0].facts = Facts::new();
    Arc::new(Bounded {
        query,
        campaigns: vec![declared()],
        limits: vec![CandidateLimits {
            effects,
            ..CandidateLimits::default()
        }],
        evidence: vec![Evidence {
            current: 80,
            peak: 80,
            latest: Some(at(39 * DAY_MS)),
        }],
        spend: vec![Spend::default()],
        rules: Arc::new(RuleTable::default()),
    })
}

#[test]
fn where_the_model_is_worth_less_the_hand_over_freezes_and_the_human_value_decides() {
    let mut trainer = trainer();
    for n in 0..400 {
        let events = if n % 20 == 0 {
            vec![(purchase(), at(n))]
        } else {
            vec![]
        };
        trainer.observation(&observation("summer", at(n), events));
    }
    let free = propose(&trainer.snapshot(), bounded(band())).candidates[0]
        .clone()
        .unwrap();
    assert_eq!(free.limited_by, None);
    market(&mut trainer, 6_000, 0.01);
    assert!(frozen(&mut trainer));
    let snapshot = trainer.snapshot();
    // Inside the band, and where the band is gone: evidence goes on growing.
    for effects in [band(), Bounds::default()] {
        let proposed = propose(&snapshot, bounded(effects)).candidates[0]
            .clone()
            .unwrap();
        assert_eq!(proposed.choice, Choice::Bid(Micros::new(HUMAN)));
        assert_eq!(proposed.source, Source::Human);
        assert_eq!(proposed.limited_by, Some(LimitedBy::Freeze));
        assert!((proposed.propensity - 1.0).abs() < 1e-12);
    }
    // In another country the model goes on.
    let mut elsewhere = Bounded::clone(&bounded(band()));
    elsewhere.query.facts.set(
        balustrade::domain::Attribute::MarketCountry,
        FactValue::Word(word("ES")),
    );
    let proposed = propose(&snapshot, Arc::new(elsewhere)).candidates[0]
        .clone()
        .unwrap();
    assert_eq!(proposed.limited_by, None);
}

#[test]
fn where_the_model_is_worth_more_or_too_little_is_known_nothing_freezes() {
    let mut worth_more = trainer();
    // Every impression brings an outcome of 0.10 EUR for a fortieth of that: whoever pays more loses little.
    market(&mut worth_more, 1_000, 1.0);
    assert!(!frozen(&mut worth_more));
    let mut few = trainer();
    market(&mut few, 90, 0.01);
    assert!(!frozen(&mut few));
}

#[test]
fn a_frozen_hand_over_goes_on_once_somebody_has_looked() {
    let mut trainer = trainer();
    market(&mut trainer, 6_000, 0.01);
    assert!(frozen(&mut trainer));
    assert!(trainer.resume_hand_over(&italy()));
    assert!(!frozen(&mut trainer));
    assert!(!trainer.resume_hand_over(&italy()), "it is not frozen any more");
}

#[test]
fn a_hand_over_that_is_not_frozen_is_named_when_somebody_lets_it_go_on() {
    let mut learner = Learner::new(Models::default());
    let by = KeptBy {
        by: "anna.rossi@nova.example".to_owned(),
        principal: None,
        because: "the prices were wrong".to_owned(),
        at: at(0),
    };
    let unknown = learner.resume_hand_over(italy(), by).unwrap_err();
    assert!(matches!(unknown, VersionsError::NotFrozen { .. }));
    let said = unknown.to_string();
    assert!(said.contains("`summer` in IT, display"), "{said}");
}
