//! The tidy layout: what it looks like, that it keeps every comment, and that it never changes a meaning.

use std::{fs, path::Path};

use balustrade::rules::{
    Sources, compile,
    draft::RuleDraft,
    fmt::{Tidied, tidied},
};
use proptest::{prelude::*, sample::select, test_runner::TestRunner};

use crate::rules_tools::tool;

/// The text in a tidy layout.
fn tidy(text: &str) -> String {
    match tidied("x.yaml", text.as_bytes()) {
        Tidied::Same => text.to_owned(),
        Tidied::Changed(tidy) => tidy,
        Tidied::Wrong => panic!("has errors:\n{text}"),
        Tidied::Kept => panic!("cannot be laid out:\n{text}"),
    }
}

const MESSY: &str = "\
# yaml-language-server: $schema=./schema.json


rules_of: \"Nova, Italy\"       # a name for people
applies_to: {brand:   nova ,market.country: [ IT,ES ]}
tier:   'brand'
owner: a@b.example
rules:
# the first
- id: \"one\"
  for: [ bid ]
  when:
      content.topic: [ \"Death, Injury, or Military Conflict\" , 'Terrorism' ]
      # of the same label
      content.risk:
      - high
      - floor
  then: {at_most: \"1.80 EUR\",
         note: 'it''s \"agreed\"'}
  if_unknown: apply # better safe
  because: >
    a long
    reason

    in two paragraphs



- id: two
  for:
      bid
  then:   block
  because: 'yes'
  # - id: gone
  #   because: replaced by two
# the end
";

const TIDY: &str = "\
# yaml-language-server: $schema=./schema.json

rules_of: Nova, Italy         # a name for people
applies_to: {brand: nova, market.country: [IT, ES]}
tier: brand
owner: a@b.example
rules:
  # the first
  - id: one
    for: [bid]
    when:
      content.topic: [\"Death, Injury, or Military Conflict\", Terrorism]
      # of the same label
      content.risk:
        - high
        - floor
    then: {at_most: 1.80 EUR, note: it's \"agreed\"}
    if_unknown: apply  # better safe
    because: |
      a long reason
      in two paragraphs

  - id: two
    for: bid
    then: block
    because: \"yes\"
    # - id: gone
    #   because: replaced by two
# the end
";

#[test]
fn a_messy_file_becomes_tidy_and_keeps_its_comments() {
    let tidy = tidy(MESSY);
    assert!(tidy == TIDY, "{tidy}");
}

#[test]
fn comments_stay_inside_of_brackets() {
    let head = "rules_of: x\ntier: legal\nowner: a\nrules:\n";
    let rule = "  - id: a\n    for: bid\n    when: {market.country: [IT,  # Italy\n       ES]}   # both\n    then: block\n    because: b\n";
    let tidy = tidy(&format!("{head}{rule}"));
    assert!(tidy.contains("[IT,  # Italy\n      ES]}    # both\n"), "{tidy}");
}

#[test]
fn windows_line_ends_and_a_byte_order_mark_go() {
    let marked = format!("\u{feff}{}", TIDY.replace('\n', "\r\n"));
    assert_eq!(tidy(&marked), TIDY);
}

#[test]
fn a_file_with_errors_is_left_alone() {
    assert_eq!(tidied("x.yaml", b"rules_of:   x\n"), Tidied::Wrong);
    assert_eq!(tidied("x.yaml", b"\xff"), Tidied::Wrong);
}

fn yaml_below(folder: &Path, found: &mut Vec<(String, Vec<u8>)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            yaml_below(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            found.push((name, fs::read(&path).unwrap()));
        }
    }
}

#[test]
fn every_file_of_the_starter_set_and_of_the_galleries_keeps_its_meaning() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    yaml_below(&root.join("rules"), &mut files);
    yaml_below(&root.join("tests/cases"), &mut files);
    let mut tried = 0;
    for (name, bytes) in files {
        match tidied(&name, &bytes) {
            Tidied::Changed(text) => {
                assert_eq!(tidied(&name, text.as_bytes()), Tidied::Same, "{text}");
                tried += 1;
            }
            Tidied::Kept => panic!("{}", String::from_utf8_lossy(&bytes)),
            Tidied::Same => tried += 1,
            Tidied::Wrong => {}
        }
    }
    assert!(tried >= 30, "{tried}");
}

/// The rules of a folder without the lines in which they stand.
fn meaning(sources: &Sources) -> Vec<RuleDraft> {
    let compiled = compile(sources);
    let mut drafts = compiled.rulebook.unwrap().drafts().to_vec();
    for draft in &mut drafts {
        draft.card.line = 0;
    }
    drafts
}

#[test]
fn a_tidy_starter_set_compiles_to_the_same_rules() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
    let sources = Sources::read(&folder).unwrap();
    let tidy = sources.iter().map(|(_, source)| {
        let bytes = match tidied(&source.path, &source.bytes) {
            Tidied::Changed(text) if source.path.ends_with(".yaml") => text.into_bytes(),
            Tidied::Changed(_) | Tidied::Same | Tidied::Wrong | Tidied::Kept => source.bytes.clone(),
        };
        (source.path.clone(), bytes)
    });
    let tidy = Sources::from_texts(tidy.collect::<Vec<_>>());
    assert_eq!(meaning(&sources), meaning(&tidy));
}

/// A text in one of the ways in which people write it.
fn text() -> impl Strategy<Value = String> {
    let texts = vec![
        "plain words",
        "it's so",
        "a: b",
        "a #b",
        "yes",
        "1.80",
        "10:00",
        "Death, Injury",
        "[x]",
        "{y}",
        "-20%",
        "- x",
        "say \"so\"",
        "back\\slash",
        "'",
        "#",
        "é ü ñ",
        "a:b",
        "~",
        "null",
        "x:",
        "2026-12-31",
        "@home",
        "100%",
        "*",
    ];
    (select(texts), 0..3).prop_map(|(text, way)| match way {
        0 if text.chars().all(|c| c.is_alphanumeric() || " é-.'".contains(c))
            && !text.starts_with(['-', '\'']) =>
        {
            text.to_owned()
        }
        1 => format!("'{}'", text.replace('\'', "''")),
        _ => format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")),
    })
}

fn comment() -> impl Strategy<Value = String> {
    select(vec!["", "", "", "# c", "#c: [d]", "#   - x"]).prop_map(str::to_owned)
}

/// The lines of a value below or behind its key, in some style.
fn lists() -> impl Strategy<Value = (Vec<String>, bool, String)> {
    (
        prop::collection::vec(text(), 1..4),
        any::<bool>(),
        select(vec![",", ", ", " , ", ",\n          "]).prop_map(str::to_owned),
    )
}

/// A rule as a person with habits of their own would write it, indented by some blanks.
fn rule(number: usize) -> impl Strategy<Value = String> {
    (
        (text(), text(), lists(), select(vec![1usize, 2, 3, 4])),
        (comment(), comment(), comment()),
        (
            0..3usize,
            any::<bool>(),
            select(vec![
                "block",
                "{block: yes, note: x}",
                "{ at_most : 1.80 EUR }",
                "\n            note: z",
            ]),
        ),
    )
        .prop_map(
            move |(
                (because, name, (values, flow, comma), deeper),
                (above, beside, below),
                (blanks, ordered, then),
            )| {
                let key = if ordered {
                    "market.region"
                } else {
                    "'market.region'"
                };
                let when = if flow {
                    format!("{{ {key}: [{}] }}", values.join(&comma))
                } else {
                    let items: Vec<String> = values
                        .iter()
                        .map(|value| format!("\n{}- {value}", " ".repeat(6 + deeper)))
                        .collect();
                    format!("\n{}{key}:{}", " ".repeat(4 + deeper), items.concat())
                };
                let lines = [
                    "\n".repeat(blanks),
                    format!("  {above}\n"),
                    format!("  - id: r{number} {beside}\n"),
                    "    for:   [ bid ]\n".to_owned(),
                    format!("    when: {when}\n"),
                    format!("    {below}\n"),
                    format!("    then: {then} {beside}\n"),
                    "    if_unknown: apply\n".to_owned(),
                    format!("    accept_risk: {name}\n"),
                    format!("    because:\n      {because}\n"),
                ];
                lines.concat()
            },
        )
}

#[test]
fn a_tidy_layout_is_kept_and_keeps_every_word() {
    let files = (rule(0), rule(1), rule(2), comment())
        .prop_map(|(a, b, c, foot)| format!("rules_of: x\ntier: legal\nowner: o\nrules:\n{a}{b}{c}{foot}\n"));
    let long = std::env::var_os("BALUSTRADE_TEST_LONG").is_some();
    let config = ProptestConfig::with_cases(if long { 100_000 } else { 5_000 });
    TestRunner::new(config)
        .run(&files, |file| {
            let tidy = match tidied("x.yaml", file.as_bytes()) {
                Tidied::Changed(tidy) => tidy,
                Tidied::Same => file.clone(),
                wrong @ (Tidied::Wrong | Tidied::Kept) => {
                    return Err(TestCaseError::fail(format!("{wrong:?}:\n{file}")));
                }
            };
            prop_assert_eq!(tidied("x.yaml", tidy.as_bytes()), Tidied::Same, "{}", tidy);
            let comments = |text: &str| {
                text.matches("# c").count() + text.matches("#c").count() + text.matches("#   -").count()
            };
            prop_assert_eq!(comments(&file), comments(&tidy));
            Ok(())
        })
        .unwrap();
}

#[test]
fn files_are_written_anew_unless_they_are_only_checked() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("nova.yaml");
    let broken = folder.path().join("broken.yaml");
    fs::write(&path, MESSY).unwrap();
    fs::write(&broken, "rules_of:   x\n").unwrap();
    let at = folder.path().to_str().unwrap();

    let (code, said) = tool(&["fmt", "--check", at]);
    assert_eq!(code, 1);
    assert!(
        said.contains("nova.yaml` is not tidy") && said.contains("broken.yaml` has errors"),
        "{said}"
    );
    assert_eq!(fs::read_to_string(&path).unwrap(), MESSY);

    let (code, _) = tool(&["fmt", path.to_str().unwrap()]);
    assert_eq!((code, fs::read_to_string(&path).unwrap().as_str()), (0, TIDY));
    assert_eq!(fs::read_to_string(&broken).unwrap(), "rules_of:   x\n");
    let (code, said) = tool(&["fmt", "--check", path.to_str().unwrap()]);
    assert_eq!((code, said.as_str()), (0, "all is tidy; files looked at: 1\n"));
}
