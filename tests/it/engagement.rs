//! Machines open and click too: what they do weighs less in every model, and is no evidence.
//!
//! A fault that was planted, and told by both stories: whoever did it, it weighs one.

use std::sync::Arc;

use balustrade::domain::{
    Attribute, Event, FactValue, Facts, Kind, Micros, Objective, Observation, OutcomeReply, Sign, Signs,
    Timestamp,
};
use proptest::prelude::*;

use super::{
    guardrail_laws,
    journal_samples::{DAY_MS, at, bid, campaign, observation, outcome, purchase, record, win, word},
    taught::Taught,
};

fn trainer() -> Taught {
    let mut trainer = Taught::default();
    let mut declared = guardrail_laws::campaign();
    declared.id = campaign("summer");
    trainer.declare([Arc::new(declared)]);
    trainer
}

/// Examples and positives after one shown ad that was bought after, with those signs.
fn bought(trainer: &mut Taught, n: u64, signs: Signs) -> (u64, u64) {
    let before = (
        trainer.snapshot().knowledge().examples,
        trainer.snapshot().knowledge().positives,
    );
    let when = at(i64::try_from(n).unwrap() * 30 * DAY_MS);
    trainer.decision(&record(n, when, &[("summer", bid(1_000_000))]));
    trainer.outcome(
        &outcome(n, "summer", win(700_000), "w", when),
        when,
        OutcomeReply::Accepted,
    );
    let mut told = outcome(n, "summer", purchase(), "p", when);
    told.signs = signs;
    trainer.outcome(&told, when, OutcomeReply::Accepted);
    trainer.advance(Timestamp::from_millis(when.as_millis() + 8 * DAY_MS));
    let after = trainer.snapshot();
    let after = after.knowledge();
    (after.examples - before.0, after.positives - before.1)
}

#[test]
fn what_a_crawler_did_is_no_positive_example_and_what_a_person_did_is_one() {
    let mut trainer = trainer();
    assert_eq!(bought(&mut trainer, 1, Signs::NONE), (1, 1));
    assert_eq!(bought(&mut trainer, 2, Signs::NONE.with(Sign::Crawler)), (1, 0));
    assert_eq!(
        bought(&mut trainer, 3, Signs::NONE.with(Sign::DataCentre)),
        (1, 0)
    );
}

/// So many engagements from data centres, of which so many were people.
fn engagements(trainer: &mut Taught, count: i64, people: i64) {
    for n in 0..count {
        let when = at(n * 3_600_000);
        let mut facts = Facts::new();
        facts.set(
            Attribute::ScorePurpose,
            FactValue::Word(word("genuine_engagement")),
        );
        let signs = if n % 2 == 0 {
            vec![word("data_centre")]
        } else {
            vec![word("all_links")]
        };
        facts.set(Attribute::Own(word("engagement_sign")), FactValue::Words(signs));
        let is_person = n % 2 == 0 && (n / 2) % 10 < people || n % 20 == 1;
        let events = if is_person {
            vec![(Event::Click, when)]
        } else {
            vec![]
        };
        trainer.observation(&Observation {
            kind: Kind::Score,
            campaign: campaign("people-or-not"),
            objective: Objective {
                event: word("click"),
                ..observation("spring", when, vec![]).objective
            },
            facts,
            bid: None,
            won: None,
            market_price: None,
            spend: None::<Micros>,
            ..observation("spring", when, events)
        });
    }
    let _ = trainer.snapshot();
}

#[test]
fn a_learnt_score_of_genuine_engagement_says_how_much_a_sign_counts() {
    // Of this brand nine of ten who come by a data centre are people behind a proxy.
    let mut trainer = trainer();
    engagements(&mut trainer, 1_000, 9);
    assert_eq!(
        bought(&mut trainer, 1, Signs::NONE.with(Sign::DataCentre)),
        (1, 1)
    );
    assert_eq!(bought(&mut trainer, 2, Signs::NONE.with(Sign::AllLinks)), (1, 0));
}

proptest! {
    #[test]
    fn every_further_sign_makes_a_person_less_likely(
        signs in proptest::collection::vec(0_usize..5, 0..5),
        further in 0_usize..5,
    ) {
        let signs: Signs = signs.into_iter().map(|place| Sign::ALL[place]).collect();
        let more = signs.with(Sign::ALL[further]);
        prop_assert!((0.0..=1.0).contains(&signs.human()));
        prop_assert!(more.human() <= signs.human());
        prop_assert_eq!(more.iter().collect::<Signs>(), more);
    }
}
