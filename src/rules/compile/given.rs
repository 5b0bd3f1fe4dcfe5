//! What a test states: the facts of a query, its candidates, what was counted and spent.

use std::sync::Arc;

use super::{
    code,
    conditions::Reader,
    intervals::{Unit, point},
    values,
};
use crate::{
    domain::{
        Attribute, BasisPoints, Contacts, FactValue, Facts, Kind, Label, Micros, Money, Timestamp, Word,
    },
    rules::{
        syntax::{
            Message, Span, Spanned,
            ast::{Node, Tree},
            quoted, say,
            scalar::{self as read, amount_example, name_fault},
            shares,
        },
        vocabulary::{Entry, FactType, Multiplicity, Scope},
    },
};

/// What `given` says, read.
#[derive(Default)]
pub(super) struct Given {
    pub(super) kind: Option<Kind>,
    /// When the decision is asked for, if not when the file says.
    pub(super) now: Option<Timestamp>,
    pub(super) query: Facts,
    /// What is said of the one candidate, or of all of them.
    pub(super) shared: Stated,
    /// Where several are listed, what is said of each.
    pub(super) candidates: Vec<Stated>,
    pub(super) evidence: u32,
    pub(super) contacts: Contacts,
    pub(super) floor: Option<Money>,
    pub(super) earliest: Option<Timestamp>,
    pub(super) latest: Option<Timestamp>,
    pub(super) slots: Option<u16>,
    pub(super) total: Option<Money>,
    pub(super) last: Vec<(Spanned<String>, BasisPoints)>,
}

/// What is said of a candidate.
#[derive(Default, Clone)]
pub(super) struct Stated {
    pub(super) facts: Facts,
    pub(super) brand: Option<Word>,
    pub(super) campaign: Option<Spanned<String>>,
    pub(super) product: Option<Word>,
}

impl Stated {
    /// This, and what is said of all where this says nothing.
    pub(super) fn or(mut self, shared: &Self) -> Self {
        for (attribute, value) in shared.facts.iter() {
            if self.facts.get(attribute).is_none() {
                self.facts.set(attribute.clone(), value.clone());
            }
        }
        if self.campaign.is_none() && self.brand.is_none() {
            self.campaign.clone_from(&shared.campaign);
            self.brand.clone_from(&shared.brand);
        }
        self.product = self.product.or_else(|| shared.product.clone());
        self
    }

    /// By which name a test speaks of it.
    pub(super) fn name(&self, kind: Kind) -> Option<&Word> {
        let by = match kind {
            Kind::Bid | Kind::SendTime => Attribute::Creative,
            Kind::Recommendation => Attribute::Item,
            Kind::Budget => Attribute::Arm,
            Kind::Score => Attribute::ScorePurpose,
        };
        self.facts.word(&by)
    }

    fn fact(
        &mut self,
        query: Option<&mut Facts>,
        name: &Spanned<String>,
        node: &Node,
        reader: &mut Reader<'_, '_, '_>,
    ) -> Option<()> {
        match name.value.as_str() {
            "campaign" => {
                self.campaign = Some(scalar(node, reader)?);
                return Some(());
            }
            "objective" | "currency" => {
                let message = say!("`{}` is the campaign's own", name.value);
                return wrong(node.span, message, say!("name a `campaign` that has it"), reader);
            }
            "content.topic" | "content.risk" => {
                let help = say!("write `content: [{topic: Terrorism, risk: high}]`");
                return wrong(
                    name.span,
                    say!("a page's labels are pairs of topic and risk"),
                    help,
                    reader,
                );
            }
            _ => {}
        }
        let key = reader.key(name)?;
        let entry = reader.vocabulary.entry(key.slot)?;
        let value = value(entry, node, reader)?;
        match (&entry.attribute, &value, entry.scope, query) {
            (Attribute::Brand, FactValue::Word(word), ..) => self.brand = Some(word.clone()),
            (Attribute::Product, FactValue::Word(word), ..) => self.product = Some(word.clone()),
            (_, _, Scope::Candidate, _) => self.facts.set(entry.attribute.clone(), value),
            (_, _, Scope::Query, Some(query)) => query.set(entry.attribute.clone(), value),
            (_, _, Scope::Query, None) => {
                let message = say!("`{}` is the same for every candidate", &name.value);
                return wrong(name.span, message, say!("write it beside `candidates`"), reader);
            }
        }
        Some(())
    }
}

impl Given {
    /// Takes one entry of `given` in.
    pub(super) fn state(
        &mut self,
        name: &Spanned<String>,
        node: &Node,
        reader: &mut Reader<'_, '_, '_>,
    ) -> Option<()> {
        match name.value.as_str() {
            "kind" => self.kind = Some(kind(node, reader)?),
            "now" => self.now = Some(instant(node, reader)?),
            "evidence" => return self.evidence(node, reader),
            "contacts" => self.contacts = contacts(node, reader)?,
            "floor" => self.floor = Some(money(node, reader)?),
            "total" => self.total = Some(money(node, reader)?),
            "earliest" => self.earliest = Some(instant(node, reader)?),
            "latest" => self.latest = Some(instant(node, reader)?),
            "last" => self.last = shares(node, reader.findings)?,
            "slots" => {
                let written = scalar(node, reader)?;
                let Ok(slots) = written.value.trim().parse() else {
                    let message = say!("`{}` is no number of slots", &written.value);
                    return wrong(written.span, message, say!("write such as `slots: 3`"), reader);
                };
                self.slots = Some(slots);
            }
            "candidates" | "arms" => self.candidates = candidates(node, reader)?,
            "content" => {
                let labels = labels(node, reader)?;
                self.query.set(Attribute::Content, FactValue::Labels(labels));
            }
            _ => return self.shared.fact(Some(&mut self.query), name, node, reader),
        }
        Some(())
    }

    /// `12 conversions`
    fn evidence(&mut self, node: &Node, reader: &mut Reader<'_, '_, '_>) -> Option<()> {
        let written = scalar(node, reader)?;
        let count = written
            .value
            .split_whitespace()
            .next()
            .and_then(|count| count.parse().ok());
        let Some(count) = count else {
            let message = say!("`{}` is no amount of evidence", written.value);
            return wrong(written.span, message, say!("write `12 conversions`"), reader);
        };
        self.evidence = count;
        Some(())
    }
}

/// `[{item: a, item.category: x}, {item: b}]`
fn candidates(node: &Node, reader: &mut Reader<'_, '_, '_>) -> Option<Vec<Stated>> {
    let help = say!("write each with its facts: `[{item: tea, item.category: drinks}, {item: cup}]`");
    let Tree::List(items) = &node.value else {
        return wrong(node.span, say!("candidates are a list"), help, reader);
    };
    let mut read = Vec::with_capacity(items.len());
    for item in items {
        let Tree::Map(entries) = &item.value else {
            return wrong(item.span, say!("a candidate is a map of its facts"), help, reader);
        };
        let mut stated = Stated::default();
        for (name, value) in entries {
            stated.fact(None, name, value, reader)?;
        }
        read.push(stated);
    }
    Some(read)
}

fn contacts(node: &Node, reader: &mut Reader<'_, '_, '_>) -> Option<Contacts> {
    let nodes = match &node.value {
        Tree::List(nodes) => nodes.as_slice(),
        Tree::Scalar(_) | Tree::Map(_) => std::slice::from_ref(node),
    };
    let mut contacts: Contacts = nodes
        .iter()
        .map(|node| instant(node, reader))
        .collect::<Option<_>>()?;
    contacts.sort_unstable();
    Some(contacts)
}

pub(super) fn wrong<T>(
    at: Span,
    message: Message,
    help: Message,
    reader: &mut Reader<'_, '_, '_>,
) -> Option<T> {
    reader.findings.error(code::TEST, at, message).help(help);
    None
}

fn kind(node: &Node, reader: &mut Reader<'_, '_, '_>) -> Option<Kind> {
    let written = scalar(node, reader)?;
    let found = Kind::from_name(&written.value);
    if found.is_none() {
        let message = say!("`{}` is no kind of decision", &written.value);
        let kinds = quoted(Kind::ALL);
        return wrong(written.span, message, say!("write one of {}", kinds), reader);
    }
    found
}

fn instant(node: &Node, reader: &mut Reader<'_, '_, '_>) -> Option<Timestamp> {
    let written = scalar(node, reader)?;
    read::instant(written.as_ref().map(String::as_str), reader.findings)
}

pub(super) fn scalar(node: &Node, reader: &mut Reader<'_, '_, '_>) -> Option<Spanned<String>> {
    match &node.value {
        Tree::Scalar(text) => Some(Spanned::new(text.clone(), node.span)),
        Tree::List(_) | Tree::Map(_) => wrong(
            node.span,
            say!("one value belongs here"),
            say!("write it without brackets"),
            reader,
        ),
    }
}

fn money(node: &Node, reader: &mut Reader<'_, '_, '_>) -> Option<Money> {
    let written = scalar(node, reader)?;
    match written.value.parse() {
        Ok(money) => Some(money),
        Err(error) => wrong(
            written.span,
            say!("`{}` is no amount of money", written.value),
            amount_example(error),
            reader,
        ),
    }
}

/// The value of a fact, as its type wants it.
fn value(entry: &Entry, node: &Node, reader: &mut Reader<'_, '_, '_>) -> Option<FactValue> {
    let nodes = match (&node.value, entry.multiplicity) {
        (Tree::List(nodes), Multiplicity::Many) => nodes.as_slice(),
        _ => std::slice::from_ref(node),
    };
    let written: Option<Vec<_>> = nodes.iter().map(|node| scalar(node, reader)).collect();
    let written = written?;
    if let Some(unit) = Unit::of(entry.fact_type, &reader.zone) {
        let (first, _) = point(written.first()?, &unit, reader)?;
        return Some(match unit {
            Unit::Whole => FactValue::Number(first),
            Unit::Price(_) => FactValue::Price(Micros::new(first)),
            Unit::Day(_) => FactValue::Instant(Timestamp::from_millis(first)),
        });
    }
    if entry.fact_type == FactType::Flag {
        return values::flag(written.first()?, reader.findings).map(FactValue::Flag);
    }
    if entry.fact_type == FactType::Text {
        return Some(FactValue::Text(Arc::from(written.first()?.value.as_str())));
    }
    let mut words = Vec::new();
    for value in &written {
        if !values::is_value(entry, value, reader) {
            return None;
        }
        words.push(word(value, reader)?);
    }
    match entry.multiplicity {
        Multiplicity::One => words.pop().map(FactValue::Word),
        Multiplicity::Many => Some(FactValue::Words(words)),
    }
}

fn word(written: &Spanned<String>, reader: &mut Reader<'_, '_, '_>) -> Option<Word> {
    match Word::new(&written.value) {
        Ok(word) => Some(word),
        Err(error) => wrong(
            written.span,
            name_fault(error),
            say!("write a shorter, plain name"),
            reader,
        ),
    }
}

fn labels(node: &Node, reader: &mut Reader<'_, '_, '_>) -> Option<Vec<Label>> {
    let Tree::List(items) = &node.value else {
        let help = say!("write `content: [{topic: Terrorism, risk: high}]`, or `[]` for none");
        return wrong(node.span, say!("a page's labels are a list"), help, reader);
    };
    items.iter().map(|item| label(item, reader)).collect()
}

fn label(node: &Node, reader: &mut Reader<'_, '_, '_>) -> Option<Label> {
    let help = say!("write `{topic: Terrorism, risk: high}`");
    let Tree::Map(entries) = &node.value else {
        return wrong(node.span, say!("a label is a topic and a risk"), help, reader);
    };
    let (mut topic, mut risk) = (None, None);
    for (name, value) in entries {
        let written = scalar(value, reader)?;
        match name.value.as_str() {
            "topic" => topic = Some(word(&written, reader)?),
            "risk" => risk = Some(values::risk(&written, reader.findings)?),
            other => return wrong(name.span, say!("a label has no `{}`", other), help, reader),
        }
    }
    match topic {
        Some(topic) => Some(Label { topic, risk }),
        None => wrong(node.span, say!("a label needs a topic"), help, reader),
    }
}
