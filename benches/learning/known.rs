//! How long a slate takes that is chosen from ten thousand known items: rules, shortlist, model, both checks and the record.

use std::{
    hint::black_box,
    sync::Arc,
    time::{Duration, Instant},
};

use balustrade::{
    app::{App, SystemClock, World},
    domain::{
        Attribute, BrandScope, CampaignId, CandidateId, Clock as _, DecisionId, Event, FactValue, Facts,
        Kind, Observation, Query, Question, Timestamp, Word,
    },
    guardrail::Asked,
    journal::Damage,
};
use tower::ServiceExt as _;

use super::{
    kinds::{campaign, word},
    settings, timed_after, told,
};

const ITEMS: usize = 10_000;

const FILES: [(&str, &str); 4] = [
    (
        "campaigns.yaml",
        "campaigns:\n  - {id: spring, brand: nova, objective: click, goal: manual, currency: EUR, \
         baseline: {list: [item-1, item-2]}}\n",
    ),
    (
        "objectives.yaml",
        "objectives:\n  - {id: click, event: click, window: 30 min, for: [recommendation]}\n",
    ),
    (
        "defaults.yaml",
        "owner: o@o.example\nbecause: bench\nsafe_default: {bid: no_bid, recommendation: baseline}\n",
    ),
    (
        "company.yaml",
        "rules_of: bench\ntier: company\nowner: o@o.example\ntime_zone: Europe/Rome\ntests_at: 2026-11-02T10:00:00Z\n\
         rules:\n  - {id: wine, for: [recommendation], when: {item.category: wine}, then: block, if_unknown: apply, because: bench}\n",
    ),
];

fn taken(item: usize, contact: usize, at: Timestamp) -> Observation {
    let category = ["tea", "wine", "bread", "fruit", "cheese"][item % 5];
    let facts: Facts = [
        (
            Attribute::Contact,
            FactValue::Word(word(&format!("contact-{contact}"))),
        ),
        (Attribute::ItemCategory, FactValue::Words(vec![word(category)])),
    ]
    .into_iter()
    .collect();
    let campaign = campaign();
    Observation {
        at,
        kind: Kind::Recommendation,
        campaign: campaign.id,
        brand: campaign.brand,
        objective: campaign.objective,
        candidate: Some(CandidateId::new(&format!("item-{item}")).unwrap()),
        facts,
        spend: None,
        bid: None,
        won: None,
        market_price: None,
        events: vec![(Event::Click, at)],
    }
}

fn asked(seed: u64, now: Timestamp) -> Asked {
    let contact: Word = word(&format!("contact-{}", seed % 3_000));
    Asked {
        query: Query {
            decision: DecisionId::new(now, u128::from(seed)),
            now,
            seed,
            request: None,
            caller: None,
            question: Question::Recommendation {
                slots: 10,
                context: Vec::new(),
                session: Vec::new(),
            },
            facts: [(Attribute::Contact, FactValue::Word(contact))]
                .into_iter()
                .collect(),
            candidates: Vec::new(),
        },
        deadline: None,
        brands: BrandScope::Every,
        approvals: Vec::new(),
        known_of: Some(CampaignId::new("spring").unwrap()),
    }
}

pub(crate) fn known() {
    let folder = tempfile::tempdir().unwrap();
    let settings = settings(folder.path(), &FILES);
    let app = App::open(&settings, Damage::Refuse, Arc::new(SystemClock), &World::Real).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let now = SystemClock.now();
    for item in 0..ITEMS {
        let ago = balustrade::domain::Duration::from_days(-1 - (item % 30) as i64);
        for nth in 0..5 {
            let contact = (item * 31 + nth * 977) % 3_000;
            app.journal.observe(taken(item, contact, now.plus(ago))).unwrap();
        }
        if item % 500 == 0 {
            runtime.block_on(app.journal.settled()).unwrap();
        }
    }
    runtime.block_on(app.journal.settled()).unwrap();
    app.catch_up().unwrap();
    // At 200 a second: what writes and learns beside it gets its time as it does in a service.
    let begun = Instant::now();
    let waited = |round: usize| {
        let due = Duration::from_millis(5 * round as u64);
        std::thread::sleep(due.saturating_sub(begun.elapsed()));
    };
    let times = timed_after(1_000, waited, |round| {
        let decided = runtime.block_on(
            app.guardrail
                .clone()
                .oneshot(asked(round as u64, SystemClock.now())),
        );
        black_box(decided.unwrap());
    });
    told(
        "a slate of 10 from 10,000 known items, the whole decision, 200 a second",
        &times,
        "aim: 2,000 us",
    );
}
