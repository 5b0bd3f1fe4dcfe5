//! Of a test: what it states, held against the kind of decision that it asks for.

use super::{
    code,
    conditions::Reader,
    given::{Given, wrong},
};
use crate::{
    domain::{Attribute, Kind},
    rules::syntax::{Spanned, ast::TestDef, ast::Tree, quoted, say},
};

/// The kind that a test asks for, if all that it states belongs to it; a finding for each that does not.
pub(super) fn kind_of(def: &TestDef, given: &Given, reader: &mut Reader<'_, '_, '_>) -> Option<Kind> {
    let Some(kind) = given.kind else {
        return wrong(
            def.name.span,
            say!("the test does not say which kind of decision is asked for"),
            say!("write such as `given: {kind: bid, …}`"),
            reader,
        );
    };
    let mut whole = Some(kind);
    for (name, node) in &def.given {
        whole = belongs(name, kind, reader).and(whole);
        let Tree::List(candidates) = &node.value else {
            continue;
        };
        if !["candidates", "arms"].contains(&name.value.as_str()) {
            continue;
        }
        for candidate in candidates {
            let Tree::Map(facts) = &candidate.value else {
                continue;
            };
            for (name, _) in facts {
                whole = belongs(name, kind, reader).and(whole);
            }
        }
    }
    counts_somebody(def, given, reader).and(whole)
}

/// Whether decisions of that kind have what is stated; a finding where not.
fn belongs(name: &Spanned<String>, kind: Kind, reader: &mut Reader<'_, '_, '_>) -> Option<()> {
    let kinds = kinds_of(&name.value, reader);
    if kinds.contains(&kind) {
        return Some(());
    }
    reader
        .findings
        .error(
            code::FOREIGN_FACT,
            name.span,
            say!("a decision about `{}` has no `{}`", kind, &name.value),
        )
        .help(say!("leave it out; it is for {}", quoted(kinds)));
    None
}

/// The kinds of decision of which a test may state that.
fn kinds_of(name: &str, reader: &Reader<'_, '_, '_>) -> Vec<Kind> {
    match name {
        "floor" => vec![Kind::Bid],
        "contacts" => vec![Kind::Bid, Kind::SendTime],
        "earliest" | "latest" => vec![Kind::SendTime],
        "slots" => vec![Kind::Recommendation],
        "total" | "last" | "arms" => vec![Kind::Budget],
        "candidates" => vec![Kind::Bid, Kind::Recommendation, Kind::Budget],
        "content" => of_fact(&Attribute::Content, reader),
        _ => match reader.vocabulary.key(name) {
            Some(key) => reader
                .vocabulary
                .entry(key.slot)
                .map_or_else(|| Kind::ALL.to_vec(), |entry| entry.kinds.iter().collect()),
            // `kind` and `now`; what is no fact at all was told when it was read.
            None => Kind::ALL.to_vec(),
        },
    }
}

fn of_fact(attribute: &Attribute, reader: &Reader<'_, '_, '_>) -> Vec<Kind> {
    let row = reader.vocabulary.row(attribute);
    row.map_or_else(Vec::new, |entry| entry.kinds.iter().collect())
}

/// Contacts are counted of somebody: without a `contact` the count would be unknown, whatever the test says of it.
fn counts_somebody(def: &TestDef, given: &Given, reader: &mut Reader<'_, '_, '_>) -> Option<()> {
    let stated = def.given.iter().find(|(name, _)| name.value == "contacts");
    let Some((name, _)) = stated else {
        return Some(());
    };
    if given.query.get(&Attribute::Contact).is_some() {
        return Some(());
    }
    wrong(
        name.span,
        say!("`contacts` tells when somebody was reached, and the test names nobody"),
        say!("write `contact: c-1` beside it, with a name of your own"),
        reader,
    )
}
