//! What an edit changes: in words, and whether it permits more or less.

use balustrade::{
    domain::Query,
    rules::{
        Rulebook, Sources, Style, compile,
        diff::{Change, How, Permits, Sort, Version, diff},
        render,
    },
};
use proptest::{prelude::*, sample::select};

use crate::{
    rules_random::{self, queries, rulebooks},
    rules_tools::{DECLARED, tool},
};

const HEAD: &str = "rules_of: x\ntier: legal\nowner: a@b.example\ntime_zone: Europe/Rome\n";

/// Beside the campaign of every folder, those of random queries.
const CAMPAIGNS: &str = "\
campaigns:
  - {id: spring, brand: nova, objective: click, goal: manual, baseline: {bid: 1.80 EUR}}
  - {id: c1, brand: a, objective: click, goal: manual, baseline: {bid: 1.00 EUR}}
  - {id: c2, brand: b, objective: click, goal: manual, baseline: {bid: 1.00 EUR}}
";

fn folder(rules: &str) -> (Sources, Rulebook) {
    let file = format!("{HEAD}{rules}");
    let words = "term;language\nguerra;it\n";
    let more = "term;language\nguerra;it\nterremoto;it\n";
    let files = [
        ("campaigns.yaml", CAMPAIGNS),
        ("x.yaml", file.as_str()),
        ("lists/a.csv", words),
        ("lists/b.csv", more),
    ];
    let sources = Sources::from_texts(DECLARED.into_iter().chain(files));
    let compiled = compile(&sources);
    let told: String = compiled
        .findings
        .iter()
        .map(|finding| {
            render(
                finding,
                &sources,
                Style::Plain,
                balustrade::domain::Language::English,
            )
        })
        .collect();
    let rulebook = compiled.rulebook.unwrap_or_else(|| panic!("{told}"));
    (sources, rulebook)
}

fn changes(old: &str, new: &str) -> Vec<Change> {
    let (old_sources, old_book) = folder(old);
    let (new_sources, new_book) = folder(new);
    let old = Version {
        sources: &old_sources,
        rulebook: &old_book,
    };
    let new = Version {
        sources: &new_sources,
        rulebook: &new_book,
    };
    diff(old, new)
}

/// A rule of its own with these keys.
fn rule(keys: &str) -> String {
    format!("rules:\n  - {{id: r, for: [bid], if_unknown: apply, because: b, {keys}}}\n")
}

fn permits(old: &str, new: &str) -> Option<Permits> {
    let changes = changes(&rule(old), &rule(new));
    assert_eq!(changes.len(), 1, "{changes:?}");
    changes[0].permits
}

#[test]
fn another_layout_and_another_order_are_no_difference() {
    let one = "rules:\n  - {id: a, for: [bid], then: block, because: b}\n  - {id: c, for: bid, then: {block: yes}, because: d}\n";
    let other = "# words\nrules:\n  - id: c\n    for: [bid]\n    then: block\n    because: \"d\"\n  - id: a\n    because: b\n    then:\n      block: yes\n    for: bid\n";
    assert_eq!(changes(one, other), []);
}

#[test]
fn a_lower_cap_is_tighter_and_a_higher_one_looser() {
    assert_eq!(
        permits("then: {at_most: 1.95 EUR}", "then: {at_most: 1.80 EUR}"),
        Some(Permits::Tighter)
    );
    assert_eq!(
        permits("then: {at_most: 1.80 EUR}", "then: {at_most: 10.00 EUR}"),
        Some(Permits::Looser)
    );
    assert_eq!(
        permits("then: {at_least: 1.80 EUR}", "then: {at_least: 1.90 EUR}"),
        Some(Permits::Tighter)
    );
    assert_eq!(
        permits("then: {at_most: 3 in 7 days}", "then: {at_most: 2 in 7 days}"),
        Some(Permits::Tighter)
    );
    assert_eq!(
        permits("then: {at_most: 3 in 7 days}", "then: {at_most: 2 in 1 days}"),
        Some(Permits::CannotBeTold)
    );
    assert_eq!(
        permits(
            "then: {at_least: 0.50 EUR, at_most: 2.00 EUR}",
            "then: {at_least: 0.60 EUR, at_most: 2.10 EUR}"
        ),
        Some(Permits::Different)
    );
}

/// Of an effect of one kind of decision, both ways.
fn permits_of(kind: &str, old: &str, new: &str) -> [Option<Permits>; 2] {
    let rule = |then: &str| {
        format!("rules:\n  - {{id: r, for: [{kind}], if_unknown: apply, because: b, then: {{{then}}}}}\n")
    };
    [(old, new), (new, old)].map(|(old, new)| {
        let changes = changes(&rule(old), &rule(new));
        assert_eq!(changes.len(), 1, "{changes:?}");
        changes[0].permits
    })
}

#[test]
fn more_quiet_hours_fewer_hours_and_narrower_shares_are_tighter() {
    let tighter = [
        (
            "send_time",
            "quiet_hours: 22:00-08:00",
            "quiet_hours: 21:30-09:00",
        ),
        (
            "send_time",
            "quiet_hours: 22:00-08:00",
            "quiet_hours: [22:00-08:00, Sunday, holidays]",
        ),
        (
            "send_time",
            "quiet_hours: Saturday 10:00-12:00",
            "quiet_hours: weekends 09:00-12:00",
        ),
        (
            "send_time",
            "quiet_hours: 01:00-02:00",
            "quiet_hours: 22:00-08:00",
        ),
        (
            "send_time",
            "quiet_hours: 2026-12-25",
            "quiet_hours: 2026-12-24..2027-01-06",
        ),
        (
            "send_time",
            "only_on: Monday-Friday 09:00-18:00",
            "only_on: Monday-Thursday 10:00-18:00",
        ),
        ("send_time", "not_before: 09:00", "not_before: 10:00"),
        ("send_time", "not_after: 2026-12-24", "not_after: 2026-12-23"),
        ("budget", "share: 10%-60%", "share: 10%-50%"),
    ];
    for (kind, old, new) in tighter {
        let told = permits_of(kind, old, new);
        assert_eq!(
            told,
            [Some(Permits::Tighter), Some(Permits::Looser)],
            "{old} -> {new}"
        );
    }
}

#[test]
fn of_hours_and_shares_that_do_not_lie_in_each_other_nothing_is_guessed() {
    let untold = [
        // Of Sunday the window that began on Saturday holds nothing but the early hours.
        (
            "send_time",
            "quiet_hours: Sunday 01:00-02:00",
            "quiet_hours: Sunday 22:00-08:00",
        ),
        ("send_time", "quiet_hours: Sunday", "quiet_hours: holidays"),
        ("send_time", "not_before: 09:00", "not_before: 2026-12-24"),
    ];
    for (kind, old, new) in untold {
        assert_eq!(
            permits_of(kind, old, new)[0],
            Some(Permits::CannotBeTold),
            "{old} -> {new}"
        );
    }
    let shifted = permits_of("budget", "share: 10%-40%", "share: 20%-50%");
    assert_eq!(shifted, [Some(Permits::Different); 2]);
}

#[test]
fn a_restriction_that_reaches_further_is_tighter() {
    let tighter = [
        ("when: {market.country: IT}", "when: {market.country: [IT, ES]}"),
        (
            "when: {market.country: IT, market.channel: video}",
            "when: {market.country: IT}",
        ),
        (
            "when: {contact.age: {at_most: 18}}",
            "when: {contact.age: {at_most: 24}}",
        ),
        ("when: {page.site: sport.ansa.it}", "when: {page.site: ansa.it}"),
        (
            "when: {page.text: {mentions: lists/a.csv}}",
            "when: {page.text: {mentions: lists/b.csv}}",
        ),
        (
            "when: {content.topic: Terrorism, content.risk: high}",
            "when: {content.topic: Terrorism}",
        ),
        (
            "when: {not: {market.country: [IT, ES]}}",
            "when: {not: {market.country: IT}}",
        ),
        (
            "when: {market.country: IT}",
            "when: {any: [{market.country: IT}, {market.channel: video}]}",
        ),
        (
            "unless: {page.site: [ansa.it, rai.it]}",
            "unless: {page.site: ansa.it}",
        ),
        ("until: 2026-12-31", "until: 2027-12-31"),
        ("mode: shadow", "mode: enforce"),
    ];
    for (old, new) in tighter {
        let (old, new) = (format!("then: block, {old}"), format!("then: block, {new}"));
        assert_eq!(permits(&old, &new), Some(Permits::Tighter), "{old} -> {new}");
        assert_eq!(permits(&new, &old), Some(Permits::Looser), "{new} -> {old}");
    }
}

#[test]
fn what_cannot_be_told_is_not_guessed() {
    let old = "then: block, when: {market.country: IT}";
    assert_eq!(
        permits(old, "then: block, when: {market.channel: video}"),
        Some(Permits::CannotBeTold)
    );
    assert_eq!(
        permits("then: {force: 1.00 EUR}", "then: {force: 1.10 EUR}"),
        Some(Permits::Different)
    );
    assert_eq!(permits("then: {note: x}", "then: {note: y}"), Some(Permits::Same));
}

#[test]
fn a_new_exception_loosens_its_rule() {
    let exception = "exceptions:\n  - {to: r, when: {campaign: spring}, because: b, until: 2027-01-31}\n";
    let without = rule("then: block");
    let with = format!("{without}{exception}");
    let changes = changes(&without, &with);
    assert_eq!(
        (changes[0].sort, changes[0].permits),
        (Sort::Exception, Some(Permits::Looser))
    );
    assert!(matches!(changes[0].how, How::New(_)));
}

/// A condition of up to two keys.
fn condition() -> impl Strategy<Value = String> {
    let keys = select(vec![
        "market.country: IT",
        "market.country: [IT, ES]",
        "market.channel: video",
        "page.site: x.example",
        "page.site: [x.example, y.example]",
        "not: {market.country: IT}",
        "any: [{market.country: IT}, {market.channel: video}]",
        "content.topic: Terrorism",
        "content.topic: Sensitive Topics",
    ]);
    prop::collection::btree_map(
        keys.clone()
            .prop_map(|key| key.split(':').next().unwrap().to_owned()),
        keys,
        1..2,
    )
    .prop_map(|keys| format!("{{{}}}", keys.into_values().collect::<Vec<_>>().join(", ")))
}

/// The limits of each candidate under the one rule, as whether it is blocked.
fn blocked(book: &Rulebook, query: &Query) -> Vec<bool> {
    let limits = rules_random::limits(book, query, 0);
    limits.iter().map(|limits| !limits.effects.is_empty()).collect()
}

proptest! {
    #![proptest_config(rulebooks())]

    #[test]
    fn a_rule_called_tighter_blocks_all_that_it_blocked_before(
        old in condition(), new in condition(), queries in queries(),
    ) {
        let [(old_sources, old_book), (new_sources, new_book)] =
            [&old, &new].map(|when| folder(&rule(&format!("then: block, when: {when}"))));
        let changes = diff(
            Version { sources: &old_sources, rulebook: &old_book },
            Version { sources: &new_sources, rulebook: &new_book },
        );
        let told = changes.first().and_then(|change| change.permits);
        for query in &queries {
            for (before, after) in blocked(&old_book, query).into_iter().zip(blocked(&new_book, query)) {
                match told {
                    Some(Permits::Tighter) => prop_assert!(!before || after, "{} -> {}", old, new),
                    Some(Permits::Looser) => prop_assert!(before || !after, "{} -> {}", old, new),
                    None | Some(Permits::Same) => prop_assert_eq!(before, after, "{} -> {}", old, new),
                    Some(Permits::Different | Permits::CannotBeTold) => {}
                }
            }
        }
    }
}

#[test]
fn a_difference_is_told_in_words_and_by_the_exit_code() {
    let (old, new) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let write = |folder: &tempfile::TempDir, rules: &str, words: &str| {
        std::fs::create_dir(folder.path().join("lists")).unwrap();
        for (name, text) in DECLARED {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        std::fs::write(folder.path().join("x.yaml"), format!("{HEAD}{rules}")).unwrap();
        std::fs::write(folder.path().join("lists/a.csv"), words).unwrap();
    };
    let cap = "  - {id: cap, for: [bid], then: {at_most: 1.95 EUR}, because: b}\n";
    let gone = "  - {id: no-tragedy, for: [bid], then: block, when: {market.country: IT}, because: b}\n";
    write(&old, &format!("rules:\n{cap}{gone}"), "term\nguerra\n");
    write(
        &new,
        &format!("rules:\n{}", cap.replace("1.95", "1.80")),
        "term\nguerra\nterremoto\n",
    );
    let [old, new] = [&old, &new].map(|folder| folder.path().to_str().unwrap());

    let (code, said) = tool(&["diff", old, new]);
    let told = "rules\n  `cap` (tighter)\n    at_most: 1.95 EUR becomes 1.80 EUR\n  `no-tragedy` is gone (looser)\n\nlists\n  `lists/a.csv`\n    + terremoto\n";
    assert_eq!((code, said.as_str()), (1, told));
    assert_eq!(tool(&["diff", old, old]), (0, "no difference\n".to_owned()));
    let (code, json) = tool(&["diff", old, new, "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((code, &json[0]["permits"]), (1, &serde_json::json!("tighter")));
    assert_eq!(tool(&["diff", old, "nowhere"]).0, 2);
}
