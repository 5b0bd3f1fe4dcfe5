//! Records, outcomes and queries for the journal's stories.

use std::{future::Future, path::Path, sync::Arc};

use balustrade::{
    domain::{
        Active, Attribute, Auction, AuctionType, Bounds, Budget, Candidate, CandidateLimits, CandidateRecord,
        Certainty, Choice, DecisionId, Duration, Effect, Estimate, Event, EvidenceKey, FactValue, Facts,
        Hand, Kind, Label, Maturity, Micros, NoBid, Objective, Observation, Outcome, Proposed, Query,
        Question, Record, Risk, RuleCard, RuleIx, RuleTable, Source, Stage, Tier, Timestamp, Verdict,
        Versions,
    },
    journal::{Durability, Entry, Journal, Offset, Settings},
};
use proptest::prelude::ProptestConfig;

pub(crate) const DAY_MS: i64 = 86_400_000;
pub(crate) const HOUR_MS: i64 = 3_600_000;
/// 2026-03-01T00:00:00Z
pub(crate) const START_MS: i64 = 1_772_323_200_000;

pub(crate) fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(START_MS + millis)
}

pub(crate) fn id(n: u64) -> DecisionId {
    DecisionId::new(at(0), u128::from(n))
}

pub(crate) fn name<T>(made: Result<T, balustrade::domain::InvalidName>) -> T {
    made.unwrap()
}

macro_rules! named {
    ($($function:ident: $type:ident,)*) => {$(
        pub(crate) fn $function(text: &str) -> balustrade::domain::$type {
            name(balustrade::domain::$type::new(text))
        }
    )*};
}

named! {
    word: Word, campaign: CampaignId, candidate: CandidateId, brand: BrandId, objective_id: ObjectiveId,
    request: RequestId, rule: RuleId,
}

/// Conversions named `purchase` within seven days.
pub(crate) fn purchases() -> Objective {
    Objective {
        id: objective_id("sales"),
        event: word("purchase"),
        window: Duration::from_days(7),
    }
}

pub(crate) fn auction() -> Question {
    Question::Bid(Auction {
        auction_type: AuctionType::FirstPrice,
        floor: Micros::new(200_000),
        currency: "EUR".parse().unwrap(),
        deals: Vec::new(),
        private: false,
        blocked_categories: vec![word("IAB25")],
        blocked_advertisers: Vec::new(),
        blocked_attributes: Vec::new(),
    })
}

pub(crate) fn facts() -> Facts {
    Facts::from_iter([
        (Attribute::MarketCountry, FactValue::Word(word("IT"))),
        (Attribute::MarketChannel, FactValue::Word(word("display"))),
        (
            Attribute::Content,
            FactValue::Labels(vec![Label {
                topic: word("Sports"),
                risk: Some(Risk::Low),
            }]),
        ),
        (Attribute::Own(word("loyal")), FactValue::Flag(true)),
        (Attribute::ContactAge, FactValue::Number(41)),
    ])
}

/// A candidate named as its campaign, with everything a record can carry.
pub(crate) fn candidate_record(of: &str, choice: Option<Choice>) -> CandidateRecord {
    let bound = Active {
        certainty: Certainty::Certain,
        rule: RuleIx(0),
        tier: Tier::Brand,
        effect: Effect::AtMost(Micros::new(1_950_000)),
    };
    CandidateRecord {
        id: candidate(of),
        campaign: campaign(of),
        brand: brand("nova"),
        objective: purchases(),
        currency: "EUR".parse().unwrap(),
        facts: Facts::from_iter([(Attribute::Product, FactValue::Word(word("soda")))]),
        limits: CandidateLimits {
            effects: Bounds::from_iter([bound]),
            floor: Micros::new(200_000),
            budget_left: Some(Micros::new(9_000_000)),
            ..CandidateLimits::default()
        },
        explained_by: None,
        unfollowed: None,
        baseline: None,
        proposed: Some(Proposed {
            wish: Choice::Bid(Micros::new(2_400_000)),
            relevance: Micros::ZERO,
            choice: Choice::Bid(Micros::new(1_950_000)),
            propensity: 0.6,
            forced: false,
            source: Source::Blend,
            maturity: Maturity {
                stage: Stage::Learning,
                have: 17,
                need: 30,
                window_days: 30,
            },
            estimate: Some(Estimate {
                outcome_probability: 0.012,
                expected_value: Micros::new(2_500_000),
                win_probability: Some(0.4),
            }),
            limited_by: None,
            grounds: None,
        }),
        verdict: choice.map_or(Verdict::Blocked, |_| Verdict::Changed),
        choice,
        causes: balustrade::domain::Causes::default(),
        fallback: None,
        taken: None,
        tickets: Vec::new(),
    }
}

pub(crate) fn bid(micros: i64) -> Option<Choice> {
    Some(Choice::Bid(Micros::new(micros)))
}

pub(crate) const NO_BID: Option<Choice> = Some(Choice::NoBid(NoBid::NoValue));

/// Decision `n` at `now`, with one candidate a campaign.
pub(crate) fn record(n: u64, now: Timestamp, candidates: &[(&str, Option<Choice>)]) -> Record {
    let card = RuleCard {
        id: rule("italy-cap"),
        tier: Tier::Brand,
        owner: Arc::from("anna.rossi@nova.example"),
        because: Arc::from("No data before March"),
        file: Arc::from("nova.yaml"),
        line: 12,
    };
    Record {
        decision: id(n),
        now,
        seed: n.wrapping_mul(77),
        caller: None,
        request: None,
        question: auction(),
        facts: facts(),
        candidates: candidates
            .iter()
            .map(|(of, choice)| candidate_record(of, *choice))
            .collect(),
        ledger: vec![balustrade::domain::LedgerView::default(); candidates.len()],
        approvals: Vec::new(),
        rules: RuleTable::new(vec![card]),
        versions: Versions {
            rulebook: "b3:0011".into(),
            stops: None,
            snapshot: 3,
            build: "0.1.0".into(),
            simulation: None,
        },
        erased: false,
    }
}

/// The query that a record answers, as far as a reservation reads it.
pub(crate) fn query_of(record: &Record) -> Query {
    Query {
        decision: record.decision,
        now: record.now,
        seed: record.seed,
        caller: record.caller.clone(),
        request: record.request.clone(),
        question: record.question.clone(),
        facts: record.facts.clone(),
        candidates: record
            .candidates
            .iter()
            .map(|one| Candidate {
                id: one.id.clone(),
                campaign: one.campaign.clone(),
                facts: one.facts.clone(),
            })
            .collect(),
    }
}

pub(crate) fn outcome(n: u64, of: &str, event: Event, event_id: &str, when: Timestamp) -> Outcome {
    Outcome {
        decision: id(n),
        candidate: candidate(of),
        event_id: word(event_id),
        revision: 0,
        at: when,
        event,
        withdrawn: false,
        signs: balustrade::domain::Signs::NONE,
    }
}

pub(crate) fn win(micros: i64) -> Event {
    Event::Win {
        price: Micros::new(micros),
    }
}

pub(crate) const LOSS: Event = Event::Loss {
    reason: None,
    min_to_win: None,
};

pub(crate) fn purchase() -> Event {
    Event::Conversion {
        name: word("purchase"),
        value: Some(Micros::new(30_000_000)),
    }
}

/// A row of history in which `events` followed.
pub(crate) fn observation(of: &str, when: Timestamp, events: Vec<(Event, Timestamp)>) -> Observation {
    let mut facts = facts();
    facts.set(Attribute::Product, FactValue::Word(word("soda")));
    Observation {
        at: when,
        kind: Kind::Bid,
        candidate: None,
        spend: None,
        campaign: campaign(of),
        brand: brand("nova"),
        objective: purchases(),
        facts,
        bid: Some(Micros::new(1_000_000)),
        won: Some(true),
        market_price: Some(Micros::new(700_000)),
        events,
    }
}

/// The market of `nova`'s sales.
pub(crate) fn market(country: Option<&str>, channel: Option<&str>, product: Option<&str>) -> EvidenceKey {
    EvidenceKey::Market {
        brand: brand("nova"),
        objective: objective_id("sales"),
        country: country.map(word),
        channel: channel.map(word),
        product: product.map(word),
        segment: None,
    }
}

/// A budget of so many CPM micros.
pub(crate) fn budget(cpm_micros: i64) -> Budget {
    Budget {
        amount: Micros::new(cpm_micros / 1_000),
        start: at(0),
        end: at(30 * DAY_MS),
    }
}

/// Waits for an answer of the journal.
pub(crate) fn answered<T>(answer: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(answer)
}

pub(crate) fn settings(durability: Durability) -> Settings {
    Settings {
        durability,
        ..Settings::default()
    }
}

pub(crate) fn opened(folder: &Path) -> Journal {
    Journal::open(folder, Settings::default()).unwrap()
}

pub(crate) fn entries(journal: &Journal, from: Offset) -> Vec<Entry> {
    journal.read_from(from).map(|read| read.unwrap().1).collect()
}

/// Somebody was asked to, at that instant.
pub(crate) fn asked_to(when: Timestamp) -> Hand {
    Hand {
        by: "anna.rossi@nova.example".into(),
        principal: None,
        because: "asked to".into(),
        at: when,
    }
}

/// Every case opens files: fewer than for laws in memory.
pub(crate) fn cases() -> ProptestConfig {
    let long = std::env::var_os("BALUSTRADE_TEST_LONG").is_some();
    ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(if long { 2_000 } else { 64 })
    }
}
