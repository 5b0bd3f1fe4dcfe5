//! The same rules in four other rule systems and in Balustrade, in one run: time per decision, growth with the
//! number of rules, and what each does when something is missing. The README beside it says how to read it.
#![allow(clippy::unwrap_used, reason = "a measurement, not a service")]

mod cedar;
mod cel_rules;
mod ours;
mod peer;
mod rego;
mod work;
mod zen;

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use peer::{Outcome, Peer};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const SIZES: [usize; 3] = [200, 2_000, 10_000];
const REQUESTS: usize = 400;
/// How long each cell is measured, once every request was decided.
const SPAN: Duration = Duration::from_secs(2);

fn main() {
    println!("| | 200 rules | 2,000 rules | 10,000 rules | growth 200 to 10,000 | loading 10,000 |");
    println!("|---|---|---|---|---|---|");
    row::<ours::Ours>();
    row::<zen::Zen>();
    row::<rego::Compiled>();
    row::<cel_rules::Cel>();
    row::<rego::Rego>();
    row::<cedar::Cedar>();
    println!();
    missing();
}

/// Median and p99 in microseconds of each size, as a row of a table.
fn row<P: Peer>() {
    let cells = SIZES.map(measured::<P>);
    let told: Vec<String> = cells
        .iter()
        .map(|cell| match cell {
            Ok(cell) => format!("{} / {}", figure(cell.median_us), figure(cell.p99_us)),
            Err(why) => format!("does not load: {}", first_line(why)),
        })
        .collect();
    let growth = match (&cells[0], &cells[2]) {
        (Ok(small), Ok(large)) => format!("{:.1}x", large.median_us / small.median_us),
        _ => "-".to_owned(),
    };
    let loading = cells[2]
        .as_ref()
        .map_or("-".to_owned(), |cell| format!("{:.0} ms", cell.load_ms));
    println!("| {} | {} | {growth} | {loading} |", P::NAME, told.join(" | "));
}

struct Cell {
    median_us: f64,
    p99_us: f64,
    load_ms: f64,
}

fn measured<P: Peer>(size: usize) -> Result<Cell, String> {
    let rules = work::rules(size);
    let facts = work::requests(&rules, REQUESTS);
    let start = Instant::now();
    let mut peer = P::load(&rules)?;
    let load_ms = start.elapsed().as_secs_f64() * 1e3;
    let requests: Vec<P::Request> = facts.iter().map(|facts| peer.request(facts)).collect();
    let mut restricted = 0;
    for (facts, request) in facts.iter().zip(&requests).take(60) {
        let mut ids = peer.decide(request);
        ids.sort();
        assert_eq!(
            ids,
            work::expected(&rules, facts),
            "{} decides otherwise: {facts:?}",
            P::NAME
        );
        restricted += usize::from(!ids.is_empty());
    }
    assert!(restricted > 5, "too few requests meet a rule");
    let mut nanos = Vec::new();
    let start = Instant::now();
    for request in requests.iter().cycle() {
        let one = Instant::now();
        black_box(peer.decide(request));
        nanos.push(one.elapsed().as_nanos() as f64);
        if start.elapsed() > SPAN && nanos.len() >= 100 {
            break;
        }
    }
    nanos.sort_unstable_by(f64::total_cmp);
    let at = |share: f64| nanos[((nanos.len() - 1) as f64 * share) as usize] / 1e3;
    Ok(Cell {
        median_us: at(0.5),
        p99_us: at(0.99),
        load_ms,
    })
}

fn figure(us: f64) -> String {
    if us < 10.0 {
        format!("{us:.1}")
    } else {
        format!("{us:.0}")
    }
}

fn first_line(text: &str) -> &str {
    text.trim().lines().next().unwrap_or_default()
}

/// One rule that blocks (country, category, site), and a request that it is meant to block, with something wrong.
fn missing() {
    let systems = [
        ("Balustrade", ours::outcomes()),
        ("zen-engine", zen::outcomes()),
        ("cel", cel_rules::outcomes()),
        ("regorus", rego::outcomes()),
        ("cedar, no schema", cedar::outcomes(false)),
        ("cedar, schema checked", cedar::outcomes(true)),
    ];
    let cases = [
        "nothing is wrong",
        "the country is missing",
        "the categories are missing",
        "the site is missing",
        "the country is a number",
        "a typo in a field's name in the rule",
        "a bracket or quote is missing in the rule",
    ];
    println!(
        "| what is wrong | {} |",
        systems.each_ref().map(|(name, _)| *name).join(" | ")
    );
    println!("|---|{}", "---|".repeat(systems.len()));
    for (at, case) in cases.iter().enumerate() {
        let told = systems.each_ref().map(|(_, outcomes)| short(&outcomes[at]));
        println!("| {case} | {} |", told.join(" | "));
    }
    println!();
    for (name, outcomes) in &systems {
        for (outcome, case) in outcomes.iter().zip(cases) {
            if let Outcome::Error(why) | Outcome::Refused(why) = outcome {
                println!("{name}, {case}: {}", first_line(why));
            }
        }
    }
}

const fn short(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Blocks => "blocks",
        Outcome::LetsThrough => "**lets it through**",
        Outcome::Error(_) => "an error of that request",
        Outcome::Refused(_) => "refused at load",
    }
}
