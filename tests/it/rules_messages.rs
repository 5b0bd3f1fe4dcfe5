//! Every message about rules is told in every language.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use balustrade::{
    domain::{Attribute, Language},
    rules::{
        Message, finding_codes, say,
        syntax::{
            CodeRow, EFFECTS, Sort,
            catalogue::{Catalogue, catalogue},
            gaps,
            table::{
                FILES, GIVEN, HOLIDAY_FILE, NUMBER_TESTS, ROW_COLUMNS, SITE_LIST, Shape, TEXT_TESTS, Table,
                WORD_LIST,
            },
        },
        vocabulary,
    },
};

const TRANSLATED: [Language; 2] = [Language::Italian, Language::Spanish];

/// Every template of the source files and of the tables, with where it is said.
fn templates() -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    of_folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
    for file in &FILES {
        of_table(file.table, &mut found);
    }
    for table in [
        &GIVEN,
        &HOLIDAY_FILE,
        &ROW_COLUMNS,
        &WORD_LIST,
        &SITE_LIST,
        &TEXT_TESTS,
        &NUMBER_TESTS,
    ] {
        of_table(table, &mut found);
    }
    for form in EFFECTS.iter().flat_map(|row| row.forms) {
        of_shape(form.shape, &mut found);
    }
    for text in documented() {
        found.insert(text.to_owned(), "a table of the reference page".to_owned());
    }
    found.retain(|template, _| has_words(template));
    found
}

/// What the tables say of themselves on the reference page.
fn documented() -> Vec<&'static str> {
    let mut texts: Vec<&str> = FILES.iter().map(|file| file.doc).collect();
    for row in EFFECTS {
        texts.extend([row.doc, row.together, row.in_doubt]);
        texts.extend(row.beside.iter().map(|field| field.doc));
    }
    texts.extend(Sort::ALL.iter().flat_map(|sort| [sort.name(), sort.doc()]));
    let facts = vocabulary::TABLE.iter();
    // Of labels the page tells the two halves.
    let facts = facts.filter(|entry| entry.attribute != Attribute::Content);
    texts.extend(facts.map(|entry| &*entry.doc));
    texts.extend(finding_codes().into_iter().map(CodeRow::says));
    texts
}

fn of_folder(folder: &Path, found: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            of_folder(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            for template in said(&text) {
                found.insert(template, path.display().to_string());
            }
        }
    }
}

/// The templates of `say!(…)` in a source text; those of comments are examples.
fn said(text: &str) -> Vec<String> {
    let code: Vec<&str> = text
        .lines()
        .map(|line| {
            if line.trim_start().starts_with("//") {
                ""
            } else {
                line
            }
        })
        .collect();
    let code = code.join("\n");
    let calls = code.match_indices("say!(");
    calls
        .filter_map(|(at, call)| literal(code[at + call.len()..].trim_start()))
        .collect()
}

/// The text of the string literal that begins here.
fn literal(code: &str) -> Option<String> {
    let mut text = String::new();
    let mut rest = code.strip_prefix('"')?.chars().peekable();
    loop {
        match rest.next()? {
            '"' => return Some(text),
            '\\' => match rest.next()? {
                'n' => text.push('\n'),
                '\n' => while rest.next_if(|next| next.is_whitespace()).is_some() {},
                plain => text.push(plain),
            },
            plain => text.push(plain),
        }
    }
}

/// What a table says of itself and of its fields.
fn of_table(table: &'static Table, found: &mut BTreeMap<String, String>) {
    found.insert(table.of.to_owned(), "a table of fields".to_owned());
    for field in table.fields {
        found.insert(field.doc.to_owned(), "a table of fields".to_owned());
        of_shape(field.shape, found);
    }
}

fn of_shape(shape: Shape, found: &mut BTreeMap<String, String>) {
    if let Shape::Map(inner) | Shape::MapOr(inner, _) | Shape::ListOf(inner) = shape {
        of_table(inner, found);
    }
}

/// What stands in backticks is code and the same in every language.
fn code_of(template: &str) -> BTreeSet<&str> {
    template.split('`').skip(1).step_by(2).collect()
}

fn has_words(template: &str) -> bool {
    let prose: String = template.split('`').step_by(2).collect();
    prose.chars().any(char::is_alphabetic)
}

#[test]
fn every_message_is_translated_into_every_language_and_no_translation_is_left_over() {
    let templates = templates();
    assert!(templates.len() > 100, "found only {}", templates.len());
    let mut wrong = String::new();
    for language in TRANSLATED {
        let catalogue = catalogue(language).unwrap();
        assert!(
            catalogue.faults().is_empty(),
            "{language}.po, lines {:?}",
            catalogue.faults()
        );
        for (template, file) in &templates {
            if catalogue.get(template).is_none() {
                wrong += &format!("{language}.po has no {template:?} ({file})\n");
            }
        }
        for (template, _) in catalogue.entries() {
            if !templates.contains_key(template) {
                wrong += &format!("{language}.po has {template:?}, which nothing says\n");
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn translations_have_the_gaps_and_the_code_of_their_template() {
    let mut wrong = String::new();
    for language in TRANSLATED {
        for (template, translation) in catalogue(language).unwrap().entries() {
            if gaps(template) != gaps(translation) || code_of(template) != code_of(translation) {
                wrong += &format!("{language}.po: {template:?}\n  as {translation:?}\n");
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "other gaps, or other words in backticks:\n{wrong}"
    );
}

#[test]
fn findings_are_lower_case_and_end_without_a_full_stop() {
    let of_the_page = |said_at: &str| said_at.contains("reference");
    let findings: BTreeSet<String> = templates()
        .into_iter()
        .filter_map(|(template, said_at)| (!of_the_page(&said_at)).then_some(template))
        .collect();
    let mut wrong = String::new();
    let mut look = |text: &str| {
        let capital = text.chars().next().is_some_and(char::is_uppercase);
        if capital || (text.ends_with('.') && !text.ends_with("..")) {
            wrong += &format!("{text:?}\n");
        }
    };
    findings.iter().for_each(|template| look(template));
    for language in TRANSLATED {
        let entries = catalogue(language).unwrap().entries();
        let of_findings = entries.filter(|(template, _)| findings.contains(*template));
        of_findings.for_each(|(_, translation)| look(translation));
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn gaps_are_filled_in_order_or_by_number() {
    let filled = |template: &'static str, gaps: &[&str]| {
        let gaps = gaps
            .iter()
            .map(|gap| balustrade::rules::syntax::Gap::Verbatim((*gap).to_owned()));
        Message::new(template, gaps.collect()).to_string()
    };
    assert_eq!(filled("{} before {}", &["a", "b"]), "a before b");
    assert_eq!(filled("{1} after {0}", &["a", "b"]), "b after a");
    assert_eq!(
        filled("`{market: {}}` and {x}", &["IT"]),
        "`{market: IT}` and {x}"
    );
    assert_eq!(
        filled("{} and {}", &["{}", "b"]),
        "{} and b",
        "words of the user hold no gaps"
    );
    assert_eq!(gaps("{1} {0} {}"), [0, 1, 2]);
}

#[test]
fn names_are_listed_as_people_do() {
    let listed = |names: &[&str]| Message::all_of(names).to_string();
    assert_eq!(listed(&["a"]), "a");
    assert_eq!(listed(&["a", "b"]), "a and b");
    assert_eq!(listed(&["a", "b", "c"]), "a, b and c");
}

#[test]
fn a_message_is_told_in_the_language_asked_for_and_in_english_where_it_is_not_translated() {
    let message = say!("did you mean `{}`?", "block");
    assert_eq!(
        message.in_language(Language::Italian),
        "forse si intendeva `block`?"
    );
    assert_eq!(message.in_language(Language::Spanish), "¿quería decir `block`?");
    assert_eq!(message.to_string(), "did you mean `block`?");
    let nobodys = Message::new("nobody translated this", Vec::new());
    assert_eq!(nobodys.in_language(Language::Italian), "nobody translated this");
}

#[test]
fn a_catalogue_is_read_as_translators_tools_write_it() {
    let catalogue = Catalogue::read(
        "# a comment\nmsgid \"\"\nmsgstr \"\"\n\"Language: it\\n\"\n\n#: src/a.rs\nmsgid \"\"\n\"say \"\n\"\\\"hi\\\"\"\nmsgstr \"di' \"\n\"\\\"ciao\\\"\"\n#, fuzzy\nmsgid \"no\"\nmsgstr \"boh\"\n\nmsgid \"yes\"\nmsgstr \"sì\"\n\nmsgid \"later\"\nmsgstr \"\"\n",
    );
    assert_eq!(catalogue.get("say \"hi\""), Some("di' \"ciao\""));
    assert_eq!(catalogue.get("yes"), Some("sì"));
    assert_eq!(catalogue.get("no"), None, "an unsure translation does not count");
    assert_eq!(catalogue.get("later"), None);
    assert_eq!(catalogue.entries().count(), 2);
    assert!(catalogue.faults().is_empty());
    assert_eq!(
        Catalogue::read("msgid \"a\"\nmsgstr \"b\nnonsense\n").faults(),
        [2, 3]
    );
}
