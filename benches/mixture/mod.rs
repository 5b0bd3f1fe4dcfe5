//! Ten thousand rules of the usual mixture, and a query that meets a handful of them. The measurement of speed
//! and the test that counts allocations share it.

use std::fmt::Write as _;

use balustrade::{
    domain::{Attribute, FactValue, Label, Query, Risk, Word},
    rules::{RuleTest, Sources},
};

const COUNTRIES: [&str; 8] = ["IT", "ES", "FR", "DE", "PT", "GB", "AT", "CH"];
const DEVICES: [&str; 4] = ["phone", "tablet", "desktop", "tv"];

const HEAD: &str = "rules_of: bench\ntier: company\nowner: o@o.example\ntime_zone: Europe/Rome\n\
                    tests_at: 2026-11-02T10:00:00Z\n";

/// A rulebook of so many rules, a thousand a file, and one test that lends its campaign.
pub(crate) fn sources(rules: usize) -> Sources {
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
pub(crate) fn query(test: &RuleTest) -> Query {
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

/// So many queries, each with facts of its own; most meet a few rules, some meet many.
pub(crate) fn queries(test: &RuleTest, rules: usize, count: usize) -> Vec<Query> {
    let mut state = 1_u64;
    let mut below = |end: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        usize::try_from(state >> 33).unwrap() % end
    };
    let word = |text: String| FactValue::Word(Word::new(&text).unwrap());
    let one = |_| {
        let mut query = query(test);
        query
            .facts
            .set(Attribute::MarketCountry, word(COUNTRIES[below(8)].to_owned()));
        query
            .facts
            .set(Attribute::DeviceType, word(DEVICES[below(4)].to_owned()));
        query.facts.set(
            Attribute::PageSite,
            word(format!("www.s{}.example", below(rules))),
        );
        query
            .facts
            .set(Attribute::Exchange, word(format!("e{}", below(rules))));
        query
            .facts
            .set(Attribute::Placement, word(format!("p{}", below(rules))));
        let at = below(rules) / 6 * 6 + 2;
        let category = Word::new(&format!("IAB{}-{at}", at % 26)).unwrap();
        query.candidates[0]
            .facts
            .set(Attribute::AdCategory, FactValue::Words(vec![category]));
        query
    };
    (0..count).map(one).collect()
}
