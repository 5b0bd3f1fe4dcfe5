//! A house in which all kinds of decision are made by a model that says anything, for the stories about the past.

use std::{
    future::ready,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll},
    time::Instant,
};

use arc_swap::ArcSwap;
use balustrade::{
    domain::{
        Attribute, Auction, AuctionType, Bounded, BrandScope, CampaignId, Candidate, CandidateId, Choice,
        DecisionId, FactValue, Facts, Grounds, Kind, Label, Maturity, Micros, Proposal, Proposed, Query,
        Question, Record, Risk, Sending, Source, Stage, Timestamp, Total, Wish, Word, apply_all,
    },
    guardrail::{Asked, Guardrail, Parts, Recordings},
    journal::{Journal, Settings},
    rules::{Rulebook, Sources, compile},
};
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use tower::{Service, ServiceExt};

use crate::journal_samples::{DAY_MS, at};

pub(crate) const CAMPAIGNS: &str = "
campaigns:
  - {id: spring, brand: nova, product: soda, objective: click, goal: manual, budget: 0.01 EUR, period: {from: 2026-01-01, until: 2030-12-31}, baseline: {bid: 2.00 EUR, send_at: \"10:00\", list: [a, b], share: 50%, probability: 5%}}
  - {id: autumn, brand: other, objective: click, goal: manual, currency: EUR, baseline: {bid: 1.00 EUR, send_at: \"18:30\", list: [c], share: 20%, probability: 10%}}
";

pub(crate) const OBJECTIVES: &str = "
objectives:
  - {id: click, event: click, window: 30 min, for: [bid, send_time, recommendation, budget, score]}
";

pub(crate) const DEFAULTS: &str = "
owner: board@nova.example
because: Nothing is done by accident
safe_default: {bid: no_bid, send_time: held, recommendation: baseline, budget: last_split, score: 5%}
";

pub(crate) const COMPANY: &str = "
rules_of: The company
tier: company
owner: anna.rossi@nova.example
time_zone: Europe/Rome
rules:
  - {id: no-war, for: [bid, recommendation], when: {content.topic: Terrorism}, then: block, if_unknown: skip, accept_risk: labels come late, because: Guideline 4.2}
  - {id: never-more, for: [bid], then: {at_most: 3.00 EUR}, because: More never paid back}
  - {id: not-too-often, for: [bid, send_time], then: {at_most: 2 in 7 days}, because: Our promise}
  - {id: quiet, for: [send_time], then: {quiet_hours: [21:30-08:00, Sunday]}, because: Our promise}
  - {id: spain-waits, for: [bid, send_time, recommendation, score], when: {market.country: ES}, then: {hold: legal}, if_unknown: skip, accept_risk: told later, because: Not yet cleared}
  - {id: italy-starts, for: [bid], when: {market.country: IT}, if_unknown: skip, accept_risk: told later, then: {start_at: 1.50 EUR, model_may_move: 20%, hand_over_at: 50 clicks in 30 days}, because: No data yet}
  - {id: words, for: [bid], when: {page.text: {mentions: lists/words.csv}}, then: block, if_unknown: skip, accept_risk: apps have no text, because: Guideline 4.3}
  - {id: our-words, for: [send_time], when: {message.body: {mentions: lists/words.csv}}, then: block, if_unknown: skip, accept_risk: some have no body, because: Guideline 4.4}
  - {id: two-of-a-kind, for: [recommendation], then: {at_most: 2 per item.category}, because: A mixed shelf sells}
  - {id: in-stock, for: [recommendation], then: {exclude: {item.in_stock: no}}, if_unknown: apply, because: Nothing annoys more}
  - {id: arms, for: [budget], then: {share: 10%-70%, step_at_most: 50%}, because: An arm with nothing teaches nothing}
  - {id: never-certain, for: [score], then: {at_most: 80%}, because: Nobody is sure}
  - {id: cheaper, for: [bid], when: {market.channel: video}, then: {adjust: -20%}, if_unknown: skip, because: Video pays less}
  - {id: tried, for: [bid], when: {market.country: FR}, then: block, if_unknown: apply, mode: shadow, because: To see what it costs}
";

pub(crate) const WORDS: &str = "term,match\nguerra,word\nattentato,word\n";

/// The files of the house's rules, with other ones for the company's.
pub(crate) fn files(company: &str) -> Vec<(String, String)> {
    let files = [
        ("campaigns.yaml", CAMPAIGNS),
        ("objectives.yaml", OBJECTIVES),
        ("defaults.yaml", DEFAULTS),
        ("company.yaml", company),
        ("lists/words.csv", WORDS),
    ];
    files
        .map(|(name, text)| (name.to_owned(), text.to_owned()))
        .to_vec()
}

pub(crate) fn sources(company: &str) -> Sources {
    Sources::from_texts(files(company))
}

pub(crate) fn rulebook(company: &str) -> Rulebook {
    let compiled = compile(&sources(company));
    compiled
        .rulebook
        .unwrap_or_else(|| panic!("{:?}", compiled.findings))
}

/// A model that says anything, also what it must not.
#[derive(Clone)]
pub(crate) struct Wild(Arc<Mutex<ChaCha8Rng>>);

impl Service<Arc<Bounded>> for Wild {
    type Response = Proposal;
    type Error = &'static str;
    type Future = Pin<Box<dyn Future<Output = Result<Proposal, &'static str>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), &'static str>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, bounded: Arc<Bounded>) -> Self::Future {
        let random = &mut *self.0.lock().unwrap();
        if one_in(random, 20) {
            return Box::pin(ready(Err("out of order")));
        }
        let question = &bounded.query.question;
        let mut wishes: Vec<Wish> = bounded.limits.iter().map(|_| wish(question, random)).collect();
        if let Question::Budget(total) = question {
            let mut left = total.amount.get();
            for wish in wishes.iter_mut().skip(1) {
                let part = left * i64::from(random.next_u32() % 100) / 100;
                left -= part;
                *wish = Choice::Share(Micros::new(part)).into();
            }
            wishes[0] = Choice::Share(Micros::new(left)).into();
        }
        let applied = apply_all(question, &bounded.limits, &wishes);
        let wild = one_in(random, 10);
        let candidates = wishes.iter().zip(&applied).map(|(wish, applied)| {
            let said = if wild {
                Some(self::wish(question, random).choice)
            } else {
                applied.choice
            };
            let choice = said?;
            (!one_in(random, 15)).then(|| proposed(*wish, choice, random))
        });
        let candidates = candidates.collect();
        Box::pin(ready(Ok(Proposal {
            bounded,
            candidates,
            snapshot: 41,
        })))
    }
}

fn wish(question: &Question, random: &mut ChaCha8Rng) -> Wish {
    let below = |random: &mut ChaCha8Rng, most: u64| i64::try_from(random.next_u64() % most).unwrap();
    let choice = match question {
        Question::Bid(_) => Choice::Bid(Micros::new(1 + below(random, 5_000_000))),
        Question::SendTime(sending) => {
            let length = sending.latest.since(sending.earliest).as_millis();
            let after = below(random, u64::try_from(length).unwrap());
            Choice::Send(Timestamp::from_millis(sending.earliest.as_millis() + after))
        }
        Question::Recommendation { .. } => Choice::Show(1),
        Question::Budget(total) => {
            Choice::Share(Micros::new(below(random, total.amount.get().unsigned_abs())))
        }
        Question::Score => Choice::Score(Micros::new(below(random, 1_000_000))),
    };
    Wish {
        choice,
        relevance: if matches!(question, Question::Recommendation { .. }) {
            Micros::new(below(random, 1_000_000))
        } else {
            Micros::ZERO
        },
    }
}

fn proposed(wish: Wish, choice: Choice, random: &mut ChaCha8Rng) -> Proposed {
    Proposed {
        wish: wish.choice,
        relevance: wish.relevance,
        choice,
        propensity: 0.5,
        forced: false,
        source: if one_in(random, 3) {
            Source::Human
        } else {
            Source::Model
        },
        maturity: Maturity {
            stage: Stage::Mature,
            have: 60,
            need: 50,
            window_days: 30,
        },
        estimate: None,
        limited_by: None,
        grounds: matches!(choice, Choice::Share(_)).then(|| {
            Box::new(Grounds::Arm {
                marginal_return: 0.25,
            })
        }),
    }
}

fn one_in(random: &mut ChaCha8Rng, of: u32) -> bool {
    random.next_u32().is_multiple_of(of)
}

fn one_of<'a>(random: &mut ChaCha8Rng, of: &[&'a str]) -> &'a str {
    of[random.next_u32() as usize % of.len()]
}

fn word(text: &str) -> FactValue {
    FactValue::Word(Word::new(text).unwrap())
}

/// Some question of that kind.
pub(crate) fn question(kind: Kind, n: u64, random: &mut ChaCha8Rng) -> Query {
    let now = at(DAY_MS + i64::try_from(n).unwrap() * 60_000);
    let mut facts = Facts::new();
    if !one_in(random, 8) {
        facts.set(
            Attribute::MarketCountry,
            word(one_of(random, &["IT", "ES", "FR", "US"])),
        );
    }
    facts.set(
        Attribute::MarketChannel,
        word(one_of(random, &["display", "video", "email"])),
    );
    if !one_in(random, 4) {
        let person = format!("c-{}", random.next_u32() % 40);
        facts.set(Attribute::Contact, word(&person));
    }
    if !one_in(random, 3) {
        let label = Label {
            topic: Word::new(one_of(random, &["Sports", "Terrorism", "Sports", "Sports"])).unwrap(),
            risk: Some(Risk::Low),
        };
        facts.set(Attribute::Content, FactValue::Labels(vec![label]));
    }
    if one_in(random, 2) {
        let text = one_of(random, &["calcio di domenica", "la guerra e la pace", "ricette"]);
        facts.set(Attribute::PageText, FactValue::Text(text.into()));
    }
    let (question, candidates) = asked(kind, now, random);
    if kind == Kind::SendTime && one_in(random, 2) {
        facts.set(Attribute::ContactZone, word("Europe/Rome"));
    }
    Query {
        decision: DecisionId::new(now, u128::from(n)),
        now,
        seed: random.next_u64(),
        caller: None,
        request: None,
        question,
        facts,
        candidates,
    }
}

fn campaign(random: &mut ChaCha8Rng) -> &'static str {
    one_of(random, &["spring", "autumn"])
}

fn asked(kind: Kind, now: Timestamp, random: &mut ChaCha8Rng) -> (Question, Vec<Candidate>) {
    match kind {
        Kind::Bid => impression(random),
        Kind::SendTime => message(now, random),
        Kind::Recommendation => shelf(random),
        Kind::Budget => split(random),
        Kind::Score => (
            Question::Score,
            vec![candidate("lead", campaign(random), Facts::new())],
        ),
    }
}

fn impression(random: &mut ChaCha8Rng) -> (Question, Vec<Candidate>) {
    let several = 1 + random.next_u32() % 5;
    let auction = Auction {
        auction_type: AuctionType::FirstPrice,
        floor: Micros::new(i64::from(random.next_u32() % 1_500_000)),
        currency: one_of(random, &["EUR", "EUR", "EUR", "USD"]).parse().unwrap(),
        deals: Vec::new(),
        private: false,
        blocked_categories: Vec::new(),
        blocked_advertisers: Vec::new(),
        blocked_attributes: Vec::new(),
    };
    let candidates = (0..several).map(|n| {
        let creative = (Attribute::Creative, word(one_of(random, &["red", "blue"])));
        candidate(
            &format!("bid-{n}"),
            campaign(random),
            Facts::from_iter([creative]),
        )
    });
    (Question::Bid(auction), candidates.collect())
}

fn message(now: Timestamp, random: &mut ChaCha8Rng) -> (Question, Vec<Candidate>) {
    let sending = Sending {
        earliest: now,
        latest: Timestamp::from_millis(now.as_millis() + DAY_MS * 3),
        alternatives: 0,
    };
    let body = FactValue::Text(one_of(random, &["novità", "un attentato", "saldi"]).into());
    let facts = Facts::from_iter([(Attribute::MessageBody, body)]);
    let only = candidate("message", campaign(random), facts);
    (Question::SendTime(sending), vec![only])
}

fn shelf(random: &mut ChaCha8Rng) -> (Question, Vec<Candidate>) {
    let of = campaign(random);
    let candidates = ["a", "b", "c", "d", "e", "f"].map(|item| {
        let sort = word(one_of(random, &["x", "y"]));
        let mut facts = Facts::from_iter([(Attribute::ItemCategory, sort)]);
        if !one_in(random, 5) {
            facts.set(Attribute::ItemInStock, FactValue::Flag(!one_in(random, 4)));
        }
        candidate(item, of, facts)
    });
    let question = Question::Recommendation {
        slots: 3,
        context: Vec::new(),
        session: Vec::new(),
    };
    (question, candidates.to_vec())
}

fn split(random: &mut ChaCha8Rng) -> (Question, Vec<Candidate>) {
    let of = campaign(random);
    let last = one_in(random, 2);
    let question = Question::Budget(Total {
        amount: Micros::new(1_000_000_000),
        currency: "EUR".parse().unwrap(),
        last: vec![last.then_some(Micros::new(333_333_333)); 3],
        spent: Vec::new(),
        period: None,
    });
    let arms = ["search", "social", "display"].map(|arm| candidate(arm, of, Facts::new()));
    (question, arms.to_vec())
}

fn candidate(id: &str, of: &str, facts: Facts) -> Candidate {
    Candidate {
        id: CandidateId::new(id).unwrap(),
        campaign: CampaignId::new(of).unwrap(),
        facts,
    }
}

/// A journal with so many random decisions of every kind in it, and their records.
pub(crate) struct House {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) journal: Arc<Journal>,
    pub(crate) records: Vec<Record>,
}

impl House {
    /// Decides so many questions under the company's rules; the seed names them.
    pub(crate) fn deciding(count: u64, seed: u64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let journal = Arc::new(Journal::open(&folder.path().join("journal"), Settings::default()).unwrap());
        let parts = Parts {
            rules: Arc::new(ArcSwap::from_pointee(rulebook(COMPANY))),
            stops: Arc::default(),
            ledger: journal.ledger(),
            recorder: Arc::clone(&journal) as _,
            recordings: Recordings::default(),
            simulation: None,
        };
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let model = Wild(Arc::new(Mutex::new(ChaCha8Rng::seed_from_u64(seed + 1))));
        let guardrail = Guardrail::new(model, parts);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let decide = |n: u64| {
            let kind = Kind::ALL[usize::try_from(n).unwrap() % Kind::ALL.len()];
            let query = question(kind, n, &mut random);
            // One in twelve comes too late.
            let deadline = one_in(&mut random, 12).then(Instant::now);
            let brands = BrandScope::Every;
            let asked = Asked {
                query,
                deadline,
                brands,
                approvals: Vec::new(),
                known_of: None,
            };
            let decided = runtime.block_on(guardrail.clone().oneshot(asked));
            decided.unwrap().record()
        };
        let records = (0..count).map(decide).collect();
        runtime.block_on(journal.settled()).unwrap();
        Self {
            folder,
            journal,
            records,
        }
    }
}
