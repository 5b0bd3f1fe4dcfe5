//! Rules that no test would miss.
//!
//! A test holds a rule if it fails without it. So each test is run again without each rule that is in force in
//! it; a rule that is not in force there could not make a difference, and need not be tried. Nor need one that is
//! no cause of the answer, where only what tightens decides: so a test that leaves many facts open, in which
//! thousands of rules are in force, is tried as often as it has causes.

use std::sync::Arc;

use super::rule_tests::{answered, bounded, differences_of};
use crate::{
    domain::{Active, Bounded, RuleIx, only_causes_matter},
    rules::{RuleTest, Rulebook},
};

/// The rules that are in force in no test, or in none that would fail without them; in order.
#[must_use]
pub(super) fn untested(rulebook: &Rulebook) -> Vec<RuleIx> {
    let mut held = vec![false; rulebook.drafts().len()];
    for test in rulebook.tests() {
        let whole = bounded(rulebook, test);
        for rule in tried(test, &whole) {
            let Some(held) = held.get_mut(rule.0 as usize).filter(|held| !**held) else {
                continue;
            };
            *held = !differences_of(rulebook, test, without(&whole, rule)).is_empty();
        }
    }
    let rules = (0..).map(RuleIx).zip(held);
    rules.filter(|(_, held)| !held).map(|(rule, _)| rule).collect()
}

/// The rules without which the test may come out otherwise.
fn tried(test: &RuleTest, whole: &Arc<Bounded>) -> Vec<RuleIx> {
    let mut rules: Vec<RuleIx> = if only_causes_matter(&whole.query.question, &whole.limits) {
        let enforced = answered(test, Arc::clone(whole));
        let answers = enforced.answers().iter();
        answers
            .flat_map(|answer| answer.causes.because_of.clone())
            .collect()
    } else {
        let effects = whole.limits.iter().flat_map(|limits| limits.effects.iter());
        effects.map(|active| active.rule).collect()
    };
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
