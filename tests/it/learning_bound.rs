//! The learner keeps so many decisions at hand and no more, and what is heard of the others comes out the same.
//!
//! Faults that were planted, and all were told: an example recalled as if it had taught nothing; one that goes without
//! teaching; the shown before the silent; a bound ten times as wide.

use balustrade::{
    domain::{Goal, Micros, Outcome, OutcomeReply, Record, Timestamp},
    model::Snapshot,
};
use proptest::prelude::*;

use super::journal_samples::{DAY_MS, HOUR_MS, LOSS, at, bid, campaign, outcome, purchase, record, win};
use super::learning_journal::declared;
use super::taught::Taught;

/// What is to be told of a bid: how it ended, so long after it was made; and whether it was bought after.
#[derive(Debug, Clone, Copy)]
struct Fate {
    after_ms: i64,
    end: Option<End>,
    bought: bool,
}

#[derive(Debug, Clone, Copy)]
enum End {
    Won,
    Lost,
}

fn fate() -> impl Strategy<Value = Fate> {
    let end = prop_oneof![
        2 => Just(None),
        3 => Just(Some(End::Won)),
        2 => Just(Some(End::Lost)),
    ];
    (0..2 * HOUR_MS, end, any::<bool>()).prop_map(|(after_ms, end, bought)| Fate {
        after_ms,
        end,
        bought,
    })
}

/// One thing that happens: a bid is made, or something is told of it.
enum Step {
    Made(Box<Record>),
    Told(Outcome, Timestamp),
}

const fn later(at: Timestamp, by_ms: i64) -> Timestamp {
    Timestamp::from_millis(at.as_millis() + by_ms)
}

/// A bid a minute, and what was told of each, in the order of time.
fn story(fates: &[Fate]) -> Vec<Step> {
    let mut steps: Vec<(Timestamp, usize, Step)> = Vec::new();
    for (n, fate) in (1_u64..).zip(fates) {
        let made = at(i64::try_from(n).unwrap() * 60_000);
        let bid = record(
            n,
            made,
            &[("summer", bid(1_000_000 + 1_000 * i64::try_from(n).unwrap()))],
        );
        steps.push((made, steps.len(), Step::Made(Box::new(bid))));
        let told = later(made, fate.after_ms);
        let mut tell = |event, name: &str, at: Timestamp| {
            let told = outcome(n, "summer", event, name, at);
            steps.push((at, steps.len(), Step::Told(told, at)));
        };
        match fate.end {
            Some(End::Won) => tell(win(700_000), "w", told),
            Some(End::Lost) => tell(LOSS, "l", told),
            None => {}
        }
        if fate.bought && matches!(fate.end, Some(End::Won)) {
            tell(purchase(), "p", later(told, HOUR_MS));
        }
    }
    steps.sort_by_key(|(when, nth, _)| (*when, *nth));
    steps.into_iter().map(|(.., step)| step).collect()
}

/// What a learner that keeps `most` at hand knows after it all, and the most that it ever kept.
fn learnt(fates: &[Fate], most: usize) -> (Snapshot, usize) {
    let mut trainer = Taught::with_most_open(most);
    trainer.declare([declared("summer", Goal::TargetCost(Micros::new(2_000_000)))]);
    let mut kept = 0;
    for step in story(fates) {
        match step {
            Step::Made(bid) => trainer.decision(&bid),
            Step::Told(outcome, when) => {
                trainer.outcome(&outcome, when, OutcomeReply::Accepted);
            }
        }
        kept = kept.max(trainer.open());
    }
    trainer.advance(at(30 * DAY_MS));
    (trainer.snapshot(), kept)
}

proptest! {
    #[test]
    fn a_late_win_comes_out_the_same_however_few_are_kept(
        fates in proptest::collection::vec(fate(), 1..40),
        most in 1_usize..6,
    ) {
        let (roomy, kept_all) = learnt(&fates, 1_000);
        let (tight, kept) = learnt(&fates, most);
        prop_assert!(kept <= most && kept_all <= fates.len());
        let (roomy, tight) = (roomy.knowledge(), tight.knowledge());
        prop_assert_eq!((tight.examples, tight.positives), (roomy.examples, roomy.positives));
        prop_assert_eq!(&tight.curves, &roomy.curves);
        let summer = campaign("summer");
        let value = |known: &balustrade::model::Knowledge| {
            let known = known.campaigns[&summer];
            (known.value_micros, known.valued)
        };
        prop_assert_eq!(value(tight), value(roomy));
    }

    #[test]
    fn where_only_silent_bids_have_to_go_nothing_at_all_is_learnt_otherwise(
        fates in proptest::collection::vec(fate(), 1..40),
    ) {
        let shown = fates.iter().filter(|fate| matches!(fate.end, Some(End::Won))).count();
        let (roomy, _) = learnt(&fates, 1_000);
        let (tight, kept) = learnt(&fates, shown + 1);
        prop_assert!(kept <= shown + 1);
        prop_assert_eq!(tight.digest(), roomy.digest());
    }
}
