//! The text of rule files: what is read, and what is said of mistakes.

use std::{fs, path::Path};

use balustrade::domain::{Duration, Kind, Language, Tier, Verdict};
use balustrade::rules::syntax::{
    Diagnostic, Findings, Sources, Style,
    ast::{
        AtomTest, Clause, EffectDef, Files, GoalDef, IfUnknown, Match, Mode, PerCandidate, SafeDefaultDef,
        SaidDef, StartDef, Tree,
    },
    parse, render,
};
use proptest::prelude::*;

use crate::{gallery::compare, rules_random::cases};

fn read(sources: &Sources) -> (Files, Vec<Diagnostic>) {
    let mut findings = Findings::new(sources);
    let files = parse(sources, &mut findings);
    (files, findings.into_sorted())
}

fn read_well(texts: &[(&str, &str)]) -> Files {
    let sources = Sources::from_texts(texts.iter().copied());
    let (files, findings) = read(&sources);
    let drawn: String = findings
        .iter()
        .map(|finding| render(finding, &sources, Style::Plain, Language::English))
        .collect();
    assert!(findings.is_empty(), "{drawn}");
    files
}

const ITALY: &str = "\
# yaml-language-server: $schema=./schema.json
rules_of: Nova Drinks, Italy          # a name for people
applies_to: {brand: nova-drinks}
tier: brand
owner: anna.rossi@nova.example
time_zone: Europe/Rome
tests_at: 2026-11-02T10:00:00Z

rules:
  - id: no-tragedy
    for: [bid]
    when:
      content.topic: [\"Death, Injury, or Military Conflict\", Terrorism]
      content.risk: [floor, high, medium]
    unless: {page.site: [ansa.it, rainews.it]}
    then: block
    if_unknown: apply
    because: Brand guideline 4.2, agreed with legal 2026-02-11
    review_by: 2026-12-01

  - id: italy-launch-bid
    for: [bid]
    when: {market.country: IT, market.channel: display}
    then:
      start_at: 1.80 EUR
      model_may_move: 20%
      hand_over_at: 50 conversions in 30 days
    because: No Italian data before March; the number comes from the Spanish launch
    until: 2027-03-31

  - id: words-we-never-stand-beside
    for: [bid, recommendation]
    when: {page.text: {mentions: lists/tragedy.csv}}
    then: block
    if_unknown: apply
    because: Brand guideline 4.3

exceptions:
  - {to: no-tragedy, when: {campaign: blood-donation-2026}, owner: anna.rossi@nova.example, because: The campaign is about it, until: 2026-12-15}

tests:
  - name: a war page is never bought
    given: {kind: bid, brand: nova-drinks, market.country: IT, content: [{topic: Terrorism, risk: high}], page.site: x.it}
    model_says: {bid: 2.40 EUR}
    expect: {verdict: blocked, because_of: [no-tragedy]}
";

#[test]
#[expect(clippy::too_many_lines, reason = "the example of the language, whole")]
fn the_example_of_the_language_is_read_whole() {
    let files = read_well(&[("nova/italy.yaml", ITALY)]);
    let file = &files.rules[0];
    assert_eq!(file.rules_of.value, "Nova Drinks, Italy");
    assert_eq!(file.tier.value, Tier::Brand);
    assert_eq!(
        file.time_zone.as_ref().unwrap().value.iana_name(),
        Some("Europe/Rome")
    );
    assert_eq!(file.rules.len(), 3);

    let tragedy = &file.rules[0];
    assert_eq!(tragedy.id.value, "no-tragedy");
    assert_eq!((tragedy.id.span.line, tragedy.id.span.column), (10, 9));
    assert_eq!(tragedy.owner.value, "anna.rossi@nova.example");
    assert_eq!(tragedy.if_unknown.unwrap().value, IfUnknown::Apply);
    assert_eq!(tragedy.then[0].value, EffectDef::Block);
    assert_eq!(tragedy.mode, Mode::Enforce);
    assert_eq!(tragedy.review_by.unwrap().value.to_string(), "2026-12-01");
    let Clause::Atom(topic) = &tragedy.when.as_ref().unwrap().terms[0] else {
        panic!("an atom")
    };
    let AtomTest::Values(values) = &topic.test else {
        panic!("values")
    };
    assert_eq!(values[0].value, "Death, Injury, or Military Conflict");

    let EffectDef::StartAt(start) = &file.rules[1].then[0].value else {
        panic!("a start value")
    };
    let StartDef::Price(price, share) = &start.start else {
        panic!("a price")
    };
    assert_eq!(price.value.to_string(), "1.80 EUR");
    assert_eq!(share.get(), 2_000);
    assert_eq!(start.hand_over_at.value.within, Some(Duration::from_days(30)));
    assert_eq!(
        (
            start.hand_over_at.value.count,
            start.hand_over_at.value.outcome.as_str()
        ),
        (50, "conversions")
    );

    let kinds: Vec<Kind> = file.rules[2].kinds.iter().map(|kind| kind.value).collect();
    assert_eq!(kinds, [Kind::Bid, Kind::Recommendation]);
    let Clause::Atom(text) = &file.rules[2].when.as_ref().unwrap().terms[0] else {
        panic!("an atom")
    };
    let AtomTest::Operators(operators) = &text.test else {
        panic!("an operator")
    };
    assert_eq!(
        (operators[0].0.value.as_str(), operators[0].1[0].value.as_str()),
        ("mentions", "lists/tragedy.csv")
    );

    assert_eq!(file.exceptions[0].to.value, "no-tragedy");
    let test = &file.tests[0];
    assert!(
        matches!(test.model_says.as_ref().unwrap().value, SaidDef::Bid(price) if price.to_string() == "2.40 EUR")
    );
    let Some(PerCandidate::Together(verdict)) = &test.expect.verdict else {
        panic!("a verdict")
    };
    assert_eq!(verdict.value, Verdict::Blocked);
    let Some(PerCandidate::Together(causes)) = &test.expect.because_of else {
        panic!("causes")
    };
    assert_eq!(causes[0].value, "no-tragedy");
    assert!(matches!(&test.given[3].1.value, Tree::List(labels) if labels.len() == 1));
}

#[test]
fn norway_is_a_country_and_a_nought_is_kept() {
    let file = ITALY.replace(
        "market.country: IT, market.channel",
        "market.country: NO, market.channel",
    );
    let file = file.replace(
        "market.channel: display",
        "market.channel: [1.80, on, 0x10, null, 2026-01-01]",
    );
    let files = read_well(&[("a.yaml", &file)]);
    let terms = &files.rules[0].rules[1].when.as_ref().unwrap().terms;
    let written: Vec<Vec<&str>> = terms
        .iter()
        .map(|term| match term {
            Clause::Atom(atom) => match &atom.test {
                AtomTest::Values(values) => values.iter().map(|value| value.value.as_str()).collect(),
                AtomTest::Operators(_) => panic!("values"),
            },
            Clause::Any(_) | Clause::All(_) | Clause::Not(_) => panic!("an atom"),
        })
        .collect();
    assert_eq!(
        written,
        [vec!["NO"], vec!["1.80", "on", "0x10", "null", "2026-01-01"]]
    );
}

#[test]
fn a_byte_order_mark_and_windows_line_ends_change_nothing_but_bytes() {
    let plain = read_well(&[("a.yaml", ITALY)]);
    let marked = read_well(&[("a.yaml", &format!("\u{feff}{}", ITALY.replace('\n', "\r\n")))]);
    let ids = |files: &Files| -> Vec<(String, u32, u32)> {
        let rules = files.rules[0].rules.iter();
        rules
            .map(|rule| (rule.id.value.clone(), rule.id.span.line, rule.id.span.column))
            .collect()
    };
    assert_eq!(ids(&plain), ids(&marked));
    let because = &marked.rules[0].rules[0].because.value;
    assert_eq!(because, "Brand guideline 4.2, agreed with legal 2026-02-11");
}

#[test]
fn campaigns_objectives_defaults_and_attributes_are_read() {
    let files = read_well(&[
        (
            "campaigns.yaml",
            "campaigns:\n  - id: spring\n    brand: nova\n    objective: purchase\n    goal: target_cost\n    target: 4.00 EUR\n    budget: 10000 EUR\n    period: {from: 2026-09-01, until: 2026-12-31}\n    baseline: {bid: 1.80 EUR}\n  - {id: calm, brand: nova, objective: purchase, goal: manual, baseline: {bid: 1 EUR}}\n",
        ),
        (
            "objectives.yaml",
            "objectives:\n  - {id: purchase, event: purchase, window: 30 days, value_field: total, currency: EUR, for: [bid]}\n",
        ),
        (
            "defaults.yaml",
            "owner: a@b.example\nbecause: nothing is risked\nsafe_default: {bid: no_bid, score: blocked}\n",
        ),
        (
            "attributes.yaml",
            "attributes:\n  - {name: shop.stock, type: number, holds: one, given: optional}\n",
        ),
    ]);
    let campaigns = files.campaigns.unwrap().campaigns;
    assert!(matches!(campaigns[0].goal, GoalDef::TargetCost(cost) if cost.value.to_string() == "4.00 EUR"));
    assert_eq!(campaigns[1].goal, GoalDef::Manual);
    assert_eq!(
        files.objectives.unwrap().objectives[0].window.value,
        Duration::from_days(30)
    );
    let defaults = files.defaults.unwrap().safe_defaults;
    let kinds: Vec<_> = defaults
        .iter()
        .map(|(kind, default)| (kind.value, default.value))
        .collect();
    assert_eq!(
        kinds,
        [
            (Kind::Bid, SafeDefaultDef::NoBid),
            (Kind::Score, SafeDefaultDef::Blocked)
        ]
    );
    assert_eq!(files.attributes.unwrap().attributes[0].name.value, "shop.stock");
}

#[test]
fn lists_are_read_as_excel_writes_them() {
    let words = "\u{feff}Term;Match;Language;Evasion;Since;Note\r\nguerra;;it;off;2026-01-31;\"due; punti\"\r\nSalvation Army;phrase;en;;;\r\nstrage;starts;it;;;\r\n;;;;;\r\n";
    let files = read_well(&[
        ("lists/tragedy.csv", words),
        ("lists/own.csv", "site\nansa.it\nRaiNews.it\n"),
    ]);
    let list = &files.word_lists[0];
    assert_eq!(list.path, "lists/tragedy.csv");
    let terms: Vec<(&str, Match)> = list
        .terms
        .iter()
        .map(|term| (term.term.value.as_str(), term.matching))
        .collect();
    assert_eq!(
        terms,
        [
            ("guerra", Match::Word),
            ("Salvation Army", Match::Phrase),
            ("strage", Match::Starts)
        ]
    );
    assert_eq!(list.terms[0].note.as_ref().unwrap().value, "due; punti");
    assert_eq!(
        (list.terms[1].term.span.line, list.terms[1].term.span.column),
        (3, 1)
    );
    let sites: Vec<&str> = files.site_lists[0]
        .sites
        .iter()
        .map(|site| site.value.as_str())
        .collect();
    assert_eq!(sites, ["ansa.it", "rainews.it"]);
}

#[test]
fn a_list_may_be_larger_than_a_file_of_rules() {
    let long = format!("term\n{}", "guerra mondiale\n".repeat(100_000));
    assert_eq!(
        read_well(&[("lists/a.csv", &long)]).word_lists[0].terms.len(),
        100_000
    );
    let sources = Sources::from_texts([
        ("a.yaml", "#".repeat((1 << 20) + 1)),
        ("b.yaml", "rules_of: [".to_owned()),
    ]);
    let codes: Vec<_> = read(&sources)
        .1
        .iter()
        .map(|finding| (finding.code, finding.file.to_string()))
        .collect();
    assert_eq!(
        codes,
        [("R002", "a.yaml".to_owned()), ("R004", "b.yaml".to_owned())]
    );
}

#[test]
fn the_digest_names_paths_and_bytes_and_no_order() {
    let digest = |texts: &[(&str, &str)]| Sources::from_texts(texts.iter().copied()).digest().to_string();
    let both = digest(&[("a.yaml", "x"), ("b.yaml", "y")]);
    assert_eq!(both, digest(&[("b.yaml", "y"), ("a.yaml", "x")]));
    assert_ne!(both, digest(&[("a.yaml", "y"), ("b.yaml", "x")]));
    assert_ne!(both, digest(&[("a.yaml", "xb.yaml"), ("", "y")]));
    assert_eq!(both.len(), 64);
}

#[test]
fn a_folder_is_read_with_relative_paths_and_without_hidden_files() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("lists")).unwrap();
    fs::create_dir_all(folder.path().join(".git")).unwrap();
    for (path, text) in [
        ("a.yaml", "x"),
        ("lists/b.csv", "y"),
        (".git/c.yaml", "z"),
        (".a.yaml.swp", "z"),
        ("README.md", "z"),
    ] {
        fs::write(folder.path().join(path), text).unwrap();
    }
    let sources = Sources::read(folder.path()).unwrap();
    let paths: Vec<&str> = sources.iter().map(|(_, source)| source.path.as_str()).collect();
    assert_eq!(paths, ["a.yaml", "lists/b.csv"]);
    assert_eq!(
        sources.digest(),
        Sources::from_texts([("lists/b.csv", "y"), ("a.yaml", "x")]).digest()
    );
}

#[test]
fn a_folder_that_leads_back_to_itself_is_refused_and_not_skipped() {
    let folder = tempfile::tempdir().unwrap();
    let deep: std::path::PathBuf = (0..20).map(|_| "x").collect();
    fs::create_dir_all(folder.path().join(deep)).unwrap();
    assert!(
        Sources::read(folder.path())
            .unwrap_err()
            .to_string()
            .contains("nested too deeply")
    );
    assert!(
        Sources::read(&folder.path().join("none"))
            .unwrap_err()
            .to_string()
            .contains("cannot read")
    );
}

/// What is said of a folder that cannot be read, named from where the tests run.
fn of_folder(case: &Path, language: Language) -> String {
    let here = case.strip_prefix(env!("CARGO_MANIFEST_DIR")).unwrap();
    let why = Sources::read(here).unwrap_err();
    let finding = Diagnostic::of_folder(why.told());
    render(&finding, &Sources::default(), Style::Plain, language)
}

#[test]
fn every_mistake_of_the_gallery_is_told_as_expected() {
    let cases = compare("errors", |case, language| {
        let Ok(sources) = Sources::read(case) else {
            return of_folder(case, language);
        };
        let told: Vec<String> = read(&sources)
            .1
            .iter()
            .map(|finding| render(finding, &sources, Style::Plain, language))
            .collect();
        told.join("\n")
    });
    assert!(cases >= 60, "the gallery has {cases} mistakes");
}

#[test]
fn a_finding_is_data_too() {
    let sources = Sources::from_texts([("a.yaml", ITALY.replace("tier: brand", "tier: brnad"))]);
    let (_, findings) = read(&sources);
    let json = serde_json::to_value(findings[0].told(Language::English)).unwrap();
    assert_eq!(json["code"], "R014");
    assert_eq!(json["file"], "a.yaml");
    assert_eq!(
        (json["line"].as_u64(), json["column"].as_u64()),
        (Some(4), Some(7))
    );
    assert!(
        json["help"]
            .as_str()
            .unwrap()
            .starts_with("did you mean `brand`?"),
        "{json}"
    );
}

/// Pieces that rule files are made of, so that random texts get past the first line.
fn piece() -> impl Strategy<Value = String> {
    let pieces = [
        "rules:",
        "\n",
        "\n  ",
        "\n  - ",
        "id: ",
        "for: ",
        "[bid",
        "]",
        "when: ",
        "{",
        "}",
        "then: ",
        "block",
        ", ",
        "'",
        "\"",
        "&a",
        "*a",
        "!!str ",
        "---\n",
        "%",
        "\u{feff}",
        "\t",
        "any: ",
        "- ",
        "? ",
        "| ",
        "#",
        "2026-12-31",
        "1.80 EUR",
        "tier: brand",
        "<<: ",
        "é",
        "tests: ",
        "given: ",
        "expect: ",
        ":",
        " ",
    ];
    prop_oneof![4 => proptest::sample::select(pieces.to_vec()).prop_map(str::to_owned), 1 => any::<String>()]
}

fn no_panic(path: &str, bytes: Vec<u8>) {
    let length = bytes.len();
    let sources = Sources::from_texts([(path, bytes)]);
    for finding in read(&sources).1 {
        assert!(
            finding.span.start <= finding.span.end && finding.span.end <= length,
            "{finding:?}"
        );
        assert!(finding.line >= 1 && finding.column >= 1);
        assert!(!render(&finding, &sources, Style::Plain, Language::English).is_empty());
    }
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn any_bytes_are_answered_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        for path in ["a.yaml", "campaigns.yaml", "lists/a.csv", "b.yml"] {
            no_panic(path, bytes.clone());
        }
    }

    #[test]
    fn any_text_like_rules_is_answered_without_a_panic(pieces in proptest::collection::vec(piece(), 0..60)) {
        no_panic("a.yaml", pieces.concat().into_bytes());
    }

    #[test]
    fn any_change_of_one_byte_is_answered_without_a_panic(at in 0..ITALY.len(), byte in any::<u8>()) {
        let mut bytes = ITALY.as_bytes().to_vec();
        bytes[at] = byte;
        no_panic("a.yaml", bytes);
    }

    #[test]
    fn any_text_like_a_list_is_answered_without_a_panic(
        pieces in proptest::collection::vec(proptest::sample::select(vec!["term", "match", ";", ",", "\"", "\n", "\r\n", "word", "x", "é", "anywhere"]), 0..40),
    ) {
        no_panic("lists/a.csv", pieces.concat().into_bytes());
    }
}
