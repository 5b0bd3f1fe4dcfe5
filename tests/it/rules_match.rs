//! What a rulebook matches: the fast reading held against the plain one, and single stories.

use balustrade::{
    domain::{Attribute, FactValue, Word},
    rules::{Sources, StatedLedger, compile, interpreter},
};
use proptest::prelude::*;

use crate::rules_random::{
    Order, RandomRule, any_rule, campaigns, limits, named, queries, query, rulebook, rulebooks, sources,
};

proptest! {
    #![proptest_config(rulebooks())]

    /// Seen to fail with the rules filed under an unknown fact left out of the index.
    #[test]
    fn the_index_answers_what_the_plain_interpreter_answers(
        rules in prop::collection::vec(any_rule(), 0..30), queries in queries(), evidence in 0..60_u32,
    ) {
        let rulebook = rulebook(&named(&rules), Order::Written);
        let ledger = StatedLedger { evidence, ..StatedLedger::default() };
        let mut reused = Vec::new();
        for query in &queries {
            let campaigns = campaigns(&rulebook, query);
            let fast = rulebook.limits(query, &campaigns, &ledger);
            rulebook.limits_into(query, &campaigns, &ledger, &mut reused);
            prop_assert_eq!(&fast, &reused, "a buffer that is used again changes nothing");
            prop_assert_eq!(fast, interpreter::limits(&rulebook, query, &campaigns, &ledger));
        }
    }
}

fn one(rule: RandomRule) -> Sources {
    sources(&[("one".to_owned(), rule)], Order::Written)
}

fn plain_rule(then: &'static str) -> RandomRule {
    RandomRule {
        tier: 1,
        when: Vec::new(),
        unless: Vec::new(),
        then,
        if_unknown: "apply",
        mode: "enforce",
        except: None,
    }
}

/// The texts of rules over the random world, with one of the files replaced.
fn codes(path: &str, text: &str) -> Vec<(&'static str, u32)> {
    let mut texts: Vec<(String, Vec<u8>)> = one(plain_rule("block"))
        .iter()
        .map(|(_, source)| (source.path.clone(), source.bytes.clone()))
        .collect();
    texts.push((path.to_owned(), text.as_bytes().to_vec()));
    let compiled = compile(&Sources::from_texts(texts));
    assert_eq!(compiled.rulebook.is_none(), !compiled.findings.is_empty());
    compiled
        .findings
        .iter()
        .map(|finding| (finding.code, finding.line))
        .collect()
}

const HEAD: &str = "rules_of: X\ntier: company\nowner: o@o.example\ntime_zone: Europe/Rome\ntests_at: 2026-11-02T10:00:00Z\nrules:\n";

#[test]
fn every_mistake_of_meaning_is_told_at_once() {
    let text = format!(
        "{HEAD}{}",
        "  - {id: one, for: [bid], then: block, when: {market.contry: IT}, because: key}
  - {id: two, for: [bid], then: block, when: {market.country: Italy}, because: value}
  - {id: three, for: [bid], then: block, when: {page.site: x.example}, because: unsettled}
  - {id: four, for: [bid], then: {at_most: 3.00 USD}, because: currency}
  - {id: five, for: [bid], then: block, when: {page.text: {mentions: lists/wrds.csv}}, if_unknown: apply, because: list}
"
    );
    assert_eq!(
        codes("x.yaml", &text),
        [("R050", 7), ("R051", 8), ("R054", 9), ("R058", 10), ("R053", 11)]
    );
}

#[test]
fn an_id_is_used_once_in_all_files() {
    let text = format!("{HEAD}  - {{id: one, for: [bid], then: block, because: again}}\n");
    assert_eq!(codes("x.yaml", &text), [("R055", 7)]);
}

#[test]
fn a_brand_cannot_except_a_rule_of_the_company() {
    let text = "rules_of: X\ntier: brand\napplies_to: {brand: a}\nowner: o@o.example\ntime_zone: Europe/Rome\nexceptions:
  - {to: one, when: {campaign: c1}, because: wish, until: 2030-01-01}
  - {to: onne, when: {campaign: c1}, because: typo, until: 2030-01-01}
";
    assert_eq!(codes("x.yaml", text), [("R057", 7), ("R056", 8)]);
}

#[test]
fn a_folder_without_declarations_is_refused_and_says_what_is_missing() {
    let compiled = compile(&Sources::default());
    let missing: Vec<_> = compiled
        .findings
        .iter()
        .map(|finding| finding.message.to_string())
        .collect();
    assert!(compiled.rulebook.is_none());
    assert_eq!(missing.len(), 3, "{missing:?}");
}

#[test]
fn a_rule_ends_after_its_last_day_in_the_zone_of_its_file() {
    let mut texts: Vec<(String, Vec<u8>)> = one(plain_rule("{note: always}"))
        .iter()
        .map(|(_, source)| (source.path.clone(), source.bytes.clone()))
        .collect();
    let text = format!(
        "{}  - {{id: dated, for: [bid], then: block, from: 2026-11-01, until: 2026-11-02, because: two days}}\n",
        HEAD
    );
    texts.push(("x.yaml".to_owned(), text.into_bytes()));
    let rulebook = compile(&Sources::from_texts(texts)).rulebook.unwrap();
    let blocked = |at: &str| {
        let mut query = asked();
        query.now = at.parse::<jiff::Timestamp>().unwrap().into();
        limits(&rulebook, &query, 0)[0].effects.len() == 2
    };
    // Rome is one hour ahead of UTC in November.
    assert!(!blocked("2026-10-31T22:59:59Z"));
    assert!(blocked("2026-10-31T23:00:00Z"));
    assert!(blocked("2026-11-02T22:59:59Z"));
    assert!(!blocked("2026-11-02T23:00:00Z"));
}

fn asked() -> balustrade::domain::Query {
    use proptest::{strategy::ValueTree, test_runner::TestRunner};
    query()
        .new_tree(&mut TestRunner::deterministic())
        .unwrap()
        .current()
}

#[test]
fn a_site_holds_its_subdomains_and_no_namesake() {
    let mut rule = plain_rule("block");
    rule.when = vec!["page.site: x.example"];
    let rulebook = rulebook(&[("one".to_owned(), rule)], Order::Written);
    let blocked = |site: &str| {
        let mut query = asked();
        query
            .facts
            .set(Attribute::PageSite, FactValue::Word(Word::new(site).unwrap()));
        !limits(&rulebook, &query, 0)[0].effects.is_empty()
    };
    assert!(blocked("x.example") && blocked("www.X.example") && blocked("x.example."));
    assert!(!blocked("notx.example") && !blocked("example") && !blocked("x.example.org"));
}

#[test]
fn a_country_that_is_a_number_is_an_unknown_country() {
    let mut rule = plain_rule("block");
    rule.when = vec!["market.country: IT"];
    let rulebook = rulebook(&[("one".to_owned(), rule)], Order::Written);
    let mut query = asked();
    query.facts.set(Attribute::MarketCountry, FactValue::Number(39));
    assert_eq!(limits(&rulebook, &query, 0)[0].effects.len(), 1);
}
