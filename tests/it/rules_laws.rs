//! The laws of the rule language, over random rulebooks and queries.

use balustrade::{
    domain::{Active, Applied, CandidateLimits, Choice, Effect, Evidence, Merged, Micros, Standing, apply},
    rules::{HandOver, NovelBy},
};
use proptest::prelude::*;

use crate::rules_random::{Order, RESTRICTIONS, any_rule, cases, limits, named, query, rule, rulebook};

fn merged(limits: &CandidateLimits) -> Merged {
    Merged::of(limits.effects.iter())
}

/// Whether every value that `tighter` lets out, `looser` lets out too, as far as restrictions go.
fn is_tighter(tighter: &CandidateLimits, looser: &CandidateLimits) -> bool {
    let (tight, loose) = (merged(tighter), merged(looser));
    let silent = tight.standing != Standing::Allowed || tight.interval.is_empty();
    let within = tight.interval.at_least >= loose.interval.at_least
        && tight.interval.at_most <= loose.interval.at_most;
    silent || (loose.standing == Standing::Allowed && within)
}

fn wished(limits: &CandidateLimits, micros: i64) -> Applied {
    apply(limits, Choice::Bid(Micros::new(micros)))
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn the_order_of_rules_and_files_is_irrelevant(
        rules in prop::collection::vec(any_rule(), 0..12), query in query(), evidence in 0..60_u32,
    ) {
        let rules = named(&rules);
        let written = limits(&rulebook(&rules, Order::Written), &query, evidence);
        let reversed = limits(&rulebook(&rules, Order::Reversed), &query, evidence);
        prop_assert_eq!(written, reversed);
    }

    #[test]
    fn a_rule_said_twice_changes_nothing(
        rules in prop::collection::vec(any_rule(), 0..8), query in query(), wish in 0..5_000_000_i64,
    ) {
        let once = named(&rules);
        // Each adjustment counts by its rule, so that two rules are two adjustments; all else is a set.
        let again = once.iter().filter(|(_, rule)| !rule.then.contains("adjust"));
        let twice: Vec<_> = once.iter().cloned().chain(again.map(|(id, rule)| (format!("{id}-again"), rule.clone()))).collect();
        let before = limits(&rulebook(&once, Order::Written), &query, 10);
        let after = limits(&rulebook(&twice, Order::Written), &query, 10);
        for (before, after) in before.iter().zip(&after) {
            prop_assert_eq!(wished(before, wish), wished(after, wish));
        }
    }

    #[test]
    fn one_more_rule_of_whatever_effect_and_tier_never_loosens_a_restriction(
        rules in prop::collection::vec(any_rule(), 0..8), mut more in any_rule(), query in query(), wish in 0..5_000_000_i64,
    ) {
        more.except = None;
        let mut rules = named(&rules);
        let before = limits(&rulebook(&rules, Order::Written), &query, 10);
        rules.push(("more".to_owned(), more));
        let after = limits(&rulebook(&rules, Order::Written), &query, 10);
        for (before, after) in before.iter().zip(&after) {
            prop_assert!(is_tighter(after, before));
            if let Some(price) = wished(after, wish).choice.and_then(Choice::price) {
                prop_assert!(merged(before).interval.holds(price) && merged(before).standing == Standing::Allowed);
            }
        }
    }

    #[test]
    fn a_missing_fact_is_never_looser_than_any_value_of_it(
        mut rules in prop::collection::vec(rule(RESTRICTIONS.to_vec()), 1..8), query in query(), dropped in any::<prop::sample::Index>(),
    ) {
        for rule in rules.iter_mut().filter(|rule| rule.if_unknown == "skip") {
            rule.if_unknown = "apply";
        }
        let rulebook = rulebook(&named(&rules), Order::Written);
        let mut poorer = query.clone();
        let known: Vec<_> = query.facts.iter().map(|(attribute, value)| (attribute.clone(), value.clone())).collect();
        if !known.is_empty() {
            let left = dropped.index(known.len());
            poorer.facts = known.into_iter().enumerate().filter(|(at, _)| *at != left).map(|(_, fact)| fact).collect();
        }
        for candidate in &mut poorer.candidates {
            if dropped.index(2) == 0 {
                candidate.facts = balustrade::domain::Facts::new();
            }
        }
        let (complete, missing) = (limits(&rulebook, &query, 0), limits(&rulebook, &poorer, 0));
        for (complete, missing) in complete.iter().zip(&missing) {
            prop_assert!(is_tighter(missing, complete), "{complete:?}\n{missing:?}");
        }
    }

    #[test]
    fn a_rule_in_shadow_cannot_interfere(
        rules in prop::collection::vec(any_rule(), 1..10), query in query(), evidence in 0..60_u32,
    ) {
        let mut gone = rules.clone();
        gone.iter_mut().filter(|rule| rule.mode == "shadow").for_each(|rule| rule.mode = "off");
        let shadowed = limits(&rulebook(&named(&rules), Order::Written), &query, evidence);
        let without = limits(&rulebook(&named(&gone), Order::Written), &query, evidence);
        for (shadowed, without) in shadowed.iter().zip(&without) {
            prop_assert_eq!(&shadowed.effects, &without.effects);
            prop_assert_eq!(&shadowed.skipped, &without.skipped);
        }
    }

    #[test]
    fn an_exception_touches_only_its_rule_and_only_where_that_matched(
        rules in prop::collection::vec(any_rule(), 1..8), query in query(),
    ) {
        let mut plain = rules.clone();
        plain.iter_mut().for_each(|rule| rule.except = None);
        let mut one = plain.clone();
        one[0].except = rules[0].except.or(Some("market.country: IT"));
        let book = rulebook(&named(&plain), Order::Written);
        let own = book.table().find("r0").unwrap();
        let (before, after) = (limits(&book, &query, 0), limits(&rulebook(&named(&one), Order::Written), &query, 0));
        let split = |limits: &CandidateLimits| -> (Vec<Active>, Vec<Active>) {
            limits.effects.iter().cloned().partition(|active| active.rule == own)
        };
        for (before, after) in before.iter().zip(&after) {
            let ((of_rule, others), (of_rule_after, others_after)) = (split(before), split(after));
            prop_assert_eq!(others, others_after);
            prop_assert!(!of_rule.is_empty() || of_rule_after.is_empty());
        }
    }

    #[test]
    fn the_band_holds_the_human_value_and_widens_until_it_is_gone(
        human in 0..50_000_000_i64, move_by in 0..10_000_i32, need in 1..500_u32, have in 0..500_u32,
    ) {
        let hand_over = HandOver { need, window_days: 30, novel_by: NovelBy::DEFAULT.to_vec() };
        let room = i128::from(human) * i128::from(move_by);
        let at = |have: u32| {
            let progress = hand_over.progress(Evidence { current: have, peak: have, latest: None })?;
            let Effect::Band { low, high, .. } = progress.band(Micros::new(human), room, Micros::MAX) else {
                return None;
            };
            Some((low, high))
        };
        let Some((low, high)) = at(have) else {
            prop_assert!(have >= need);
            return Ok(());
        };
        prop_assert!(Micros::ZERO <= low && low <= Micros::new(human) && Micros::new(human) <= high);
        let first = i128::from(human) * i128::from(move_by) / 10_000;
        prop_assert_eq!(at(0).unwrap().1, Micros::saturated(i128::from(human) + first));
        if let Some((next_low, next_high)) = at(have + 1) {
            prop_assert!(next_low <= low && high <= next_high);
        }
        // A window that has emptied again does not bring it back.
        let emptied = Evidence { current: 0, peak: need, latest: None };
        prop_assert!(hand_over.progress(emptied).is_none());
    }
}
