//! Finding terms in texts, and a plain and slow way of doing so beside the fast one.

use balustrade::rules::{
    syntax::{
        Findings, Sources,
        ast::{Match, WordList},
        parse,
    },
    text::{Hit, Plain, TextIndex, normalise},
};
use caseless::Caseless;
use proptest::prelude::*;
use unicode_normalization::UnicodeNormalization;

fn list(csv: &str) -> WordList {
    let sources = Sources::from_texts([("lists/a.csv", csv)]);
    let mut findings = Findings::new(&sources);
    let mut files = parse(&sources, &mut findings);
    let findings = findings.into_sorted();
    assert!(findings.is_empty(), "{findings:?}");
    files.word_lists.remove(0)
}

fn words(terms: &[(&str, &str)]) -> WordList {
    let rows: String = terms
        .iter()
        .map(|(term, matching)| format!("\"{term}\";{matching}\n"))
        .collect();
    list(&format!("term;match\n{rows}"))
}

/// The terms found, as written in their list.
fn found<'l>(list: &'l WordList, text: &str) -> Vec<&'l str> {
    let index = TextIndex::build([list]).unwrap();
    index
        .hits(text)
        .iter()
        .map(|hit| list.terms[hit.term as usize].term.value.as_str())
        .collect()
}

#[test]
fn sussex_is_not_sex_and_top_gun_is_no_weapon_shop() {
    let list = words(&[("sex", ""), ("gun", ""), ("army", "")]);
    assert_eq!(
        found(&list, "Sussex by the sea, shotguns, the Armynavy store"),
        Vec::<&str>::new()
    );
    assert_eq!(found(&list, "SEX! (Gun); army"), ["sex", "gun", "army"]);
}

#[test]
fn an_elided_article_hides_no_word() {
    let list = words(&[
        ("ucraina", ""),
        ("attentat", ""),
        ("altra", ""),
        ("guerra dell'ucraina", "phrase"),
    ]);
    assert_eq!(
        found(&list, "La guerra dell’Ucraina"),
        ["ucraina", "guerra dell'ucraina"]
    );
    assert_eq!(found(&list, "l'attentat de Nice"), ["attentat"]);
    assert_eq!(found(&list, "d'un'altra volta"), ["altra"]);
    assert_eq!(found(&list, "po'ucraina"), Vec::<&str>::new());
}

#[test]
fn an_english_genitive_hides_no_word() {
    let list = words(&[("putin", ""), ("don", "")]);
    assert_eq!(found(&list, "Putin’s war"), ["putin"]);
    assert_eq!(found(&list, "they don't"), Vec::<&str>::new());
}

#[test]
fn a_phrase_is_its_words_one_after_another() {
    let list = words(&[
        ("salvation army", ""),
        ("guerra civile", "phrase"),
        ("a b a c", "phrase"),
    ]);
    assert_eq!(
        found(&list, "Salvation\n Army; guerra-civile"),
        ["salvation army", "guerra civile"]
    );
    assert_eq!(
        found(&list, "army salvation, guerra quasi civile"),
        Vec::<&str>::new()
    );
    assert_eq!(found(&list, "a b a b a c"), ["a b a c"]);
}

#[test]
fn starts_means_the_beginning_of_a_word_and_anywhere_means_anywhere() {
    let list = words(&[
        ("terror", "starts"),
        ("porn", "anywhere"),
        ("bomb", "starts"),
        ("arma", "starts"),
    ]);
    assert_eq!(found(&list, "Terroristen, superporno"), ["terror", "porn"]);
    assert_eq!(found(&list, "bioterror"), Vec::<&str>::new());
    assert_eq!(found(&list, "l'armata"), ["arma"]);
    assert_eq!(found(&list, "aerobomb's"), Vec::<&str>::new());
}

#[test]
fn an_address_is_decoded_and_split() {
    let list = words(&[("guerra", ""), ("città aperta", ""), ("sex", "")]);
    let index = TextIndex::build([&list]).unwrap();
    let hits = |address: &str| {
        index
            .hits_in_address(address)
            .iter()
            .map(|hit| hit.term)
            .collect::<Vec<_>>()
    };
    assert_eq!(hits("https://x.it/La_Guerra-oggi?q=1"), [0]);
    assert_eq!(hits("https://x.it/citt%C3%A0%20aperta"), [1]);
    assert_eq!(hits("https://sussex.ac.uk/?a=b+sex&c"), [2]);
    assert_eq!(hits("https://x.it/%zz%"), Vec::<u32>::new());
}

#[test]
fn look_does_not_matter() {
    let list = words(&[
        ("guerra", ""),
        ("perché", ""),
        ("strasse", ""),
        ("ΣΊΣΥΦΟΣ", ""),
        ("война", ""),
        ("战争", ""),
    ]);
    assert_eq!(found(&list, "ＧＵＥＲＲＡ"), ["guerra"]);
    assert_eq!(found(&list, "gu\u{ad}er\u{200b}ra"), ["guerra"]);
    assert_eq!(
        found(&list, "PERCHE\u{301} Straße σίσυφος"),
        ["perché", "strasse", "ΣΊΣΥΦΟΣ"]
    );
    assert_eq!(found(&list, "Война! 反对战争。"), ["война", "战争"]);
}

#[test]
fn hits_name_list_and_term_in_order_and_once() {
    let lists = [
        words(&[("b", ""), ("a", "")]),
        words(&[("a", ""), ("aaa", "anywhere")]),
    ];
    let hits = TextIndex::build(&lists).unwrap().hits("a b aaaa a");
    let hit = |list, term| Hit { list, term };
    assert_eq!(hits, [hit(0, 0), hit(0, 1), hit(1, 0), hit(1, 1)]);
}

#[test]
fn no_list_finds_nothing() {
    assert_eq!(TextIndex::build([]).unwrap().hits("anything"), []);
}

// === the plain way ===

const IGNORED: [char; 6] = [
    '\u{ad}', '\u{200b}', '\u{200d}', '\u{fe0f}', '\u{feff}', '\u{1160}',
];

fn naive_normalise(text: &str) -> String {
    let seen = |c: &char| !IGNORED.contains(c);
    text.chars()
        .filter(seen)
        .nfkc()
        .default_case_fold()
        .nfkc()
        .filter(seen)
        .collect()
}

/// Every way of reading the text as words, one after another: (words at this place).
fn naive_words(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let level: Vec<char> = naive_normalise(text)
        .chars()
        .map(|c| if c == '’' { '\'' } else { c })
        .collect();
    let letter = |at: usize| {
        level
            .get(at)
            .is_some_and(|c| c.is_alphanumeric() || unicode_normalization::char::is_combining_mark(*c))
    };
    for (at, c) in level.iter().enumerate() {
        let last = words.last_mut().unwrap();
        if letter(at) || (*c == '\'' && !last.is_empty() && letter(at + 1)) {
            last.push(*c);
        } else if !last.is_empty() {
            words.push(String::new());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

fn naive_forms(word: &str) -> Vec<String> {
    let mut forms = vec![word.to_owned()];
    let mut rest = word;
    while let Some((before, after)) = rest.split_once('\'') {
        if !["l", "dell", "d", "un"].contains(&before) || forms.len() > 3 {
            break;
        }
        rest = after;
        forms.push(rest.to_owned());
    }
    forms
}

fn naive_hits(lists: &[WordList], text: &str) -> Vec<Hit> {
    let words = naive_words(text);
    let mut hits = Vec::new();
    for (list, of) in lists.iter().enumerate() {
        for (at, def) in of.terms.iter().enumerate() {
            let term = naive_words(&def.term.value);
            let holds = match def.matching {
                Match::Word | Match::Phrase => words.windows(term.len().max(1)).any(|window| {
                    let stem = |word: &str| word.strip_suffix("'s").map(str::to_owned);
                    window.iter().zip(&term).all(|(word, term)| {
                        naive_forms(word).contains(term) || stem(word).as_ref() == Some(term)
                    })
                }),
                Match::Anywhere => words.join(" ").contains(&term.join(" ")),
                Match::Starts => (0..words.len()).any(|from| {
                    naive_forms(&words[from]).iter().any(|form| {
                        let mut rest = vec![form.clone()];
                        rest.extend_from_slice(&words[from + 1..]);
                        rest.join(" ").starts_with(&term.join(" "))
                    })
                }),
            };
            if holds && !term.is_empty() {
                hits.push(Hit {
                    list: u32::try_from(list).unwrap(),
                    term: u32::try_from(at).unwrap(),
                });
            }
        }
    }
    hits
}

fn letters() -> impl Strategy<Value = String> {
    let pieces = [
        "a",
        "b",
        "ab",
        "ba",
        "aba",
        "è",
        "È",
        "e\u{301}",
        "ß",
        "\u{ad}",
        "\u{200b}",
        "İ",
        "ж",
        "Ж",
        "й",
        "и\u{306}",
        "ё",
        "ﬁ",
        "l'",
        "dell’",
        "'s",
        "'",
        "1",
    ];
    proptest::collection::vec(proptest::sample::select(pieces.to_vec()), 1..5)
        .prop_map(|pieces| pieces.concat())
}

fn prose() -> impl Strategy<Value = String> {
    let between = proptest::sample::select(vec![" ", " ", ", ", "-", "_", "\n", "", ". "]);
    proptest::collection::vec((letters(), between), 0..25)
        .prop_map(|words| words.into_iter().map(|(word, between)| word + between).collect())
}

fn a_list() -> impl Strategy<Value = WordList> {
    let matching = proptest::sample::select(vec!["word", "phrase", "starts", "anywhere"]);
    let term = proptest::collection::vec(letters(), 1..4).prop_map(|words| words.join(" "));
    proptest::collection::vec((term, matching), 1..12).prop_filter_map("findable terms", |terms| {
        let long = |term: &str| {
            naive_words(term)
                .concat()
                .chars()
                .filter(|c| c.is_alphanumeric())
                .count()
                >= 3
        };
        let rows: Vec<(&str, &str)> = terms
            .iter()
            .filter(|(term, _)| long(term) && term.chars().filter(|c| c.is_alphanumeric()).count() >= 3)
            .map(|(term, matching)| (term.as_str(), *matching))
            .collect();
        (!rows.is_empty()).then(|| words(&rows))
    })
}

proptest! {
    #[test]
    fn the_fast_way_of_levelling_is_the_plain_way(text in prose()) {
        prop_assert_eq!(normalise(&text), naive_normalise(&text));
    }

    #[test]
    fn the_index_finds_what_the_plain_way_finds(lists in proptest::collection::vec(a_list(), 1..4), text in prose()) {
        let index = TextIndex::build(&lists).unwrap();
        prop_assert_eq!(index.hits(&text), naive_hits(&lists, &text), "{:?}", Plain::of(&text));
    }

    #[test]
    fn a_term_is_found_in_itself(list in a_list()) {
        let index = TextIndex::build([&list]).unwrap();
        for (at, def) in list.terms.iter().enumerate() {
            let hits = index.hits(&format!("x, {}. y", def.term.value));
            prop_assert!(hits.iter().any(|hit| hit.term as usize == at), "{:?}", def.term.value);
        }
    }

    #[test]
    fn any_text_is_searched_without_a_panic(text in any::<String>(), bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let list = words(&[("abc", "anywhere"), ("def", "starts"), ("x y", ""), ("é", "")]);
        let index = TextIndex::build([&list]).unwrap();
        let _ = index.hits(&text);
        let _ = index.hits_in_address(&String::from_utf8_lossy(&bytes));
        let plain = Plain::of(&text);
        for (start, word) in plain.words() {
            prop_assert!(plain.begins_word(start) && !word.is_empty());
        }
    }
}
