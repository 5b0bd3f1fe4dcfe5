//! How long matching takes: one candidate, no text, against 100, 1,000 and 10,000 rules, in one run.
//!
//! `cargo bench --bench rules`. The rules are of the usual mixture (countries, sites, categories, campaigns,
//! devices, exceptions by `unless`); a few match. Beside the index stands the plain interpreter, so that the
//! figures can be read as ratios on any machine.
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
    domain::{Attribute, FactValue, Label, Query, Risk, Word},
    rules::{RuleTest, Rulebook, Sources, compile, interpreter},
};

const COUNTRIES: [&str; 8] = ["IT", "ES", "FR", "DE", "PT", "GB", "AT", "CH"];
const DEVICES: [&str; 4] = ["phone", "tablet", "desktop", "tv"];

fn main() {
    println!("rules   compile ms   matching   index us   interpreter us   ratio");
    for rules in [100, 1_000, 10_000] {
        let sources = sources(rules);
        let start = Instant::now();
        let answer = compile(&sources);
        let compiled = start.elapsed();
        let rulebook = answer.rulebook.ok_or(answer.findings).unwrap();
        let test = rulebook.tests()[0].clone();
        let query = query(&test);
        let matching = rulebook.limits(&query, &test.campaigns, &test.ledger)[0]
            .effects
            .len();
        let fast = measured(2_000, || rulebook.limits(&query, &test.campaigns, &test.ledger));
        let plain = measured(20, || {
            interpreter::limits(&rulebook, &query, &test.campaigns, &test.ledger)
        });
        println!(
            "{:>6}   {:>10.1}   {matching:>8}   {:>8.2}   {:>14.1}   {:>5.0}",
            rules_of(&rulebook),
            compiled.as_secs_f64() * 1e3,
            micros(fast),
            micros(plain),
            plain.as_secs_f64() / fast.as_secs_f64(),
        );
    }
}

fn rules_of(rulebook: &Rulebook) -> usize {
    rulebook.table().iter().len()
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

/// The median of nine rounds, per call.
fn measured<T>(calls: u32, mut call: impl FnMut() -> T) -> Duration {
    let mut rounds: Vec<Duration> = (0..9)
        .map(|_| {
            let start = Instant::now();
            for _ in 0..calls {
                black_box(call());
            }
            start.elapsed() / calls
        })
        .collect();
    rounds.sort_unstable();
    rounds[rounds.len() / 2]
}

const HEAD: &str = "rules_of: bench\ntier: company\nowner: o@o.example\ntime_zone: Europe/Rome\n\
                    tests_at: 2026-11-02T10:00:00Z\n";

/// A rulebook of so many rules, a thousand a file, and one test that lends its campaign.
fn sources(rules: usize) -> Sources {
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
        (
            "tests.yaml".to_owned(),
            format!(
                "{HEAD}tests:\n  - {{name: lends, given: {{kind: bid, campaign: c1}}, expect: {{verdict: allowed}}}}\n"
            ),
        ),
    ];
    for first in (0..rules).step_by(1_000) {
        let mut text = format!("{HEAD}rules:\n");
        for at in first..rules.min(first + 1_000) {
            writeln!(
                text,
                "  - {{id: r{at}, for: [bid], because: bench, if_unknown: apply, {}}}",
                body(at)
            )
            .unwrap();
        }
        texts.push((format!("rules-{first}.yaml"), text));
    }
    Sources::from_texts(texts)
}

/// What one rule says.
fn body(at: usize) -> String {
    let country = COUNTRIES[at % COUNTRIES.len()];
    let device = DEVICES[at % DEVICES.len()];
    let cents = 100 + at % 700;
    match at % 6 {
        0 => format!("when: {{market.country: {country}, page.site: s{at}.example}}, then: block"),
        1 => format!(
            "when: {{page.site: s{at}.example, device.type: {device}}}, then: {{at_most: {}.{:02} EUR}}",
            cents / 100,
            cents % 100
        ),
        2 => format!(
            "when: {{ad.category: IAB{}-{at}, market.country: {country}}}, then: {{hold: legal}}",
            at % 26
        ),
        3 => format!("when: {{exchange: e{at}, market.channel: video}}, then: {{adjust: -10%}}"),
        4 => format!(
            "when: {{deal: d{at}}}, unless: {{page.site: s{at}.example}}, then: {{at_least: 0.50 EUR}}"
        ),
        _ => format!(
            "when: {{placement: p{at}, content.topic: Terrorism, content.risk: [high, floor]}}, then: block"
        ),
    }
}

/// A query that knows every fact of the rules, and meets a handful of them.
fn query(test: &RuleTest) -> Query {
    let word = |text: &str| Word::new(text).unwrap();
    let mut query = test.query.clone();
    for (attribute, text) in [
        (Attribute::MarketCountry, "IT"),
        (Attribute::MarketChannel, "video"),
        (Attribute::PageSite, "www.s7.example"),
        (Attribute::DeviceType, "tv"),
        (Attribute::Exchange, "e9"),
        (Attribute::Placement, "p11"),
    ] {
        query.facts.set(attribute, FactValue::Word(word(text)));
    }
    let label = Label {
        topic: word("Terrorism"),
        risk: Some(Risk::High),
    };
    query
        .facts
        .set(Attribute::Content, FactValue::Labels(vec![label]));
    query
        .facts
        .set(Attribute::Deal, FactValue::Words(vec![word("d10"), word("d16")]));
    let category = FactValue::Words(vec![word("IAB8-8")]);
    query.candidates[0].facts.set(Attribute::AdCategory, category);
    query
}
