//! Score: what is fitted, what it answers, why, and when people lead.

use std::sync::Arc;

use balustrade::{
    domain::{
        Attribute, Bounded, CandidateLimits, Choice, DeclaredMaturity, Event, FactValue, Facts, Grounds,
        Kind, Micros, Observation, Question, RuleTable, Source, Stage, Timestamp, Word,
    },
    learning::{KeptBy, Trainer, VersionError},
    model::{
        Snapshot,
        score::{Fitted, History, Row, fit, propose},
    },
};
use proptest::prelude::*;
use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};

use crate::{guardrail_laws, journal_samples};

const DAY_MS: i64 = 86_400_000;

/// A lead with a planted chance: the plan and the visits matter, both together more, the shoe size not at all.
pub(crate) struct Lead {
    pub(crate) visits: f64,
    plan: &'static str,
    shoe: f64,
    pub(crate) converts: bool,
}

fn unit(generator: &mut ChaCha8Rng) -> f64 {
    (generator.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
}

pub(crate) fn leads(count: usize, seed: u64) -> Vec<Lead> {
    let mut generator = ChaCha8Rng::seed_from_u64(seed);
    let lead = |_| {
        let visits = (unit(&mut generator) * 10.0).floor();
        let plan = ["free", "team", "firm"][(unit(&mut generator) * 3.0) as usize];
        let together = if plan == "firm" && visits >= 5.0 { 1.5 } else { 0.0 };
        let log_odds = -3.0 + 0.25 * visits + together + if plan == "free" { -0.5 } else { 0.3 };
        Lead {
            visits,
            plan,
            shoe: 36.0 + (unit(&mut generator) * 10.0).floor(),
            converts: unit(&mut generator) < 1.0 / (1.0 + f64::exp(-log_odds)),
        }
    };
    (0..count).map(lead).collect()
}

fn row(lead: &Lead) -> Row<'_> {
    let mut row = Row::new();
    row.number("visits", lead.visits);
    row.word("plan", lead.plan);
    row.number("shoe", lead.shoe);
    row
}

fn hour(at: usize) -> Timestamp {
    Timestamp::from_millis(at as i64 * 3_600_000)
}

fn history(leads: &[Lead]) -> History {
    let mut history = History::new();
    for (at, lead) in leads.iter().enumerate() {
        history.push(&row(lead), lead.converts, hour(at), History::CAPACITY);
    }
    history
}

fn fitted(count: usize) -> Fitted {
    fit::fit(&history(&leads(count, 1))).unwrap().fitted
}

fn auc(fitted: &Fitted, leads: &[Lead]) -> f64 {
    let score = |lead: &Lead| fitted.probability(&row(lead)).unwrap();
    let of = |converts: bool| -> Vec<f64> {
        leads
            .iter()
            .filter(|lead| lead.converts == converts)
            .map(score)
            .collect()
    };
    let (positives, negatives) = (of(true), of(false));
    let pairs = (positives.len() * negatives.len()) as f64;
    let above = |p: &f64| -> f64 {
        negatives
            .iter()
            .map(|n| f64::from(u8::from(p > n)) + 0.5 * f64::from(u8::from((p - n).abs() < 1e-12)))
            .sum()
    };
    positives.iter().map(above).sum::<f64>() / pairs
}

#[test]
fn a_planted_effect_is_found_and_its_chance_is_told_truly() {
    let (fitted, fresh) = (fitted(1_500), leads(4_000, 2));
    assert!(auc(&fitted, &fresh) > 0.72, "{}", auc(&fitted, &fresh));
    let expected: f64 = fresh
        .iter()
        .map(|lead| fitted.probability(&row(lead)).unwrap())
        .sum();
    let happened = fresh.iter().filter(|lead| lead.converts).count() as f64;
    assert!(
        (expected / happened - 1.0).abs() < 0.15,
        "{expected} expected, {happened} happened"
    );
}

#[test]
fn the_same_history_gives_the_same_version_and_another_gives_another() {
    let version = |seed| fit::fit(&history(&leads(400, seed))).unwrap().fitted.version();
    assert_eq!(version(1), version(1));
    assert_ne!(version(1), version(2));
}

#[test]
fn an_impossible_number_moves_no_model() {
    let mut people = leads(1_200, 1);
    let before = fit::fit(&history(&people)).unwrap().fitted;
    people[600].shoe = 1e50;
    let after = fit::fit(&history(&people)).unwrap().fitted;
    for lead in leads(50, 3) {
        let (before, after) = (before.probability(&row(&lead)), after.probability(&row(&lead)));
        assert!(
            (before.unwrap() - after.unwrap()).abs() < 0.03,
            "{before:?} {after:?}"
        );
    }
    let asked = Lead {
        shoe: 1e50,
        ..leads(1, 3).remove(0)
    };
    assert!((0.0..=1.0).contains(&after.probability(&row(&asked)).unwrap()));
}

#[test]
fn nothing_is_fitted_where_an_outcome_is_missing_or_no_fact_varies() {
    let never: Vec<Lead> = leads(300, 1)
        .into_iter()
        .map(|lead| Lead {
            converts: false,
            ..lead
        })
        .collect();
    assert!(fit::fit(&history(&never)).is_none());
    let alike: Vec<Lead> = leads(300, 1)
        .into_iter()
        .map(|lead| Lead {
            visits: 1.0,
            plan: "free",
            shoe: 40.0,
            ..lead
        })
        .collect();
    assert!(fit::fit(&history(&alike)).is_none());
    assert!(fit::fit(&History::new()).is_none());
}

#[test]
fn memory_is_bounded_and_the_latest_stay() {
    let mut history = History::new();
    for (at, lead) in leads(500, 1).iter().enumerate() {
        history.push(&row(lead), lead.converts, hour(at), 200);
    }
    assert_eq!((history.len(), history.heard()), (200, 500));
    assert_eq!(history.iter().next().unwrap().at, hour(300));
}

#[test]
fn a_corrected_outcome_is_taken_out_again() {
    let people = leads(40, 1);
    let mut history = history(&people);
    history.take_back(&row(&people[7]), people[7].converts, hour(7));
    assert_eq!(history.len(), 39);
    assert!(history.iter().all(|seen| seen.at != hour(7)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn reasons_add_up_to_the_log_odds_whatever_is_unknown(
        visits in proptest::option::of(-20.0..50.0_f64),
        plan in proptest::option::of(proptest::sample::select(vec!["free", "team", "firm", "never seen"])),
        shoe in proptest::option::of(-1e9..1e9_f64),
    ) {
        static FITTED: std::sync::OnceLock<Fitted> = std::sync::OnceLock::new();
        let fitted = FITTED.get_or_init(|| fitted(600));
        let mut row = Row::new();
        if let Some(visits) = visits { row.number("visits", visits); }
        if let Some(plan) = plan { row.word("plan", plan); }
        if let Some(shoe) = shoe { row.number("shoe", shoe); }
        let reasons = fitted.reasons(&row);
        let sum: f64 = reasons.base + reasons.facts.iter().map(|(_, added)| added).sum::<f64>();
        let log_odds = fitted.log_odds(&fitted.layout().values(&row));
        prop_assert!((sum - log_odds).abs() < 1e-9, "{sum} {log_odds}");
    }
}

// === the model, asked ===

fn own(name: &str) -> Attribute {
    Attribute::Own(Word::new(name).unwrap())
}

fn facts_of(lead: &Lead) -> Facts {
    let mut facts = Facts::new();
    facts.set(own("visits"), FactValue::Number(lead.visits as i64));
    facts.set(own("plan"), FactValue::Word(Word::new(lead.plan).unwrap()));
    facts.set(own("shoe"), FactValue::Number(lead.shoe as i64));
    facts
}

pub(crate) fn observed(lead: &Lead, at: Timestamp) -> Observation {
    let campaign = guardrail_laws::campaign();
    Observation {
        kind: Kind::Score,
        campaign: campaign.id,
        objective: campaign.objective,
        facts: facts_of(lead),
        bid: None,
        won: None,
        market_price: None,
        ..journal_samples::observation(
            "spring",
            at,
            if lead.converts {
                vec![(Event::Click, at)]
            } else {
                vec![]
            },
        )
    }
}

/// A trainer that has read so many leads, so many an hour, the last of them an hour before `query()` asks.
fn taught(count: usize, an_hour: i64) -> Trainer {
    let now = guardrail_laws::query().now;
    let mut trainer = Trainer::default();
    for (at, lead) in leads(count, 1).iter().enumerate() {
        let ago = (count - at) as i64 * 3_600_000 / an_hour;
        trainer.observation(&observed(lead, Timestamp::from_millis(now.as_millis() - ago)));
    }
    trainer
}

pub(crate) fn asked(lead: &Lead, limits: CandidateLimits) -> Bounded {
    let mut query = guardrail_laws::query();
    query.question = Question::Score;
    query.facts = facts_of(lead);
    let mut campaign = guardrail_laws::campaign();
    campaign.baselines.probability = Some(Micros::new(50_000));
    Bounded {
        query,
        campaigns: vec![Arc::new(campaign)],
        limits: vec![limits],
        evidence: Vec::new(),
        spend: Vec::new(),
        rules: Arc::new(RuleTable::default()),
    }
}

pub(crate) fn keen() -> Lead {
    Lead {
        visits: 9.0,
        plan: "firm",
        shoe: 40.0,
        converts: true,
    }
}

pub(crate) fn answer(snapshot: &Snapshot) -> balustrade::domain::Proposed {
    propose(snapshot, &asked(&keen(), CandidateLimits::default()))
        .remove(0)
        .unwrap()
}

#[test]
fn while_cold_the_human_value_answers() {
    for snapshot in [Snapshot::cold(), taught(400, 1).snapshot()] {
        let proposed = answer(&snapshot);
        assert_eq!(proposed.choice, Choice::Score(Micros::new(50_000)));
        assert_eq!(
            (proposed.source, proposed.maturity.stage),
            (Source::Human, Stage::Cold)
        );
        assert!(proposed.maturity.have < proposed.maturity.need);
    }
}

#[test]
fn enough_leads_in_a_short_time_are_blended_with_the_human_value() {
    let proposed = answer(&taught(1_300, 1).snapshot());
    assert_eq!(
        (proposed.source, proposed.maturity.stage),
        (Source::Blend, Stage::Learning)
    );
    let model = proposed.estimate.unwrap().outcome_probability;
    let Choice::Score(chance) = proposed.choice else {
        panic!("{proposed:?}")
    };
    assert!(
        chance.to_f64() / 1e6 > 0.05 && chance.to_f64() / 1e6 < model,
        "{proposed:?}"
    );
}

#[test]
fn once_mature_the_model_answers_and_says_what_raised_and_what_lowered_it() {
    // 1,500 leads in 125 days.
    let mut trainer = taught(1_500, 1);
    let snapshot = {
        let first = trainer.snapshot();
        assert!(first.knowledge().scores.iter().next().is_some());
        first
    };
    let mut bounded = asked(&keen(), CandidateLimits::default());
    bounded.query.now = Timestamp::from_millis(bounded.query.now.as_millis() + 30 * DAY_MS);
    let proposed = propose(&snapshot, &bounded).remove(0).unwrap();
    assert_eq!(
        (proposed.source, proposed.maturity.stage),
        (Source::Model, Stage::Mature)
    );
    assert!(
        proposed.estimate.unwrap().outcome_probability > 0.4,
        "{proposed:?}"
    );
    let Some(Grounds::Score { up, down }) = proposed.grounds.as_deref() else {
        panic!("{proposed:?}")
    };
    let names: Vec<&str> = up.iter().map(|reason| reason.fact.as_str()).collect();
    assert!(
        names.contains(&"visits") && names.contains(&"plan"),
        "{proposed:?}"
    );
    assert!(
        up.iter()
            .all(|reason| reason.contribution > 0.0 && reason.contribution <= 1.0)
    );
    assert!(
        down.iter()
            .all(|reason| reason.contribution < 0.0 && reason.contribution >= -1.0)
    );
    let visits = up.iter().find(|reason| reason.fact.as_str() == "visits").unwrap();
    assert_eq!(visits.value.as_str(), "9");
}

#[test]
fn a_score_without_new_leads_for_long_is_stale() {
    let snapshot = taught(1_500, 1).snapshot();
    let mut bounded = asked(&keen(), CandidateLimits::default());
    bounded.query.now = Timestamp::from_millis(bounded.query.now.as_millis() + 250 * DAY_MS);
    let proposed = propose(&snapshot, &bounded).remove(0).unwrap();
    assert_eq!(
        (proposed.source, proposed.maturity.stage),
        (Source::Blend, Stage::Stale)
    );
}

#[test]
fn a_declared_threshold_of_a_score_counts_outcomes() {
    // 400 leads are too few for the usual thresholds; what a campaign declares comes before them.
    let snapshot = taught(400, 1).snapshot();
    let judged = |learning_from, mature_at, days| {
        let mut bounded = asked(&keen(), CandidateLimits::default());
        let declared = DeclaredMaturity {
            learning_from,
            mature_at,
            days,
        };
        Arc::make_mut(&mut bounded.campaigns[0])
            .maturity
            .insert(Kind::Score, declared);
        let proposed = propose(&snapshot, &bounded).remove(0).unwrap();
        (proposed.maturity, proposed.source)
    };
    let (maturity, source) = judged(10, 30, 60);
    assert_eq!((maturity.stage, source), (Stage::Mature, Source::Model));
    assert_eq!((maturity.need, maturity.window_days), (30, 60));
    let converted = leads(400, 1).iter().filter(|lead| lead.converts).count();
    assert_eq!(maturity.have as usize, converted, "400 leads took 17 days");
    assert_eq!(judged(10, 4_000, 60), {
        let (maturity, _) = judged(10, 4_000, 60);
        assert_eq!(maturity.stage, Stage::Learning);
        (maturity, Source::Blend)
    });
    assert_eq!(judged(3_000, 4_000, 60).0.stage, Stage::Cold);
    let (last_week, _) = judged(10, 30, 7);
    assert!(last_week.have < maturity.have, "{last_week:?}");
}

fn hand() -> KeptBy {
    KeptBy {
        by: "anna.rossi@nova.example".to_owned(),
        principal: None,
        because: "the week looks odd".to_owned(),
        at: Timestamp::default(),
    }
}

#[test]
fn a_version_can_be_promoted_and_rolled_back() {
    let mut trainer = taught(1_000, 1);
    let _ = trainer.snapshot();
    let campaign = guardrail_laws::campaign().id;
    let versions = trainer.scores().versions(&campaign);
    assert!(versions.len() >= 2, "{versions:?}");
    let in_force = |trainer: &Trainer| -> Vec<String> {
        let versions = trainer.scores().versions(&campaign).into_iter();
        versions
            .filter(|version| version.standing == balustrade::learning::Standing::InForce)
            .map(|version| version.digest)
            .collect()
    };
    let before = in_force(&trainer);
    assert_eq!(before.len(), 1);
    let digest = trainer.snapshot().digest();
    trainer.scores_mut().roll_back(&campaign, hand()).unwrap();
    assert_ne!(in_force(&trainer), before);
    assert_ne!(trainer.snapshot().digest(), digest);
    trainer
        .scores_mut()
        .promote(&campaign, &before[0][..12], hand())
        .unwrap();
    assert_eq!(in_force(&trainer), before);
    assert_eq!(trainer.snapshot().digest(), digest);
    let unknown = trainer.scores_mut().promote(&campaign, "zz", hand()).unwrap_err();
    assert_eq!(unknown, VersionError::Unknown("zz".to_owned()));
}

#[test]
fn the_same_journal_gives_the_same_scores() {
    let digest = || taught(700, 1).snapshot().digest();
    assert_eq!(digest(), digest());
}
