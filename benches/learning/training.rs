//! Whether decisions notice that models are trained.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use balustrade::{
    app::{App, SystemClock, World, serve},
    domain::{Attribute, Clock as _, Event, FactValue, Facts, Kind, Observation, Timestamp},
    grpc::client::Client,
    journal::Damage,
};

use super::{
    kinds::{campaign, word},
    settings,
};

/// Questions a second, far below what the service can answer: what is measured is how long one waits.
const A_SECOND: u32 = 500;
const SECONDS: u32 = 6;
const TURNS: usize = 4;

pub(crate) const FILES: [(&str, &str); 4] = [
    (
        "campaigns.yaml",
        "campaigns:\n  - {id: spring, brand: nova, objective: click, goal: maximise_conversions, \
         value_per_outcome: 0.40 EUR, baseline: {bid: 1.00 EUR, probability: 5%}}\n",
    ),
    (
        "objectives.yaml",
        "objectives:\n  - {id: click, event: click, window: 30 min, for: [bid, score]}\n",
    ),
    (
        "defaults.yaml",
        "owner: o@o.example\nbecause: bench\nsafe_default: {bid: no_bid, score: blocked}\n",
    ),
    (
        "company.yaml",
        "rules_of: bench\ntier: company\nowner: o@o.example\ntime_zone: Europe/Rome\ntests_at: 2026-11-02T10:00:00Z\n\
         rules:\n  - {id: cap, for: [bid], then: {at_most: 3.00 EUR}, because: bench}\n",
    ),
];

const QUESTION: &str = r#"{"facts": {"market": {"country": "IT", "channel": "display"}},
    "impression": {"floor_micros": 100000, "currency": "EUR", "auction_type": "AUCTION_TYPE_FIRST_PRICE"},
    "candidates": [{"campaign_id": "spring"}]}"#;

pub(crate) fn training() {
    let folder = tempfile::tempdir().unwrap();
    let mut settings = settings(folder.path(), &FILES);
    settings.grpc.address = "127.0.0.1:0".parse().unwrap();
    settings.admin.enabled = false;
    let app = App::open(&settings, Damage::Refuse, Arc::new(SystemClock), &World::Real);
    let app = Arc::new(app.unwrap());
    let running = serve(&app, &settings).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let client = runtime
        .block_on(Client::connect(&format!("http://{}", running.address())))
        .unwrap();
    println!(
        "a bid over gRPC at {A_SECOND} a second, while nothing is learnt and while scores are fitted without pause"
    );
    let (mut quiet, mut busy) = (Vec::new(), Vec::new());
    asked(&runtime, &client);
    for _ in 0..TURNS {
        quiet.extend(asked(&runtime, &client));
        let training = Training::begin(&app);
        busy.extend(asked(&runtime, &client));
        println!("  {} leads were learnt meanwhile", training.end());
    }
    let (quiet, busy) = (ascending(quiet), ascending(busy));
    for (name, part) in [("p50", 500), ("p99", 990), ("p99.9", 999)] {
        let at = |times: &[f64]| times[times.len() * part / 1_000];
        let (quiet, busy) = (at(&quiet), at(&busy));
        println!(
            "  {name:>5}: quiet {quiet:>8.0} us, training {busy:>8.0} us, ratio {:.2}",
            busy / quiet
        );
    }
    drop(running.stop());
}

fn ascending(mut times: Vec<f64>) -> Vec<f64> {
    times.sort_by(f64::total_cmp);
    times
}

/// Microseconds from the instant at which each question was due until it was answered.
fn asked(runtime: &tokio::runtime::Runtime, client: &Client) -> Vec<f64> {
    let question = client.encode("DecisionService/DecideBid", QUESTION).unwrap();
    runtime.block_on(async {
        let begun = tokio::time::Instant::now();
        let mut under_way = tokio::task::JoinSet::new();
        for number in 0..A_SECOND * SECONDS {
            let due = begun + Duration::from_secs(1) * number / A_SECOND;
            tokio::time::sleep_until(due).await;
            let (client, question) = (client.clone(), question.clone());
            // Timers are coarse; a question is late from when it leaves.
            let left = Instant::now();
            under_way.spawn(async move {
                client.bytes("DecisionService/DecideBid", question).await.unwrap();
                left.elapsed().as_secs_f64() * 1e6
            });
        }
        under_way.join_all().await
    })
}

/// Leads come in and are fitted until it ends.
struct Training {
    goes_on: Arc<AtomicBool>,
    learnt: Arc<AtomicU64>,
    thread: thread::JoinHandle<()>,
}

impl Training {
    fn begin(app: &Arc<App>) -> Self {
        let (goes_on, learnt) = (Arc::new(AtomicBool::new(true)), Arc::new(AtomicU64::new(0)));
        let (app, stays, counts) = (Arc::clone(app), Arc::clone(&goes_on), Arc::clone(&learnt));
        let thread = thread::spawn(move || {
            let mut lead = counts.load(Ordering::Relaxed);
            while stays.load(Ordering::Relaxed) {
                for _ in 0..100 {
                    app.journal.observe(observed(lead, SystemClock.now())).unwrap();
                    lead += 1;
                }
                counts.store(lead, Ordering::Relaxed);
                thread::sleep(Duration::from_millis(50));
            }
        });
        Self {
            goes_on,
            learnt,
            thread,
        }
    }

    fn end(self) -> u64 {
        self.goes_on.store(false, Ordering::Relaxed);
        self.thread.join().unwrap();
        self.learnt.load(Ordering::Relaxed)
    }
}

fn observed(lead: u64, at: Timestamp) -> Observation {
    let value = |nth: u64| (lead.wrapping_mul(2_654_435_761) >> nth) % 50;
    let facts: Facts = (0..20)
        .map(|nth| {
            (
                Attribute::Own(word(&format!("fact-{nth}"))),
                FactValue::Number(value(nth) as i64),
            )
        })
        .collect();
    let campaign = campaign();
    let becomes_one = (value(3) + value(5) * value(7) / 50) % 10 == 0;
    Observation {
        at,
        kind: Kind::Score,
        campaign: campaign.id,
        brand: campaign.brand,
        objective: campaign.objective,
        candidate: None,
        facts,
        spend: None,
        bid: None,
        won: None,
        market_price: None,
        events: becomes_one.then_some((Event::Click, at)).into_iter().collect(),
    }
}
