//! What can be known of rules without asking a query: which never apply, which are at odds, which say nothing new.
//!
//! Conditions are decidable on purpose, so none of this is guessed. Every condition becomes demands on single
//! facts ([`solve`](self)); the demands on one fact are met or not by the few values that rules tell apart. Where
//! the search would take too long, nothing is said: a finding is always true.
//!
//! Every finding carries a query that shows it, in the form of a rule file's test, for whoever wants to see it.
//! Of rules that may be at odds only those are compared that can meet at a glance ([`gist`](self)); of rules that
//! may cover another, only those that match its example.

mod amounts;
mod book;
mod clocks;
pub(super) mod code;
mod covered;
mod gist;
mod overlaps;
mod plain;
mod reach;
mod several;
mod solve;
mod spelt;
mod tell;
mod terms;
mod texts;
mod values;
mod weeks;
mod witness;

use std::collections::BTreeSet;

use self::{book::Book, overlaps::gists};
pub use self::{book::EffectAt, witness::Witness};
use super::{
    Rulebook,
    compile::Places,
    syntax::{Diagnostic, Findings, Sources},
};
use crate::domain::{CampaignId, RuleIx};

/// What the analyser says of rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// Two directives of one tier can be in force at once and choose different values.
    Tie {
        /// The stronger by id.
        first: EffectAt,
        /// The other; the same rule where it is at odds with itself.
        second: EffectAt,
    },
    /// A lower and an upper bound can be in force at once and leave nothing between them.
    NothingLeft {
        /// The lower bound.
        least: EffectAt,
        /// The upper bound.
        most: EffectAt,
    },
    /// Two rules of one tier can be in force at once and give one slot to two items.
    SameSlot {
        /// The stronger by id.
        first: EffectAt,
        /// The other.
        second: EffectAt,
    },
    /// A rule that gives one slot to two items that it can be about at once.
    CrowdedSlot(EffectAt),
    /// Shares that can be in force at once, each of another arm, demand more than the whole between them.
    MoreThanAll(Vec<EffectAt>),
    /// Shares that can be in force at once leave less than the whole to all the arms that anybody names.
    LessThanAll(Vec<EffectAt>),
    /// Hours that can be in force at once leave no instant of a week, or the hours of one rule do.
    NoInstant(Vec<EffectAt>),
    /// No query meets the rule.
    NeverMatches(RuleIx),
    /// No query that the rule's file speaks of fails its `when`.
    AlwaysMatches(RuleIx),
    /// Wherever the rule does anything, a block of the same or a higher tier is in force.
    Covered {
        /// The rule.
        rule: RuleIx,
        /// The block.
        by: RuleIx,
    },
    /// Wherever the rule does anything, one of these blocks of the same or a higher tier is in force.
    CoveredTogether {
        /// The rule.
        rule: RuleIx,
        /// The blocks, each of which is needed.
        by: Vec<RuleIx>,
    },
    /// Wherever a bound is in force, another at least as tight is too.
    Dominated {
        /// The bound.
        bound: EffectAt,
        /// The tighter one.
        by: EffectAt,
    },
    /// A value and a bound that it lies outside of can be in force at once.
    CutOff {
        /// The value: a `force`, or the person's value of a `start_at`.
        value: EffectAt,
        /// The bound.
        bound: EffectAt,
    },
    /// Whatever an exemption takes out, the rule does not reach.
    IdleExemption {
        /// The rule.
        rule: RuleIx,
        /// The exemption's place in the rule: `unless` before exceptions.
        place: usize,
    },
    /// No test fails when any one of these rules of one file is deleted.
    Untested(Vec<RuleIx>),
    /// In the campaign's own market no start value is in force for some query.
    NoStart(CampaignId),
}

/// A claim, and a query that shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// What is claimed.
    pub claim: Claim,
    /// A query: of two rules that meet, one that both match; of a rule that says nothing new, one that it and the
    /// other match; of a rule that never matches, one that meets what its file demands.
    pub witness: Option<Witness>,
}

/// What makes a rulebook one that must not come into force.
#[must_use]
pub fn conflicts(rulebook: &Rulebook, places: &Places) -> Vec<Found> {
    let book = Book::new(rulebook, places);
    let mut found = overlaps::conflicts(&book, &gists(&book));
    found.extend(several::pins(&book));
    found.extend(several::shares(&book));
    found
}

/// What somebody should look at; `untested` are the rules that no test would miss.
#[must_use]
pub fn oddities(rulebook: &Rulebook, places: &Places, untested: &[RuleIx]) -> Vec<Found> {
    let book = Book::new(rulebook, places);
    let mut found = Vec::new();
    let examples = reach::examples(&book, &mut found);
    found.extend(reach::always(&book, &examples));
    found.extend(reach::idle_exemptions(&book, &examples));
    let gists = gists(&book);
    found.extend(covered::covered(&book, &gists, &examples));
    found.extend(overlaps::cut_off(&book, &gists));
    found.extend(weeks::weeks(&book, &gists));
    found.extend(several::crowded(&book));
    found.extend(several::ceilings(&book));
    found.extend(reach::no_start(&book));
    let idle = idle(&found);
    found.extend(reach::untested(&book, &examples, untested, &idle));
    found
}

/// The rules of which it is said already that they change nothing.
fn idle(found: &[Found]) -> BTreeSet<RuleIx> {
    let rules = found.iter().filter_map(|found| match &found.claim {
        Claim::NeverMatches(rule) | Claim::Covered { rule, .. } | Claim::CoveredTogether { rule, .. } => {
            Some(*rule)
        }
        Claim::Dominated { bound, .. } => Some(bound.rule),
        Claim::Tie { .. }
        | Claim::NothingLeft { .. }
        | Claim::SameSlot { .. }
        | Claim::CrowdedSlot(_)
        | Claim::MoreThanAll(_)
        | Claim::LessThanAll(_)
        | Claim::NoInstant(_)
        | Claim::AlwaysMatches(_)
        | Claim::CutOff { .. }
        | Claim::IdleExemption { .. }
        | Claim::Untested(_)
        | Claim::NoStart(_) => None,
    });
    rules.collect()
}

/// The findings as people read them.
#[must_use]
pub fn told(found: &[Found], rulebook: &Rulebook, places: &Places, sources: &Sources) -> Vec<Diagnostic> {
    let mut findings = Findings::new(sources);
    for found in found {
        tell::tell(found, rulebook, places, &mut findings);
    }
    findings.into_sorted()
}
