//! Laws of sets of instants, over random ranges of a small stretch of time and a plain set of numbers beside.

use std::collections::BTreeSet;

use balustrade::domain::{Duration, Span, Spans, Timestamp};
use proptest::prelude::*;

use crate::domain_laws::cases;

const END: i64 = 60;

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn horizon() -> Span {
    Span::new(at(0), at(END))
}

/// Any ranges, empty and overlapping ones among them.
fn ranges() -> impl Strategy<Value = Vec<(i64, i64)>> {
    prop::collection::vec((0..END, 0..END), 0..7)
}

fn spans(ranges: &[(i64, i64)]) -> Spans {
    ranges
        .iter()
        .map(|&(from, until)| Span::new(at(from), at(until)))
        .collect()
}

/// The plain reference: every instant by itself.
fn instants(ranges: &[(i64, i64)]) -> BTreeSet<i64> {
    ranges.iter().flat_map(|&(from, until)| from..until).collect()
}

fn told(spans: &Spans) -> BTreeSet<i64> {
    (0..END).filter(|&millis| spans.contains(at(millis))).collect()
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn a_set_of_ranges_is_the_set_of_their_instants(a in ranges()) {
        let (set, plain) = (spans(&a), instants(&a));
        prop_assert_eq!(&told(&set), &plain);
        prop_assert_eq!(set.is_empty(), plain.is_empty());
        prop_assert_eq!(set.first(), plain.first().copied().map(at));
        prop_assert_eq!(set.last(), plain.last().copied().map(at));
        prop_assert_eq!(set.length(), Duration::from_millis(plain.len() as i64));
    }

    #[test]
    fn ranges_stand_in_order_and_apart(a in ranges(), b in ranges()) {
        let (a, b) = (spans(&a), spans(&b));
        for set in [a.union(&b), a.intersection(&b), a.complement(horizon())] {
            prop_assert!(set.ranges().iter().all(|span| !span.is_empty()));
            prop_assert!(set.ranges().windows(2).all(|pair| pair[0].until < pair[1].from), "{:?}", set);
        }
    }

    #[test]
    fn union_intersection_and_complement_are_those_of_sets(a in ranges(), b in ranges()) {
        let (x, y) = (instants(&a), instants(&b));
        let (a, b) = (spans(&a), spans(&b));
        prop_assert_eq!(told(&a.union(&b)), x.union(&y).copied().collect::<BTreeSet<_>>());
        prop_assert_eq!(told(&a.intersection(&b)), x.intersection(&y).copied().collect::<BTreeSet<_>>());
        let rest = (0..END).filter(|instant| !x.contains(instant)).collect::<BTreeSet<_>>();
        prop_assert_eq!(told(&a.complement(horizon())), rest);
    }

    #[test]
    fn intersection_and_union_are_commutative_associative_and_idempotent(
        a in ranges(), b in ranges(), c in ranges()
    ) {
        let (a, b, c) = (spans(&a), spans(&b), spans(&c));
        prop_assert_eq!(a.intersection(&b), b.intersection(&a));
        prop_assert_eq!(a.intersection(&b).intersection(&c), a.intersection(&b.intersection(&c)));
        prop_assert_eq!(a.intersection(&a), a.clone());
        prop_assert_eq!(a.union(&b), b.union(&a));
        prop_assert_eq!(a.union(&b).union(&c), a.union(&b.union(&c)));
        prop_assert_eq!(a.union(&a), a);
    }

    #[test]
    fn de_morgan_and_twice_the_complement(a in ranges(), b in ranges()) {
        let (a, b) = (spans(&a), spans(&b));
        let not = |set: &Spans| set.complement(horizon());
        prop_assert_eq!(not(&a.union(&b)), not(&a).intersection(&not(&b)));
        prop_assert_eq!(not(&a.intersection(&b)), not(&a).union(&not(&b)));
        prop_assert_eq!(not(&not(&a)), a);
    }

    #[test]
    fn the_nearest_instant_is_itself_else_the_next_else_the_last_before(a in ranges(), instant in 0..END) {
        let plain = instants(&a);
        let next = plain.range(instant..).next().or(plain.range(..instant).next_back());
        let nearest = spans(&a).nearest(at(instant));
        prop_assert_eq!(nearest, next.copied().map(at));
        prop_assert!(nearest.is_none_or(|nearest| spans(&a).contains(nearest)));
    }

    #[test]
    fn a_set_comes_back_from_the_journal_as_it_was(a in ranges()) {
        let set = spans(&a);
        let json = serde_json::to_string(&set).unwrap();
        prop_assert_eq!(serde_json::from_str::<Spans>(&json).unwrap(), set);
    }
}

#[test]
fn everything_and_nothing_are_the_ends_of_the_algebra() {
    let some = spans(&[(3, 5), (8, 13)]);
    let (all, none) = (Spans::everything(), Spans::nothing());
    assert_eq!(all.intersection(&some), some);
    assert_eq!(none.union(&some), some);
    assert_eq!(all.complement(Span::EVER), none);
    assert_eq!(none.complement(Span::EVER), all);
    assert!(all.contains(at(i64::MIN)) && all.contains(at(i64::MAX - 1)));
    assert_eq!(none.nearest(at(4)), None);
    assert_eq!(all.length(), Duration::from_millis(i64::MAX));
}
