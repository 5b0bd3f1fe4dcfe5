//! How long send times and recommendations take, and in how much room they are known.
//!
//! `cargo bench --bench slates`. A slate is proposed over all its candidates with no rule in force, for a contact who
//! took fifty items; beside it stands one over a tenth of them, so that the growth can be read on any machine. A send
//! time is proposed for a contact with every trace, over a week. 100,000 contacts are remembered with every trace, and their
//! room is told, what the process has more of afterwards; `cargo bench --bench slates -- million` remembers a million.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a measurement, not a service"
)]

use std::{hint::black_box, sync::Arc, time::Instant};

use balustrade::{
    domain::{
        Attribute, Baselines, Bounded, BrandId, Campaign, CampaignId, Candidate, CandidateId,
        CandidateLimits, DecisionId, Duration, FactValue, Facts, Goal, Objective, ObjectiveId, Query,
        Question, RuleTable, Sending, Spans, TimeOfDay, Timestamp, Word,
    },
    model::{
        Knowledge, Snapshot,
        contacts::{ContactKey, Day},
        propose,
        recommendation::{Items, ease::Ease},
        send_time::{Hour, MOST_TRACES, SendTimes, Trace, Who},
    },
};

/// The service allocates with it, and so does this measurement.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const TODAY: Day = Day(20_759);

fn main() {
    if std::env::args().any(|word| word == "million") {
        send_times(1_000_000);
        return;
    }
    // First, while nothing was given back yet: its room is measured.
    send_times(100_000);
    exact();
    slates();
}

fn exact() {
    println!("EASE, the whole fit, 1,000 contacts of 100 items each");
    for items in [600_u32, 1_682] {
        let lists: Vec<Vec<u32>> = (0..1_000_u32)
            .map(|contact| (0..100).map(|nth| mixed(contact, nth) % items).collect())
            .collect();
        let from = Instant::now();
        black_box(Ease::fit(items as usize, lists.iter().map(Vec::as_slice)));
        println!("  {items:>6} items {:>8.2} s", from.elapsed().as_secs_f64());
    }
}

fn slates() {
    println!("a slate of 10, no rule in force (aim: p99 below 2 ms over 10,000)");
    let mut before: Option<f64> = None;
    for count in [1_000_u32, 10_000] {
        let snapshot = snapshot(Knowledge {
            items: Arc::new(shop(count)),
            ..Knowledge::default()
        });
        let bounded: Vec<Arc<Bounded>> = (0..20).map(|seed| Arc::new(slate_of(count, seed))).collect();
        let times = timed(1_000, |round| {
            black_box(propose(&snapshot, Arc::clone(&bounded[round % bounded.len()])));
        });
        let growth = before.map_or_else(String::new, |before| format!("{:.1}x", times[500] / before));
        println!(
            "  {count:>6} items   median {:>8.1} us   p99 {:>8.1} us   {growth}",
            times[500], times[990]
        );
        before = Some(times[500]);
    }
}

fn send_times(contacts: u32) {
    let before = resident_bytes();
    let mut known = SendTimes::default();
    let from = Instant::now();
    for number in 0..contacts {
        let who = who(number);
        for nth in 0..MOST_TRACES as u32 {
            let hour = Hour::numbered((mixed(number, nth) % 168) as u8).unwrap();
            let answer = f64::from(u8::from(mixed(nth, number).is_multiple_of(5)));
            known.learn(
                who,
                Trace::sent(Day(TODAY.0 - 64 + 2 * nth as u16), hour, answer),
                1.0,
            );
        }
    }
    let learnt = f64::from(contacts) * MOST_TRACES as f64;
    println!("{} contacts with {MOST_TRACES} messages each", known.contacts());
    let room = (resident_bytes() - before) / 1_048_576.0;
    println!("  room {room:.0} MiB (aim: below 1,024 of a million)");
    println!(
        "  learning one message {:.1} us",
        from.elapsed().as_secs_f64() * 1e6 / learnt
    );
    let snapshot = snapshot(Knowledge {
        send_times: Arc::new(known),
        ..Knowledge::default()
    });
    let bounded: Vec<Arc<Bounded>> = (0..1_000).map(|seed| Arc::new(message_to(seed))).collect();
    let times = timed(1_000, |round| {
        black_box(propose(&snapshot, Arc::clone(&bounded[round])));
    });
    println!(
        "a send time over a week: median {:.1} us, p99 {:.1} us",
        times[500], times[990]
    );
}

/// Microseconds of each round, ascending; says how many of them were spent on a processor.
fn timed(rounds: usize, mut round: impl FnMut(usize)) -> Vec<f64> {
    let before = cpu_us();
    let mut times: Vec<f64> = (0..rounds)
        .map(|number| {
            let from = Instant::now();
            round(number);
            from.elapsed().as_secs_f64() * 1e6
        })
        .collect();
    let each = (cpu_us() - before) / rounds as f64;
    println!("  {each:.1} us of processor a round");
    times.sort_by(f64::total_cmp);
    times
}

/// Microseconds for which this thread was on a processor so far: what others take from the machine is not in it.
fn cpu_us() -> f64 {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let on_cpu = told.split(' ').next().and_then(|ns| ns.parse::<f64>().ok());
    on_cpu.unwrap_or_default() / 1e3
}

fn shop(items: u32) -> Items {
    let mut known = Items::default();
    for contact in 0..5_000 {
        for nth in 0..50 {
            let key = ContactKey::new(&brand(), &word(&contact.to_string()));
            known.take(key, &item(mixed(contact, nth) % items), TODAY);
        }
    }
    for ago in 0..30 {
        known.note_day(&spring(), Day(TODAY.0 - ago));
    }
    known.fit();
    known
}

fn slate_of(items: u32, seed: u64) -> Bounded {
    let question = Question::Recommendation {
        slots: 10,
        context: Vec::new(),
        session: Vec::new(),
    };
    let baselines = Baselines {
        list: Some(vec![item(0)]),
        ..Baselines::default()
    };
    bounded(question, baselines, (0..items).map(item).collect(), seed)
}

fn message_to(seed: u64) -> Bounded {
    let question = Question::SendTime(Sending {
        earliest: now(),
        latest: now().plus(Duration::from_days(7)),
        alternatives: 3,
    });
    let baselines = Baselines {
        send_at: TimeOfDay::new(9, 30),
        ..Baselines::default()
    };
    let mut bounded = bounded(question, baselines, vec![item(0)], seed);
    bounded.limits[0].window = Some(Spans::of(now(), now().plus(Duration::from_days(7))));
    bounded
}

fn bounded(question: Question, baselines: Baselines, ids: Vec<CandidateId>, seed: u64) -> Bounded {
    let campaign = Arc::new(Campaign {
        id: spring(),
        brand: brand(),
        product: None,
        objective: Objective {
            id: ObjectiveId::new("click").unwrap(),
            event: word("click"),
            window: Duration::from_days(3),
        },
        goal: Goal::Manual,
        currency: "EUR".parse().unwrap(),
        baselines,
        budget: None,
        maturity: Default::default(),
        facts: Facts::new(),
    });
    let facts = [
        (Attribute::Contact, FactValue::Word(word(&seed.to_string()))),
        (Attribute::ContactZone, FactValue::Word(word("Europe/Rome"))),
    ];
    let candidates: Vec<Candidate> = ids
        .into_iter()
        .map(|id| Candidate {
            id,
            campaign: spring(),
            facts: Facts::new(),
        })
        .collect();
    Bounded {
        campaigns: candidates.iter().map(|_| Arc::clone(&campaign)).collect(),
        limits: vec![CandidateLimits::default(); candidates.len()],
        query: Query {
            decision: DecisionId::new(now(), u128::from(seed)),
            now: now(),
            seed,
            caller: None,
            request: None,
            question,
            facts: facts.into_iter().collect(),
            candidates,
        },
        evidence: Vec::new(),
        spend: Vec::new(),
        rules: Arc::new(RuleTable::default()),
    }
}

fn snapshot(knowledge: Knowledge) -> Snapshot {
    Snapshot::new(1, now(), knowledge)
}

fn now() -> Timestamp {
    TODAY.start()
}

fn who(number: u32) -> Who {
    Who::new(&brand(), None, Some(&word(&number.to_string())))
}

fn brand() -> BrandId {
    BrandId::new("nova").unwrap()
}

fn spring() -> CampaignId {
    CampaignId::new("spring").unwrap()
}

fn item(number: u32) -> CandidateId {
    CandidateId::new(&format!("item {number}")).unwrap()
}

fn word(text: &str) -> Word {
    Word::new(text).unwrap()
}

const fn mixed(a: u32, b: u32) -> u32 {
    let mut state = a
        .wrapping_mul(0x9e37_79b9)
        .wrapping_add(b.wrapping_mul(0x85eb_ca6b));
    state = (state ^ (state >> 15)).wrapping_mul(0x2c1b_3c6d);
    state ^ (state >> 13)
}

/// What the process holds of the machine's memory.
fn resident_bytes() -> f64 {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap();
    pages.split(' ').nth(1).unwrap().parse::<f64>().unwrap() * 4_096.0
}
