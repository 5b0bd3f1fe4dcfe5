//! A recorded decision gives the same answer again, from its record alone; one that does not is seen.

use std::ops::ControlFlow;

use balustrade::{
    domain::{Choice, FallbackReason, Kind, Micros, Record, RuleIx, Taken, Verdict},
    guardrail::enforced_again,
    journal::{Entry, Offset},
    rehearsal::{ModelAgain, Within, model_again, replay, replayed},
};
use proptest::prelude::*;

use crate::past_samples::House;

/// How often something holds among the records.
fn count(records: &[Record], holds: impl Fn(&Record) -> bool) -> usize {
    records.iter().filter(|record| holds(record)).count()
}

#[test]
fn thousands_of_decisions_of_every_kind_come_out_as_they_were_recorded() {
    let house = House::deciding(5_000, 7);
    for record in &house.records {
        assert_eq!(replayed(record), [], "{record:#?}");
        assert_eq!(enforced_again(record), *record);
    }
    // What is hard to repeat is among them.
    let any = |record: &Record, holds: fn(&balustrade::domain::CandidateRecord) -> bool| {
        record.candidates.iter().any(holds)
    };
    for kind in Kind::ALL {
        for verdict in Verdict::ALL {
            let of = count(&house.records, |record| {
                record.question.kind() == kind
                    && record
                        .candidates
                        .iter()
                        .any(|candidate| candidate.verdict == verdict)
            });
            // No rule of these keeps back a split, or blocks a score.
            let none = kind == Kind::Budget || kind == Kind::Score && verdict == Verdict::Blocked;
            let none = none && matches!(verdict, Verdict::Held | Verdict::Blocked);
            assert!(of > 0 || none, "no {kind} is {verdict}");
        }
    }
    for reason in [
        FallbackReason::Deadline,
        FallbackReason::ModelFailed,
        FallbackReason::NoOpinion,
        FallbackReason::CheckFailed,
    ] {
        let of = count(&house.records, |record| {
            record
                .candidates
                .iter()
                .any(|candidate| candidate.fallback == Some(reason))
        });
        assert!(of > 0, "none fell back because of {reason:?}");
    }
    let budget = count(&house.records, |record| {
        any(record, |of| of.taken == Some(Taken::Budget))
    });
    let contact = count(&house.records, |record| {
        any(record, |of| matches!(of.taken, Some(Taken::Contact(_))))
    });
    assert!(
        budget > 0 && contact > 0,
        "{budget} out of budget, {contact} out of reach"
    );
    let unfollowed = count(&house.records, |record| any(record, |of| of.unfollowed.is_some()));
    assert!(unfollowed > 0);
}

#[test]
fn what_the_journal_gives_back_is_replayed_by_every_hand_and_told() {
    let house = House::deciding(3_000, 11);
    let mut steps = 0;
    let report = replay(&house.journal, Within::ALL, None, &mut |_| {
        steps += 1;
        ControlFlow::Continue(())
    });
    let report = report.unwrap().unwrap();
    assert_eq!(
        (report.decisions, report.differing),
        (3_000, 0),
        "{:?}",
        report.shown
    );
    assert_eq!(report.by_kind, [600; 5]);
    assert!(steps >= 3, "told {steps} times");
    let half = Within {
        since: house.records[1_000].now,
        until: house.records[2_000].now,
    };
    let report = replay(&house.journal, half, None, &mut |_| ControlFlow::Continue(()));
    assert_eq!(report.unwrap().unwrap().decisions, 1_000);
}

#[test]
fn a_replay_that_is_called_off_ends() {
    let house = House::deciding(1_500, 13);
    let report = replay(&house.journal, Within::ALL, None, &mut |_| ControlFlow::Break(()));
    assert_eq!(report.unwrap(), None);
}

#[test]
fn the_journal_keeps_a_record_to_the_last_bit() {
    let house = House::deciding(500, 17);
    let kept = house.journal.read_from(Offset::START).map(|read| {
        let Entry::Decision(record) = read.unwrap().1 else {
            panic!("something else was kept");
        };
        *record
    });
    assert!(kept.eq(house.records.iter().cloned()));
}

#[test]
fn a_ledger_folded_again_counts_as_the_live_one() {
    use balustrade::{
        domain::{CampaignId, Ledger as _},
        journal::PastLedger,
    };
    let house = House::deciding(1_000, 19);
    let folded = PastLedger::default();
    for read in house.journal.read_from(Offset::START) {
        house.journal.refold(&folded, &read.unwrap().1).unwrap();
    }
    let now = house.records.last().unwrap().now;
    let mut reserved = Micros::ZERO;
    for campaign in ["spring", "autumn"] {
        let campaign = CampaignId::new(campaign).unwrap();
        let live = house.journal.ledger().spend(&campaign, now);
        assert_eq!(folded.counts().spend(&campaign, now), live);
        reserved = reserved.plus(live.reserved);
    }
    assert!(reserved > Micros::ZERO);
}

/// Changes one thing that a record says was answered.
fn falsified(record: &Record, what: u8) -> Record {
    let mut record = record.clone();
    let candidate = &mut record.candidates[0];
    match what {
        0 => {
            candidate.verdict = match candidate.verdict {
                Verdict::Allowed => Verdict::Changed,
                Verdict::Changed | Verdict::Held | Verdict::Blocked => Verdict::Allowed,
            };
        }
        1 => {
            candidate.choice = match candidate.choice {
                Some(_) => None,
                None => Some(Choice::NotShown),
            };
        }
        2 => candidate.causes.because_of.push(RuleIx(77)),
        _ => candidate.causes.also.push(RuleIx(77)),
    }
    record
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_a_record_says_falsely_of_an_answer_is_seen(seed in 0_u64..1_000, what in 0_u8..4) {
        let house = House::deciding(40, seed);
        for record in &house.records {
            let found = replayed(&falsified(record, what));
            let named = ["verdict", "answer", "causes", "causes"][usize::from(what)];
            prop_assert!(found.iter().any(|found| found.what == named), "{what}: {found:?}");
        }
    }
}

#[test]
fn a_model_whose_snapshot_is_gone_is_told_as_expired() {
    let house = House::deciding(10, 23);
    let shelf = balustrade::rehearsal::Shelf::new(house.folder.path().join("rulebooks"), Vec::new());
    let told: Vec<ModelAgain> = house
        .records
        .iter()
        .map(|record| model_again(record, &shelf))
        .collect();
    assert!(
        told.contains(&ModelAgain::Expired("the model snapshot 41".to_owned())),
        "{told:?}"
    );
}
