//! Laws of the search in texts: the fast way held to the plain one.

use balustrade::rules::{
    syntax::ast::WordList,
    text::{Hit, Plain, TextIndex, normalise},
};
use proptest::{prelude::*, sample::select};

use crate::{
    rules_random::cases,
    rules_text::{list, words},
    rules_text_plain::{plain_hits, plain_normalise, plain_words},
};

const PIECES: [&str; 44] = [
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
    "0",
    "3",
    "4",
    "@",
    "$",
    "!",
    "|",
    "а",
    "о",
    "В",
    "rn",
    "m",
    "vv",
    "w",
    "aa",
    "bbb",
    "l",
    "i",
    "o\u{337}",
    "ø",
    "е",
];

fn letters() -> impl Strategy<Value = String> {
    proptest::collection::vec(select(PIECES.to_vec()), 1..5).prop_map(|pieces| pieces.concat())
}

fn prose() -> impl Strategy<Value = String> {
    let between = select(vec![" ", " ", ", ", "-", "_", "\n", "", ". ", "."]);
    let single = select(vec!["a", "b", "o", "1", "@", "м", "l"]).prop_map(str::to_owned);
    let word = prop_oneof![3 => letters(), 2 => single];
    proptest::collection::vec((word, between), 0..25)
        .prop_map(|words| words.into_iter().map(|(word, between)| word + between).collect())
}

/// Short words over few letters, so that disguised ones meet them.
fn term_word() -> impl Strategy<Value = String> {
    let near = proptest::collection::vec(
        select(vec!["a", "b", "o", "m", "l", "i", "w", "e", "s", "ж"]),
        1..5,
    )
    .prop_map(|letters| letters.concat());
    prop_oneof![letters(), near]
}

fn a_list() -> impl Strategy<Value = WordList> {
    let matching = select(vec!["word", "phrase", "starts", "anywhere"]);
    let evasion = select(vec!["off", "lookalikes", "all", "all"]);
    let forms = select(vec!["no", "no", "plural", "all", "aba|bom"]);
    let term = proptest::collection::vec(term_word(), 1..3).prop_map(|words| words.join(" "));
    proptest::collection::vec((term, matching, evasion, forms), 1..12).prop_filter_map(
        "findable terms",
        |terms| {
            let long = |term: &str| {
                plain_words(term)
                    .concat()
                    .chars()
                    .filter(|c| c.is_alphanumeric())
                    .count()
                    >= 3
            };
            let rows: String = terms
                .iter()
                .filter(|(term, ..)| long(term))
                .map(|(term, matching, evasion, forms)| {
                    format!("\"{term}\";{matching};it;{evasion};{forms}\n")
                })
                .collect();
            (!rows.is_empty()).then(|| list(&format!("term;match;language;evasion;forms\n{rows}")))
        },
    )
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn the_fast_way_of_levelling_is_the_plain_way(text in prose()) {
        prop_assert_eq!(normalise(&text), plain_normalise(&text));
    }

    #[test]
    fn the_index_finds_what_the_plain_way_finds(lists in proptest::collection::vec(a_list(), 1..4), text in prose()) {
        let index = TextIndex::build(&lists).unwrap();
        let (fast, plain) = (index.hits(&text), plain_hits(&lists, &text));
        let told = |hits: &[Hit]| -> Vec<String> {
            let def = |hit: &Hit| &lists[hit.list as usize].terms[hit.term as usize];
            hits.iter().map(|hit| format!("{:?} {:?} {:?} {:?}", def(hit).term.value, def(hit).matching, def(hit).evasion, def(hit).forms)).collect()
        };
        prop_assert_eq!(told(&fast), told(&plain), "{:?}", Plain::of(&text));
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
    fn seeing_through_more_never_finds_less(text in prose(), term in term_word().prop_filter("a term", |term| !plain_words(term).is_empty())) {
        let of = |evasion: &str| list(&format!("term;evasion\n\"{term}\";{evasion}\n"));
        let found = |list: &WordList| !TextIndex::build([list]).unwrap().hits(&text).is_empty();
        let [off, lookalikes, all] = ["off", "lookalikes", "all"].map(of);
        prop_assert!(found(&off) <= found(&lookalikes));
        prop_assert!(found(&lookalikes) <= found(&all));
    }

    #[test]
    fn any_text_is_searched_without_a_panic(text in any::<String>(), bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let plain_list = words(&[("abc", "anywhere"), ("def", "starts"), ("x y", ""), ("é", "")]);
        let disguised = list("term;match;evasion\nabc;anywhere;all\ndef;starts;lookalikes\nx y;phrase;all\né;;all\n");
        let index = TextIndex::build([&plain_list, &disguised]).unwrap();
        let _ = index.hits(&text);
        let _ = index.hits_in_address(&String::from_utf8_lossy(&bytes));
        let plain = Plain::of(&text);
        for (start, word) in plain.words() {
            prop_assert!(plain.begins_word(start) && !word.is_empty());
        }
    }
}
