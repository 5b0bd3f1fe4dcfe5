//! When rules come into force and go out of it.
//!
//! A rulebook knows its own switch instants: the first instant of a `from`, the instant after the last day of an
//! `until`, and the instant after the last day of an exception. Between two of them nothing begins or ends.

use std::collections::BTreeMap;

use super::{
    Rulebook,
    draft::RuleDraft,
    one_line::one_line,
    syntax::{
        Findings, Sources, Spanned,
        ast::{Node, Tree},
        parse, tree,
    },
};
use crate::domain::{Kind, RuleCard, Timestamp};

/// What happens to a rule at an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Turn {
    /// It comes into force.
    Begins,
    /// It goes out of force.
    Ends,
    /// An exception to it ends, so that it reaches further.
    ExceptionEnds,
}

impl Turn {
    /// The name used in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Begins => "begins",
            Self::Ends => "ends",
            Self::ExceptionEnds => "exception_ends",
        }
    }
}

/// An instant at which a rule changes what it does.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Switch<'r> {
    /// From this instant on.
    pub at: Timestamp,
    /// Whose.
    pub rule: &'r RuleDraft,
    /// What happens.
    pub turn: Turn,
}

/// Every switch of the rules that are not off, by time.
#[must_use]
pub fn switches(rulebook: &Rulebook) -> Vec<Switch<'_>> {
    let mut switches: Vec<Switch<'_>> = rulebook.drafts().iter().flat_map(of_rule).collect();
    switches.sort_by(|a, b| (a.at, &a.rule.card.id, a.turn).cmp(&(b.at, &b.rule.card.id, b.turn)));
    switches
}

fn of_rule(rule: &RuleDraft) -> Vec<Switch<'_>> {
    let begins = rule.from.map(|at| (at, Turn::Begins));
    let ends = rule.until.map(|at| (at, Turn::Ends));
    // An exception that ends after its rule, or before it begins, changes nothing.
    let exceptions = rule.unless.iter().filter_map(|exemption| exemption.until);
    let exceptions = exceptions
        .filter(|at| rule.is_in_force(*at))
        .map(|at| (at, Turn::ExceptionEnds));
    let all = begins.into_iter().chain(ends).chain(exceptions);
    all.filter(|_| is_on(rule))
        .map(|(at, turn)| Switch { at, rule, turn })
        .collect()
}

/// The rules that are in force at an instant, the highest tier first: those that count, and those in shadow.
pub fn in_force(rulebook: &Rulebook, at: Timestamp, kind: Option<Kind>) -> impl Iterator<Item = &RuleDraft> {
    let rules = rulebook.drafts().iter();
    rules.filter(move |rule| is_in_force(rule, at) && speaks_of(rule, kind))
}

/// Whether a rule counts, or is in shadow, at an instant.
#[must_use]
pub fn is_in_force(rule: &RuleDraft, at: Timestamp) -> bool {
    is_on(rule) && rule.is_in_force(at)
}

/// Whether a rule speaks of a kind of decision; every rule does where none is named.
#[must_use]
pub fn speaks_of(rule: &RuleDraft, kind: Option<Kind>) -> bool {
    kind.is_none_or(|kind| rule.kinds.contains(&kind))
}

fn is_on(rule: &RuleDraft) -> bool {
    use super::syntax::ast::Mode;
    match rule.mode {
        Mode::Enforce | Mode::Shadow => true,
        Mode::Off => false,
    }
}

impl Switch<'_> {
    /// What answers say of the rule.
    #[must_use]
    pub const fn card(&self) -> &RuleCard {
        &self.rule.card
    }
}

/// What each rule of a folder does, in the words of its file: `at_most: 2.00 EUR`.
#[must_use]
pub fn effects_as_written(sources: &Sources) -> BTreeMap<String, Vec<String>> {
    let mut findings = Findings::new(sources);
    let files = parse(sources, &mut findings);
    let rules = files.rules.into_iter().flat_map(|file| file.rules);
    let of_rows = rules.filter_map(|rule| Some((rule.id.value, rule.row?.then)));
    let mut said: BTreeMap<_, _> = of_rows.collect();
    for (file, source) in sources
        .iter()
        .filter(|(_, source)| source.path.ends_with(".yaml"))
    {
        let Some(node) = tree(file, source, &mut findings) else {
            continue;
        };
        for campaign in list(&node, "campaigns") {
            if let (Some(id), Some(market)) = (field(campaign, "id"), field(campaign, "market")) {
                let only_in = format!("market: {}", one_line(market));
                said.insert(format!("market-of-{}", one_line(id)), vec![only_in]);
            }
        }
        for rule in list(&node, "rules") {
            if let (Some(id), Some(then)) = (field(rule, "id"), field(rule, "then")) {
                said.insert(one_line(id), effects(then));
            }
        }
    }
    said
}

/// The entries of a list of the file; none where it is not there.
fn list<'n>(node: &'n Node, name: &str) -> &'n [Node] {
    match field(node, name).map(|list| &list.value) {
        Some(Tree::List(entries)) => entries,
        Some(Tree::Scalar(_) | Tree::Map(_)) | None => &[],
    }
}

fn field<'n>(node: &'n Node, name: &str) -> Option<&'n Node> {
    match &node.value {
        Tree::Map(fields) => fields
            .iter()
            .find(|(key, _)| key.value == name)
            .map(|(_, value)| value),
        Tree::Scalar(_) | Tree::List(_) => None,
    }
}

fn effects(then: &Node) -> Vec<String> {
    let one = |(key, value): &(Spanned<String>, Node)| format!("{}: {}", key.value, one_line(value));
    match &then.value {
        Tree::Map(fields) => fields.iter().map(one).collect(),
        Tree::Scalar(_) | Tree::List(_) => vec![one_line(then)],
    }
}
