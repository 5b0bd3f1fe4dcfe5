//! The tools for those who write rules: what they print is true, current, and changes no meaning.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use balustrade::{
    domain::{Kind, Language},
    rules::{
        Rulebook, Sources, Style, compile, finding_codes,
        reference::reference,
        render,
        switches::{Turn, effects_as_written, in_force, switches},
        syntax::{EFFECTS, Form, effect_keys},
        vocabulary::Vocabulary,
    },
};

/// Runs `balustrade rules …`; answers its exit code and what it said.
pub(crate) fn tool(arguments: &[&str]) -> (i32, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_balustrade"));
    let output = command.arg("rules").args(arguments).output().unwrap();
    let said = if output.stdout.is_empty() {
        output.stderr
    } else {
        output.stdout
    };
    (output.status.code().unwrap(), String::from_utf8(said).unwrap())
}

fn starter() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("rules")
}

/// What every folder declares, for rules that stand alone.
pub(crate) const DECLARED: [(&str, &str); 3] = [
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

fn rulebook(rules: &str) -> Rulebook {
    let head = "rules_of: x\ntier: legal\nowner: a@b.example\ntime_zone: Europe/Rome\nrules:\n";
    let file = format!("{head}{rules}");
    let sources = Sources::from_texts(DECLARED.into_iter().chain([("x.yaml", file.as_str())]));
    let compiled = compile(&sources);
    let told: String = compiled
        .findings
        .iter()
        .map(|finding| render(finding, &sources, Style::Plain, Language::English))
        .collect();
    compiled.rulebook.unwrap_or_else(|| panic!("{told}"))
}

#[test]
fn a_finding_code_means_one_mistake() {
    let rows = finding_codes();
    assert!(rows.len() > 50);
    for pair in rows.windows(2) {
        assert_ne!(pair[0].code, pair[1].code);
    }
}

#[test]
fn an_effect_is_listed_once_and_shows_how_it_is_written() {
    let mut keys: Vec<&str> = effect_keys().collect();
    keys.sort_unstable();
    let count = keys.len();
    keys.dedup();
    assert_eq!(keys.len(), count);
    assert!(EFFECTS.iter().all(|row| !row.forms.is_empty()));
}

/// Every language of the page, and the file in which it is committed.
const PAGES: [(Language, &str); 3] = [
    (Language::English, "REFERENCE.md"),
    (Language::Italian, "REFERENCE.it.md"),
    (Language::Spanish, "REFERENCE.es.md"),
];

#[test]
fn the_committed_reference_is_current_in_every_language() {
    for (language, name) in PAGES {
        let (path, page) = (starter().join(name), reference(language));
        if std::env::var_os("BALUSTRADE_BLESS").is_some() {
            fs::write(&path, &page).unwrap();
        }
        assert!(
            fs::read_to_string(&path).unwrap_or_default() == page,
            "write it again: balustrade rules reference --language {language} > rules/{name}"
        );
    }
}

#[test]
fn the_reference_names_every_key_effect_and_code_in_every_language() {
    let vocabulary = Vocabulary::built_in();
    let mut names: Vec<String> = vocabulary.key_names().map(str::to_owned).collect();
    names.extend(finding_codes().into_iter().map(|row| row.code.to_owned()));
    names.extend(effect_keys().map(str::to_owned));
    for (language, _) in PAGES {
        let page = reference(language);
        for name in &names {
            let told =
                page.contains(&format!("\n| `{name}` |")) || page.contains(&format!("\n### `{name}`\n"));
            assert!(told, "`{name}` is missing in {language}");
        }
    }
}

/// How GitHub calls the headings of a page in links.
fn anchors(page: &str) -> Vec<String> {
    let headings = page.lines().filter(|line| line.starts_with('#'));
    let anchor = |heading: &str| {
        let words = heading.trim_start_matches('#').trim().to_lowercase();
        let dashed = words.replace(' ', "-");
        dashed
            .chars()
            .filter(|c| c.is_alphanumeric() || "-_".contains(*c))
            .collect()
    };
    headings.map(anchor).collect()
}

#[test]
fn every_link_of_the_reference_leads_to_one_place() {
    for (language, _) in PAGES {
        let page = reference(language);
        let anchors = anchors(&page);
        let links = page.split("](#").skip(1);
        for link in links.filter_map(|rest| rest.split(')').next()) {
            let places = anchors.iter().filter(|anchor| *anchor == link).count();
            assert_eq!(places, 1, "#{link} in {language}");
        }
    }
}

#[test]
fn every_example_of_an_effect_compiles_for_every_kind_that_has_it() {
    let forms: Vec<&Form> = EFFECTS.iter().flat_map(|row| row.forms).collect();
    for form in forms {
        for kind in form.kinds {
            let rule = format!(
                "  - id: example\n    for: [{kind}]\n    then: {}\n    if_unknown: apply\n    because: b\n",
                form.example
            );
            assert_eq!(rulebook(&rule).drafts().len(), 1, "{rule}");
        }
    }
}

const DATED: &str = "
  - {id: always, for: [bid], then: block, because: b}
  - {id: summer, for: [bid, score], then: block, because: b, from: 2026-06-21, until: 2026-09-22}
  - {id: tried, for: [bid], then: block, because: b, mode: shadow}
  - {id: silent, for: [bid], then: block, because: b, mode: off, until: 2026-09-22}
exceptions:
  - {to: always, when: {campaign: spring}, because: b, until: 2026-07-31}
  - {to: summer, when: {campaign: spring}, because: b, until: 2027-07-31}
";

fn at(text: &str) -> balustrade::domain::Timestamp {
    text.parse::<jiff::Timestamp>().unwrap().into()
}

#[test]
fn a_rule_is_in_force_from_the_first_instant_of_its_first_day_to_the_last_of_its_last() {
    let book = rulebook(DATED);
    let ids = |when: &str, kind: Option<Kind>| -> Vec<String> {
        in_force(&book, at(when), kind)
            .map(|rule| rule.card.id.to_string())
            .collect()
    };
    assert_eq!(ids("2026-06-20T21:59:59Z", None), ["always", "tried"]);
    assert_eq!(ids("2026-06-20T22:00:00Z", None), ["always", "summer", "tried"]);
    assert_eq!(ids("2026-09-22T21:59:59Z", None), ["always", "summer", "tried"]);
    assert_eq!(ids("2026-09-22T22:00:00Z", None), ["always", "tried"]);
    assert_eq!(ids("2026-07-01T00:00:00Z", Some(Kind::Score)), ["summer"]);
}

#[test]
fn a_rulebook_knows_its_own_switch_instants() {
    let book = rulebook(DATED);
    let switches = switches(&book);
    let told: Vec<(&str, Turn)> = switches
        .iter()
        .map(|switch| (switch.card().id.as_str(), switch.turn))
        .collect();
    // What is off never switches, and an exception that outlives its rule ends nothing.
    assert_eq!(
        told,
        [
            ("summer", Turn::Begins),
            ("always", Turn::ExceptionEnds),
            ("summer", Turn::Ends)
        ]
    );
    let instants: Vec<_> = switches.iter().map(|switch| switch.at).collect();
    assert_eq!(
        instants,
        [
            at("2026-06-20T22:00:00Z"),
            at("2026-07-31T22:00:00Z"),
            at("2026-09-22T22:00:00Z")
        ]
    );
}

#[test]
fn nothing_begins_or_ends_between_two_switches() {
    let book = rulebook(DATED);
    let switches = switches(&book);
    for pair in switches.windows(2) {
        let ids = |at| {
            in_force(&book, at, None)
                .map(|rule| rule.card.id.clone())
                .collect::<Vec<_>>()
        };
        let before_next = balustrade::domain::Timestamp::from_millis(pair[1].at.as_millis() - 1);
        assert_eq!(ids(pair[0].at), ids(before_next));
    }
}

#[test]
fn what_is_in_force_is_told_for_a_local_time_and_for_a_weekday() {
    let folder = starter();
    let folder = folder.to_str().unwrap();
    let (code, said) = tool(&["in-force", folder, "--at", "2026-11-27T00:00", "--kind", "bid"]);
    assert_eq!(code, 0, "{said}");
    assert!(
        said.starts_with("Friday 2026-11-27 00:00 (by the clock of each file): "),
        "{said}"
    );
    assert!(said.contains("at_most: 8.00 EUR"), "{said}");
    assert!(
        said.contains("  2030-07-01 00:00  an exception to `no-tragedy` ends"),
        "{said}"
    );

    let (_, json) = tool(&[
        "in-force",
        folder,
        "--at",
        "Friday 00:00",
        "--zone",
        "Europe/Madrid",
        "--format",
        "json",
    ]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let at: jiff::Zoned = json["at"].as_str().unwrap().parse().unwrap();
    assert_eq!(at.weekday(), jiff::civil::Weekday::Friday);
    assert_eq!(at.time_zone().iana_name(), Some("Europe/Madrid"));

    let (code, said) = tool(&["in-force", folder, "--at", "soon"]);
    assert_eq!(code, 2);
    assert!(
        said.contains("`soon` is not a moment: write `2026-11-27T00:00`"),
        "{said}"
    );
}

#[test]
fn the_market_of_a_campaign_is_told_in_the_words_of_its_file() {
    let campaigns = "campaigns:\n  - {id: a, market: {market.country: IT}}\n  - {id: b}\n";
    let said = effects_as_written(&Sources::from_texts([("campaigns.yaml", campaigns)]));
    let told: Vec<_> = said.into_iter().collect();
    assert_eq!(
        told,
        [(
            "market-of-a".to_owned(),
            vec!["market: {market.country: IT}".to_owned()]
        )]
    );
}

#[test]
fn schema_and_reference_are_printed_as_they_are_committed() {
    let (code, said) = tool(&["schema", "--rules", starter().to_str().unwrap()]);
    assert_eq!(
        (code, said),
        (0, fs::read_to_string(starter().join("schema.json")).unwrap())
    );
    for (language, name) in PAGES {
        let (code, said) = tool(&["reference", "--language", language.tag()]);
        let committed = fs::read_to_string(starter().join(name)).unwrap();
        assert!(code == 0 && said == committed, "{name} is not what is printed");
    }
    let (_, of_campaigns) = tool(&["schema", "--file", "campaigns"]);
    assert!(of_campaigns.contains("\"title\": \"Balustrade: campaigns.yaml\""));
}
