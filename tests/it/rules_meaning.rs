//! Mistakes in what rules mean, and what is said of them; and rules that are alike without a mistake.

use balustrade::{
    domain::{Language, Timestamp},
    rehearsal::{checked, reviewed},
    rules::{Severity, Sources, Style, lapsed, render},
};

use crate::gallery::compare;

/// The day on which the gallery is looked at: 2026-11-22T12:00:00Z.
const NOW: Timestamp = Timestamp::from_millis(1_795_348_800_000);

const DECLARED: [(&str, &str); 3] = [
    (
        "campaigns.yaml",
        "campaigns:\n  - {id: spring, brand: nova, objective: click, goal: manual, baseline: {bid: 1.80 EUR}}\n",
    ),
    (
        "objectives.yaml",
        "objectives:\n  - {id: click, event: click, window: 30 min, for: [bid]}\n",
    ),
    (
        "defaults.yaml",
        "owner: ads@lago.example\nbecause: a wrong bid costs more\nsafe_default: {bid: no_bid}\n",
    ),
];

/// The files of a case beside what every folder declares.
pub(crate) fn with_declarations(own: &Sources, case: &str) -> Sources {
    let own: Vec<(String, Vec<u8>)> = own
        .iter()
        .map(|(_, source)| (source.path.clone(), source.bytes.to_vec()))
        .collect();
    let absent = |name: &str| own.iter().all(|(path, _)| path != name);
    let declared = DECLARED
        .iter()
        .filter(|(name, _)| absent(name) && case != format!("{}_missing", name.trim_end_matches(".yaml")))
        .map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec()));
    let declared: Vec<_> = declared.collect();
    Sources::from_texts(declared.into_iter().chain(own))
}

/// Everything that is said of these files, as a person reads it.
fn told_in(sources: &Sources, language: Language) -> String {
    let told: Vec<String> = reviewed(sources, NOW)
        .findings
        .iter()
        .map(|finding| render(finding, sources, Style::Plain, language))
        .collect();
    told.join("\n")
}

/// Everything that is said of these files in English.
fn told(sources: &Sources) -> String {
    told_in(sources, Language::English)
}

#[test]
fn every_mistake_of_meaning_is_told_as_expected() {
    let cases = compare("meaning", |case, language| {
        let name = case.file_name().unwrap().to_str().unwrap();
        told_in(&with_declarations(&Sources::read(case).unwrap(), name), language)
    });
    assert!(cases >= 12, "the gallery has {cases} mistakes");
}

#[test]
fn a_file_that_is_too_large_is_refused_whole_in_words_of_size() {
    let text = "rules_of: A\n# ".to_owned() + &"a".repeat(17 << 20) + "\n";
    let own = Sources::from_texts([("a.yaml", text)]);
    let sources = with_declarations(&own, "");
    let of_size: Vec<String> = [Language::English, Language::Italian, Language::Spanish]
        .into_iter()
        .map(|language| {
            let findings = reviewed(&sources, NOW).findings;
            let size = findings.iter().find(|finding| finding.code == "R002").unwrap();
            let told = size.told(language);
            format!("{} {}", told.message, told.help.unwrap())
        })
        .collect();
    assert!(of_size[0].starts_with("the file holds 17825"), "{of_size:?}");
    assert!(of_size[0].ends_with("MiB: split it"), "{of_size:?}");
    assert!(
        of_size[1].contains("MiB: dividerlo") && of_size[2].contains("MiB: "),
        "{of_size:?}"
    );
}

fn of_two_rules(tiers: [&str; 2], first: &str, second: &str) -> Sources {
    let file = |tier: &str, id: &str, rule: &str| {
        format!(
            "rules_of: A\ntier: {tier}\napplies_to: {{brand: nova, campaign: spring}}\nowner: a@nova.example\ntime_zone: Europe/Rome\nrules:\n  - {{id: {id}, for: [bid], because: it is a test, {rule}}}\n"
        )
    };
    let rules = [
        ("a.yaml", file(tiers[0], "first", first)),
        ("b.yaml", file(tiers[1], "second", second)),
    ];
    let declared = DECLARED.map(|(name, text)| (name, text.to_owned()));
    Sources::from_texts(declared.into_iter().chain(rules))
}

#[test]
fn rules_that_are_alike_and_agree_or_never_meet_are_in_order() {
    let force = "when: {market.country: IT}, then: {force: 2.00 EUR}";
    let dearer = "when: {market.country: IT}, then: {force: 3.00 EUR}";
    let in_order = [
        (["brand", "brand"], force, force),
        (["company", "brand"], force, dearer),
        (
            ["brand", "brand"],
            force,
            "when: {market.country: ES}, then: {force: 3.00 EUR}",
        ),
        (
            ["brand", "brand"],
            force,
            "mode: shadow, when: {market.country: IT}, then: {force: 3.00 EUR}",
        ),
        (
            ["brand", "brand"],
            "until: 2026-09-30, when: {market.country: IT}, then: {force: 2.00 EUR}",
            "from: 2026-10-01, when: {market.country: IT}, then: {force: 3.00 EUR}",
        ),
        (
            ["brand", "brand"],
            "when: {market.country: IT}, then: {at_least: 2.00 EUR}",
            "when: {market.country: IT}, then: {at_most: 2.00 EUR}",
        ),
    ];
    for (tiers, first, second) in in_order {
        let sources = of_two_rules(tiers, first, second);
        let compiled = checked(&sources);
        assert!(compiled.rulebook.is_some(), "{}", told(&sources));
    }
}

#[test]
fn a_tie_is_seen_whatever_the_order_of_words_and_on_the_one_day_that_is_shared() {
    let clashes = [
        (
            ["brand", "brand"],
            "when: {market.country: [IT, ES], market.channel: video}, then: {force: 2.00 EUR}",
            "when: {all: [{market.channel: video}, {market.country: [ES, IT]}]}, then: {force: 3.00 EUR}",
            "R100",
        ),
        (
            ["brand", "brand"],
            "until: 2026-09-30, then: {force: 2.00 EUR}",
            "from: 2026-09-30, then: {force: 3.00 EUR}",
            "R100",
        ),
        (
            ["company", "brand"],
            "then: {at_least: 2.00 EUR}",
            "then: {at_most: 1.00 EUR}",
            "R101",
        ),
    ];
    for (tiers, first, second, code) in clashes {
        let sources = of_two_rules(tiers, first, second);
        let findings = checked(&sources).findings;
        let codes: Vec<&str> = findings.iter().map(|finding| finding.code).collect();
        assert_eq!(codes, [code], "{}", told(&sources));
        assert!(
            findings[0].message.to_string().contains("`first`")
                && findings[0].message.to_string().contains("`second`"),
            "{}",
            findings[0].message
        );
    }
}

#[test]
fn the_last_day_of_a_rule_is_not_over_before_its_midnight_where_the_rule_lives() {
    let rule = "until: 2026-11-22, then: {at_most: 2.00 EUR}";
    let sources = of_two_rules(["brand", "brand"], rule, "then: {at_least: 1.00 EUR}");
    // Midnight of the 23rd in Rome is 23:00 of the 22nd in UTC.
    let midnight = NOW.as_millis() + 11 * 3_600_000;
    let fortnight = 14 * 86_400_000;
    let early = lapsed(&sources, Timestamp::from_millis(midnight - fortnight - 1));
    assert_eq!(early, []);
    for at in [midnight - fortnight, midnight - 1] {
        let found = lapsed(&sources, Timestamp::from_millis(at));
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].code, found[0].severity), ("R074", Severity::Warning));
    }
    let found = lapsed(&sources, Timestamp::from_millis(midnight));
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].code, found[0].severity), ("R070", Severity::Warning));
}

#[test]
fn a_test_may_happen_at_an_instant_of_its_own() {
    let rules = |tests_at: &str, now: &str| {
        let text = format!(
            "rules_of: A\ntier: company\nowner: a@nova.example\ntime_zone: Europe/Rome\n{tests_at}rules:\n  - {{id: cap, for: [bid], when: {{currency: EUR}}, then: {{at_most: 1.00 EUR}}, until: 2026-12-31, because: it is a test}}\ntests:\n  - name: the cap\n    given: {{kind: bid, brand: nova, market.country: IT, market.channel: display}}\n    model_says: {{bid: 2.00 EUR}}\n    expect: {{bid: 1.00 EUR}}\n  - name: the year after\n    given: {{kind: bid, brand: nova, market.country: IT, market.channel: display{now}}}\n    model_says: {{bid: 2.00 EUR}}\n    expect: {{bid: 2.00 EUR}}\n"
        );
        let own = Sources::from_texts([("a.yaml", text)]);
        let findings = checked(&with_declarations(&own, "")).findings;
        findings.iter().map(|finding| finding.code).collect::<Vec<_>>()
    };
    let at = "tests_at: 2026-11-02T10:00:00Z\n";
    assert_eq!(rules(at, ", now: 2026-12-31T23:00:00Z"), Vec::<&str>::new());
    assert_eq!(rules(at, ", now: 2026-12-31T22:59:59Z"), ["R900"]);
    assert_eq!(rules(at, ""), ["R900"]);
    assert_eq!(rules("", ", now: 2026-12-31T23:00:00Z"), ["R030"]);
}
