//! How long the rules take: one candidate against 1,000 and 10,000 rules, with and without a text; how long a
//! rulebook takes to load; and that requests do not notice when it does.
//!
//! `cargo bench --bench rules`. A decision is counted as limits, the wish cut to them, and the causes. Its
//! queries differ from call to call. Beside the index stands the plain interpreter, and beside every figure the
//! aim, so that the table can be read on any machine.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a measurement, not a service"
)]

use std::{
    fmt::Write as _,
    hint::black_box,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use balustrade::{
    domain::{Attribute, CandidateLimits, Choice, FactValue, Micros, Query, apply, causes},
    rehearsal::{checked, reviewed},
    rules::{RuleTest, Rulebook, Sources, compile, interpreter},
};

mod mixture;

/// The service allocates with it, and so does this measurement.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const QUERIES: usize = 1_000;

fn main() {
    without_text();
    with_text();
    loading();
    reloading();
}

// === matching ===

fn without_text() {
    println!("one candidate, no text: limits, wish cut to them, causes");
    println!("  rules   matching   median us      p99 us   interpreter us   growth");
    let mut before: Option<f64> = None;
    for rules in [100, 1_000, 10_000] {
        let sources = mixture::sources(rules);
        let rulebook = compiled(&sources);
        let test = &rulebook.tests()[0];
        let queries = mixture::queries(test, rules, QUERIES);
        let matching: usize = queries.iter().map(|query| matched(&rulebook, query, test)).sum();
        let times = decided(&rulebook, &queries, test, 40);
        let plain = interpreted(&rulebook, &queries, test);
        let median = times.median_us();
        let growth = before.map_or_else(String::new, |before| format!("{:.1}x", median / before));
        println!(
            "{rules:>7} {:>10.1} {median:>11.2} {:>11.2} {plain:>16.1} {growth:>8}",
            matching as f64 / QUERIES as f64,
            times.p99_us(),
        );
        before = Some(median);
    }
    println!("  aim: p99 below 20 us at 10,000; growth from 1,000 to 10,000 below 3x\n");
}

fn matched(rulebook: &Rulebook, query: &Query, test: &RuleTest) -> usize {
    let limits = rulebook.limits(query, &test.campaigns, &test.ledger);
    limits.iter().map(|limits| limits.effects.len()).sum()
}

/// Every query so many times over; each call is timed alone.
fn decided(rulebook: &Rulebook, queries: &[Query], test: &RuleTest, rounds: usize) -> Times {
    let mut times = Times::default();
    let mut limits = Vec::new();
    for query in queries.iter().cycle().take(queries.len() * rounds) {
        times.add(|| decide(rulebook, query, test, &mut limits));
    }
    times
}

fn decide(rulebook: &Rulebook, query: &Query, test: &RuleTest, limits: &mut Vec<CandidateLimits>) {
    rulebook.limits_into(query, &test.campaigns, &test.ledger, limits);
    for limits in limits {
        let wish = Choice::Bid(Micros::new(2_400_000));
        black_box((apply(limits, wish), causes(limits, wish)));
    }
}

fn interpreted(rulebook: &Rulebook, queries: &[Query], test: &RuleTest) -> f64 {
    let mut times = Times::default();
    for query in queries.iter().take(50) {
        times.add(|| {
            black_box(interpreter::limits(
                rulebook,
                query,
                &test.campaigns,
                &test.ledger,
            ))
        });
    }
    times.median_us()
}

// === texts ===

fn with_text() {
    println!("one candidate, a text of 4 KiB, a list of 20,000 words, 10,000 rules");
    let rulebook = compiled(&listed(10_000, 20_000));
    let test = &rulebook.tests()[0];
    let mut queries = mixture::queries(test, 10_000, QUERIES);
    for (at, query) in queries.iter_mut().enumerate() {
        query
            .facts
            .set(Attribute::PageText, FactValue::Text(prose(at).into()));
    }
    let times = decided(&rulebook, &queries, test, 4);
    println!(
        "  median {:.1} us, p99 {:.1} us",
        times.median_us(),
        times.p99_us()
    );
    println!("  aim: below 150 us\n");
}

/// The usual mixture, and one rule that looks for the words of a list in the text of the page.
fn listed(rules: usize, words: usize) -> Sources {
    let mut list = "term;match\n".to_owned();
    for at in 0..words {
        let matching = if at.is_multiple_of(50) { "phrase" } else { "word" };
        let second = if at.is_multiple_of(50) {
            format!(" {}", coined(at * 7))
        } else {
            String::new()
        };
        writeln!(list, "{}{second};{matching}", coined(at)).unwrap();
    }
    let rule = "rules_of: bench\ntier: company\nowner: o@o.example\ntime_zone: Europe/Rome\nrules:\n  - {id: words, \
                for: [bid], when: {page.text: {mentions: lists/words.csv}}, then: block, if_unknown: apply, \
                because: bench}\n";
    let sources = mixture::sources(rules);
    let texts = sources
        .iter()
        .map(|(_, source)| (source.path.clone(), source.bytes.clone()));
    let more = [("lists/words.csv", list.as_str()), ("words.yaml", rule)];
    let more = more.map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec()));
    Sources::from_texts(texts.chain(more))
}

const SYLLABLES: [&str; 16] = [
    "ba", "re", "ti", "mo", "lu", "sca", "nde", "gri", "po", "fa", "ze", "chi", "tro", "vu", "à", "lli",
];

/// A word that no language has, another for each number.
fn coined(number: usize) -> String {
    let mut left = number;
    let mut word = String::from("q");
    for _ in 0..5 {
        word += SYLLABLES[left % SYLLABLES.len()];
        left /= SYLLABLES.len();
    }
    word
}

/// Prose of 4 KiB; one page in ten holds a word of the list.
fn prose(seed: usize) -> String {
    const WORDS: [&str; 24] = [
        "la",
        "stagione",
        "comincia",
        "con",
        "una",
        "vittoria",
        "della",
        "squadra",
        "di",
        "casa",
        "nell'ultimo",
        "minuto",
        "perché",
        "il",
        "portiere",
        "Rossi",
        "ha",
        "parato",
        "tutto",
        "ieri,",
        "mentre",
        "l'arbitro",
        "guardava.",
        "Città",
    ];
    let mut text = String::with_capacity(4_200);
    let mut at = seed;
    while text.len() < 4_096 {
        at = at.wrapping_mul(25_214_903_917).wrapping_add(11) % (1 << 48);
        text += WORDS[(at >> 20) % WORDS.len()];
        text.push(' ');
    }
    if seed.is_multiple_of(10) {
        text += &coined(seed + 1);
    }
    text
}

// === loading ===

fn loading() {
    println!("loading, in ms: compiled; checked and tested as a reload does; looked over as `check` does");
    println!("  rules     words   compiled    checked   looked over");
    for (rules, words) in [(1_000, 1), (10_000, 1), (1, 100_000), (10_000, 100_000)] {
        let sources = listed(rules, words);
        let now = compiled(&sources).tests()[0].query.now;
        let each: [Times; 3] = [
            loaded(|| drop(black_box(compile(&sources)))),
            loaded(|| drop(black_box(checked(&sources)))),
            loaded(|| drop(black_box(reviewed(&sources, now)))),
        ];
        let [compiled, checked, reviewed] = each.each_ref().map(|times| times.median_us() / 1e3);
        println!("{rules:>7} {words:>9} {compiled:>10.0} {checked:>10.0} {reviewed:>13.0}");
    }
    println!("  aim: 10,000 rules and 100,000 words checked below 1,000 ms\n");
}

fn loaded(mut load: impl FnMut()) -> Times {
    let mut times = Times::default();
    for _ in 0..3 {
        times.add(&mut load);
    }
    times
}

/// Decides while another thread loads the same rulebook again and again, and while it does not.
fn reloading() {
    println!("deciding while a rulebook is loaded on another core");
    let sources = listed(10_000, 100_000);
    let rulebook = compiled(&sources);
    let test = &rulebook.tests()[0];
    let queries = mixture::queries(test, 10_000, QUERIES);
    let quiet = decided(&rulebook, &queries, test, 100);
    let done = AtomicBool::new(false);
    let busy = thread::scope(|scope| {
        let loader = scope.spawn(|| {
            let mut loads = 0;
            while !done.load(Ordering::Relaxed) {
                drop(black_box(checked(&sources)));
                loads += 1;
            }
            loads
        });
        let start = Instant::now();
        let mut times = Times::default();
        while start.elapsed() < Duration::from_secs(3) {
            times.0.extend(decided(&rulebook, &queries, test, 10).0);
        }
        done.store(true, Ordering::Relaxed);
        println!("  loaded {} times meanwhile", loader.join().unwrap());
        times
    });
    for (name, times) in [("alone", quiet), ("while loading", busy)] {
        println!(
            "  {name:>13}: median {:.2} us, p99 {:.2} us",
            times.median_us(),
            times.p99_us()
        );
    }
}

// === figures ===

fn compiled(sources: &Sources) -> Rulebook {
    let answer = compile(sources);
    answer.rulebook.ok_or(answer.findings).unwrap()
}

/// How long calls took, in nanoseconds.
#[derive(Default)]
struct Times(Vec<u64>);

impl Times {
    fn add<T>(&mut self, call: impl FnOnce() -> T) {
        let start = Instant::now();
        let answer = call();
        self.0.push(u64::try_from(start.elapsed().as_nanos()).unwrap());
        drop(black_box(answer));
    }

    fn at(&self, share: f64) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let place = (sorted.len() - 1) as f64 * share;
        sorted[place as usize] as f64 / 1e3
    }

    fn median_us(&self) -> f64 {
        self.at(0.5)
    }

    fn p99_us(&self) -> f64 {
        self.at(0.99)
    }
}
