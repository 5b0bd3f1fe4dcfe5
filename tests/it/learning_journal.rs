//! From the journal to a snapshot: when an example trains, what a correction does, and that it repeats.

use std::sync::Arc;

use balustrade::{
    domain::{
        Attribute, Bounded, BrandId, Campaign, CandidateLimits, Choice, Currency, Event, Evidence, FactValue,
        Facts, Goal, Micros, OutcomeReply, Quarantine, Recorder, RuleTable, Source, Spend, Stage, Timestamp,
    },
    journal::{Durability, Journal},
    learning::{Heard, Learner},
    model::{Models, Snapshot, features::Features, propose, win_curve::Market},
};

use super::journal_samples::{
    DAY_MS, HOUR_MS, LOSS, answered, at, bid, budget, campaign, candidate, facts, observation, outcome,
    purchase, purchases, query_of, record, settings, win, word,
};
use super::taught::Taught;

pub(crate) fn declared(id: &str, goal: Goal) -> Arc<Campaign> {
    Arc::new(Campaign {
        id: campaign(id),
        brand: BrandId::new("nova").unwrap(),
        product: Some(word("soda")),
        objective: purchases(),
        goal,
        currency: "EUR".parse().unwrap(),
        baselines: balustrade::domain::Baselines::of_bids(Micros::new(1_800_000)),
        budget: Some(budget(9_000_000_000)),
        maturity: Default::default(),
        facts: Facts::from_iter([(Attribute::Product, FactValue::Word(word("soda")))]),
    })
}

fn cost() -> Goal {
    Goal::TargetCost(Micros::new(2_000_000))
}

fn trainer() -> Taught {
    let mut trainer = Taught::default();
    trainer.declare([declared("summer", cost())]);
    trainer
}

fn learnt(trainer: &mut Taught) -> (u64, u64) {
    let snapshot = trainer.snapshot();
    (snapshot.knowledge().examples, snapshot.knowledge().positives)
}

fn tell(trainer: &mut Taught, n: u64, event: Event, id: &str, when: Timestamp) -> Heard {
    trainer.outcome(
        &outcome(n, "summer", event, id, when),
        when,
        OutcomeReply::Accepted,
    )
}

#[test]
fn an_example_trains_once_when_its_window_has_closed() {
    let mut trainer = trainer();
    trainer.decision(&record(1, at(0), &[("summer", bid(1_000_000))]));
    tell(&mut trainer, 1, win(700_000), "w", at(1_000));
    tell(&mut trainer, 1, purchase(), "p", at(DAY_MS));
    trainer.advance(at(7 * DAY_MS - 1));
    assert_eq!(learnt(&mut trainer), (0, 0), "the window is open");
    trainer.advance(at(7 * DAY_MS));
    assert_eq!(learnt(&mut trainer), (1, 1));
    trainer.advance(at(30 * DAY_MS));
    assert_eq!(learnt(&mut trainer), (1, 1), "once");
}

#[test]
fn a_shown_impression_without_outcome_is_a_negative_and_a_lost_one_is_nothing() {
    let mut trainer = trainer();
    for n in 1..=2 {
        trainer.decision(&record(n, at(0), &[("summer", bid(1_000_000))]));
    }
    tell(&mut trainer, 1, win(700_000), "w", at(1_000));
    tell(&mut trainer, 2, LOSS, "l", at(1_000));
    trainer.advance(at(8 * DAY_MS));
    assert_eq!(learnt(&mut trainer), (1, 0));
}

#[test]
fn what_is_told_after_training_is_corrected_with_the_opposite_weight() {
    let mut trainer = trainer();
    trainer.decision(&record(1, at(0), &[("summer", bid(1_000_000))]));
    tell(&mut trainer, 1, win(700_000), "w", at(1_000));
    trainer.advance(at(7 * DAY_MS));
    assert_eq!(learnt(&mut trainer), (1, 0));
    let mut late = outcome(1, "summer", purchase(), "p", at(3 * DAY_MS));
    trainer.outcome(&late, at(7 * DAY_MS + HOUR_MS), OutcomeReply::Late);
    assert_eq!(learnt(&mut trainer), (1, 1), "it happened inside the window");
    (late.withdrawn, late.revision) = (true, 1);
    trainer.outcome(&late, at(7 * DAY_MS + 2 * HOUR_MS), OutcomeReply::Corrected);
    assert_eq!(learnt(&mut trainer), (1, 0), "and was taken back");
}

#[test]
fn a_click_among_too_many_is_nobodys_although_it_is_the_first_word_of_its_bid() {
    let mut trainer = trainer();
    for n in 1..=2 {
        let mut decision = record(n, at(0), &[("summer", bid(1_000_000))]);
        decision
            .facts
            .set(Attribute::Contact, FactValue::Word(word("c-1")));
        trainer.decision(&decision);
    }
    let burst = OutcomeReply::Quarantined(Quarantine::Burst);
    trainer.outcome(
        &outcome(1, "summer", Event::Click, "c", at(1_000)),
        at(1_000),
        burst,
    );
    for n in 1..=2 {
        tell(&mut trainer, n, win(700_000), "w", at(2_000));
    }
    trainer.advance(at(8 * DAY_MS));
    assert_eq!(learnt(&mut trainer), (0, 0), "both are of one contact");
}

#[test]
fn a_loss_that_turns_out_to_be_a_win_is_learnt_as_one() {
    let (mut told, mut plain) = (trainer(), trainer());
    for trainer in [&mut told, &mut plain] {
        trainer.decision(&record(1, at(0), &[("summer", bid(1_000_000))]));
    }
    tell(&mut told, 1, LOSS, "l", at(1_000));
    assert_eq!(told.open(), 0, "nothing is kept of what was lost");
    let mut withdrawn = outcome(1, "summer", LOSS, "l", at(1_000));
    (withdrawn.withdrawn, withdrawn.revision) = (true, 1);
    told.outcome(&withdrawn, at(2_000), OutcomeReply::Corrected);
    for trainer in [&mut told, &mut plain] {
        tell(trainer, 1, win(700_000), "w", at(3_000));
        trainer.advance(at(8 * DAY_MS));
    }
    let (told, plain) = (told.snapshot(), plain.snapshot());
    assert_eq!(told.knowledge().examples, 1);
    assert_eq!(told.knowledge().curves, plain.knowledge().curves);
}

#[test]
fn an_outcome_after_the_window_does_not_count() {
    let mut trainer = trainer();
    trainer.decision(&record(1, at(0), &[("summer", bid(1_000_000))]));
    tell(&mut trainer, 1, win(700_000), "w", at(1_000));
    tell(&mut trainer, 1, purchase(), "p", at(7 * DAY_MS + 1));
    assert_eq!(learnt(&mut trainer), (1, 0));
}

#[test]
fn what_was_refused_or_set_aside_teaches_nothing() {
    let mut trainer = trainer();
    trainer.decision(&record(1, at(0), &[("summer", bid(1_000_000))]));
    let told = outcome(1, "summer", win(700_000), "w", at(1_000));
    for reply in [
        OutcomeReply::Duplicate,
        OutcomeReply::Conflict,
        OutcomeReply::UnknownCandidate,
    ] {
        trainer.outcome(&told, at(1_000), reply);
    }
    trainer.advance(at(8 * DAY_MS));
    assert_eq!(learnt(&mut trainer), (0, 0));
}

#[test]
fn a_win_after_the_auction_timed_out_is_recalled_and_applied() {
    let mut trainer = trainer();
    let decision = record(1, at(0), &[("summer", bid(1_000_000))]);
    trainer.decision(&decision);
    trainer.advance(at(2 * HOUR_MS));
    let late = outcome(1, "summer", win(1_000_000), "w", at(60_000));
    assert_eq!(
        trainer.outcome(&late, at(3 * HOUR_MS), OutcomeReply::Late),
        Heard::NotAtHand
    );
    trainer.advance(at(8 * DAY_MS));
    assert_eq!(learnt(&mut trainer), (1, 0));
}

#[test]
fn losses_move_the_win_curve_at_once() {
    let mut trainer = trainer();
    let market = Market::of("EUR".parse::<Currency>().unwrap(), &facts());
    let chance = |trainer: &mut Taught| {
        trainer
            .snapshot()
            .knowledge()
            .curves
            .of(market)
            .win_probability(Micros::new(1_000_000))
    };
    let before = chance(&mut trainer);
    for n in 1..=40 {
        trainer.decision(&record(n, at(0), &[("summer", bid(1_000_000))]));
        tell(&mut trainer, n, LOSS, "l", at(1_000));
    }
    assert!(chance(&mut trainer) < before / 2.0);
}

#[test]
fn imported_history_trains_at_once() {
    let mut trainer = trainer();
    trainer.observation(&observation("summer", at(0), vec![]));
    trainer.observation(&observation("summer", at(0), vec![(purchase(), at(DAY_MS))]));
    trainer.observation(&observation("summer", at(0), vec![(purchase(), at(9 * DAY_MS))]));
    assert_eq!(learnt(&mut trainer), (3, 1));
}

/// Decisions, outcomes and history, written as a server would.
fn write(journal: &Journal, from: u64) {
    for n in from..from + 60 {
        let when = at(i64::try_from(n).unwrap() * HOUR_MS);
        journal
            .observe(observation("summer", when, vec![(purchase(), when)]))
            .unwrap();
        journal
            .record(record(
                n,
                when,
                &[("summer", bid(1_000_000)), ("winter", bid(900_000))],
            ))
            .unwrap();
        let event = if n % 3 == 0 { LOSS } else { win(700_000) };
        answered(journal.outcome(outcome(n, "summer", event, "r", when), when)).unwrap();
        if n % 7 == 1 {
            answered(journal.outcome(outcome(n, "summer", purchase(), "p", when), when)).unwrap();
        }
        if n > from + 5 {
            let late = outcome(n - 5, "winter", win(800_000), "late", when);
            answered(journal.outcome(late, when)).unwrap();
        }
    }
    answered(journal.settled()).unwrap();
}

fn learner() -> (Learner, Models) {
    let models = Models::default();
    let mut learner = Learner::new(models.clone());
    learner.declare([declared("summer", cost()), declared("winter", cost())]);
    (learner, models)
}

#[test]
fn the_same_journal_gives_the_same_snapshot_however_often_it_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::open(folder.path(), settings(Durability::Batch)).unwrap();
    let (mut often, models) = learner();
    for part in 0..5 {
        write(&journal, part * 60);
        often.catch_up(&journal).unwrap();
    }
    let (mut once, rebuilt) = learner();
    let caught_up = once.catch_up(&journal).unwrap();
    assert_eq!(caught_up.published, Some(caught_up.entries));
    assert!(rebuilt.snapshot().knowledge().positives > 300);
    assert_eq!(models.snapshot().digest(), rebuilt.snapshot().digest());
    assert_ne!(models.snapshot().digest(), Snapshot::cold().digest());
    assert_eq!(once.catch_up(&journal).unwrap().published, None, "nothing is new");
}

fn bounded(evidence: u32, goal: Goal) -> Arc<Bounded> {
    let query = query_of(&record(1, at(40 * DAY_MS), &[("summer", bid(1))]));
    let latest = Some(at(39 * DAY_MS));
    Arc::new(Bounded {
        query,
        campaigns: vec![declared("summer", goal)],
        limits: vec![CandidateLimits::default()],
        evidence: vec![Evidence {
            current: evidence,
            peak: evidence,
            latest,
        }],
        spend: vec![Spend::default()],
        rules: Arc::new(RuleTable::default()),
    })
}

#[test]
fn a_cold_campaign_gets_its_baseline_exactly() {
    let proposal = propose(&Snapshot::cold(), bounded(0, cost()));
    let proposed = proposal.candidates[0].clone().unwrap();
    assert_eq!(proposed.choice, Choice::Bid(Micros::new(1_800_000)));
    assert_eq!(
        (proposed.source, proposed.maturity.stage),
        (Source::Human, Stage::Cold)
    );
    assert!((proposed.propensity - 1.0).abs() < 1e-12 && !proposed.forced);
    assert_eq!((proposed.estimate, proposal.snapshot), (None, 0));
}

#[test]
fn a_mature_campaign_gets_what_was_learnt_and_a_manual_one_does_not() {
    let mut trainer = trainer();
    for n in 0..400 {
        let events = if n % 20 == 0 {
            vec![(purchase(), at(n))]
        } else {
            vec![]
        };
        trainer.observation(&observation("summer", at(n), events));
    }
    let snapshot = trainer.snapshot();
    let learnt = propose(&snapshot, bounded(80, cost())).candidates[0]
        .clone()
        .unwrap();
    assert_eq!(learnt.source, Source::Model);
    let probability = learnt.estimate.unwrap().outcome_probability;
    assert!((0.01..0.15).contains(&probability), "{probability}");
    let manual = propose(&snapshot, bounded(80, Goal::Manual)).candidates[0]
        .clone()
        .unwrap();
    assert_eq!(manual.source, Source::Human);
}

#[test]
fn a_blocked_candidate_is_not_asked() {
    let mut asked = Bounded::clone(&bounded(0, cost()));
    let block = balustrade::domain::Active {
        certainty: balustrade::domain::Certainty::Certain,
        rule: balustrade::domain::RuleIx(0),
        tier: balustrade::domain::Tier::Legal,
        effect: balustrade::domain::Effect::Block,
    };
    asked.limits[0].effects.insert(block);
    assert_eq!(propose(&Snapshot::cold(), Arc::new(asked)).candidates, vec![None]);
}

#[test]
fn a_record_reads_as_the_query_did() {
    let mut asked = Bounded::clone(&bounded(0, cost()));
    asked
        .query
        .facts
        .set(Attribute::PageText, FactValue::Text("Una bella giornata".into()));
    let declared = &asked.campaigns[0];
    let live = Features::of_candidate(&asked.query, &asked.query.candidates[0], declared);
    let mut kept = record(1, asked.query.now, &[("summer", bid(1))]);
    kept.facts = asked.query.facts.digested();
    let recorded = Features::of_record(&kept, kept.candidate(&candidate("summer")).unwrap());
    assert_eq!(live, recorded);
    let row = observation("summer", asked.query.now, vec![]);
    assert_eq!(Features::of_observation(&row, &declared.facts), live);
}
