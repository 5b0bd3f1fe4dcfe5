//! What it adds to a decision that it is recorded.

use std::{hint::black_box, sync::Arc};

use balustrade::{
    app::{App, SystemClock, World},
    domain::{BrandScope, Clock as _, Durable, Record, Recorder, RecorderError},
    guardrail::{Asked, Decision, Guardrail, Parts, Recordings},
    journal::Damage,
    model::Models,
};
use tower::ServiceExt as _;

use super::{cpu_us, room::query, settings, training::FILES};

const DECISIONS: u64 = 100_000;
const TURNS: u64 = 5;

/// Forgets what it is given.
struct Nowhere;

impl Recorder for Nowhere {
    fn record(&self, record: Record) -> Result<Option<Durable>, RecorderError> {
        drop(record);
        Ok(None)
    }
}

pub(crate) fn recording() {
    let folder = tempfile::tempdir().unwrap();
    let settings = settings(folder.path(), &FILES);
    let app = App::open(&settings, Damage::Refuse, Arc::new(SystemClock), &World::Real).unwrap();
    let unrecorded = unrecorded(&app);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let decided = |guardrail: &Guardrail<Models>, n: u64| -> Decision {
        let asked = Asked {
            query: query(n, SystemClock.now()),
            deadline: None,
            brands: BrandScope::Every,
            approvals: Vec::new(),
            known_of: None,
        };
        runtime.block_on(guardrail.clone().oneshot(asked)).unwrap()
    };
    // By turns, so that what the machine does meanwhile meets both.
    let (mut without, mut with) = (Vec::new(), Vec::new());
    for turn in 0..2 * TURNS {
        let (guardrail, costs) = if turn % 2 == 0 {
            (&unrecorded, &mut without)
        } else {
            (&app.guardrail, &mut with)
        };
        let before = process_us();
        for n in 0..DECISIONS {
            black_box(decided(guardrail, turn * DECISIONS + n));
            if n % 4_000 == 0 {
                runtime.block_on(app.journal.settled()).unwrap();
            }
        }
        runtime.block_on(app.journal.settled()).unwrap();
        costs.push((process_us() - before) / DECISIONS as f64);
    }
    let (without, with) = (median(without), median(with));
    let decision = decided(&app.guardrail, 0);
    let before = cpu_us();
    for _ in 0..DECISIONS {
        black_box(decision.record());
    }
    let made = (cpu_us() - before) / DECISIONS as f64;
    println!(
        "a bid of one candidate: {without:.1} us of processor with a record that goes nowhere, {with:.1} us recorded, all threads; \
         making the record takes {made:.1} us of both, so recording adds {:.1} us",
        with - without + made
    );
}

/// The same guardrail, but for where its records go.
fn unrecorded(app: &App) -> Guardrail<Models> {
    let parts = Parts {
        rules: app.activations.rules(),
        stops: app.switch.stops(),
        ledger: app.journal.ledger(),
        recorder: Arc::new(Nowhere),
        recordings: Recordings::default(),
        simulation: None,
    };
    Guardrail::new(app.models.clone(), parts)
}

/// Microseconds for which this process was on a processor so far.
fn process_us() -> f64 {
    let told = std::fs::read_to_string("/proc/self/stat").unwrap();
    let (_, fields) = told.rsplit_once(')').unwrap();
    let ticks = fields.split_whitespace().skip(11).take(2);
    // A tick is a hundredth of a second wherever Linux runs.
    ticks.map(|ticks| ticks.parse::<f64>().unwrap()).sum::<f64>() * 1e4
}

fn median(mut costs: Vec<f64>) -> f64 {
    costs.sort_by(f64::total_cmp);
    costs[costs.len() / 2]
}
