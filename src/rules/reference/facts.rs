use super::{code, codes, grid, tests};
use crate::domain::{Kind, Risk};
use crate::rules::{
    topics::{Family, SENSITIVE},
    vocabulary::{Aspect, Entry, FactType, Key, Multiplicity, Presence, Vocabulary},
};

const HEAD: &str = "\
## Conditions

What stands at `when`, `unless`, `applies_to`, `exclude` and `only`. The keys of a condition must **all** hold; of the
values of a key **one** is enough. `any: [{…}, {…}]`, `all: [{…}, {…}]` and `not: {…}` say the rest, at most three deep.

A fact of many values matches in `when` if **one** of its values does; in `unless` and in an exception only if
**every** one does. `content.topic` and `content.risk` in one condition are read on the same label.

A key that may be unknown asks for `if_unknown` in the rule: `apply` (as if it matched), `hold` (ask a person), `skip`
(as if the rule were not there). *Known*: for which kinds every query states it, and for which it may be missing.
Kinds that are not named do not have it.

";

/// Everything a rule may ask about.
pub(super) fn conditions() -> String {
    let vocabulary = Vocabulary::built_in();
    let rows = vocabulary.key_names().filter_map(|name| row(&vocabulary, name));
    let rows: Vec<_> = rows.collect();
    let mut part = HEAD.to_owned();
    part += &grid(
        &["key", "what it is", "how it is written", "values", "known"],
        &rows,
    );
    part += &tests();
    part += &topics();
    part
}

fn row(vocabulary: &Vocabulary, name: &str) -> Option<Vec<String>> {
    let key = vocabulary.key(name)?;
    let entry = vocabulary.entry(key.slot)?;
    Some(vec![
        code(name),
        what(key, entry).to_owned(),
        written(key, entry.fact_type),
        values(entry.multiplicity).to_owned(),
        known(entry),
    ])
}

fn what(key: Key, entry: &Entry) -> &str {
    match key.aspect {
        Aspect::Whole => &entry.doc,
        Aspect::Topic => "topics of the labels of the page",
        Aspect::Risk => "risk of the label with that topic; `floor` is the worst",
    }
}

fn written(key: Key, fact_type: FactType) -> String {
    match key.aspect {
        Aspect::Topic => return "a [topic](#sensitive-topics), by name or id".to_owned(),
        Aspect::Risk => return codes(&Risk::ALL.map(Risk::name)),
        Aspect::Whole => {}
    }
    match fact_type {
        FactType::Country => "two letters: `IT`".to_owned(),
        FactType::OneOf(words) => codes(words),
        FactType::Chosen => "one of your own words".to_owned(),
        FactType::Topics(Family::Content) => "a topic of the IAB, by name or id; the topics below it count too".to_owned(),
        FactType::Topics(Family::Product) => {
            "an ad product of the IAB, by name or id, or a category such as `IAB8-5`; those below it count too".to_owned()
        }
        FactType::Price(_) => "a price, or [from and to](#a-test-of-a-number)".to_owned(),
        FactType::Instant => "a day, or [from and to](#a-test-of-a-number)".to_owned(),
        FactType::Name => "as the exchange or you name it, exactly".to_owned(),
        FactType::Declared => "a name from `campaigns.yaml` or `objectives.yaml`, exactly".to_owned(),
        FactType::Word => "a word, capitals do not matter".to_owned(),
        FactType::Prefix => "a word; the shorter holds the longer".to_owned(),
        FactType::Site => "a domain with its subdomains, or a list of them: `lists/sites.csv`".to_owned(),
        FactType::Text => "[searched for the words of a list](#a-test-of-a-text)".to_owned(),
        FactType::Number => "`18`, `18-24`, `at least 18`, or [from and to](#a-test-of-a-number)".to_owned(),
        FactType::Flag => "`yes` or `no`".to_owned(),
        FactType::Labels => "topic and risk".to_owned(),
        FactType::Clock => "[days and local times](#how-values-are-written): `Monday-Friday 09:00-18:00`".to_owned(),
    }
}

const fn values(multiplicity: Multiplicity) -> &'static str {
    match multiplicity {
        Multiplicity::One => "one",
        Multiplicity::Many => "many",
    }
}

/// `always: bid; maybe: score`
fn known(entry: &Entry) -> String {
    let of = |wanted: Presence| {
        let kinds = entry.kinds.iter();
        let kinds: Vec<&str> = kinds
            .filter(|kind| entry.kinds.presence(*kind) == Some(wanted))
            .map(Kind::name)
            .collect();
        match kinds.len() {
            0 => None,
            5 => Some("all kinds".to_owned()),
            _ => Some(codes(&kinds)),
        }
    };
    let always = of(Presence::Always).map(|kinds| format!("always: {kinds}"));
    let maybe = of(Presence::Optional).map(|kinds| format!("maybe: {kinds}"));
    always.into_iter().chain(maybe).collect::<Vec<_>>().join("; ")
}

fn topics() -> String {
    let mut part = "\n### Sensitive topics\n\nOf the IAB Content Taxonomy 3.1. Names compare without case and punctuation; put a name with a comma in quotes. `Sensitive Topics` is all of them. Other topics come with the taxonomies that a deployment lays beside its rules.\n\n".to_owned();
    let rows = SENSITIVE.map(|(id, name)| vec![name.to_owned(), code(id)]);
    part += &grid(&["name", "id"], &rows);
    part
}
