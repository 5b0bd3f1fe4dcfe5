//! Tables of rules: a row decides as the rule that somebody would have written out, and nothing about it depends on
//! how the sheet was saved.

use balustrade::{
    domain::Language,
    rehearsal::{checked, run},
    rules::{
        Rulebook, Sources, Style, compile,
        diff::{How, Permits, Version, diff},
        fmt::{Tidied, tidied},
        render,
        switches::effects_as_written,
    },
};
use proptest::prelude::*;

use crate::rules_random::cases;

const DECLARATIONS: [(&str, &str); 3] = [
    ("campaigns.yaml", include_str!("../../rules/campaigns.yaml")),
    ("objectives.yaml", include_str!("../../rules/objectives.yaml")),
    ("defaults.yaml", include_str!("../../rules/defaults.yaml")),
];

const HEAD: &str = "\
rules_of: Nova Drinks
applies_to: {brand: nova-drinks}
tier: brand
owner: anna@nova.example
time_zone: Europe/Rome
tests_at: 2026-11-02T10:00:00Z

rules:
";

const RULE: &str = "  - id: bids
    for: [bid]
    table: tables/bids.csv
    because: The sheet of the media team
";

fn sources(rules: &str, table: &[u8]) -> Sources {
    let texts = DECLARATIONS
        .into_iter()
        .map(|(path, text)| (path, text.as_bytes().to_vec()));
    Sources::from_texts(texts.chain([
        ("nova.yaml", format!("{HEAD}{rules}").into_bytes()),
        ("tables/bids.csv", table.to_vec()),
    ]))
}

/// Everything that is said of a folder.
fn told(sources: &Sources) -> String {
    let findings = checked(sources).findings;
    let drawn = findings
        .iter()
        .map(|finding| render(finding, sources, Style::Plain, Language::English));
    drawn.collect()
}

fn rulebook(sources: &Sources) -> Rulebook {
    compile(sources)
        .rulebook
        .unwrap_or_else(|| panic!("{}", told(sources)))
}

/// What each rule does, by id, without a word of where it stands.
fn meaning(sources: &Sources) -> Vec<String> {
    let book = rulebook(sources);
    let drafts = book.drafts().iter().map(|draft| {
        let card = &draft.card;
        format!(
            "{} {} {} {:?} {:?} {:?} {:?}",
            card.id, card.owner, card.because, draft.when, draft.effects, draft.until, draft.if_unknown
        )
    });
    drafts.collect()
}

#[test]
fn a_row_means_what_the_rule_written_out_means() {
    let table = "market.country;market.channel;start_at EUR;at_most;because;until\n\
                 IT;display;1.80;4 EUR;No data yet;2026-12-31\n\
                 ES|PT;*;2.10;-;;\n";
    let rule = RULE.replace(
        "    because",
        "    then: {model_may_move: 20%, hand_over_at: 50 clicks in 30 days}\n    because",
    );
    let written = "  - id: bids/IT/display
    for: [bid]
    when: {market.country: IT, market.channel: display}
    then: {start_at: 1.80 EUR, model_may_move: 20%, hand_over_at: 50 clicks in 30 days, at_most: 4.00 EUR}
    because: No data yet
    until: 2026-12-31
  - id: bids/ES+PT/*
    for: [bid]
    when: {market.country: [ES, PT]}
    then: {start_at: 2.10 EUR, model_may_move: 20%, hand_over_at: 50 clicks in 30 days}
    because: The sheet of the media team
";
    let of_table = meaning(&sources(&rule, table.as_bytes()));
    let mut out = DECLARATIONS.to_vec();
    let text = format!("{HEAD}{written}");
    out.push(("nova.yaml", &text));
    // Effects keep the order in which they are written, which makes no difference to what they do.
    let sorted = |rules: Vec<String>| -> Vec<String> {
        let sort = |rule: String| {
            let mut chars: Vec<char> = rule.chars().collect();
            chars.sort_unstable();
            chars.into_iter().collect()
        };
        rules.into_iter().map(sort).collect()
    };
    assert_eq!(sorted(of_table), sorted(meaning(&Sources::from_texts(out))));
}

#[test]
fn a_sheet_saved_by_an_italian_excel_means_what_a_plain_one_means() {
    let plain =
        "market.country,market.channel,at_most EUR,adjust %\nIT,display,1.80,-12.5\nES,video,2.10,10\n";
    let excel = "\u{feff}market.country;market.channel;at_most EUR;adjust %\r\nIT;display;1,80;-12,5\r\nES;video;\"2,10\";10\r\n;;;\r\n";
    let comma = RULE.replace("    because", "    decimals: comma\n    because");
    assert_eq!(
        meaning(&sources(RULE, plain.as_bytes())),
        meaning(&sources(&comma, excel.as_bytes()))
    );
}

#[test]
fn a_row_decides_and_answers_name_it_with_its_own_reason_and_place() {
    let tests = "
tests:
  - name: the row of Italy
    given: {kind: bid, brand: nova-drinks, market.country: IT, market.channel: display}
    model_says: {bid: 3.00 EUR}
    expect: {verdict: changed, bid: 1.80 EUR, because_of: [bids/IT/display]}
  - name: no other row names Austria
    given: {kind: bid, brand: nova-drinks, market.country: AT, market.channel: display}
    model_says: {bid: 3.00 EUR}
    expect: {verdict: changed, bid: 0.90 EUR, because_of: [bids/others/*]}
  - name: Italy is named, so its video is nobody's
    given: {kind: bid, brand: nova-drinks, market.country: IT, market.channel: video}
    model_says: {bid: 3.00 EUR}
    expect: {verdict: allowed, bid: 3.00 EUR}
";
    let table =
        "market.country;market.channel;at_most EUR;because\nIT;display;1.80;Last winter\nothers;*;0.90;\n";
    let sources = sources(&format!("{RULE}{tests}"), table.as_bytes());
    assert_eq!(told(&sources), "");
    let book = rulebook(&sources);
    assert_eq!(book.tests().len(), 3);
    assert_eq!(run(&book), []);
    let card = book
        .table()
        .iter()
        .find(|card| card.id.as_str() == "bids/IT/display")
        .unwrap();
    assert_eq!((&*card.file, card.line), ("tables/bids.csv", 2));
    assert_eq!(&*card.because, "Last winter");
}

#[test]
fn an_exception_to_the_rule_is_one_to_each_of_its_rows_and_one_row_can_be_excepted_alone() {
    let table = "market.country;at_most EUR\nIT;1.80\nES;2.10\n";
    let exception = |to: &str| {
        format!(
            "{RULE}\nexceptions:\n  - {{to: {to}, when: {{campaign: blood-donation-2026}}, because: It is urgent, until: 2027-01-01}}\n"
        )
    };
    let excepted = |to: &str| -> Vec<String> {
        let book = rulebook(&sources(&exception(to), table.as_bytes()));
        let drafts = book.drafts().iter().filter(|draft| !draft.unless.is_empty());
        drafts.map(|draft| draft.card.id.to_string()).collect()
    };
    assert_eq!(excepted("bids"), ["bids/ES", "bids/IT"]);
    assert_eq!(excepted("bids/IT"), ["bids/IT"]);
}

#[test]
fn a_test_that_names_the_table_instead_of_a_row_is_told_the_rows() {
    let tests = "
tests:
  - name: the row of Italy
    given: {kind: bid, brand: nova-drinks, market.country: IT, market.channel: display}
    expect: {because_of: [bids]}
";
    let said = told(&sources(
        &format!("{RULE}{tests}"),
        b"market.country;at_most EUR\nIT;1.80\n",
    ));
    assert!(said.contains("`bids` names a table"), "{said}");
    assert!(said.contains("such as `bids/IT`"), "{said}");
}

#[test]
fn two_rows_that_choose_for_the_same_market_are_a_tie_like_two_rules() {
    let rule = RULE.replace("    because", "    if_unknown: apply\n    because");
    let said = told(&sources(
        &rule,
        b"market.country;market.channel;force EUR\nIT;*;1.80\n*;display;2.10\n",
    ));
    assert!(
        said.contains("bids/IT/*") && said.contains("bids/*/display"),
        "{said}"
    );
}

#[test]
fn an_id_is_used_once_whether_a_rule_has_it_or_a_table() {
    let other = "  - {id: bids, for: [bid], then: {at_most: 9.00 EUR}, because: A cap}\n";
    let table = b"market.country;at_most EUR\nIT;1.80\n";
    for rules in [
        format!("{RULE}{other}"),
        format!("{other}{RULE}"),
        format!("{RULE}{RULE}"),
    ] {
        let said = told(&sources(&rules, table));
        assert!(said.contains("R055"), "{rules}\n{said}");
    }
}

#[test]
fn a_changed_cell_is_told_as_a_changed_rule_and_as_what_it_permits() {
    let (old, new) = (
        sources(RULE, b"market.country;at_most EUR\nIT;1.80\nES;2.10\n"),
        sources(RULE, b"market.country;at_most EUR\nES;2.10\nIT;1.60\nFR;2.00\n"),
    );
    let (before, after) = (rulebook(&old), rulebook(&new));
    let version = |sources, rulebook| Version { sources, rulebook };
    let changes = diff(version(&old, &before), version(&new, &after));
    let told: Vec<_> = changes
        .iter()
        .map(|change| (change.name.as_str(), change.permits))
        .collect();
    assert_eq!(
        told,
        [
            ("bids/FR", Some(Permits::Tighter)),
            ("bids/IT", Some(Permits::Tighter))
        ]
    );
    let How::Changed(keys) = &changes[1].how else {
        panic!("{changes:?}");
    };
    assert_eq!(keys[0].key, "then.at_most");
    assert_eq!(keys[0].new.as_deref(), Some("1.60 EUR"));
}

#[test]
fn what_the_rows_share_is_told_once_and_judged_over_all_of_them() {
    let table = b"market.country;at_most EUR\nIT;1.80\nES;2.10\n";
    let shadow = RULE.replace("    because", "    mode: shadow\n    because");
    let (old, new) = (sources(RULE, table), sources(&shadow, table));
    let (before, after) = (rulebook(&old), rulebook(&new));
    let version = |sources, rulebook| Version { sources, rulebook };
    let changes = diff(version(&old, &before), version(&new, &after));
    assert_eq!(changes.len(), 1, "{changes:?}");
    assert_eq!(
        (changes[0].name.as_str(), changes[0].permits),
        ("bids", Some(Permits::Looser))
    );
}

#[test]
fn what_is_in_force_is_told_in_the_words_of_the_row() {
    let rule = RULE.replace(
        "    because",
        "    decimals: comma\n    then: {note: a sheet}\n    because",
    );
    let said = effects_as_written(&sources(
        &rule,
        b"market.country;at_most EUR;adjust %\nIT;1,80;-\n",
    ));
    assert_eq!(said["bids/IT"], ["note: a sheet", "at_most: 1.80 EUR"]);
}

#[test]
fn a_file_that_names_a_table_can_be_laid_out_alone() {
    let text = format!("{HEAD}{RULE}");
    assert_eq!(tidied("nova.yaml", text.as_bytes()), Tidied::Same);
}

#[test]
fn a_table_of_five_thousand_rows_is_five_thousand_rules_and_one_more_is_refused() {
    let table = |rows: usize| {
        let mut text = "item;adjust %\n".to_owned();
        let rows = (0..rows).map(|row| format!("item-{row};-10\n"));
        text.extend(rows);
        text.replace("item;", "page.app;")
    };
    let rule = RULE.replace("    because", "    if_unknown: skip\n    because");
    let fits = sources(&rule, table(5_000).as_bytes());
    assert_eq!(rulebook(&fits).drafts().len(), 5_000);
    let said = told(&sources(&rule, table(5_001).as_bytes()));
    assert!(said.contains("the table has 5001 rows"), "{said}");
}

proptest! {
    // Each case compiles two whole folders with their sheets, which takes fifty times as long as a query.
    #![proptest_config(ProptestConfig { cases: cases().cases / 50, ..cases() })]

    #[test]
    fn the_order_of_rows_and_of_columns_makes_no_difference(
        rows in prop::sample::subsequence(vec!["IT", "ES", "FR", "DE|AT", "others"], 2..5).prop_shuffle(),
        columns in Just([0, 1, 2]).prop_shuffle(),
    ) {
        let text = |rows: &[&str], columns: &[usize]| {
            let cells = |cells: [&str; 3]| columns.iter().map(|at| cells[*at]).collect::<Vec<_>>().join(";");
            let mut lines = vec![cells(["market.country", "market.channel", "at_most EUR"])];
            lines.extend(rows.iter().map(|row| cells([row, "display", if *row == "IT" { "1.80" } else { "2" }])));
            lines.join("\n")
        };
        let mut sorted = rows.clone();
        sorted.sort_unstable();
        // The name of a row follows the columns; here only the country tells rows apart.
        let told = |text: String| {
            let mut told = meaning(&sources(RULE, text.as_bytes()));
            for rule in &mut told {
                *rule = rule.split_once(' ').unwrap().1.to_owned();
            }
            told.sort();
            told.iter().map(|rule| { let mut c: Vec<char> = rule.chars().collect(); c.sort_unstable(); c }).collect::<Vec<_>>()
        };
        prop_assert_eq!(told(text(&rows, &columns)), told(text(&sorted, &[0, 1, 2])));
    }
}
