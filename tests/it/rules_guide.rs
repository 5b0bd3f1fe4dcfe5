//! The guide for people who write rules: every example in it is true, and nothing of the language is missing.

use std::{fs, path::Path};

use balustrade::{
    domain::{Kind, Language},
    rehearsal::checked,
    rules::{
        Sources, Style, render,
        syntax::EFFECTS,
        vocabulary::{Multiplicity, Presence, Vocabulary},
    },
};

fn guide() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules/README.md");
    fs::read_to_string(path).unwrap()
}

/// A fenced block: what stands behind the three backticks, and its text.
struct Block {
    sort: String,
    text: String,
}

fn blocks(guide: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut lines = guide.lines();
    while let Some(line) = lines.next() {
        let Some(sort) = line.strip_prefix("```") else {
            continue;
        };
        let inside = lines.by_ref().take_while(|line| *line != "```");
        blocks.push(Block {
            sort: sort.to_owned(),
            text: inside.map(|line| format!("{line}\n")).collect(),
        });
    }
    blocks
}

/// The complete files of the guide, by name.
fn files(blocks: &[Block]) -> Vec<(&str, &str)> {
    let named = |block: &'_ Block| block.sort.split_once(" file=").map(|(_, name)| name.to_owned());
    blocks
        .iter()
        .filter(|block| named(block).is_some())
        .map(|block| (block.sort.split_once(" file=").unwrap().1, block.text.as_str()))
        .collect()
}

fn is_declaration(name: &str) -> bool {
    [
        "campaigns.yaml",
        "objectives.yaml",
        "defaults.yaml",
        "attributes.yaml",
    ]
    .contains(&name)
        || name.ends_with(".csv")
        || name.ends_with(".tsv")
}

/// Compiles and tests one file of rules with everything that the guide declares; answers how many tests ran.
fn in_order(declared: &[(&str, &str)], name: &str, text: &str) -> usize {
    // A table that no rule names is warned of, so each is there beside the rule that names it.
    let wanted = |(path, _): &&(&str, &str)| !path.starts_with("tables/") || text.contains(path);
    let sources = Sources::from_texts(declared.iter().filter(wanted).copied().chain([(name, text)]));
    let checked = checked(&sources);
    let told: String = checked
        .findings
        .iter()
        .map(|finding| render(finding, &sources, Style::Plain, Language::English))
        .collect();
    assert!(told.is_empty(), "{name}:\n{text}\n{told}");
    checked.tests
}

#[test]
fn every_file_of_the_guide_compiles_and_its_tests_pass() {
    let guide = guide();
    let blocks = blocks(&guide);
    let (declared, of_rules): (Vec<_>, Vec<_>) = files(&blocks)
        .into_iter()
        .partition(|(name, _)| is_declaration(name));
    assert_eq!(declared.len(), 9);
    assert_eq!(of_rules.len(), 4);
    for (name, text) in of_rules {
        assert!(in_order(&declared, name, text) > 0, "{name} has no tests");
    }
}

#[test]
fn every_rule_of_the_guide_compiles() {
    let guide = guide();
    let blocks = blocks(&guide);
    let mut declared = files(&blocks);
    declared.retain(|(name, _)| is_declaration(name));
    let fragments: Vec<&Block> = blocks.iter().filter(|block| block.sort == "yaml rules").collect();
    assert!(fragments.len() >= 10);
    for fragment in fragments {
        let rules: String = fragment.text.lines().map(|line| format!("  {line}\n")).collect();
        let head = "rules_of: the guide\ntier: brand\napplies_to: {brand: aurora}\nowner: a@aurora.example\ntime_zone: Europe/Rome\nrules:\n";
        in_order(&declared, "guide.yaml", &format!("{head}{rules}"));
    }
}

#[test]
fn no_example_of_the_guide_is_left_untried() {
    for block in blocks(&guide()) {
        let tried = block.sort == "yaml rules" || block.sort.contains(" file=") || block.sort == "text";
        assert!(tried, "a block is marked `{}`:\n{}", block.sort, block.text);
    }
}

#[test]
fn the_guide_knows_every_key_as_the_vocabulary_has_it() {
    let guide = guide();
    let vocabulary = Vocabulary::built_in();
    for name in vocabulary.key_names() {
        let entry = vocabulary.entry(vocabulary.key(name).unwrap().slot).unwrap();
        let row = guide
            .lines()
            .find(|line| line.starts_with(&format!("| `{name}` | ")) && line.matches(" | ").count() == 5);
        let row = row.unwrap_or_else(|| panic!("the guide has no row for `{name}`"));
        let values = match entry.multiplicity {
            Multiplicity::One => "one",
            Multiplicity::Many => "many",
        };
        let kinds: Vec<&str> = entry.kinds.iter().map(Kind::name).collect();
        let always: Vec<&str> = Kind::ALL
            .into_iter()
            .filter(|kind| entry.kinds.presence(*kind) == Some(Presence::Always))
            .map(Kind::name)
            .collect();
        let known = match always.len() {
            0 => "maybe".to_owned(),
            all if all == kinds.len() => "always".to_owned(),
            _ => format!("always for {}", always.join(", ")),
        };
        let kinds = match kinds.len() {
            5 => "all".to_owned(),
            _ => kinds.join(", "),
        };
        assert!(
            row.ends_with(&format!("| {values} | {kinds} | {known} |")),
            "{row}"
        );
    }
}

#[test]
fn every_amount_of_the_table_of_a_new_market_is_proved_by_a_test() {
    let guide = guide();
    let rows = guide
        .lines()
        .skip_while(|line| !line.starts_with("| clicks so far "))
        .take_while(|line| line.starts_with('|'));
    let mut amounts = Vec::new();
    for row in rows {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        if let Some((low, high)) = cells[3]
            .strip_suffix(" EUR")
            .and_then(|band| band.split_once(" to "))
        {
            amounts.extend([(cells[1], low), (cells[1], high)]);
        }
    }
    assert_eq!(amounts.len(), 8);
    for (clicks, amount) in amounts.into_iter().filter(|(_, amount)| *amount != "0") {
        let lines: Vec<&str> = guide.lines().collect();
        let proved = lines.windows(3).any(|test| {
            test[0].contains(&format!("evidence: {clicks} clicks"))
                && test[2].contains(&format!("bid: {amount} EUR"))
        });
        assert!(proved, "no test says {amount} EUR at {clicks} clicks");
    }
}

#[test]
fn the_guide_explains_every_effect() {
    let guide = guide();
    for name in EFFECTS.iter().map(|row| row.name) {
        assert!(
            guide.contains(&format!("\n### `{name}`\n")),
            "`{name}` is missing"
        );
    }
}
