//! The way of a decision through ten thousand rules takes nothing from the heap.

use std::sync::LazyLock;

use allocation_counter::measure;
use balustrade::{
    domain::{CandidateLimits, Choice, Micros, Query, apply, causes},
    rules::{RuleTest, Rulebook, compile},
};

#[allow(dead_code, reason = "the measurement of speed uses the rest")]
#[path = "../../benches/mixture/mod.rs"]
mod mixture;

static RULEBOOK: LazyLock<Rulebook> = LazyLock::new(|| {
    let compiled = compile(&mixture::sources(10_000));
    compiled.rulebook.ok_or(compiled.findings).unwrap()
});

/// The limits of one candidate and what they make of a wish, with the rules that made it so.
fn decided(rulebook: &Rulebook, query: &Query, test: &RuleTest, limits: &mut Vec<CandidateLimits>) {
    rulebook.limits_into(query, &test.campaigns, &test.ledger, limits);
    for limits in limits {
        let wish = Choice::Bid(Micros::new(2_400_000));
        let applied = apply(limits, wish);
        assert_ne!(applied.choice, Some(wish), "rules matched, and did something");
        assert!(!causes(limits, wish).because_of.is_empty());
    }
}

#[test]
fn matching_merging_and_naming_the_causes_allocate_nothing() {
    let rulebook = &*RULEBOOK;
    let test = &rulebook.tests()[0];
    let query = mixture::query(test);
    let mut limits = Vec::new();
    decided(rulebook, &query, test, &mut limits);
    assert!(limits[0].effects.len() > 3, "{:?}", limits[0].effects);
    let counted = measure(|| {
        for _ in 0..100 {
            decided(rulebook, &query, test, &mut limits);
        }
    });
    assert_eq!((counted.count_total, counted.bytes_total), (0, 0));
}

#[test]
fn a_fresh_answer_allocates_its_own_room_and_nothing_else() {
    let rulebook = &*RULEBOOK;
    let test = &rulebook.tests()[0];
    let query = mixture::query(test);
    let room = std::mem::size_of::<CandidateLimits>() as u64;
    let counted = measure(|| drop(rulebook.limits(&query, &test.campaigns, &test.ledger)));
    assert!(counted.count_total <= 3, "{counted:?}");
    assert!(counted.bytes_total >= room);
}
