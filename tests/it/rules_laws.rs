//! The laws of the rule language, over random rulebooks and queries.
//!
//! Every law of the language, the tests that hold it, and the fault that was planted and seen to make one of them
//! fail; `-` where none was. Each is tried on 5,000 cases, on 100,000 with `BALUSTRADE_TEST_LONG=1`; a case is a query,
//! of which one rulebook is asked ten.
//!
//! | law | tests | fault |
//! |---|---|---|
//! | order is irrelevant | `the_order_of_rules_and_files_is_irrelevant`, `domain_laws::merging_is_commutative_associative_and_idempotent`, `domain_laws::the_order_of_effects_does_not_matter` | rules numbered as they are read; an `at_most` of a campaign replaces the others |
//! | a rule said twice changes nothing | `a_rule_said_twice_changes_nothing` | two `at_most` of one value tighten twice |
//! | a restriction only tightens | `one_more_rule_of_whatever_effect_and_tier_never_loosens_a_restriction`, `domain_laws::a_further_restriction_only_tightens`, `domain_kinds::a_restriction_only_tightens` | an `at_most` of a campaign replaces the others |
//! | missing data is never looser | `missing_facts_are_never_looser_than_any_completion_of_them` | an unknown condition with `apply` counts as false |
//! | shadow cannot interfere | `a_rule_in_shadow_cannot_interfere`, and of that name in `domain_kinds` | shadow among what is in force |
//! | what leaves satisfies every restriction | `domain_laws::what_leaves_satisfies_every_restriction`, `domain_kinds::what_leaves_satisfies_every_restriction_and_all_else_is_kept_back` | the budget left is not looked at |
//! | blocked > held > allowed | `blocked_outranks_held_and_held_outranks_allowed` | a hold outranks a block; a hold does nothing |
//! | an exception touches only what its rule matched | `an_exception_touches_only_its_rule_and_only_where_that_matched` | it is added to every rule of its file |
//! | a lower tier cannot relax | `domain_laws::a_lower_tier_cannot_relax` | an `at_most` of a campaign replaces the others |
//! | same bytes | `the_same_files_query_and_counts_give_the_same_bytes` | a digest without the files' bytes |
//! | the causes suffice and each is needed | `domain_laws::the_causes_suffice_and_each_is_needed`, `domain_kinds::the_named_causes_suffice_and_each_is_needed` | halving takes the wrong half; directives are taken for what only tightens |
//! | the analyser is sound and every witness reproduces | `rules_analyse`, of bids and of every kind | two days stand for a week of the clock; the first instant instead of one that fits; any two items share a slot; splits below twice the whole are told; shares above half the whole are told; hours that leave something are told; blocks that leave a gap cover a rule between them; facts are never missing; two expressions are never found in one text; what could not be settled never happens |
//! | format round trip | `rules_fmt::a_tidy_layout_is_kept_and_keeps_every_word` | a comment beside a line is lost |
//! | the index equals the plain interpreter | `rules_match::the_index_answers_what_the_plain_interpreter_answers`, `rules_kinds::the_fast_reading_of_every_kind_is_the_plain_one` | a branch of `any` counts as a demand; rules under an unknown fact left out |
//! | the band is bounded and monotone | `the_band_holds_the_human_value_and_widens_until_it_is_gone` | the distance taken from the evidence that is there |
//! | local windows are right across changes of clocks | `rules_calendar_laws::local_windows_are_right_in_every_zone_across_changes_of_clocks` | what began on the day before is forgotten at midnight; from one time to the same is no time |
//! | the order of rows and of columns is irrelevant | `rules_tables::the_order_of_rows_and_of_columns_makes_no_difference` (100 cases) | `others` looks at the first row alone |
//! | no panic on any bytes | `rules_fuzz_corpus`, `rules_syntax` | a text is cut after its eighth byte: `rules_syntax` finds it, the mangled corpus alone did not |

use balustrade::{
    domain::{
        Active, Applied, CandidateLimits, Choice, Effect, Evidence, Facts, Merged, Micros, Query, Standing,
        apply, causes,
    },
    rules::{HandOver, NovelBy, compile},
};
use proptest::prelude::*;

use crate::rules_random::{
    Order, RESTRICTIONS, RandomRule, any_rule, cases, limits, named, queries, rule, rulebook, rulebooks,
    sources,
};

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

fn some_rules(most: usize) -> impl Strategy<Value = Vec<RandomRule>> {
    prop::collection::vec(any_rule(), 0..most)
}

/// The query with only some of its facts known.
fn forgotten(query: &Query, kept: &[bool]) -> Query {
    let mut kept = kept.iter().cycle();
    let mut some = |facts: &Facts| -> Facts {
        let facts = facts.iter().filter(|_| *kept.next().unwrap_or(&true));
        facts
            .map(|(attribute, value)| (attribute.clone(), value.clone()))
            .collect()
    };
    let mut poorer = query.clone();
    poorer.facts = some(&query.facts);
    for candidate in &mut poorer.candidates {
        candidate.facts = some(&candidate.facts);
    }
    poorer
}

proptest! {
    #![proptest_config(rulebooks())]

    /// Planted: rules are numbered in the order in which they are read.
    #[test]
    fn the_order_of_rules_and_files_is_irrelevant(
        rules in some_rules(12), queries in queries(), evidence in 0..60_u32,
    ) {
        let rules = named(&rules);
        let (written, reversed) = (rulebook(&rules, Order::Written), rulebook(&rules, Order::Reversed));
        for query in &queries {
            prop_assert_eq!(limits(&written, query, evidence), limits(&reversed, query, evidence));
        }
    }

    /// Planted: two `at_most` of one value tighten twice.
    #[test]
    fn a_rule_said_twice_changes_nothing(
        rules in some_rules(8), queries in queries(), wish in 0..5_000_000_i64,
    ) {
        let once = named(&rules);
        // Each adjustment counts by its rule, so that two rules are two adjustments; all else is a set.
        let again = once.iter().filter(|(_, rule)| !rule.then.contains("adjust"));
        let twice: Vec<_> = once.iter().cloned().chain(again.map(|(id, rule)| (format!("{id}-again"), rule.clone()))).collect();
        let (once, twice) = (rulebook(&once, Order::Written), rulebook(&twice, Order::Written));
        for query in &queries {
            for (before, after) in limits(&once, query, 10).iter().zip(&limits(&twice, query, 10)) {
                prop_assert_eq!(wished(before, wish), wished(after, wish));
            }
        }
    }

    #[test]
    fn one_more_rule_of_whatever_effect_and_tier_never_loosens_a_restriction(
        rules in some_rules(8), mut more in any_rule(), queries in queries(), wish in 0..5_000_000_i64,
    ) {
        more.except = None;
        let mut rules = named(&rules);
        let fewer = rulebook(&rules, Order::Written);
        rules.push(("more".to_owned(), more));
        let more = rulebook(&rules, Order::Written);
        for query in &queries {
            for (before, after) in limits(&fewer, query, 10).iter().zip(&limits(&more, query, 10)) {
                prop_assert!(is_tighter(after, before));
                if let Some(price) = wished(after, wish).choice.and_then(Choice::price) {
                    prop_assert!(merged(before).interval.holds(price) && merged(before).standing == Standing::Allowed);
                }
            }
        }
    }

    /// Planted: an unknown condition of a rule with `if_unknown: apply` counts as false.
    #[test]
    fn missing_facts_are_never_looser_than_any_completion_of_them(
        mut rules in prop::collection::vec(rule(RESTRICTIONS.to_vec()), 1..8),
        queries in queries(),
        kept in prop::collection::vec(any::<bool>(), 31),
    ) {
        for rule in rules.iter_mut().filter(|rule| rule.if_unknown == "skip") {
            rule.if_unknown = "apply";
        }
        let rulebook = rulebook(&named(&rules), Order::Written);
        for query in &queries {
            let (complete, missing) = (limits(&rulebook, query, 0), limits(&rulebook, &forgotten(query, &kept), 0));
            for (complete, missing) in complete.iter().zip(&missing) {
                prop_assert!(is_tighter(missing, complete), "{complete:?}\n{missing:?}");
            }
        }
    }

    /// Planted: the effects of rules in shadow are put among those in force.
    #[test]
    fn a_rule_in_shadow_cannot_interfere(
        rules in some_rules(10), queries in queries(), evidence in 0..60_u32,
    ) {
        let mut gone = rules.clone();
        gone.iter_mut().filter(|rule| rule.mode == "shadow").for_each(|rule| rule.mode = "off");
        let (shadowed, without) = (rulebook(&named(&rules), Order::Written), rulebook(&named(&gone), Order::Written));
        for query in &queries {
            for (shadowed, without) in limits(&shadowed, query, evidence).iter().zip(&limits(&without, query, evidence)) {
                prop_assert_eq!(&shadowed.effects, &without.effects);
                prop_assert_eq!(&shadowed.skipped, &without.skipped);
            }
        }
    }

    /// Planted: an exception is added to every rule of its file.
    #[test]
    fn an_exception_touches_only_its_rule_and_only_where_that_matched(
        rules in prop::collection::vec(any_rule(), 1..8), queries in queries(),
    ) {
        let mut plain = rules.clone();
        plain.iter_mut().for_each(|rule| rule.except = None);
        let mut one = plain.clone();
        one[0].except = rules[0].except.or(Some("market.country: IT"));
        let (plain, one) = (rulebook(&named(&plain), Order::Written), rulebook(&named(&one), Order::Written));
        let own = plain.table().find("r0").unwrap();
        let split = |limits: &CandidateLimits| -> (Vec<Active>, Vec<Active>) {
            limits.effects.iter().cloned().partition(|active| active.rule == own)
        };
        for query in &queries {
            for (before, after) in limits(&plain, query, 0).iter().zip(&limits(&one, query, 0)) {
                let ((of_rule, others), (of_rule_after, others_after)) = (split(before), split(after));
                prop_assert_eq!(others, others_after);
                prop_assert!(!of_rule.is_empty() || of_rule_after.is_empty());
            }
        }
    }

    /// Planted: a hold outranks a block.
    #[test]
    fn blocked_outranks_held_and_held_outranks_allowed(
        rules in some_rules(10), queries in queries(), wish in 0..5_000_000_i64,
    ) {
        let rulebook = rulebook(&named(&rules), Order::Written);
        for query in &queries {
            for limits in &limits(&rulebook, query, 0) {
                let any = |is: fn(&Effect) -> bool| limits.effects.iter().any(|active| is(&active.effect));
                let blocked = any(|effect| matches!(effect, Effect::Block | Effect::Exclude));
                let held = any(|effect| matches!(effect, Effect::Hold(_)));
                let applied = wished(limits, wish);
                if blocked || held {
                    let standing = if blocked { Standing::Blocked } else { Standing::Held };
                    prop_assert_eq!((applied.standing, applied.choice), (standing, None));
                } else {
                    prop_assert_ne!(applied.standing, Standing::Held);
                }
            }
        }
    }

    /// Planted: the digest is taken over the files in the order of their names alone, without their bytes.
    #[test]
    fn the_same_files_query_and_counts_give_the_same_bytes(
        rules in some_rules(10), queries in queries(), evidence in 0..60_u32, wish in 0..5_000_000_i64,
    ) {
        let sources = sources(&named(&rules), Order::Written);
        let (one, two) = (compile(&sources).rulebook.unwrap(), compile(&sources).rulebook.unwrap());
        prop_assert_eq!(one.digest(), two.digest());
        let mut changed = named(&rules);
        changed.push(("one-more".to_owned(), RandomRule { then: "block", mode: "off", ..rule_of_nothing() }));
        prop_assert_ne!(one.digest(), rulebook(&changed, Order::Written).digest());
        for query in &queries {
            let told = |rulebook| {
                let limits = limits(rulebook, query, evidence);
                let wish = Choice::Bid(Micros::new(wish));
                let answers: Vec<_> = limits.iter().map(|limits| (apply(limits, wish), causes(limits, wish))).collect();
                (postcard::to_stdvec(&limits).unwrap(), format!("{answers:?}"))
            };
            prop_assert_eq!(told(&one), told(&two));
        }
    }
}

fn rule_of_nothing() -> RandomRule {
    RandomRule {
        tier: 1,
        when: Vec::new(),
        unless: Vec::new(),
        then: "{note: seen}",
        if_unknown: "apply",
        mode: "enforce",
        except: None,
    }
}

proptest! {
    #![proptest_config(cases())]

    /// Planted: the distance is taken from the evidence that is there, not from what is missing.
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
