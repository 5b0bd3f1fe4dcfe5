//! A year of a new market: people lead, evidence grows, the model takes over inside their limits, and neither a bot nor
//! an edit of the rules undoes what was learnt.

use std::{fs, path::Path, sync::Arc};

use balustrade::{
    app::{App, Day, Diary, StatedClock, Step, Traffic, Watched, World},
    domain::{
        Attribute, Auction, AuctionType, Bounded, CampaignId, Candidate, CandidateId, Choice, DecisionId,
        Duration, Effect, Event, EvidenceKey, FactValue, Facts, Label, Ledger as _, Micros, Outcome,
        OutcomeReply, Quarantine, Query, Question, Risk, Timestamp, Word,
    },
    guardrail::{Asked, Decision},
    journal::Damage,
    model::propose,
    rehearsal::Activation,
    settings::Settings,
    simulator::Market,
};
use tower::ServiceExt as _;

const OBJECTIVES: &str = "objectives:\n  - {id: click, event: click, window: 30 min, for: [bid]}\n";

const CAMPAIGNS: &str = "campaigns:
  - id: launch
    brand: shop
    objective: click
    goal: maximise_conversions
    value_per_outcome: 0.45 EUR
    baseline: {bid: 1.80 EUR}
    currency: EUR
";

const DEFAULTS: &str = "owner: ada@shop.example
because: A missed impression costs nothing
safe_default: {bid: no_bid}
";

/// What the brand's people wrote; `cap` in units.
fn rules(cap: &str) -> String {
    format!(
        "rules_of: Shop
applies_to: {{brand: shop}}
tier: brand
owner: ada@shop.example
tests_at: 2026-11-02T10:00:00Z

rules:
  - id: italy-is-new
    for: [bid]
    when: {{market.country: IT, market.channel: display}}
    then: {{start_at: 1.80 EUR, model_may_move: 20%, hand_over_at: 8 clicks in 30 days}}
    because: Nobody has sold here before
  - id: never-dearer
    for: [bid]
    then: {{at_most: {cap} EUR}}
    because: More never paid back
  - id: no-risk
    for: [bid]
    when: {{content.risk: [floor, high]}}
    then: block
    if_unknown: skip
    accept_risk: Most pages say it
    because: The promise of the brand
"
    )
}

const CAP: &str = "2.60";
const DAILY_IMPRESSIONS: u32 = 200;
/// 2026-11-02, midnight in UTC.
const BEGIN: Timestamp = Timestamp::from_millis(1_793_577_600_000);

struct Year {
    app: Arc<App>,
    clock: Arc<StatedClock>,
    traffic: Traffic,
    diary: Diary,
    runtime: tokio::runtime::Runtime,
    probes: u64,
    folder: tempfile::TempDir,
}

fn word(text: &str) -> Word {
    Word::new(text).unwrap()
}

fn launch() -> CampaignId {
    CampaignId::new("launch").unwrap()
}

fn write(folder: &Path, cap: &str) {
    fs::create_dir_all(folder).unwrap();
    let files = [
        ("objectives.yaml", OBJECTIVES),
        ("campaigns.yaml", CAMPAIGNS),
        ("defaults.yaml", DEFAULTS),
        ("shop.yaml", &rules(cap)),
    ];
    for (name, text) in files {
        fs::write(folder.join(name), text).unwrap();
    }
}

impl Year {
    fn begin() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut settings = Settings::default();
        settings.rules.folder = folder.path().join("rules");
        settings.journal.folder = folder.path().join("data");
        write(&settings.rules.folder, CAP);
        let clock = Arc::new(StatedClock::at(BEGIN));
        let world = World::Simulated("simulated market, seed 11".into());
        let app = App::open(&settings, Damage::Refuse, Arc::clone(&clock) as _, &world);
        let app = Arc::new(app.unwrap_or_else(|error| panic!("{error}")));
        let campaigns: Vec<_> = app.activations.rules().load_full().campaigns().cloned().collect();
        let market = Market::new(11, &campaigns, BEGIN).with_daily_impressions(DAILY_IMPRESSIONS);
        let traffic =
            Traffic::new(Arc::clone(&app), market, 11).learning_every(Duration::from_secs(6 * 3_600));
        let diary = Diary::of(Watched {
            campaign: launch(),
            country: Some(word("IT")),
        });
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        Self {
            app,
            clock,
            traffic,
            diary,
            runtime,
            probes: 0,
            folder,
        }
    }

    /// Lives until the end of that day; every single answer is held against what people wrote.
    fn until(&mut self, day: i64) {
        let done = i64::try_from(self.diary.days().len()).unwrap();
        for day in done + 1..=day {
            let end = BEGIN.plus(Duration::from_days(day));
            let (traffic, diary) = (&mut self.traffic, &mut self.diary);
            let lived = traffic.run_until(end, &self.clock, |step| {
                holds(step);
                diary.note(step);
            });
            self.runtime.block_on(lived).unwrap();
            self.diary.close(self.traffic.tally());
        }
    }

    fn days(&self, range: std::ops::Range<usize>) -> &[Day] {
        &self.diary.days()[range]
    }

    /// Which part of the bids of those days a person led, and the model alone.
    fn led(&self, range: std::ops::Range<usize>) -> (f64, f64) {
        let days = self.days(range);
        let sum = |leader: usize| days.iter().map(|day| day.led[leader]).sum::<u64>() as f64;
        let all = sum(0) + sum(1) + sum(2);
        (sum(0) / all, sum(2) / all)
    }

    fn evidence(&self) -> u32 {
        let key = EvidenceKey::Campaign(launch());
        let ledger = self.app.journal.ledger();
        ledger.evidence(&key, 30, self.traffic_now()).current
    }

    fn traffic_now(&self) -> Timestamp {
        use balustrade::domain::Clock as _;
        self.clock.now()
    }

    /// Decides one Italian impression for that contact, `after` the last one.
    fn ask(&mut self, contact: &str, after: Duration) -> Decision {
        self.clock.advance(self.traffic_now().plus(after));
        self.probes += 1;
        let query = query(self.traffic_now(), self.probes, contact);
        let asked = Asked {
            query,
            deadline: None,
            brands: balustrade::domain::BrandScope::Every,
            approvals: Vec::new(),
            known_of: None,
        };
        let guardrail = self.app.guardrail.clone();
        self.runtime.block_on(guardrail.oneshot(asked)).unwrap()
    }

    /// What is wished for this very question by what is known now.
    fn wished(&self, bounded: &Arc<Bounded>) -> f64 {
        let proposal = propose(&self.app.models.snapshot(), Arc::clone(bounded));
        let wish = proposal.candidates[0].as_ref().unwrap().wish;
        wish.price().unwrap().to_f64()
    }

    fn report(&mut self, decision: &Decision, events: &[(Event, &str)]) -> Vec<OutcomeReply> {
        let now = self.traffic_now();
        let outcomes = events.iter().map(|(event, name)| Outcome {
            decision: decision.id(),
            candidate: CandidateId::new("launch/a").unwrap(),
            event_id: word(name),
            revision: 0,
            at: now,
            event: event.clone(),
            withdrawn: false,
            signs: balustrade::domain::Signs::NONE,
        });
        let reported = self.app.journal.outcomes(outcomes.collect(), now);
        self.runtime.block_on(reported).unwrap()
    }
}

fn query(now: Timestamp, number: u64, contact: &str) -> Query {
    let facts = [
        (Attribute::MarketCountry, FactValue::Word(word("IT"))),
        (Attribute::MarketChannel, FactValue::Word(word("display"))),
        (Attribute::Contact, FactValue::Word(word(contact))),
        (
            Attribute::Content,
            FactValue::Labels(vec![Label {
                topic: word("Sports"),
                risk: Some(Risk::Low),
            }]),
        ),
    ];
    Query {
        decision: DecisionId::new(now, u128::from(number)),
        now,
        seed: number,
        caller: None,
        request: None,
        question: Question::Bid(Auction {
            auction_type: AuctionType::SecondPrice,
            floor: Micros::new(10_000),
            currency: "EUR".parse().unwrap(),
            deals: Vec::new(),
            private: false,
            blocked_categories: Vec::new(),
            blocked_advertisers: Vec::new(),
            blocked_attributes: Vec::new(),
        }),
        facts: Facts::from_iter(facts),
        candidates: vec![Candidate {
            id: CandidateId::new("launch/a").unwrap(),
            campaign: launch(),
            facts: Facts::from_iter([
                (Attribute::Creative, FactValue::Word(word("a"))),
                (Attribute::AdCategory, FactValue::Words(Vec::new())),
                (Attribute::AdAttribute, FactValue::Words(Vec::new())),
                (Attribute::AdDomain, FactValue::Words(vec![word("shop.example")])),
            ]),
        }],
    }
}

/// Reads the rules once more, by hand, against one decision.
fn holds(step: &Step) {
    let bounded = step.decision.bounded();
    let facts = &bounded.query.facts;
    let risky = match facts.get(&Attribute::Content) {
        Some(FactValue::Labels(labels)) => labels
            .iter()
            .any(|label| matches!(label.risk, Some(Risk::Floor | Risk::High))),
        _ => false,
    };
    for (answer, limits) in step.decision.answers().iter().zip(&bounded.limits) {
        let Some(price) = answer.choice.and_then(Choice::price) else {
            continue;
        };
        assert!(!risky, "a bid beside what the brand never stands beside");
        assert!(price <= Micros::new(2_600_000), "{price} is above the cap");
        for active in limits.effects.iter() {
            if let Effect::Band { low, high, .. } = active.effect {
                assert!((low..=high).contains(&price), "{price} outside {low} to {high}");
            }
        }
    }
}

/// A bot is shown and clicks 300 times in an hour. How many of its clicks were taken; the others were set aside.
fn flooded(year: &mut Year) -> usize {
    let mut taken = 0;
    for _ in 0..300 {
        let shown = year.ask("bot", Duration::from_secs(12));
        let win = Event::Win {
            price: Micros::new(500_000),
        };
        let replies = year.report(
            &shown,
            &[(win, "w"), (Event::Impression, "i"), (Event::Click, "c")],
        );
        if replies[2] == OutcomeReply::Accepted {
            taken += 1;
        } else {
            assert_eq!(replies[2], OutcomeReply::Quarantined(Quarantine::Burst));
        }
    }
    taken
}

#[test]
fn a_market_opens_people_lead_the_model_takes_over_and_nothing_undoes_it() {
    let mut year = Year::begin();

    year.until(10);
    for day in year.days(0..3) {
        let bid = day.mean_bid_micros().unwrap();
        assert!((1_440_000.0..=2_160_000.0).contains(&bid), "{bid}");
        assert!(day.banded > 0, "the new market has its band");
    }
    assert!(year.led(0..3).0 > 0.99, "nothing is known, so people lead");

    year.until(130);
    assert!(year.days(0..10).iter().all(|day| day.band.is_some()));
    assert!(
        year.days(120..130).iter().all(|day| day.band.is_none()),
        "the market is handed over"
    );
    assert!(year.led(40..130).1 > 0.95, "the model leads");

    let probe = year.ask("somebody", Duration::from_secs(1));
    let probe = Arc::new(probe.bounded().clone());
    let (wished, evidence) = (year.wished(&probe), year.evidence());
    assert_eq!(flooded(&mut year), 10);
    // The windows of its clicks close.
    year.ask("somebody", Duration::from_secs(3_600));
    year.app.catch_up().unwrap();
    assert!(
        year.evidence() <= evidence + 10,
        "evidence of a bot is no evidence"
    );
    let moved = year.wished(&probe) / wished - 1.0;
    assert!(moved.abs() < 0.05, "the bot moved the bids by {moved}");

    // An edit of the rules counts at once, and resets nothing.
    year.until(300);
    year.app.catch_up().unwrap();
    let before = (year.evidence(), year.app.models.snapshot().knowledge().examples);
    write(&year.folder.path().join("rules"), "2.00");
    assert!(matches!(year.app.reload(), Activation::Activated));
    year.app.catch_up().unwrap();
    let after = (year.evidence(), year.app.models.snapshot().knowledge().examples);
    assert_eq!(before, after);

    year.until(365);
    assert!(
        year.led(301..365).0 < 0.05,
        "no day back in the hands of the first"
    );
    let highest = year
        .days(301..365)
        .iter()
        .filter_map(Day::mean_bid_micros)
        .fold(0.0, f64::max);
    assert!(highest <= 2_000_000.0, "{highest}");
    assert_eq!(year.diary.days().len(), 365);
}
