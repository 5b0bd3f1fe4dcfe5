//! Whatever a model proposes, what leaves satisfies every restriction; whatever a model does, there is an answer.

use std::{
    future::{pending, ready},
    pin::Pin,
    sync::{Arc, atomic::Ordering},
    task::{Context, Poll},
    time::{Duration, Instant},
};

use arc_swap::ArcSwap;
use balustrade::{
    domain::{
        Active, Attribute, Auction, AuctionType, Bounded, BrandId, BrandScope, Campaign, CampaignId,
        Candidate, CandidateId, CandidateLimits, Certainty, Choice, DecisionId, Effect, FactValue, Facts,
        FallbackReason, Goal, Maturity, Micros, Objective, ObjectiveId, Proposal, Proposed, Query, Question,
        RuleCard, RuleId, RuleIx, RuleTable, Source, Stage, Ticket, Tier, Timestamp, Verdict, Word,
    },
    guardrail::{Asked, Decision, Enforced, Guardrail, Parts, Recording, Recordings, Refusal, enforce},
    journal::{Journal, Settings},
    rules::{Sources, compile},
};
use proptest::prelude::*;
use tower::{Service, ServiceExt};

use crate::domain_laws::{cases, limits, satisfies_restrictions, wish};

const RULES: [(&str, &str); 4] = [
    (
        "campaigns.yaml",
        "campaigns:
  - id: spring
    brand: nova
    objective: click
    goal: maximise_conversions
    value_per_outcome: 1.00 EUR
    budget: 0.01 EUR
    period: {from: 2026-01-01, until: 2030-12-31}
    baseline: {bid: 2.00 EUR}
",
    ),
    (
        "objectives.yaml",
        "objectives:\n  - {id: click, event: click, window: 30 min, for: [bid]}\n",
    ),
    (
        "defaults.yaml",
        "owner: ops@nova.example\nbecause: nothing is bought by accident\nsafe_default: {bid: no_bid}\n",
    ),
    (
        "company.yaml",
        "rules_of: Nova
tier: company
owner: anna@nova.example
time_zone: Europe/Rome
rules:
  - id: cap
    for: [bid]
    when: {currency: EUR}
    then: {at_most: 3.00 EUR}
    because: More never paid back
",
    ),
];

pub(crate) fn campaign() -> Campaign {
    Campaign {
        id: CampaignId::new("spring").unwrap(),
        brand: BrandId::new("nova").unwrap(),
        product: None,
        objective: Objective {
            id: ObjectiveId::new("click").unwrap(),
            event: Word::new("click").unwrap(),
            window: balustrade::domain::Duration::from_secs(1_800),
        },
        goal: Goal::Manual,
        currency: "EUR".parse().unwrap(),
        baselines: balustrade::domain::Baselines::of_bids(Micros::new(2_000_000)),
        budget: None,
        maturity: Default::default(),
        facts: Facts::new(),
    }
}

pub(crate) fn query() -> Query {
    let now: Timestamp = "2026-11-02T10:00:00Z".parse::<jiff::Timestamp>().unwrap().into();
    Query {
        decision: DecisionId::new(now, 7),
        now,
        seed: 7,
        caller: None,
        request: None,
        question: Question::Bid(Auction {
            auction_type: AuctionType::SecondPrice,
            floor: Micros::ZERO,
            currency: "EUR".parse().unwrap(),
            deals: Vec::new(),
            private: false,
            blocked_categories: Vec::new(),
            blocked_advertisers: Vec::new(),
            blocked_attributes: Vec::new(),
        }),
        facts: Facts::new(),
        candidates: vec![Candidate {
            id: CandidateId::new("only").unwrap(),
            campaign: CampaignId::new("spring").unwrap(),
            facts: Facts::new(),
        }],
    }
}

fn bounded(limits: CandidateLimits) -> Bounded {
    Bounded {
        query: query(),
        campaigns: vec![Arc::new(campaign())],
        limits: vec![limits],
        evidence: Vec::new(),
        spend: Vec::new(),
        rules: Arc::new(RuleTable::default()),
    }
}

pub(crate) fn proposed(wish: Choice, choice: Choice) -> Proposed {
    Proposed {
        wish,
        relevance: Micros::ZERO,
        choice,
        propensity: 1.0,
        forced: false,
        source: Source::Model,
        maturity: Maturity {
            stage: Stage::Mature,
            have: 60,
            need: 50,
            window_days: 30,
        },
        estimate: None,
        limited_by: None,
        grounds: None,
    }
}

fn enforced(limits: CandidateLimits, opinion: Option<Proposed>) -> Enforced {
    enforce(Proposal {
        bounded: Arc::new(bounded(limits)),
        candidates: vec![opinion],
        snapshot: 1,
    })
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn whatever_is_proposed_what_leaves_satisfies_every_restriction(
        limits in limits(),
        wish in wish(),
        choice in wish(),
    ) {
        let enforced = enforced(limits.clone(), Some(proposed(wish, choice)));
        let answer = &enforced.answers()[0];
        prop_assert!(satisfies_restrictions(&limits, answer.choice), "{:?}", answer);
        let valueless = matches!(answer.verdict, Verdict::Held | Verdict::Blocked);
        prop_assert_eq!(answer.choice.is_none(), valueless);
        prop_assert!(!valueless || answer.wish.is_none(), "a wish left with {:?}", answer.verdict);
    }

    #[test]
    fn a_proposal_that_breaks_a_limit_raises_an_alarm_and_is_not_repaired(
        limits in limits(),
        wish in wish(),
        choice in wish(),
    ) {
        let enforced = enforced(limits.clone(), Some(proposed(wish, choice)));
        let answer = &enforced.answers()[0];
        if answer.alarm.is_some() {
            prop_assert!(!balustrade::domain::permits(&limits, choice));
            prop_assert_eq!(answer.fallback, Some(FallbackReason::CheckFailed));
            prop_assert!(answer.choice.is_none() || answer.verdict == Verdict::Changed);
        } else if answer.fallback.is_none() && answer.choice.is_some() {
            prop_assert_eq!(answer.choice, Some(choice));
        }
    }

    #[test]
    fn the_same_query_limits_and_proposal_give_the_same_answer(
        limits in limits(),
        wish in wish(),
        choice in wish(),
    ) {
        let answers = |limits: CandidateLimits| enforced(limits, Some(proposed(wish, choice))).answers().to_vec();
        prop_assert_eq!(answers(limits.clone()), answers(limits));
    }

    #[test]
    fn a_silent_model_gets_the_baseline_inside_the_limits(limits in limits()) {
        let enforced = enforced(limits.clone(), None);
        let answer = &enforced.answers()[0];
        prop_assert!(satisfies_restrictions(&limits, answer.choice));
        prop_assert_eq!(answer.wish, None);
        prop_assert!(answer.choice.is_none() || answer.fallback.is_some());
    }
}

#[test]
fn a_propensity_that_is_none_is_no_opinion() {
    let wrong = Proposed {
        propensity: f64::NAN,
        ..proposed(
            Choice::Bid(Micros::new(1_000_000)),
            Choice::Bid(Micros::new(1_000_000)),
        )
    };
    let enforced = enforced(CandidateLimits::default(), Some(wrong));
    let answer = &enforced.answers()[0];
    assert_eq!(answer.fallback, Some(FallbackReason::NoOpinion));
    assert_eq!(
        answer.choice,
        Some(Choice::Bid(Micros::new(2_000_000))),
        "the baseline"
    );
}

/// A model that does what a story needs.
#[derive(Clone, Copy)]
enum Model {
    Wishes(i64),
    Panics,
    Errs,
    AnswersAnother,
    Never,
}

impl Service<Arc<Bounded>> for Model {
    type Response = Proposal;
    type Error = &'static str;
    type Future = Pin<Box<dyn Future<Output = Result<Proposal, &'static str>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), &'static str>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, bounded: Arc<Bounded>) -> Self::Future {
        let answer = |bounded: Arc<Bounded>, micros| {
            let wish = Choice::Bid(Micros::new(micros));
            let choice = balustrade::domain::apply(&bounded.limits[0], wish).choice;
            let candidates = vec![choice.map(|choice| proposed(wish, choice))];
            Proposal {
                bounded,
                candidates,
                snapshot: 9,
            }
        };
        match *self {
            Self::Wishes(micros) => Box::pin(ready(Ok(answer(bounded, micros)))),
            Self::Panics => panic!("as this story needs"),
            Self::Errs => Box::pin(ready(Err("out of order"))),
            Self::AnswersAnother => Box::pin(ready(Ok(answer(Arc::new((*bounded).clone()), 1_000_000)))),
            Self::Never => Box::pin(pending()),
        }
    }
}

struct House {
    _folder: tempfile::TempDir,
    journal: Arc<Journal>,
    guardrail: Guardrail<Model>,
}

fn house(model: Model, bid: Recording, settings: Settings) -> House {
    house_under(&[], model, bid, settings)
}

fn house_under(more: &[(&str, &str)], model: Model, bid: Recording, settings: Settings) -> House {
    let folder = tempfile::tempdir().unwrap();
    let journal = Arc::new(Journal::open(folder.path(), settings).unwrap());
    let compiled = compile(&Sources::from_texts(
        RULES.into_iter().chain(more.iter().copied()),
    ));
    let rulebook = compiled
        .rulebook
        .unwrap_or_else(|| panic!("{:?}", compiled.findings));
    let parts = Parts {
        rules: Arc::new(ArcSwap::from_pointee(rulebook)),
        stops: Arc::default(),
        ledger: journal.ledger(),
        recorder: Arc::clone(&journal) as _,
        recordings: Recordings {
            bid,
            ..Recordings::default()
        },
        simulation: None,
    };
    House {
        guardrail: Guardrail::new(model, parts),
        journal,
        _folder: folder,
    }
}

async fn decided(house: &House, query: Query, deadline: Option<Instant>) -> Result<Decision, Refusal> {
    let asked = Asked {
        query,
        deadline,
        brands: BrandScope::Every,
        approvals: Vec::new(),
        known_of: None,
    };
    house.guardrail.clone().oneshot(asked).await
}

async fn answered(model: Model) -> (Decision, u64) {
    let house = house(model, Recording::BestEffort, Settings::default());
    let decision = decided(&house, query(), None).await.unwrap();
    let fallbacks = house.guardrail.counts().fallbacks.load(Ordering::Relaxed);
    (decision, fallbacks)
}

#[tokio::test]
async fn a_rule_lowers_the_bid_and_is_named() {
    let (decision, fallbacks) = answered(Model::Wishes(5_000_000)).await;
    let answer = &decision.answers()[0];
    assert_eq!(answer.choice, Some(Choice::Bid(Micros::new(3_000_000))));
    assert_eq!((answer.verdict, fallbacks), (Verdict::Changed, 0));
    let card = decision.bounded().rules.get(answer.causes.because_of[0]).unwrap();
    assert_eq!(
        (card.id.as_str(), &*card.owner, &*card.file, card.line),
        ("cap", "anna@nova.example", "company.yaml", 6)
    );
}

#[tokio::test]
async fn a_model_that_panics_errs_or_answers_another_query_costs_no_answer() {
    for model in [Model::Panics, Model::Errs, Model::AnswersAnother] {
        let (decision, fallbacks) = answered(model).await;
        let answer = &decision.answers()[0];
        assert_eq!(answer.fallback, Some(FallbackReason::ModelFailed));
        assert_eq!(
            answer.choice,
            Some(Choice::Bid(Micros::new(2_000_000))),
            "the baseline"
        );
        assert_eq!((answer.source, fallbacks), (Source::Fallback, 1));
    }
}

#[tokio::test]
async fn a_deadline_that_is_near_is_met_without_the_model() {
    let house = house(Model::Panics, Recording::BestEffort, Settings::default());
    let decision = decided(&house, query(), Some(Instant::now())).await.unwrap();
    let answer = &decision.answers()[0];
    assert_eq!(answer.fallback, Some(FallbackReason::Deadline));
    let declared = Choice::NoBid(balustrade::domain::NoBid::SafeDefault);
    assert_eq!(answer.choice, Some(declared), "what defaults.yaml declares");
}

/// Rules that find a word in the text of a page.
const WORDS: [(&str, &str); 2] = [
    ("lists/words.csv", "term\nwar\n"),
    (
        "words.yaml",
        "rules_of: Words
tier: company
owner: anna@nova.example
rules:
  - id: never-beside-war
    for: [bid]
    when: {page.text: {mentions: lists/words.csv}}
    then: block
    IF_UNKNOWN
    because: Never beside it
",
    ),
];

/// What is answered about a page of this text.
async fn about(text: &str, if_unknown: &str, deadline: Option<Instant>) -> (Verdict, Option<FallbackReason>) {
    let rules = WORDS[1].1.replace("IF_UNKNOWN", if_unknown);
    let files = [WORDS[0], (WORDS[1].0, rules.as_str())];
    let house = house_under(
        &files,
        Model::Wishes(1_000_000),
        Recording::BestEffort,
        Settings::default(),
    );
    let mut asked = query();
    asked.facts.set(Attribute::PageText, FactValue::Text(text.into()));
    let decision = decided(&house, asked, deadline).await.unwrap();
    let answer = &decision.answers()[0];
    (answer.verdict, answer.fallback)
}

#[tokio::test]
async fn where_the_deadline_is_near_texts_are_not_read_and_count_as_unknown() {
    let late = Some(Instant::now());
    let (apply, skip) = (
        "if_unknown: apply",
        "if_unknown: skip\n    accept_risk: it is a test",
    );
    assert_eq!(about("war", skip, None).await, (Verdict::Blocked, None));
    assert_eq!(about("peace", apply, None).await, (Verdict::Allowed, None));
    assert_eq!(
        about("peace", apply, late).await.0,
        Verdict::Blocked,
        "nobody read it"
    );
    let safe_default = (Verdict::Changed, Some(FallbackReason::Deadline));
    assert_eq!(about("war", skip, late).await, safe_default);
}

#[tokio::test]
async fn a_contact_in_a_zone_that_does_not_exist_is_refused_and_the_zone_is_named() {
    let house = house(
        Model::Wishes(1_000_000),
        Recording::BestEffort,
        Settings::default(),
    );
    for (zone, is_known) in [
        ("Europe/Roma", false),
        ("Etc/Unknown", false),
        ("Europe/Rome", true),
    ] {
        let mut asked = query();
        let zone = Word::new(zone).unwrap();
        asked
            .facts
            .set(Attribute::ContactZone, FactValue::Word(zone.clone()));
        match decided(&house, asked, None).await {
            Ok(_) => assert!(is_known, "{zone:?}"),
            Err(Refusal::Attributes(misstated)) => {
                assert!(!is_known, "{zone:?}");
                assert!(misstated[0].told().contains(zone.as_str()), "{misstated:?}");
            }
            Err(other) => panic!("{other}"),
        }
    }
}

#[tokio::test]
async fn a_model_that_never_answers_is_given_up_at_the_deadline() {
    let house = house(Model::Never, Recording::BestEffort, Settings::default());
    let deadline = Instant::now() + Duration::from_millis(20);
    let decision = decided(&house, query(), Some(deadline)).await.unwrap();
    assert_eq!(decision.answers()[0].fallback, Some(FallbackReason::Deadline));
}

#[tokio::test]
async fn the_last_of_a_budget_is_bid_once() {
    // The budget of 0.01 EUR pays five impressions at 2.00 EUR CPM.
    let house = house(
        Model::Wishes(2_000_000),
        Recording::BestEffort,
        Settings::default(),
    );
    let mut bids = 0;
    for n in 0..20_u128 {
        let mut query = query();
        query.decision = DecisionId::new(query.now, n);
        let decision = decided(&house, query, None).await.unwrap();
        bids += usize::from(decision.answers()[0].choice.and_then(Choice::price).is_some());
    }
    assert_eq!(bids, 5);
}

#[tokio::test]
async fn an_unknown_campaign_is_refused_by_its_place_and_nothing_is_recorded() {
    let house = house(Model::Wishes(1), Recording::BestEffort, Settings::default());
    let mut query = query();
    query.candidates[0].campaign = CampaignId::new("autumn").unwrap();
    let before = house.journal.end();
    let refusal = decided(&house, query, None).await.unwrap_err();
    assert_eq!(
        refusal,
        Refusal::UnknownCampaigns(vec![(0, CampaignId::new("autumn").unwrap())])
    );
    house.journal.settled().await.unwrap();
    assert_eq!(house.journal.end(), before);
}

#[tokio::test]
async fn what_is_recorded_is_what_was_answered() {
    let house = house(Model::Wishes(5_000_000), Recording::Required, Settings::default());
    let decision = decided(&house, query(), None).await.unwrap();
    house.journal.settled().await.unwrap();
    let kept = house.journal.decision(decision.id()).unwrap().unwrap();
    assert_eq!(kept, decision.record());
    assert_eq!(kept.candidates[0].choice, decision.answers()[0].choice);
    let names: Vec<_> = kept.rules.iter().map(|card| card.id.as_str()).collect();
    assert_eq!(names, ["cap"]);
}

#[tokio::test]
async fn under_fsync_a_decision_is_durable_before_it_is_answered() {
    let settings = Settings {
        durability: balustrade::journal::Durability::Fsync,
        ..Settings::default()
    };
    let house = house(Model::Wishes(1_000_000), Recording::Required, settings);
    let decision = decided(&house, query(), None).await.unwrap();
    assert!(house.journal.decision(decision.id()).unwrap().is_some());
}

#[tokio::test]
async fn the_guardrail_is_always_ready_for_its_model_has_a_declared_silence() {
    let mut house = house(Model::Never, Recording::BestEffort, Settings::default());
    assert!(ServiceExt::<Asked>::ready(&mut house.guardrail).await.is_ok());
}

fn held(rule: u32) -> CandidateLimits {
    let active = Active {
        certainty: Certainty::Certain,
        rule: RuleIx(rule),
        tier: Tier::Brand,
        effect: Effect::Hold(Word::new("legal").unwrap()),
    };
    CandidateLimits {
        effects: std::iter::once(active).collect(),
        ..CandidateLimits::default()
    }
}

/// The tickets of one held bid under a table of two rules, in a country.
fn tickets_in(country: &str, creative: &str, rule: u32) -> Vec<Ticket> {
    let card = |id: &str| RuleCard {
        id: RuleId::new(id).unwrap(),
        tier: Tier::Brand,
        owner: "o@o.example".into(),
        because: "a test".into(),
        file: "a.yaml".into(),
        line: 1,
    };
    let mut bounded = bounded(held(rule));
    bounded.rules = Arc::new(RuleTable::new(vec![card("a"), card("b")]));
    let word = |word: &str| FactValue::Word(Word::new(word).unwrap());
    let facts = &mut bounded.query.facts;
    facts.set(Attribute::MarketCountry, word(country));
    facts.set(Attribute::PageSite, word(&format!("{creative}.example")));
    bounded.query.candidates[0]
        .facts
        .set(Attribute::Creative, word(creative));
    let proposal = Proposal {
        bounded: Arc::new(bounded),
        candidates: vec![None],
        snapshot: 1,
    };
    enforce(proposal).answers()[0].tickets.clone()
}

#[test]
fn a_held_bid_names_its_ticket_and_only_what_is_approved_makes_the_key() {
    let ticket = tickets_in("IT", "red", 0);
    assert_eq!((ticket[0].rule, ticket[0].role.as_str()), (RuleIx(0), "legal"));
    assert_eq!(ticket, tickets_in("IT", "red", 0));
    for other in [
        tickets_in("ES", "red", 0),
        tickets_in("IT", "blue", 0),
        tickets_in("IT", "red", 1),
    ] {
        assert_ne!(ticket[0].key, other[0].key);
    }
}
