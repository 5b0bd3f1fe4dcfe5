//! What learning and recording cost: their room, their time beside that of a decision, and what decisions notice of them.
//!
//! `cargo bench --bench learning`, or one part of it: `cargo bench --bench learning -- training`. A budget is split among a
//! thousand arms, each with a past of sixty days; a score is answered, with its reasons, by boosted trees and a line over twenty
//! facts; a slate is chosen from ten thousand known items, by the whole of a
//! decision; bids are decided with and without a journal; half a million bids are kept at hand, of which nobody says what became; an outcome is learnt from, beside the
//! decision that it is of. The training part asks the whole service over gRPC at an even pace, by turns while nothing is learnt and
//! while scores are fitted without pause, and tells the ratio of the latencies.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a measurement, not a service"
)]

use std::path::Path;

use balustrade::settings::Settings;

#[path = "learning/kinds.rs"]
mod kinds;
#[path = "learning/known.rs"]
mod known;
#[path = "learning/recording.rs"]
mod recording;
#[path = "learning/room.rs"]
mod room;
#[path = "learning/training.rs"]
mod training;

/// The service allocates with it, and so does this measurement.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The parts, by name. What measures room stands first: nothing was given back yet.
const PARTS: [(&str, fn()); 7] = [
    ("room", room::at_hand),
    ("outcome", room::outcomes),
    ("budget", kinds::budget),
    ("score", kinds::score),
    ("known", known::known),
    ("recording", recording::recording),
    ("training", training::training),
];

fn main() {
    let named: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with('-'))
        .collect();
    for (name, part) in PARTS {
        if named.is_empty() || named.iter().any(|wanted| wanted == name) {
            part();
        }
    }
}

/// Of a service over these rule files, which are written into a folder, with its data beside them.
fn settings(folder: &Path, files: &[(&str, &str)]) -> Settings {
    let rules = folder.join("rules");
    std::fs::create_dir_all(&rules).unwrap();
    for (name, text) in files {
        std::fs::write(rules.join(name), text).unwrap();
    }
    let mut settings = Settings::default();
    settings.rules.folder = rules;
    settings.journal.folder = folder.join("data");
    settings
}

/// Microseconds of each round, ascending; says how many of them were spent on a processor.
fn timed(rounds: usize, round: impl FnMut(usize)) -> Vec<f64> {
    timed_after(rounds, |_| {}, round)
}

/// The same, where something that is not timed comes before each round.
fn timed_after(rounds: usize, before: impl Fn(usize), mut round: impl FnMut(usize)) -> Vec<f64> {
    let begun = cpu_us();
    let mut times: Vec<f64> = (0..rounds)
        .map(|number| {
            before(number);
            let from = std::time::Instant::now();
            round(number);
            from.elapsed().as_secs_f64() * 1e6
        })
        .collect();
    let each = (cpu_us() - begun) / rounds as f64;
    println!("  {each:.1} us of processor a round, on this thread");
    times.sort_by(f64::total_cmp);
    times
}

/// Microseconds for which this thread was on a processor so far: what others take from the machine is not in it.
fn cpu_us() -> f64 {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let on_cpu = told.split(' ').next().and_then(|ns| ns.parse::<f64>().ok());
    on_cpu.unwrap_or_default() / 1e3
}

fn told(what: &str, times: &[f64], aim: &str) {
    let at = |part: usize| times[(times.len() * part / 1_000).min(times.len() - 1)];
    println!("{what}: median {:.1} us, p99 {:.1} us ({aim})", at(500), at(990));
}
