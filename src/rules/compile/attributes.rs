use std::{borrow::Cow, collections::BTreeMap};

use super::{campaigns::reused, code};
use crate::{
    domain::{Attribute, Kind, Word},
    rules::{
        syntax::{
            Findings, Message, Span,
            ast::{AttributeDef, AttributeOf, AttributeType, Files, Holds, Presence},
            say,
        },
        vocabulary::{Entry, FactType, Kinds, Multiplicity, Scope},
    },
};

/// The rows of the deployment's own attributes that are whole.
pub(super) fn own(files: &Files, findings: &mut Findings<'_>) -> Vec<Entry> {
    let mut rows = Vec::new();
    let mut first: BTreeMap<&str, Span> = BTreeMap::new();
    for def in files.attributes.iter().flat_map(|file| &file.attributes) {
        match first.insert(&def.name.value, def.name.span) {
            Some(earlier) => reused(&say!("the attribute"), &def.name, earlier, findings),
            None => rows.extend(row(def, findings)),
        }
    }
    rows
}

fn row(def: &AttributeDef, findings: &mut Findings<'_>) -> Option<Entry> {
    let name = &def.name;
    let taken = Attribute::built_in(&name.value).is_some()
        || [
            "content.topic",
            "content.risk",
            "any",
            "all",
            "not",
            "kind",
            "floor",
        ]
        .contains(&name.value.as_str());
    if taken {
        let message = say!("`{}` is a name of the language", &name.value);
        return wrong(
            name.span,
            message,
            say!("put a word of yours before it: `shop.{}`", &name.value),
            findings,
        );
    }
    if def.holds.value == Holds::Many && def.kind_of_value.value != AttributeType::Word {
        let message = say!("`{}` can only hold one", &name.value);
        return wrong(
            def.holds.span,
            message,
            say!("only words can be many: write `holds: one`"),
            findings,
        );
    }
    let kinds: Vec<Kind> = match def.kinds.as_slice() {
        [] => Kind::ALL.to_vec(),
        some => some.iter().map(|kind| kind.value).collect(),
    };
    Some(Entry {
        attribute: Attribute::Own(Word::new(&name.value).ok()?),
        fact_type: fact_type(def, findings)?,
        multiplicity: match def.holds.value {
            Holds::One => Multiplicity::One,
            Holds::Many => Multiplicity::Many,
        },
        scope: match def.of {
            AttributeOf::Query => Scope::Query,
            AttributeOf::Candidate => Scope::Candidate,
        },
        kinds: match def.presence.value {
            Presence::Required => Kinds::always(&kinds),
            Presence::Optional => Kinds::maybe(&kinds),
        },
        values: def.values.iter().map(|value| value.value.clone()).collect(),
        doc: Cow::Owned(
            def.about
                .as_ref()
                .map_or_else(String::new, |about| about.value.clone()),
        ),
    })
}

fn fact_type(def: &AttributeDef, findings: &mut Findings<'_>) -> Option<FactType> {
    let kind = def.kind_of_value.value;
    if let (Some(value), false) = (def.values.first(), kind == AttributeType::Word) {
        let message = say!("`values` belong to words, and `{}` has none", &def.name.value);
        return wrong(
            value.span,
            message,
            say!("write `type: word`, or leave `values` out"),
            findings,
        );
    }
    if let (Some(currency), false) = (&def.currency, kind == AttributeType::Price) {
        let message = say!("a currency belongs to prices, and `{}` is none", &def.name.value);
        return wrong(
            currency.span,
            message,
            say!("write `type: price`, or leave `currency` out"),
            findings,
        );
    }
    Some(match kind {
        AttributeType::Word if def.values.is_empty() => FactType::Word,
        AttributeType::Word => FactType::Chosen,
        AttributeType::Text => FactType::Text,
        AttributeType::Number => FactType::Number,
        AttributeType::Flag => FactType::Flag,
        AttributeType::Instant => FactType::Instant,
        AttributeType::Price => match &def.currency {
            Some(currency) => FactType::Price(currency.value),
            None => {
                let message = say!("the price `{}` has no currency", &def.name.value);
                return wrong(
                    def.kind_of_value.span,
                    message,
                    say!("add `currency: EUR`"),
                    findings,
                );
            }
        },
    })
}

fn wrong<T>(at: Span, message: Message, help: Message, findings: &mut Findings<'_>) -> Option<T> {
    findings.error(code::ATTRIBUTE, at, message).help(help);
    None
}
