//! What must hold whatever the bytes are: no panic, bounded time, and the few truths below.
//!
//! Each function is one fuzz target; the same functions run over the kept corpus as plain tests.

use std::{collections::BTreeSet, sync::LazyLock};

use balustrade::{
    domain::{Attribute, FactValue, Language, Query, Word},
    rules::{
        Compiled, Rulebook, Severity, Sources, StatedLedger, Style, compile, interpreter, render,
        syntax::{Findings, ast::WordList, parse},
        text::{Plain, TextIndex, normalise, percent_decoded},
    },
};
use proptest::{
    prelude::*,
    strategy::ValueTree,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};

use crate::rules_random::{self, Order};

/// How many findings of one input are drawn: drawing is slow, and the first few show what the rest would.
const DRAWN: usize = 8;

const DECLARATIONS: [(&str, &str); 5] = [
    ("campaigns.yaml", include_str!("../../rules/campaigns.yaml")),
    ("objectives.yaml", include_str!("../../rules/objectives.yaml")),
    ("defaults.yaml", include_str!("../../rules/defaults.yaml")),
    ("lists/words.csv", "term;match\nguerra;word\nmala suerte;phrase\n"),
    ("lists/sites.csv", "site\nx.example\n"),
];

/// Rules of which each row of a fuzzed table is one, with either sign before decimals.
const RULES_OF_A_TABLE: &str = "\
rules_of: fuzzed
tier: company
owner: fuzz@x.example
time_zone: Europe/Rome
rules:
  - {id: points, for: [bid], table: tables/fuzzed.csv, if_unknown: apply, because: points}
  - {id: commas, for: [bid], table: tables/fuzzed.csv, decimals: comma, if_unknown: hold, because: commas}
";

/// A file of rules or of declarations, whatever it holds.
pub fn yaml(bytes: &[u8]) {
    let path = role(bytes);
    let others = DECLARATIONS.iter().filter(|(other, _)| *other != path);
    let others = others.map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec()));
    whole(&Sources::from_texts(
        others.chain([(path.to_owned(), bytes.to_vec())]),
    ));
}

/// The file that bytes want to be, by a key that only it has.
fn role(bytes: &[u8]) -> &'static str {
    let keys = [
        ("\ncampaigns:", "campaigns.yaml"),
        ("\nobjectives:", "objectives.yaml"),
        ("safe_default:", "defaults.yaml"),
        ("\nattributes:", "attributes.yaml"),
    ];
    let holds = |key: &str| bytes.windows(key.len()).any(|part| part == key.as_bytes());
    keys.iter()
        .find(|(key, _)| holds(key) || bytes.starts_with(key.trim_start().as_bytes()))
        .map_or("fuzzed.yaml", |(_, path)| *path)
}

/// Compiles, draws the findings, and holds the matcher against the interpreter on the tests of the files.
fn whole(sources: &Sources) {
    let Compiled {
        rulebook, findings, ..
    } = compile(sources);
    let refused = findings.iter().any(|finding| finding.severity == Severity::Error);
    assert_eq!(rulebook.is_none(), refused);
    for finding in &findings {
        let text = sources.find(&finding.file).and_then(|file| sources.get(file));
        let length = text.map_or(0, |source| source.bytes.len());
        assert!(
            finding.span.start <= finding.span.end && finding.span.end <= length,
            "{finding:?}"
        );
    }
    for finding in findings.iter().take(DRAWN) {
        assert!(render(finding, sources, Style::Plain, Language::English).contains(finding.code));
    }
    for test in rulebook.iter().flat_map(|rulebook| rulebook.tests()) {
        let rulebook = rulebook.as_ref().unwrap();
        assert_eq!(
            rulebook.limits(&test.query, &test.campaigns, &test.ledger),
            interpreter::limits(rulebook, &test.query, &test.campaigns, &test.ledger),
        );
    }
}

/// A list as Excel might have written it: whatever is read as a term is found in itself.
pub fn csv(bytes: &[u8]) {
    let list = [("lists/fuzzed.csv", bytes)];
    let declarations = DECLARATIONS.iter().map(|(path, text)| (*path, text.as_bytes()));
    whole(&Sources::from_texts(declarations.clone().chain(list)));
    let table = [
        ("fuzzed.yaml", RULES_OF_A_TABLE.as_bytes()),
        ("tables/fuzzed.csv", bytes),
    ];
    whole(&Sources::from_texts(declarations.chain(table)));
    for list in word_lists(bytes) {
        let Ok(index) = TextIndex::build([&list]) else {
            continue;
        };
        for (at, term) in list.terms.iter().enumerate().take(64) {
            let text = &term.term.value;
            let found = index.hits(text).iter().any(|hit| hit.term as usize == at);
            assert!(
                found || Plain::of(text).words().len() == 0,
                "`{text}` is not found in itself"
            );
        }
    }
}

fn word_lists(bytes: &[u8]) -> Vec<WordList> {
    let sources = Sources::from_texts([("lists/fuzzed.csv", bytes)]);
    parse(&sources, &mut Findings::new(&sources)).word_lists
}

/// A list, a zero byte, and a text in which its terms are sought.
pub fn text(bytes: &[u8]) {
    let mut parts = bytes.splitn(2, |byte| *byte == 0);
    let (list, text) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let text = String::from_utf8_lossy(text);
    let level = normalise(&text);
    assert_eq!(normalise(&level), level, "levelling twice changes nothing");
    let plain = Plain::of(&text);
    for (start, word) in plain.words() {
        assert!(!word.is_empty() && plain.begins_word(start));
        assert_eq!(plain.as_str().get(start..start + word.len()), Some(word));
    }
    let lists = word_lists(list);
    let Ok(index) = TextIndex::build(&lists) else {
        return;
    };
    let hits = index.hits(&text);
    assert!(hits.is_sorted() && hits.iter().collect::<BTreeSet<_>>().len() == hits.len());
    // What is found in a text is found in any longer one that it is a whole part of.
    let around = index.hits(&format!("x . {text} . x"));
    assert!(hits.iter().all(|hit| around.contains(hit)), "{hits:?} {around:?}");
}

static OF_ADDRESSES: LazyLock<Rulebook> = LazyLock::new(|| {
    let rules = [
        ("page.site: y.example", "block"),
        ("page.site: lists/sites.csv", "{hold: legal}"),
        ("page.url: {mentions: lists/words.csv}", "{at_most: 1.00 EUR}"),
        ("ad.domain: x.example", "block"),
        ("not: {page.site: [z.example, x.co.uk]}", "{at_most: 2.00 EUR}"),
    ];
    let mut text =
        "rules_of: X\ntier: company\nowner: o@o.example\ntime_zone: Europe/Rome\nrules:\n".to_owned();
    for (at, (when, then)) in rules.into_iter().enumerate() {
        text += &format!(
            "  - {{id: r{at}, for: [bid], when: {{{when}}}, then: {then}, if_unknown: apply, because: fuzz}}\n"
        );
    }
    let declarations = rules_random::sources(&[], Order::Written);
    let declarations = declarations
        .iter()
        .map(|(_, source)| (source.path.clone(), source.bytes.clone()));
    let compiled = compile(&Sources::from_texts(
        declarations.chain([("rules.yaml".to_owned(), text.into_bytes())]),
    ));
    compiled
        .rulebook
        .unwrap_or_else(|| panic!("{:?}", compiled.findings))
});

/// An address of a page and the domain in it, before rules that read both.
pub fn url(bytes: &[u8]) {
    let address = String::from_utf8_lossy(bytes);
    let decoded = percent_decoded(&address);
    assert!(decoded.len() <= address.len() * 3);
    let mut query = one_query();
    query
        .facts
        .set(Attribute::PageUrl, FactValue::Text(address.as_ref().into()));
    let host = address.split("://").last().unwrap_or_default();
    let host = host.split(['/', '?', '#']).next().unwrap_or_default();
    if let Ok(host) = Word::new(host) {
        query
            .facts
            .set(Attribute::PageSite, FactValue::Word(host.clone()));
        query.candidates[0]
            .facts
            .set(Attribute::AdDomain, FactValue::Words(vec![host]));
    }
    agree(&OF_ADDRESSES, &query, 0);
}

fn one_query() -> Query {
    let mut runner = TestRunner::deterministic();
    rules_random::query().new_tree(&mut runner).unwrap().current()
}

/// How many rules and queries one input makes.
const DRAWS: usize = 16;

/// Rules and queries out of bytes: the matcher answers what the interpreter answers.
///
/// Each four bytes draw one rule or one query, so that an input changed in one place changes one of them.
pub fn conditions(bytes: &[u8]) {
    let (mut rules, mut queries) = (Vec::new(), vec![one_query()]);
    for draw in bytes.chunks(4).take(DRAWS) {
        if draw.first().is_some_and(|first| first % 3 == 0) {
            queries.push(drawn(&rules_random::query(), draw));
        } else {
            rules.push(drawn(&rules_random::any_rule(), draw));
        }
    }
    let rulebook = rules_random::rulebook(&rules_random::named(&rules), Order::Written);
    for query in &queries {
        agree(
            &rulebook,
            query,
            u32::from(bytes.last().copied().unwrap_or_default()) % 60,
        );
    }
}

fn drawn<S: Strategy>(strategy: &S, draw: &[u8]) -> S::Value {
    let mut seed = [0; 32];
    seed.iter_mut().zip(draw).for_each(|(to, from)| *to = *from);
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &seed);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    strategy.new_tree(&mut runner).unwrap().current()
}

fn agree(rulebook: &Rulebook, query: &Query, evidence: u32) {
    let campaigns = rules_random::campaigns(rulebook, query);
    let ledger = StatedLedger {
        evidence,
        ..StatedLedger::default()
    };
    assert_eq!(
        rulebook.limits(query, &campaigns, &ledger),
        interpreter::limits(rulebook, query, &campaigns, &ledger),
    );
}
