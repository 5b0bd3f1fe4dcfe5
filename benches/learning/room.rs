//! In how much room the learner keeps what it waits for, and what an outcome costs beside a decision.

use std::{hint::black_box, sync::Arc, time::Instant};

use balustrade::{
    domain::{
        Attribute, Auction, AuctionType, Bounded, Candidate, CandidateId, CandidateLimits, CandidateRecord,
        Causes, Choice, DecisionId, Event, Evidence, FactValue, Facts, LedgerView, Micros, Outcome, Query,
        Question, Record, Recorder as _, RuleTable, Signs, Spend, Timestamp, Verdict, Versions,
    },
    journal::{Journal, Settings},
    learning::{Learner, MOST_OPEN, Trainer},
    model::{Models, propose},
};

use super::{
    kinds::{NOW, campaign, word},
    timed, told,
};

pub(crate) fn query(n: u64, at: Timestamp) -> Query {
    let words = [
        (
            Attribute::MarketCountry,
            ["IT", "ES", "FR"][n as usize % 3].to_owned(),
        ),
        (Attribute::MarketChannel, "display".to_owned()),
        (Attribute::PageSite, format!("site-{}.example", n % 500)),
        (
            Attribute::DeviceType,
            ["phone", "desktop"][n as usize % 2].to_owned(),
        ),
        (Attribute::Exchange, format!("exchange-{}", n % 5)),
        (Attribute::Placement, format!("placement-{}", n % 900)),
        (Attribute::Contact, format!("contact-{}", n % 100_000)),
    ];
    Query {
        decision: DecisionId::new(at, u128::from(n) * 0x9e37_79b9_7f4a_7c15),
        now: at,
        seed: n,
        request: None,
        caller: None,
        question: Question::Bid(Auction {
            auction_type: AuctionType::FirstPrice,
            floor: Micros::new(200_000),
            currency: "EUR".parse().unwrap(),
            deals: Vec::new(),
            private: false,
            blocked_categories: Vec::new(),
            blocked_advertisers: Vec::new(),
            blocked_attributes: Vec::new(),
        }),
        facts: words
            .into_iter()
            .map(|(name, text)| (name, FactValue::Word(word(&text))))
            .collect(),
        candidates: vec![Candidate {
            id: CandidateId::new("spring").unwrap(),
            campaign: campaign().id,
            facts: Facts::new(),
        }],
    }
}

fn bid(n: u64, at: Timestamp) -> Record {
    let versions = Versions {
        rulebook: "b3:0011".into(),
        stops: None,
        snapshot: 0,
        build: "bench".into(),
        simulation: None,
    };
    let campaign = campaign();
    let mut record = Record::of(&query(n, at), RuleTable::default(), versions);
    record.ledger = vec![LedgerView::default()];
    record.candidates = vec![CandidateRecord {
        id: CandidateId::new("spring").unwrap(),
        campaign: campaign.id,
        brand: campaign.brand,
        objective: campaign.objective,
        currency: campaign.currency,
        facts: Facts::new(),
        limits: CandidateLimits::default(),
        explained_by: None,
        unfollowed: None,
        baseline: None,
        proposed: None,
        verdict: Verdict::Allowed,
        choice: Some(Choice::Bid(Micros::new(1_000_000 + n as i64 % 500_000))),
        causes: Causes::default(),
        fallback: None,
        taken: None,
        tickets: Vec::new(),
    }];
    record
}

/// When bid number `n` is made at 25,000 a second.
fn made(n: u64) -> Timestamp {
    Timestamp::from_millis(NOW.as_millis() + n as i64 / 25)
}

fn taught() -> Trainer {
    let mut trainer = Trainer::default();
    trainer.declare([Arc::new(campaign())]);
    trainer
}

pub(crate) fn at_hand() {
    let mut trainer = taught();
    let before = resident_bytes();
    let bids = 2 * MOST_OPEN as u64;
    let from = Instant::now();
    for n in 0..bids {
        trainer.decision(&bid(n, made(n)));
        if n + 1 == MOST_OPEN as u64 {
            let room = (resident_bytes() - before) / 1_048_576.0;
            println!(
                "{MOST_OPEN} bids at hand: {room:.0} MiB, {:.0} bytes each",
                room * 1_048_576.0 / MOST_OPEN as f64
            );
        }
    }
    println!(
        "  after {bids}, {} at hand: {:.0} MiB; {:.1} us a bid, making the record included",
        trainer.open(),
        (resident_bytes() - before) / 1_048_576.0,
        from.elapsed().as_secs_f64() * 1e6 / bids as f64
    );
}

pub(crate) fn outcomes() {
    const BIDS: u64 = 100_000;
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::open(folder.path(), Settings::default()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let models = Models::default();
    let mut learner = Learner::new(models.clone());
    learner.declare([Arc::new(campaign())]);
    for n in 0..BIDS {
        journal.record(bid(n, made(n))).unwrap();
        if n % 4_000 == 0 {
            runtime.block_on(journal.settled()).unwrap();
        }
    }
    runtime.block_on(journal.settled()).unwrap();
    learner.catch_up(&journal).unwrap();
    let tell = |n: u64, event: Event, at: Timestamp| Outcome {
        decision: DecisionId::new(made(n), u128::from(n) * 0x9e37_79b9_7f4a_7c15),
        candidate: CandidateId::new("spring").unwrap(),
        event_id: word("e"),
        revision: 0,
        at,
        event,
        withdrawn: false,
        signs: Signs::NONE,
    };
    let ended = made(BIDS);
    let price = Micros::new(700_000);
    let wins = (0..BIDS / 2).map(|n| tell(n, Event::Win { price }, ended));
    let clicks = (0..BIDS / 20).map(|n| tell(n, Event::Click, ended));
    let outcomes: Vec<Outcome> = wins.chain(clicks).collect();
    for some in outcomes.chunks(1_000) {
        runtime.block_on(journal.outcomes(some.to_vec(), ended)).unwrap();
    }
    // Windows close with what comes an hour later: what was shown is learnt.
    let later = Timestamp::from_millis(ended.as_millis() + 3_600_000);
    journal.record(bid(BIDS, later)).unwrap();
    runtime.block_on(journal.settled()).unwrap();
    let from = Instant::now();
    learner.catch_up(&journal).unwrap();
    let each = from.elapsed().as_secs_f64() * 1e6 / outcomes.len() as f64;
    let snapshot = models.snapshot();
    assert_eq!(snapshot.knowledge().examples, BIDS / 2);
    println!(
        "an outcome learnt from: {each:.2} us, reading it and its bid from the journal and the example that the bid becomes \
         included"
    );
    let asked: Vec<Arc<Bounded>> = (0..200).map(|n| Arc::new(bounded(n, ended))).collect();
    let times = timed(20_000, |round| {
        black_box(propose(&snapshot, Arc::clone(&asked[round % asked.len()])));
    });
    told(
        "  a bid proposed by what was learnt, the model's part of a decision",
        &times,
        "",
    );
}

fn bounded(n: u64, at: Timestamp) -> Bounded {
    Bounded {
        query: query(n, at),
        campaigns: vec![Arc::new(campaign())],
        limits: vec![CandidateLimits::default()],
        evidence: vec![Evidence {
            current: 100,
            peak: 100,
            latest: Some(at),
        }],
        spend: vec![Spend::default()],
        rules: Arc::new(RuleTable::default()),
    }
}

/// What the process holds of the machine's memory.
fn resident_bytes() -> f64 {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap();
    pages.split(' ').nth(1).unwrap().parse::<f64>().unwrap() * 4_096.0
}
