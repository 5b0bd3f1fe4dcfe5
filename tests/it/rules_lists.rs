//! What `check` says of word lists, and in which texts their terms count.

use balustrade::{
    domain::{Attribute, Language, Timestamp},
    rules::{
        Diagnostic, Sources, Style, compile,
        condition::{Reading, Truth},
        lapsed,
        mentions::{Lists, fits},
        render,
        text::{TextIndex, normalise, safe_words},
    },
};

use crate::rules_text::list;

const DECLARED: [(&str, &str); 3] = [
    ("campaigns.yaml", "campaigns: []\n"),
    (
        "objectives.yaml",
        "objectives:\n  - {id: click, event: click, window: 30 min, for: [bid]}\n",
    ),
    (
        "defaults.yaml",
        "owner: o@o.example\nbecause: none\nsafe_default: {bid: no_bid}\n",
    ),
];

fn sources(csv: &str) -> Sources {
    Sources::from_texts(DECLARED.into_iter().chain([("lists/a.csv", csv)]))
}

/// What is said of a list, code before message.
fn told(findings: &[Diagnostic]) -> Vec<String> {
    let of_list = findings.iter().filter(|finding| &*finding.file == "lists/a.csv");
    of_list
        .map(|finding| format!("{} {}: {}", finding.code, finding.line, finding.message))
        .collect()
}

fn lints(csv: &str) -> Vec<String> {
    told(&compile(&sources(csv)).findings)
}

/// What is said of rows that add nothing.
fn idle(csv: &str) -> Vec<String> {
    let mut told = lints(csv);
    told.retain(|told| !told.starts_with("R122"));
    told
}

// === what is too much ===

#[test]
fn more_letters_inside_of_words_than_can_be_searched_at_once_are_refused_and_words_are_not() {
    let list = |matching: &str| {
        let rows = (0..20_000).map(|row| format!("{}{row:05};{matching}\n", "ab".repeat(100)));
        let mut csv = "term;match\n".to_owned();
        csv.extend(rows);
        csv
    };
    let sources = sources(&list("starts"));
    let found = compile(&sources);
    assert!(found.rulebook.is_none());
    let said = |language| render(&found.findings[0], &sources, Style::Plain, language);
    let english = said(Language::English);
    assert!(
        english.contains("R065") && english.contains("lists/a.csv:19514:1"),
        "{english}"
    );
    assert!(
        english.contains("too many terms that begin words or stand anywhere"),
        "{english}"
    );
    assert!(
        english.contains("help: write `word` in the column `match`"),
        "{english}"
    );
    assert!(
        said(Language::Italian).contains("troppi termini"),
        "{}",
        said(Language::Italian)
    );
    assert!(TextIndex::build([&crate::rules_text::list(&list("word"))]).is_ok());
}

// === what is questionable ===

#[test]
fn a_term_twice_is_told_once_whatever_its_look() {
    assert_eq!(
        lints("term\nguerra\nstrage\nGUERRA\n"),
        ["R120 4: `GUERRA` stands in this list twice"]
    );
}

#[test]
fn a_term_that_another_covers_is_told() {
    assert_eq!(
        idle("term;match\nguerra civile;phrase\nguerra;word\nterrorista;word\nterror;starts\n"),
        [
            "R121 2: wherever `guerra civile` is found, `guerra` of this list is found as well",
            "R121 4: wherever `terrorista` is found, `terror` of this list is found as well",
        ]
    );
    assert_eq!(
        lints("term;language;forms\nbomba;it;plural\nbombe;it;\n"),
        ["R121 3: wherever `bombe` is found, `bomba` of this list is found as well"]
    );
}

#[test]
fn a_term_that_finds_more_than_another_is_not_covered() {
    let apart = [
        "term;match\nguerr;starts\nguerra;word\n",
        "term;language\nguerra;\nguerra;it\n",
        "term;evasion\nguerra;all\nguerra;off\n",
        "term;language;forms\nstrage;it;plural\nstrage;it;\n",
    ];
    for csv in apart {
        let told = idle(csv);
        assert_eq!(told.len(), 1, "{csv} {told:?}");
        assert!(!told[0].starts_with("R120"), "{told:?}");
    }
    assert_eq!(
        lints("term;language\nguerra;it\nguerra;es\n"),
        Vec::<String>::new()
    );
    assert_eq!(
        lints("term;match\nguerra civ;starts\nciv;word\n"),
        Vec::<String>::new()
    );
}

#[test]
fn a_term_that_hits_the_innocent_is_told_with_them_and_with_the_way_out() {
    let compiled = compile(&sources("term;match\nsex;anywhere\n"));
    let finding = compiled
        .findings
        .iter()
        .find(|finding| finding.code == "R122")
        .unwrap();
    let message = finding.message.to_string();
    assert!(message.starts_with("`sex` also hits the innocent `"), "{message}");
    let help = finding.help.as_ref().unwrap().to_string();
    assert!(help.contains("write `word` in the column `match`"), "{help}");
    assert_eq!(lints("term;match\nsex;word\nbombs;word\n"), Vec::<String>::new());
    assert_eq!(lints("term\nbum\n"), Vec::<String>::new());
    assert_eq!(
        lints("term;evasion\nbum;all\n"),
        ["R122 2: `bum` also hits the innocent `burn`"]
    );
}

#[test]
fn a_term_of_one_language_hits_no_innocent_of_another() {
    let hits = |csv: &str| lints(csv).iter().any(|told| told.starts_with("R122"));
    assert!(hits("term;match;language\nbombe;starts;es\n"));
    assert!(!hits("term;match;language\nbomber;starts;pt\n"));
    assert!(hits("term;match;language\nbomber;starts;\n"));
}

#[test]
fn dates_of_terms_are_told_to_who_has_a_clock() {
    let sources =
        sources("term;since;review_by\nguerra;2026-11-03;2026-11-01\nstrage;2026-11-01;2026-11-02\n");
    let now: Timestamp = "2026-11-02T10:00:00Z".parse::<jiff::Timestamp>().unwrap().into();
    assert_eq!(
        told(&lapsed(&sources, now)),
        [
            "R123 2: `guerra` cannot stand in the list since 2026-11-03: that day is yet to come",
            "R124 2: `guerra` was to be looked at again by 2026-11-01",
        ]
    );
}

#[test]
fn the_safe_words_are_of_six_languages_and_stand_there_once() {
    let words = safe_words();
    assert!(words.len() >= 300);
    for language in ["en", "it", "es", "fr", "de", "pt"] {
        assert!(
            words.iter().filter(|word| word.language == language).count() >= 50,
            "{language}"
        );
    }
    let mut names: Vec<_> = words
        .iter()
        .map(|word| (word.language, normalise(word.word)))
        .collect();
    names.sort();
    let count = names.len();
    names.dedup();
    assert_eq!(names.len(), count);
    assert!(words.iter().all(|word| !word.why.is_empty()));
}

// === languages ===

#[test]
fn a_term_counts_in_texts_of_its_language() {
    assert_eq!(fits("it", "it"), Truth::True);
    assert_eq!(fits("it", "IT-CH"), Truth::True);
    assert_eq!(fits("it", "es"), Truth::False);
    assert_eq!(fits("pt-br", "pt"), Truth::Unknown);
    assert_eq!(fits("pt-br", "pt-PT"), Truth::False);
}

fn truth(csv: &str, text: &str, language: Option<&str>, reading: Reading) -> Truth {
    let lists = Lists::new(&[list(csv)]).unwrap();
    lists
        .hits(&Attribute::PageText, text, language)
        .truth(&[0], reading)
}

#[test]
fn in_a_text_of_unknown_language_a_term_counts_against_and_never_in_favour() {
    let csv = "term;language\nguerra;it\n";
    let truth = |language, reading| truth(csv, "la guerra", language, reading);
    assert_eq!(truth(Some("it"), Reading::Any), Truth::True);
    assert_eq!(truth(Some("es"), Reading::Any), Truth::False);
    assert_eq!(truth(None, Reading::Any), Truth::True);
    assert_eq!(truth(None, Reading::Every), Truth::Unknown);
    assert_eq!(truth(Some("it"), Reading::Every), Truth::True);
}

#[test]
fn a_term_without_a_language_counts_everywhere() {
    for language in [None, Some("it"), Some("xx")] {
        assert_eq!(
            truth("term\nguerra\n", "la guerra", language, Reading::Every),
            Truth::True
        );
    }
}

#[test]
fn a_text_that_has_no_language_to_know_is_searched_for_every_term() {
    let lists = Lists::new(&[list("term;language\nguerra;it\n")]).unwrap();
    let mentions = lists.hits(&Attribute::AdText, "guerra", None);
    assert_eq!(mentions.truth(&[0], Reading::Every), Truth::True);
}

#[test]
fn what_stands_beyond_64_kib_is_unknown() {
    let csv = "term\nguerra\n";
    let filler = "pace ".repeat(14_000);
    assert_eq!(
        truth(csv, &format!("{filler}guerra"), None, Reading::Any),
        Truth::Unknown
    );
    assert_eq!(
        truth(csv, &format!("guerra {filler}"), None, Reading::Any),
        Truth::True
    );
    assert_eq!(truth(csv, &filler[..60_000], None, Reading::Any), Truth::False);
    // A letter of two bytes stands across the limit.
    assert_eq!(
        truth(csv, &format!("x{}", "è".repeat(40_000)), None, Reading::Any),
        Truth::Unknown
    );
}

// === bounded ===

#[test]
fn no_text_of_64_kib_takes_long_whatever_it_is_made_of() {
    let csv = "term;match;evasion;language;forms\nbomba;word;all;it;all\naaa;anywhere;all;;\nguerra civile;phrase;all;;\nterror;starts;lookalikes;;\n";
    let index = TextIndex::build([&list(csv)]).unwrap();
    for piece in [
        "a ",
        "a.",
        "d'",
        "l'un'",
        "\u{fb01}",
        "0",
        "@",
        "rn",
        "aaa",
        "\u{43e}\u{335}",
        "!|",
        "\u{ad}",
        "ẛ̣",
        "%25",
        "bomba ",
        "guerra ",
    ] {
        let text = piece.repeat(64 * 1024 / piece.len());
        let hits = index.hits(&text);
        assert!(hits.len() <= 4);
        assert!(index.hits_in_address(&text).len() <= 4);
    }
}
