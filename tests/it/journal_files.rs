//! What is kept, what a torn or damaged file costs, and who may open it.

use std::{
    fs,
    path::{Path, PathBuf},
};

use balustrade::{
    domain::{Attribute, Event, FactValue, OutcomeReply, Quarantine, Recorder, RecorderError},
    journal::{Damage, Durability, Entry, Journal, JournalError, Offset, Settings},
};

use crate::journal_samples::{
    LOSS, NO_BID, answered, at, bid, candidate_record, entries, id, observation, opened, outcome, purchase,
    record, request, settings, win,
};

fn only_segment(folder: &Path) -> PathBuf {
    let mut found: Vec<_> = segments(folder);
    assert_eq!(found.len(), 1, "{found:?}");
    found.remove(0)
}

fn segments(folder: &Path) -> Vec<PathBuf> {
    let mut found: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "seg"))
        .collect();
    found.sort();
    found
}

#[test]
fn decisions_outcomes_and_history_come_back_as_they_went_in() {
    let folder = tempfile::tempdir().unwrap();
    let mut first = record(
        1,
        at(0),
        &[("spring", bid(1_950_000)), ("autumn", NO_BID), ("held", None)],
    );
    first.request = Some(request("r-1"));
    let reports = [
        outcome(1, "spring", win(1_200_000), "w", at(80)),
        outcome(1, "spring", purchase(), "p", at(90_000)),
    ];
    let row = observation("spring", at(-5), vec![(Event::Click, at(3))]);
    {
        let journal = opened(folder.path());
        journal.record(first.clone()).unwrap();
        let replies = answered(journal.outcomes(reports.to_vec(), at(100_000))).unwrap();
        assert_eq!(replies, [OutcomeReply::Accepted; 2]);
        journal.observe(row.clone()).unwrap();
        answered(journal.settled()).unwrap();
        assert_eq!(journal.decision(id(1)).unwrap(), Some(first.clone()));
    }
    let journal = opened(folder.path());
    assert_eq!(journal.decision(id(1)).unwrap(), Some(first.clone()));
    assert_eq!(journal.decision(id(2)).unwrap(), None);
    let kept: Vec<_> = journal
        .outcomes_of(id(1))
        .unwrap()
        .into_iter()
        .map(|reported| (reported.outcome, reported.received_at, reported.reply))
        .collect();
    assert_eq!(
        kept,
        reports
            .clone()
            .map(|report| (report, at(100_000), OutcomeReply::Accepted))
    );
    let read = entries(&journal, Offset::START);
    assert_eq!(read.len(), 4);
    assert_eq!(read[0], Entry::Decision(Box::new(first)));
    assert_eq!(read[3], Entry::Observation(Box::new(row)));
}

#[test]
fn a_reader_goes_on_where_it_stopped_also_across_files_and_restarts() {
    let folder = tempfile::tempdir().unwrap();
    let small = Settings {
        segment_bytes: 2_000,
        ..Settings::default()
    };
    let mut seen = Vec::new();
    let mut stopped = Offset::START;
    for run in 0..5 {
        let journal = Journal::open(folder.path(), small).unwrap();
        assert_eq!(entries(&journal, stopped), []);
        for n in 0..20 {
            journal
                .record(record(run * 20 + n, at(0), &[("spring", bid(1))]))
                .unwrap();
            if n % 7 == 0 {
                answered(journal.settled()).unwrap();
            }
        }
        answered(journal.settled()).unwrap();
        for read in journal.read_from(stopped) {
            let (after, entry) = read.unwrap();
            stopped = after;
            let Entry::Decision(record) = entry else {
                panic!("{entry:?}")
            };
            seen.push(record.decision);
        }
        assert_eq!(stopped, journal.end());
    }
    assert_eq!(seen, (0..100).map(id).collect::<Vec<_>>());
    assert!(segments(folder.path()).len() > 5);
}

#[test]
fn a_reader_sees_what_is_written_while_it_reads_and_is_told_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let journal = opened(folder.path());
    let mut told = journal.follow();
    let mut reader = journal.read_from(Offset::START);
    assert!(reader.next().is_none());
    journal.record(record(1, at(0), &[])).unwrap();
    answered(told.changed()).unwrap();
    let (after, _) = reader.next().unwrap().unwrap();
    assert_eq!(after, journal.end());
    assert!(reader.next().is_none());
}

#[test]
fn the_same_decision_is_kept_once() {
    let folder = tempfile::tempdir().unwrap();
    let journal = opened(folder.path());
    journal.record(record(1, at(0), &[("spring", bid(5))])).unwrap();
    journal.record(record(1, at(0), &[("spring", bid(9))])).unwrap();
    answered(journal.settled()).unwrap();
    journal.record(record(1, at(0), &[("spring", bid(7))])).unwrap();
    answered(journal.settled()).unwrap();
    assert_eq!(entries(&journal, Offset::START).len(), 1);
}

/// Writes decisions and outcomes without a durable mark behind them; says which bytes the file then holds.
fn unsynced(folder: &Path) -> Vec<u8> {
    let journal = Journal::open(folder, settings(Durability::Memory)).unwrap();
    for n in 0..4 {
        journal
            .record(record(n, at(0), &[("spring", bid(1_000))]))
            .unwrap();
        let report = outcome(n, "spring", win(900), "w", at(50));
        answered(journal.outcome(report, at(60))).unwrap();
    }
    drop(journal);
    fs::read(only_segment(folder)).unwrap()
}

#[test]
fn a_tail_torn_at_any_byte_costs_only_the_torn_entry() {
    let folder = tempfile::tempdir().unwrap();
    let whole = unsynced(folder.path());
    let file = only_segment(folder.path());
    let never_synced = fs::read(folder.path().join("durable")).unwrap();
    let open = |folder: &Path| Journal::open(folder, settings(Durability::Memory)).unwrap();
    let journal = open(folder.path());
    let ends: Vec<u64> = journal
        .read_from(Offset::START)
        .map(|read| read.unwrap().0.get())
        .collect();
    let all = entries(&journal, Offset::START);
    assert_eq!(all.len(), 8);

    // Anywhere in the last decision and its outcome.
    for length in (ends[5] as usize..=whole.len()).rev() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("durable"), &never_synced).unwrap();
        fs::write(folder.path().join(file.file_name().unwrap()), &whole[..length]).unwrap();
        let journal = open(folder.path());
        let kept = ends.iter().filter(|end| **end <= length as u64).count();
        assert_eq!(
            entries(&journal, Offset::START),
            all[..kept],
            "cut to {length} bytes"
        );
        // What was cut can be sent again, once; what was kept is a duplicate.
        journal
            .record(record(3, at(0), &[("spring", bid(1_000))]))
            .unwrap();
        let again = outcome(3, "spring", win(900), "w", at(50));
        let expected = if kept == 8 {
            OutcomeReply::Duplicate
        } else {
            OutcomeReply::Accepted
        };
        assert_eq!(answered(journal.outcome(again, at(60))).unwrap(), expected);
        drop(journal);
        assert_eq!(entries(&open(folder.path()), Offset::START), all);
    }
}

#[test]
fn a_durable_file_cut_anywhere_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    {
        let journal = opened(folder.path());
        journal.record(record(1, at(0), &[("spring", bid(1))])).unwrap();
        journal.record(record(2, at(0), &[("spring", bid(1))])).unwrap();
    }
    let file = only_segment(folder.path());
    let whole = fs::read(&file).unwrap();
    for length in (0..whole.len()).step_by(5) {
        fs::write(&file, &whole[..length]).unwrap();
        match Journal::open(folder.path(), Settings::default()) {
            Err(JournalError::Damaged { file: named, .. }) => assert_eq!(named, file),
            other => panic!("cut to {length} bytes: {other:?}"),
        }
    }
    fs::write(&file, &whole).unwrap();
    assert_eq!(entries(&opened(folder.path()), Offset::START).len(), 2);
}

#[test]
fn one_flipped_bit_in_a_durable_file_is_refused_by_file_and_byte() {
    let folder = tempfile::tempdir().unwrap();
    let mut starts = vec![64];
    {
        let journal = opened(folder.path());
        for n in 0..3 {
            journal.record(record(n, at(0), &[("spring", bid(1))])).unwrap();
        }
        answered(journal.settled()).unwrap();
        starts.extend(journal.read_from(Offset::START).map(|read| read.unwrap().0.get()));
    }
    let file = only_segment(folder.path());
    let whole = fs::read(&file).unwrap();
    for byte in 0..whole.len() {
        let mut flipped = whole.clone();
        flipped[byte] ^= 1 << (byte % 8);
        fs::write(&file, &flipped).unwrap();
        let begins = starts.iter().rev().find(|start| **start <= byte as u64).copied();
        match Journal::open(folder.path(), Settings::default()) {
            Err(JournalError::Damaged {
                file: named,
                position,
                ..
            }) => {
                assert_eq!(
                    (named, position),
                    (file.clone(), begins.unwrap_or(0)),
                    "byte {byte}"
                );
            }
            other => panic!("byte {byte}: {other:?}"),
        }
    }
}

#[test]
fn an_accepted_loss_keeps_what_precedes_it_and_sets_the_rest_aside() {
    let folder = tempfile::tempdir().unwrap();
    let small = Settings {
        segment_bytes: 300,
        ..Settings::default()
    };
    {
        let journal = Journal::open(folder.path(), small).unwrap();
        for n in 0..6 {
            journal.record(record(n, at(0), &[("spring", bid(1))])).unwrap();
            answered(journal.settled()).unwrap();
        }
    }
    let files = segments(folder.path());
    let damaged = &files[2];
    let mut bytes = fs::read(damaged).unwrap();
    bytes[60] ^= 1;
    fs::write(damaged, &bytes).unwrap();
    assert!(matches!(
        Journal::open(folder.path(), small),
        Err(JournalError::Damaged { .. })
    ));

    let accepting = Settings {
        damage: Damage::AcceptLoss,
        ..small
    };
    let journal = Journal::open(folder.path(), accepting).unwrap();
    assert_eq!(entries(&journal, Offset::START).len(), 2);
    journal.record(record(9, at(0), &[])).unwrap();
    drop(journal);
    let journal = Journal::open(folder.path(), small).unwrap();
    assert_eq!(entries(&journal, Offset::START).len(), 3);
    assert_eq!(fs::read(damaged.with_extension("seg.lost")).unwrap(), bytes);
    for later in &files[3..] {
        assert!(later.with_extension("seg.lost").exists());
    }
}

#[test]
fn a_missing_file_in_the_middle_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let small = Settings {
        segment_bytes: 300,
        ..Settings::default()
    };
    {
        let journal = Journal::open(folder.path(), small).unwrap();
        for n in 0..4 {
            journal.record(record(n, at(0), &[("spring", bid(1))])).unwrap();
            answered(journal.settled()).unwrap();
        }
    }
    fs::remove_file(&segments(folder.path())[1]).unwrap();
    let refused = Journal::open(folder.path(), small).unwrap_err();
    assert!(matches!(refused, JournalError::Damaged { .. }), "{refused}");
}

#[test]
fn without_the_durable_mark_nothing_is_cut() {
    let folder = tempfile::tempdir().unwrap();
    let whole = unsynced(folder.path());
    let file = only_segment(folder.path());
    fs::remove_file(folder.path().join("durable")).unwrap();
    fs::write(&file, &whole[..whole.len() - 1]).unwrap();
    assert!(matches!(
        Journal::open(folder.path(), Settings::default()),
        Err(JournalError::Damaged { .. })
    ));
    assert_eq!(fs::read(&file).unwrap().len(), whole.len() - 1);
}

#[test]
fn a_second_opening_is_refused_until_the_first_is_closed() {
    let folder = tempfile::tempdir().unwrap();
    let journal = opened(folder.path());
    let refused = Journal::open(folder.path(), Settings::default()).unwrap_err();
    assert!(matches!(refused, JournalError::Locked { .. }));
    let said = refused.to_string();
    assert!(
        said.contains(&format!("process {}", std::process::id())),
        "{said}"
    );
    assert!(said.contains(folder.path().to_str().unwrap()), "{said}");
    drop(journal);
    opened(folder.path());
}

#[test]
fn a_full_journal_refuses_and_the_gap_stays_visible() {
    let folder = tempfile::tempdir().unwrap();
    let tight = Settings {
        queue_entries: 8,
        ..Settings::default()
    };
    let (mut accepted, mut refused) = (0, 0);
    {
        let journal = Journal::open(folder.path(), tight).unwrap();
        while refused == 0 {
            match journal.record(record(accepted + refused, at(0), &[("spring", bid(1))])) {
                Ok(_) => accepted += 1,
                Err(RecorderError::Full) => refused += 1,
                Err(error) => panic!("{error}"),
            }
        }
        assert_eq!(journal.missed(), 1);
        answered(journal.settled()).unwrap();
        // The next entry shows the gap.
        journal.record(record(1_000_000, at(0), &[])).unwrap();
        answered(journal.settled()).unwrap();
        assert_eq!(entries(&journal, Offset::START).len() as u64, accepted + 1);
    }
    assert_eq!(Journal::open(folder.path(), tight).unwrap().missed(), refused);
}

#[test]
fn an_import_waits_for_room_and_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let tight = Settings {
        queue_entries: 4,
        ..Settings::default()
    };
    let journal = Journal::open(folder.path(), tight).unwrap();
    for n in 0..200 {
        journal.observe(observation("spring", at(n), Vec::new())).unwrap();
    }
    answered(journal.settled()).unwrap();
    assert_eq!(entries(&journal, Offset::START).len(), 200);
    assert_eq!(journal.missed(), 0);
}

#[test]
fn no_text_of_a_page_or_an_ad_reaches_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let said = "the minister resigned on a rainy thursday";
    let text = || FactValue::Text(said.into());
    {
        let journal = opened(folder.path());
        let mut decision = record(1, at(0), &[]);
        decision.facts.set(Attribute::PageText, text());
        let mut with_text = candidate_record("spring", bid(1));
        with_text.facts.set(Attribute::AdText, text());
        decision.candidates.push(with_text);
        journal.record(decision).unwrap();
        let mut row = observation("spring", at(0), Vec::new());
        row.facts.set(Attribute::PageText, text());
        journal.observe(row).unwrap();
    }
    for file in fs::read_dir(folder.path()).unwrap() {
        let bytes = fs::read(file.unwrap().path()).unwrap();
        for fragment in ["minister", "rainy"] {
            assert!(
                !bytes
                    .windows(fragment.len())
                    .any(|window| window == fragment.as_bytes())
            );
        }
    }
    let journal = opened(folder.path());
    let kept = journal.decision(id(1)).unwrap().unwrap();
    assert!(matches!(
        kept.facts.get(&Attribute::PageText),
        Some(FactValue::Digest(_))
    ));
}

#[test]
fn under_fsync_an_acknowledged_outcome_lies_before_the_durable_mark() {
    let folder = tempfile::tempdir().unwrap();
    let copy = tempfile::tempdir().unwrap();
    let journal = Journal::open(folder.path(), settings(Durability::Fsync)).unwrap();
    journal.record(record(1, at(0), &[("spring", bid(1))])).unwrap();
    answered(journal.outcome(outcome(1, "spring", LOSS, "l", at(1)), at(2))).unwrap();
    // What another machine would find after a loss of power now: the files as they are, cut by one byte.
    let file = only_segment(folder.path());
    let bytes = fs::read(&file).unwrap();
    fs::copy(folder.path().join("durable"), copy.path().join("durable")).unwrap();
    fs::write(
        copy.path().join(file.file_name().unwrap()),
        &bytes[..bytes.len() - 1],
    )
    .unwrap();
    let refused = Journal::open(copy.path(), Settings::default()).unwrap_err();
    assert!(matches!(refused, JournalError::Damaged { .. }), "{refused}");
}

#[test]
fn a_lost_decisions_outcome_is_set_aside_once() {
    let folder = tempfile::tempdir().unwrap();
    let journal = opened(folder.path());
    let report = outcome(7, "spring", win(5), "w", at(9));
    let lost = OutcomeReply::Quarantined(Quarantine::DecisionLost);
    assert_eq!(answered(journal.outcome(report.clone(), at(10))).unwrap(), lost);
    assert_eq!(
        answered(journal.outcome(report, at(10))).unwrap(),
        OutcomeReply::Duplicate
    );
    assert_eq!(journal.outcomes_of(id(7)).unwrap().len(), 1);
}
