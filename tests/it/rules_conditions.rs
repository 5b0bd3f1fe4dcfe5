//! Conditions as people write them: each form in a story.

use std::{path::Path, sync::Arc};

use balustrade::{
    domain::{Attribute, CandidateLimits, FactValue, Label, Query, Timestamp, Word},
    rules::{
        Rulebook, Sources, Style, compile, render,
        topics::{Coverage, Family},
        vocabulary::Fault,
    },
};

use crate::rules_random::{Order, campaigns, limits, query, sources};

/// The declarations of the random world, and one rule that blocks.
fn files(when: &str, more: &[(&str, &str)]) -> Sources {
    let rule = format!(
        "rules_of: X\ntier: company\nowner: o@o.example\ntime_zone: Europe/Rome\nrules:\n  - {{id: one, for: [bid], when: {{{when}}}, then: block, if_unknown: skip, accept_risk: it is a test, because: a test}}\n"
    );
    let declared = sources(&[], Order::Written);
    let declared: Vec<(String, Vec<u8>)> = declared
        .iter()
        .map(|(_, source)| (source.path.clone(), source.bytes.clone()))
        .collect();
    let more = more
        .iter()
        .map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec()));
    let rule = ("x.yaml".to_owned(), rule.into_bytes());
    Sources::from_texts(declared.into_iter().chain(more).chain([rule]))
}

fn book(sources: &Sources) -> Rulebook {
    let compiled = compile(sources);
    let english = balustrade::domain::Language::English;
    let told: String = compiled
        .findings
        .iter()
        .map(|finding| render(finding, sources, Style::Plain, english))
        .collect();
    compiled.rulebook.unwrap_or_else(|| panic!("{told}"))
}

fn codes(sources: &Sources) -> Vec<&'static str> {
    compile(sources)
        .findings
        .iter()
        .map(|finding| finding.code)
        .collect()
}

/// A query of which nothing is known.
fn asked() -> Query {
    use proptest::{
        strategy::{Strategy as _, ValueTree as _},
        test_runner::TestRunner,
    };
    let mut query = query()
        .new_tree(&mut TestRunner::deterministic())
        .unwrap()
        .current();
    query.facts = balustrade::domain::Facts::new();
    query.candidates.truncate(1);
    query.candidates[0].facts = balustrade::domain::Facts::new();
    query
}

fn is_blocked(limits: &[CandidateLimits]) -> bool {
    !limits[0].effects.is_empty()
}

/// Whether the rule matches where one fact is known.
fn matches(rulebook: &Rulebook, attribute: Attribute, value: FactValue) -> bool {
    let mut query = asked();
    query.facts.set(attribute.clone(), value.clone());
    query.candidates[0].facts.set(attribute, value);
    is_blocked(&limits(rulebook, &query, 0))
}

fn word(text: &str) -> Word {
    Word::new(text).unwrap()
}

#[test]
fn an_age_is_written_as_a_number_an_interval_or_an_end() {
    let cases = [
        ("18", vec![18], vec![17, 19]),
        ("18-24", vec![18, 24], vec![17, 25]),
        ("18 to 24", vec![18, 24], vec![17, 25]),
        ("[under 18, over 65]", vec![0, 17, 66], vec![18, 65]),
        ("at least 18", vec![18, 150], vec![17]),
        ("{at_least: 18, under: 65}", vec![18, 64], vec![17, 65]),
    ];
    for (written, inside, outside) in cases {
        let rulebook = book(&files(&format!("contact.age: {written}"), &[]));
        let held = |age: &i64| matches(&rulebook, Attribute::ContactAge, FactValue::Number(*age));
        assert!(inside.iter().all(held), "{written}");
        assert!(!outside.iter().any(held), "{written}");
    }
}

#[test]
fn evidence_is_what_we_counted_of_the_campaign() {
    let rulebook = book(&files("evidence: under 50", &[]));
    assert!(is_blocked(&limits(&rulebook, &asked(), 49)));
    assert!(!is_blocked(&limits(&rulebook, &asked(), 50)));
}

#[test]
fn a_window_of_now_is_what_the_clock_on_the_wall_shows() {
    let at = |rulebook: &Rulebook, instant: &str| {
        let mut query = asked();
        query.now = instant.parse::<jiff::Timestamp>().unwrap().into();
        is_blocked(&limits(rulebook, &query, 0))
    };
    let office = book(&files(
        "now: [Monday-Friday 09:00-18:00, Saturday 10:00-12:00]",
        &[],
    ));
    // Rome is one hour ahead of UTC in November. The 20th is a Friday.
    assert!(!at(&office, "2026-11-20T07:59:59Z") && at(&office, "2026-11-20T08:00:00Z"));
    assert!(at(&office, "2026-11-20T16:59:59Z") && !at(&office, "2026-11-20T17:00:00Z"));
    assert!(at(&office, "2026-11-21T10:59:00Z") && !at(&office, "2026-11-22T10:59:00Z"));
    let night = book(&files("now: Friday 22:00-02:00", &[]));
    assert!(at(&night, "2026-11-20T21:00:00Z") && at(&night, "2026-11-21T00:59:00Z"));
    assert!(!at(&night, "2026-11-21T01:00:00Z") && !at(&night, "2026-11-20T00:30:00Z"));
    // In spring the clock goes from 02:00 to 03:00, in autumn it shows 02:15 twice.
    let small_hours = book(&files("now: 02:30-03:30", &[]));
    assert!(!at(&small_hours, "2027-03-28T00:59:59Z") && at(&small_hours, "2027-03-28T01:00:00Z"));
    let repeated = book(&files("now: 02:00-02:30", &[]));
    assert!(at(&repeated, "2026-10-25T00:15:00Z") && at(&repeated, "2026-10-25T01:15:00Z"));
}

#[test]
fn a_regular_expression_does_not_mind_capitals_unless_it_says_so() {
    let text = |text: &str| FactValue::Text(Arc::from(text));
    let plain = book(&files("page.url: {matches: '/(sport|calcio)/'}", &[]));
    assert!(matches(
        &plain,
        Attribute::PageUrl,
        text("https://x.example/Calcio/1")
    ));
    assert!(!matches(
        &plain,
        Attribute::PageUrl,
        text("https://x.example/calcioni")
    ));
    let exact = book(&files("page.url: {matches: '(?-i)/sport/'}", &[]));
    assert!(!matches(
        &exact,
        Attribute::PageUrl,
        text("https://x.example/SPORT/")
    ));
}

#[test]
fn expressions_are_bounded_in_number_and_each_counts_once() {
    let many = |count: usize| {
        let each: Vec<String> = (0..count).map(|n| format!("x{n}")).collect();
        format!("page.text: {{matches: [{}, x0, x0]}}", each.join(", "))
    };
    book(&files(&many(100), &[]));
    assert_eq!(codes(&files(&many(101), &[])), ["R076"]);
}

const CONTENT: &str = "Unique ID\tParent\tName\n483\t\tSports\n533\t483\tSoccer\n900\t533\tFive-a-side\n";

#[test]
fn a_topic_holds_what_stands_below_it_whatever_it_is_called_by() {
    let tables = [("taxonomies/Content Taxonomy 3.1.tsv", CONTENT)];
    let sports = book(&files("content.topic: Sports", &tables));
    let label = |topic: &str| {
        let labels = vec![Label {
            topic: word(topic),
            risk: None,
        }];
        matches(&sports, Attribute::Content, FactValue::Labels(labels))
    };
    assert!(
        ["Sports", "483", "soccer", "533", "FIVE A SIDE", "900"]
            .into_iter()
            .all(label)
    );
    assert!(!["Terrorism", "sport", "Automotive"].into_iter().any(label));
    let soccer = book(&files("content.topic: 533", &tables));
    let above = vec![Label {
        topic: word("Sports"),
        risk: None,
    }];
    assert!(!matches(&soccer, Attribute::Content, FactValue::Labels(above)));
    assert_eq!(
        sports.vocabulary().taxonomies().of(Family::Content).coverage(),
        Coverage::Whole
    );
}

#[test]
fn a_taxonomy_belongs_to_the_digest_of_a_rulebook() {
    let other = CONTENT.replace("Soccer", "Football");
    let name = |table: &str| files("brand: b", &[("taxonomies/Content Taxonomy 3.1.tsv", table)]).digest();
    assert_ne!(name(CONTENT), name(&other));
}

#[test]
fn a_folder_of_taxonomies_beside_the_rules_is_read_as_if_it_were_among_them() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("Content Taxonomy 3.1.tsv"), CONTENT).unwrap();
    std::fs::write(folder.path().join("Audience Taxonomy 1.1.tsv"), "no topics").unwrap();
    let with = files("content.topic: Five-a-side", &[])
        .with_taxonomies(folder.path())
        .unwrap();
    book(&with);
    let empty = tempfile::tempdir().unwrap();
    assert!(files("brand: b", &[]).with_taxonomies(empty.path()).is_err());
}

#[test]
fn the_tables_of_the_iab_are_read_as_they_are_published() {
    let data = std::env::var("BALUSTRADE_DATA").unwrap_or_else(|_| "../shared/data".to_owned());
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(data).join("taxonomy");
    let Ok(with) = files(
        "content.topic: [Sports, 'Pop Culture', v9i3On], ad.category: [Alcohol, '1004']",
        &[],
    )
    .with_taxonomies(&folder) else {
        return;
    };
    let rulebook = book(&with);
    let content = rulebook.vocabulary().taxonomies().of(Family::Content);
    // Version 2.2 calls it `Television`, 3.1 took it apart; an id is one topic in both.
    assert!(content.is_below("533", "483") && content.is_below("8FD8nI", "v9i3On"));
    assert!(content.names().count() > 1_000);
}

#[test]
fn a_suffix_that_a_company_hands_out_may_be_named_and_one_of_a_registry_not() {
    book(&files("page.site: [blogspot.com, ansa.it, x.co.uk]", &[]));
    for suffix in ["co.uk", "it", "gov.it", "CO.UK."] {
        assert_eq!(
            codes(&files(&format!("page.site: {suffix}"), &[])),
            ["R075"],
            "{suffix}"
        );
    }
    let listed = [("lists/mine.csv", "site\nansa.it\nco.uk\n")];
    assert_eq!(codes(&files("page.site: lists/mine.csv", &listed)), ["R075"]);
}

#[test]
fn one_site_has_many_spellings() {
    let rulebook = book(&files("page.site: Città.example", &[]));
    let known = |site: &str| matches(&rulebook, Attribute::PageSite, FactValue::Word(word(site)));
    assert!(
        [
            "città.example",
            "CITTÀ.EXAMPLE.",
            "xn--citt-3na.example",
            "www.città.example"
        ]
        .into_iter()
        .all(known)
    );
    assert!(!["citta.example", "xcittà.example"].into_iter().any(known));
}

const OWN: &str = "attributes:
  - {name: shop.tier, type: word, holds: one, given: required, for: [bid], values: [gold, silver]}
  - {name: shop.tags, type: word, holds: many, given: optional, of: candidate}
  - {name: shop.since, type: instant, holds: one, given: optional}
";

#[test]
fn what_a_query_says_of_own_attributes_is_held_against_their_declaration() {
    let rulebook = book(&files("shop.tier: GOLD", &[("attributes.yaml", OWN)]));
    let own = |name: &str| Attribute::Own(word(name));
    let faults = |query: &Query| -> Vec<(Option<usize>, Fault)> {
        let misstated = rulebook.vocabulary().misstated(query);
        misstated
            .into_iter()
            .map(|one| (one.candidate, one.fault))
            .collect()
    };
    let mut query = asked();
    assert_eq!(faults(&query), [(None, Fault::Missing)]);
    query.facts.set(own("shop.tier"), FactValue::Flag(true));
    assert_eq!(faults(&query), [(None, Fault::OtherType("word"))]);
    query.facts.set(own("shop.tier"), FactValue::Word(word("bronze")));
    assert_eq!(
        faults(&query),
        [(None, Fault::OtherWord("gold, silver".to_owned()))]
    );
    query.facts.set(own("shop.tier"), FactValue::Word(word("Gold")));
    query.candidates[0]
        .facts
        .set(own("shop.tags"), FactValue::Word(word("saldi")));
    assert_eq!(faults(&query), [(Some(0), Fault::OtherType("words"))]);
    query.candidates[0]
        .facts
        .set(own("shop.tags"), FactValue::Words(vec![word("saldi")]));
    query.facts.set(own("shop.unheard-of"), FactValue::Flag(true));
    assert_eq!(faults(&query), []);
    assert!(is_blocked(&rulebook.limits(
        &query,
        &campaigns(&rulebook, &query),
        &balustrade::rules::StatedLedger::default()
    )));
}

#[test]
fn a_rule_need_not_settle_what_is_required() {
    let rule = |when: &str| {
        format!(
            "rules_of: Y\ntier: company\nowner: o@o.example\ntime_zone: Europe/Rome\nrules:\n  - {{id: two, for: [bid], when: {{{when}}}, then: block, because: a test}}\n"
        )
    };
    let told = |when: &str| {
        codes(&files(
            "brand: b",
            &[("attributes.yaml", OWN), ("y.yaml", &rule(when))],
        ))
    };
    assert_eq!(told("shop.tier: gold"), [""; 0]);
    assert_eq!(told("shop.since: before 2026-11-01"), ["R054"]);
    assert_eq!(told("shop.tier: bronze"), ["R051"]);
    assert_eq!(told("shop.teir: gold"), ["R050"]);
}

#[test]
fn a_day_is_all_its_instants_in_the_zone_of_the_file() {
    let rulebook = book(&files("shop.since: 2026-11-01", &[("attributes.yaml", OWN)]));
    let known = |at: &str| {
        let instant: Timestamp = at.parse::<jiff::Timestamp>().unwrap().into();
        matches(
            &rulebook,
            Attribute::Own(word("shop.since")),
            FactValue::Instant(instant),
        )
    };
    assert!(!known("2026-10-31T22:59:59.999Z") && known("2026-10-31T23:00:00Z"));
    assert!(known("2026-11-01T22:59:59.999Z") && !known("2026-11-01T23:00:00Z"));
}

#[test]
fn a_zone_that_does_not_exist_is_told_in_a_rule_and_in_a_test() {
    let told = |condition: &str| {
        let sources = files(condition, &[]);
        let findings = balustrade::rules::compile(&sources).findings;
        findings.iter().map(|finding| finding.code).collect::<Vec<_>>()
    };
    assert_eq!(told("contact.zone: Europe/Roma"), ["R021"]);
    assert_eq!(told("contact.zone: europe/rome"), Vec::<&str>::new());
}
