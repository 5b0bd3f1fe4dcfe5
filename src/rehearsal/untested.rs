//! Rules that no test would miss.
//!
//! A test holds a rule if it fails without it. So each test is run again without each rule that is in force in
//! it; a rule that is not in force there could not make a difference, and need not be tried.

use std::sync::Arc;

use super::rule_tests::{bounded, differences_of};
use crate::{
    domain::{Active, Bounded, RuleIx},
    rules::Rulebook,
};

/// The rules that are in force in no test, or in none that would fail without them; in order.
#[must_use]
pub(super) fn untested(rulebook: &Rulebook) -> Vec<RuleIx> {
    let mut held = vec![false; rulebook.drafts().len()];
    for test in rulebook.tests() {
        let whole = bounded(rulebook, test);
        for rule in in_force(&whole) {
            let Some(held) = held.get_mut(rule.0 as usize).filter(|held| !**held) else {
                continue;
            };
            *held = !differences_of(rulebook, test, without(&whole, rule)).is_empty();
        }
    }
    let rules = (0..).map(RuleIx).zip(held);
    rules.filter(|(_, held)| !held).map(|(rule, _)| rule).collect()
}

fn in_force(bounded: &Bounded) -> Vec<RuleIx> {
    let effects = bounded.limits.iter().flat_map(|limits| limits.effects.iter());
    let mut rules: Vec<RuleIx> = effects.map(|active| active.rule).collect();
    rules.sort_unstable();
    rules.dedup();
    rules
}

fn without(whole: &Bounded, rule: RuleIx) -> Arc<Bounded> {
    let mut bounded = whole.clone();
    for limits in &mut bounded.limits {
        let others = |active: &&Active| active.rule != rule;
        limits.effects = limits.effects.iter().filter(others).cloned().collect();
    }
    Arc::new(bounded)
}
