//! Outcomes go by their key: what is new, late, repeated, corrected, contradicted or set aside.

use std::collections::BTreeMap;

use balustrade::{
    domain::{
        Attribute, DecisionId, Event, EvidenceKey, FactValue, Ledger as _, Micros, Outcome, OutcomeKey,
        OutcomeReply, Quarantine, Recorder, Timestamp,
    },
    journal::{Entry, Journal, Offset},
};
use proptest::prelude::*;

use crate::journal_samples::{
    DAY_MS, HOUR_MS, LOSS, answered, at, bid, campaign, candidate, cases, entries, id, opened, outcome,
    purchase, record, win, word,
};

fn reply(journal: &Journal, report: Outcome, received_at: Timestamp) -> OutcomeReply {
    answered(journal.outcome(report, received_at)).unwrap()
}

fn journal_of_one(folder: &tempfile::TempDir) -> Journal {
    let journal = opened(folder.path());
    journal
        .record(record(
            1,
            at(0),
            &[("spring", bid(1_000_000)), ("autumn", bid(900_000))],
        ))
        .unwrap();
    journal
}

#[test]
fn the_same_report_again_is_a_duplicate_and_other_content_a_conflict() {
    let folder = tempfile::tempdir().unwrap();
    let journal = journal_of_one(&folder);
    let report = outcome(1, "spring", win(800_000), "w", at(90));
    assert_eq!(reply(&journal, report.clone(), at(100)), OutcomeReply::Accepted);
    assert_eq!(reply(&journal, report.clone(), at(200)), OutcomeReply::Duplicate);
    let other = Outcome {
        event: win(1),
        ..report.clone()
    };
    assert_eq!(reply(&journal, other, at(200)), OutcomeReply::Conflict);
    // Another candidate, sort or event id is another event.
    for other in [
        outcome(1, "autumn", win(800_000), "w", at(90)),
        outcome(1, "spring", Event::Click, "w", at(90)),
        outcome(1, "spring", Event::Click, "w2", at(90)),
    ] {
        assert_eq!(reply(&journal, other, at(200)), OutcomeReply::Accepted);
    }
    assert_eq!(journal.outcomes_of(id(1)).unwrap().len(), 4);
}

#[test]
fn a_higher_revision_corrects_and_a_lower_one_conflicts() {
    let folder = tempfile::tempdir().unwrap();
    let journal = journal_of_one(&folder);
    let revised = |revision, price| Outcome {
        revision,
        ..outcome(1, "spring", win(price), "w", at(90))
    };
    assert_eq!(reply(&journal, revised(3, 5), at(100)), OutcomeReply::Accepted);
    assert_eq!(reply(&journal, revised(4, 6), at(100)), OutcomeReply::Corrected);
    assert_eq!(reply(&journal, revised(2, 7), at(100)), OutcomeReply::Conflict);
    assert_eq!(reply(&journal, revised(3, 5), at(100)), OutcomeReply::Duplicate);
    assert_eq!(reply(&journal, revised(4, 5), at(100)), OutcomeReply::Conflict);
}

#[test]
fn a_report_after_the_window_or_the_auctions_time_is_late() {
    let folder = tempfile::tempdir().unwrap();
    let journal = journal_of_one(&folder);
    let cases = [
        (win(1), HOUR_MS, HOUR_MS, OutcomeReply::Accepted),
        (win(1), HOUR_MS, HOUR_MS + 1, OutcomeReply::Late),
        (LOSS, HOUR_MS + 1, HOUR_MS + 1, OutcomeReply::Late),
        (purchase(), 7 * DAY_MS, 7 * DAY_MS, OutcomeReply::Accepted),
        (purchase(), DAY_MS, 7 * DAY_MS + 1, OutcomeReply::Late),
        (Event::Click, 8 * DAY_MS, 8 * DAY_MS, OutcomeReply::Late),
    ];
    for (n, (event, happened, received, expected)) in cases.into_iter().enumerate() {
        let report = outcome(1, "spring", event, &format!("e{n}"), at(happened));
        assert_eq!(reply(&journal, report, at(received)), expected, "case {n}");
    }
}

#[test]
fn what_cannot_be_is_set_aside_and_can_be_corrected() {
    let folder = tempfile::tempdir().unwrap();
    let journal = journal_of_one(&folder);
    let million = 1_000_000_000_000;
    let value = |micros| Event::Conversion {
        name: word("purchase"),
        value: Some(Micros::new(micros)),
    };
    let min_to_win = Event::Loss {
        reason: Some(102),
        min_to_win: Some(Micros::new(-1)),
    };
    let impossible = OutcomeReply::Quarantined(Quarantine::ImpossibleValue);
    let before = OutcomeReply::Quarantined(Quarantine::BeforeDecision);
    let cases = [
        (win(million), 1, OutcomeReply::Accepted),
        (win(million + 1), 1, impossible),
        (win(-1), 1, impossible),
        (value(million + 1), 1, impossible),
        (min_to_win, 1, impossible),
        (Event::Click, -1, before),
        (Event::Click, 0, OutcomeReply::Accepted),
    ];
    for (n, (event, happened, expected)) in cases.into_iter().enumerate() {
        let report = outcome(1, "spring", event, &format!("e{n}"), at(happened));
        assert_eq!(reply(&journal, report.clone(), at(100)), expected, "case {n}");
        assert_eq!(
            reply(&journal, report, at(100)),
            OutcomeReply::Duplicate,
            "case {n}"
        );
    }
    let corrected = Outcome {
        revision: 1,
        ..outcome(1, "spring", Event::Click, "e5", at(1))
    };
    assert_eq!(reply(&journal, corrected, at(100)), OutcomeReply::Corrected);
}

#[test]
fn what_one_contact_does_beyond_ten_times_a_day_is_set_aside_and_what_it_did_before_is_no_evidence() {
    let folder = tempfile::tempdir().unwrap();
    let journal = journal_of_one(&folder);
    let burst = OutcomeReply::Quarantined(Quarantine::Burst);
    let clicked = |n: i64, happened| {
        let report = outcome(1, "spring", purchase(), &format!("c{n}"), at(happened));
        reply(&journal, report, at(HOUR_MS))
    };
    for n in 0..10 {
        assert_eq!(clicked(n, n * 1_000), OutcomeReply::Accepted, "{n}");
    }
    assert_eq!(evidence_of_spring(&journal), 10);
    assert_eq!(clicked(10, 20_000), burst);
    assert_eq!(clicked(11, 30_000), burst);
    let win = outcome(1, "spring", win(1), "w", at(40_000));
    assert_eq!(reply(&journal, win, at(HOUR_MS)), OutcomeReply::Accepted);
    assert_eq!(
        evidence_of_spring(&journal),
        0,
        "nor what it did before it was seen"
    );
    let last = clicked(12, DAY_MS + 31_000);
    assert_eq!(last, OutcomeReply::Accepted, "the next day");
    assert_eq!(evidence_of_spring(&journal), 1);
    let set_aside = Outcome {
        revision: 1,
        ..outcome(1, "spring", purchase(), "c10", at(21_000))
    };
    assert_eq!(
        reply(&journal, set_aside, at(HOUR_MS)),
        burst,
        "a correction lifts nothing"
    );
    let corrected = |n: i64, withdrawn| Outcome {
        revision: 1,
        withdrawn,
        ..outcome(1, "spring", purchase(), &format!("c{n}"), at(n * 1_000))
    };
    for (n, withdrawn) in [(0, false), (1, true)] {
        let corrected = corrected(n, withdrawn);
        assert_eq!(reply(&journal, corrected, at(HOUR_MS)), OutcomeReply::Corrected);
        assert_eq!(
            evidence_of_spring(&journal),
            1,
            "and moves nothing that was uncounted"
        );
    }

    drop(journal);
    let journal = opened(folder.path());
    assert_eq!(
        evidence_of_spring(&journal),
        1,
        "read again it comes out the same"
    );
    let report = outcome(1, "spring", purchase(), "c13", at(35_000));
    assert_eq!(
        reply(&journal, report, at(HOUR_MS)),
        burst,
        "a restart forgives nothing"
    );
}

fn evidence_of_spring(journal: &Journal) -> u32 {
    let key = EvidenceKey::Campaign(campaign("spring"));
    journal.ledger().evidence(&key, 30, at(2 * DAY_MS)).current
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn in_whatever_order_a_days_clicks_are_told_the_evidence_is_the_same(
        clicks in (1_i64..25).prop_flat_map(|count| Just((0..count).collect::<Vec<_>>()).prop_shuffle()),
        contact in proptest::option::of(Just("somebody")),
        decisions in 1_u64..4,
    ) {
        let folder = tempfile::tempdir().unwrap();
        let journal = opened(folder.path());
        for n in 1..=decisions {
            let mut made = record(n, at(0), &[("spring", bid(1_000_000))]);
            match contact {
                Some(contact) => made.facts.set(Attribute::Contact, FactValue::Word(word(contact))),
                None => made.facts.forget(&Attribute::Contact),
            }
            journal.record(made).unwrap();
        }
        let of = |click: i64| 1 + u64::try_from(click).unwrap() % decisions;
        for click in &clicks {
            let told = outcome(of(*click), "spring", purchase(), &format!("c{click}"), at(click * 60_000));
            drop(answered(journal.outcome(told, at(HOUR_MS))));
        }
        // A contact is one doer over all its decisions; where nobody knows who it was, each decision is one.
        let doers: Vec<usize> = match contact {
            Some(_) => vec![clicks.len()],
            None => (1..=decisions).map(|n| clicks.iter().filter(|click| of(**click) == n).count()).collect(),
        };
        let expected: usize = doers.into_iter().filter(|clicks| *clicks <= 10).sum();
        prop_assert_eq!(evidence_of_spring(&journal) as usize, expected);
        drop(journal);
        let journal = opened(folder.path());
        prop_assert_eq!(evidence_of_spring(&journal) as usize, expected);
    }
}

#[test]
fn an_unknown_candidate_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let journal = journal_of_one(&folder);
    let report = outcome(1, "winter", win(1), "w", at(1));
    assert_eq!(reply(&journal, report, at(2)), OutcomeReply::UnknownCandidate);
    answered(journal.settled()).unwrap();
    assert_eq!(entries(&journal, Offset::START).len(), 1);
}

#[test]
fn an_outcome_handed_over_right_after_its_decision_finds_it() {
    let folder = tempfile::tempdir().unwrap();
    let journal = opened(folder.path());
    for n in 0..500 {
        journal.record(record(n, at(0), &[("spring", bid(1))])).unwrap();
        let report = outcome(n, "spring", win(1), "w", at(1));
        assert_eq!(reply(&journal, report, at(1)), OutcomeReply::Accepted, "{n}");
    }
}

/// The laws of keys, written down plainly: every kept report by its key.
#[derive(Default)]
struct Reference {
    kept: BTreeMap<OutcomeKey, Vec<Outcome>>,
    written: Vec<(Outcome, OutcomeReply)>,
}

impl Reference {
    fn judge(&mut self, known: &[DecisionId], report: &Outcome, received_at: Timestamp) -> OutcomeReply {
        let is_known = known.contains(&report.decision);
        if is_known && report.candidate == candidate("winter") {
            return OutcomeReply::UnknownCandidate;
        }
        let earlier = self.kept.entry(report.key()).or_default();
        if earlier.contains(report) {
            return OutcomeReply::Duplicate;
        }
        if earlier.iter().any(|kept| kept.revision >= report.revision) {
            return OutcomeReply::Conflict;
        }
        let is_late = received_at > at(HOUR_MS) || report.at > at(HOUR_MS);
        let reply = if !is_known {
            OutcomeReply::Quarantined(Quarantine::DecisionLost)
        } else if report.at < at(0) {
            OutcomeReply::Quarantined(Quarantine::BeforeDecision)
        } else if !earlier.is_empty() {
            OutcomeReply::Corrected
        } else if is_late && report.event.sort() == "win" {
            OutcomeReply::Late
        } else {
            OutcomeReply::Accepted
        };
        earlier.push(report.clone());
        self.written.push((report.clone(), reply));
        reply
    }
}

prop_compose! {
    fn any_report()(
        n in 0_u64..4,
        of in prop::sample::select(vec!["spring", "autumn", "winter"]),
        event in prop::sample::select(vec![win(5), win(6), Event::Click]),
        event_id in prop::sample::select(vec!["a", "b"]),
        revision in 0_u32..3,
        happened in prop::sample::select(vec![-1, 1, 2, HOUR_MS + 1]),
        withdrawn in any::<bool>(),
    ) -> Outcome {
        Outcome { revision, withdrawn, ..outcome(n, of, event, event_id, at(happened)) }
    }
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn replies_and_files_follow_the_laws_of_keys_over_restarts(
        reports in prop::collection::vec((any_report(), prop::sample::select(vec![5, HOUR_MS + 5])), 1..60),
        restart_every in 5_usize..40,
    ) {
        let folder = tempfile::tempdir().unwrap();
        let mut journal = opened(folder.path());
        let known = [id(0), id(1), id(2)];
        for n in 0..3 {
            journal.record(record(n, at(0), &[("spring", bid(9)), ("autumn", bid(9))])).unwrap();
        }
        let mut reference = Reference::default();
        for (n, (report, received)) in reports.iter().enumerate() {
            if n % restart_every == restart_every - 1 {
                drop(journal);
                journal = opened(folder.path());
            }
            let expected = reference.judge(&known, report, at(*received));
            prop_assert_eq!(reply(&journal, report.clone(), at(*received)), expected);
        }
        let written: Vec<_> = entries(&journal, Offset::START)
            .into_iter()
            .filter_map(|entry| match entry {
                Entry::Outcome { outcome, reply, .. } => Some((outcome, reply)),
                Entry::Decision(_) | Entry::Observation(_) | Entry::Change(_) => None,
            })
            .collect();
        prop_assert_eq!(&written, &reference.written);
    }
}

#[test]
fn a_correction_is_no_further_click_before_and_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let burst = OutcomeReply::Quarantined(Quarantine::Burst);
    let clicked = |n: i64, revision| Outcome {
        revision,
        ..outcome(1, "spring", purchase(), &format!("c{n}"), at(n * 1_000))
    };
    let journal = journal_of_one(&folder);
    for n in 0..5 {
        assert_eq!(
            reply(&journal, clicked(n, 0), at(HOUR_MS)),
            OutcomeReply::Accepted
        );
        let corrected = reply(&journal, clicked(n, 1), at(HOUR_MS));
        assert_eq!(corrected, OutcomeReply::Corrected, "{n}");
    }
    drop(journal);
    let journal = opened(folder.path());
    for n in 5..10 {
        let taken = reply(&journal, clicked(n, 0), at(HOUR_MS));
        assert_eq!(taken, OutcomeReply::Accepted, "{n}");
    }
    assert_eq!(reply(&journal, clicked(10, 0), at(HOUR_MS)), burst);
}

#[test]
fn an_event_dated_into_the_future_makes_nobody_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let journal = journal_of_one(&folder);
    let burst = OutcomeReply::Quarantined(Quarantine::Burst);
    for n in 0..10 {
        let click = outcome(1, "spring", purchase(), &format!("c{n}"), at(n));
        assert_eq!(reply(&journal, click, at(HOUR_MS)), OutcomeReply::Accepted);
    }
    // Enough others that those who were still are swept away, one of them a hundred years ahead.
    for n in 2..4_200 {
        let mut other = record(n, at(0), &[("spring", bid(1_000_000))]);
        let name = FactValue::Word(word(&format!("contact-{n}")));
        other.facts.set(Attribute::Contact, name);
        journal.record(other).unwrap();
        let ahead = if n == 2 { 36_500 * DAY_MS } else { 0 };
        let click = outcome(n, "spring", purchase(), "c", at(ahead + 1));
        drop(journal.outcome(click, at(HOUR_MS)));
    }
    answered(journal.settled()).unwrap();
    let again = outcome(1, "spring", purchase(), "again", at(50));
    assert_eq!(reply(&journal, again, at(HOUR_MS)), burst);
}
