//! How long finding words takes: 4 KiB of text against 20,000 terms, lane by lane, and reading 100,000 terms.
//!
//! `cargo bench --bench texts`. The text is Italian prose with elisions and accents, a disguised word in every
//! fortieth place. Each lane is measured by itself and all of them together, with the page's language unknown.
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
    time::{Duration, Instant},
};

use balustrade::{
    domain::Attribute,
    rules::{
        Sources, compile,
        mentions::Lists,
        syntax::{Findings, parse},
    },
};

const TERMS: usize = 20_000;
const TEXT_BYTES: usize = 4 * 1024;

fn main() {
    println!("lane         terms   load ms   4 KiB us");
    for (lane, tail) in [
        ("words", ";word;;;"),
        ("phrases", " di mare;phrase;;;"),
        ("parts", ";anywhere;;;"),
        ("forms", ";word;it;all;"),
        ("lookalikes", ";word;it;;lookalikes"),
        ("all", ";word;it;;all"),
    ] {
        measure(lane, |_| tail);
    }
    measure("everything", |at| match at % 6 {
        0 => ";word;;;",
        1 => " di mare;phrase;it;plural;all",
        2 => ";anywhere;;;all",
        3 => ";word;it;all;lookalikes",
        4 => ";starts;it;;lookalikes",
        _ => ";word;es;plural;all",
    });
    reload();
}

fn measure(lane: &str, tail: impl Fn(usize) -> &'static str) {
    let start = Instant::now();
    let sources = Sources::from_texts([("lists/a.csv".to_owned(), csv(0..TERMS, tail))]);
    let files = parse(&sources, &mut Findings::new(&sources));
    let lists = Lists::new(&files.word_lists).unwrap();
    let loaded = start.elapsed();
    let text = text();
    let each = measured(10, || lists.hits(&Attribute::PageText, &text, None));
    let terms = files.word_lists[0].terms.len();
    println!(
        "{lane:<12}{terms:>6}   {:>7.1}   {:>8.1}",
        loaded.as_secs_f64() * 1e3,
        each.as_secs_f64() * 1e6
    );
}

/// 10,000 rules and 100,000 words, from text to a rulebook with all lints.
fn reload() {
    let mut texts = vec![
        (
            "campaigns.yaml".to_owned(),
            "campaigns:\n  - {id: c1, brand: a, objective: click, goal: manual, baseline: {bid: 1.00 EUR}}\n"
                .to_owned(),
        ),
        (
            "objectives.yaml".to_owned(),
            "objectives:\n  - {id: click, event: click, window: 30 min, for: [bid]}\n".to_owned(),
        ),
        (
            "defaults.yaml".to_owned(),
            "owner: o@o.example\nbecause: bench\nsafe_default: {bid: no_bid}\n".to_owned(),
        ),
    ];
    for list in 0..10 {
        let tail = |at| {
            if at % 20 == 0 {
                ";word;it;plural;lookalikes"
            } else {
                ";word;it;;"
            }
        };
        texts.push((
            format!("lists/l{list}.csv"),
            csv(list * 10_000..(list + 1) * 10_000, tail),
        ));
    }
    for file in 0..10 {
        let mut text =
            "rules_of: bench\ntier: company\nowner: o@o.example\ntime_zone: Europe/Rome\nrules:\n".to_owned();
        for at in 0..1_000 {
            writeln!(text, "  - {{id: r{file}-{at}, for: [bid], because: bench, if_unknown: apply, when: {{page.site: s{file}-{at}.example, page.text: {{mentions: lists/l{file}.csv}}}}, then: block}}").unwrap();
        }
        texts.push((format!("rules-{file}.yaml"), text));
    }
    let sources = Sources::from_texts(texts);
    let start = Instant::now();
    let compiled = compile(&sources);
    println!(
        "10,000 rules and 100,000 words: {:.0} ms ({} findings)",
        start.elapsed().as_secs_f64() * 1e3,
        compiled.findings.len()
    );
    assert!(compiled.rulebook.is_some());
}

/// Invented words of two to four syllables, no two alike.
fn word(mut at: usize) -> String {
    const SYLLABLES: [&str; 24] = [
        "ba", "ce", "di", "fo", "gu", "la", "me", "ni", "po", "ru", "sa", "te", "vi", "zo", "bra", "cre",
        "dri", "fro", "glu", "sta", "spe", "tri", "pro", "scu",
    ];
    at += SYLLABLES.len();
    let mut word = String::new();
    while at > 0 {
        word.push_str(SYLLABLES[at % SYLLABLES.len()]);
        at /= SYLLABLES.len();
    }
    word
}

fn csv(of: std::ops::Range<usize>, tail: impl Fn(usize) -> &'static str) -> String {
    let mut csv = "term;match;language;forms;evasion\n".to_owned();
    for at in of {
        writeln!(csv, "{}{}", word(at), tail(at)).unwrap();
    }
    csv
}

fn text() -> String {
    let mut text = String::new();
    for at in 0.. {
        let next = match at % 40 {
            0 => "b0mb4".to_owned(),
            7 => "l'attualità".to_owned(),
            13 => "perché".to_owned(),
            19 => "dell’Ucraina".to_owned(),
            23 => "c\u{43e}ntro".to_owned(),
            31 => "governo".to_owned(),
            _ if at % 5 == 0 => word(at * 7_919),
            _ if at % 3 == 0 => "di".to_owned(),
            _ => word(at * 104_729 + 3_000_000),
        };
        if text.len() + next.len() + 1 > TEXT_BYTES {
            return text;
        }
        text.push_str(&next);
        text.push(' ');
    }
    text
}

/// The least of a hundred short rounds, per call: what else the machine does only ever adds.
fn measured<T>(calls: u32, mut call: impl FnMut() -> T) -> Duration {
    let rounds = (0..100).map(|_| {
        let start = Instant::now();
        for _ in 0..calls {
            black_box(call());
        }
        start.elapsed() / calls
    });
    rounds.min().unwrap()
}
