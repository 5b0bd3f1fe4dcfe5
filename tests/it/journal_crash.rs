//! Every call to the disk fails once, at every place of a workload; what was acknowledged is there afterwards, once, and
//! nothing else.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use balustrade::{
    domain::{Attribute, FactValue, Ledger as _, OutcomeReply, Record, Recorder as _},
    journal::{Durability, Entry, Journal, JournalError, Offset, Settings},
};

use crate::{
    fallible_disk::{Afterwards, Failing, FallibleDisk, Fault},
    journal_samples::{DAY_MS, answered, at, bid, campaign, entries, id, outcome, record, win, word},
};

const FOLDER: &str = "/journal";
const DECISIONS: u64 = 8;

fn settings(durability: Durability) -> Settings {
    Settings {
        durability,
        segment_bytes: 1_600,
        ..Settings::default()
    }
}

fn opened(disk: &FallibleDisk, durability: Durability) -> Result<Journal, JournalError> {
    Journal::open_on(Arc::new(disk.clone()), Path::new(FOLDER), settings(durability))
}

/// What was acknowledged: numbers of decisions, and of decisions whose win was taken.
#[derive(Debug, Default)]
struct Book {
    decisions: BTreeSet<u64>,
    wins: BTreeSet<u64>,
}

fn price(n: u64) -> i64 {
    1_000 + n as i64
}

/// Decision `n`; half of them are for a contact of their own.
fn made(n: u64) -> Record {
    let mut record = record(n, at(n as i64), &[("spring", bid(5_000))]);
    if n.is_multiple_of(2) {
        let contact = FactValue::Word(word(&format!("contact-{n}")));
        record.facts.set(Attribute::Contact, contact);
    }
    record
}

/// Decides and reports, and notes what was acknowledged, whatever fails meanwhile.
fn work(journal: &Journal, book: &mut Book) {
    for n in 0..DECISIONS {
        if let Ok(Some(durable)) = journal.record(made(n))
            && answered(durable).is_ok()
        {
            book.decisions.insert(n);
        }
        let won = outcome(n, "spring", win(price(n)), "w", at(50));
        // Only the decision itself makes its win more than set aside.
        let taken = answered(journal.outcome(won, at(60)));
        if let Ok(OutcomeReply::Accepted | OutcomeReply::Duplicate) = taken {
            book.wins.insert(n);
            book.decisions.insert(n);
        }
    }
}

/// Nothing acknowledged is lost, nothing is there twice, nothing is there that was not sent.
fn holds(journal: &Journal, book: &Book, story: &str) {
    let (mut decisions, mut wins) = (BTreeMap::new(), BTreeMap::new());
    for entry in entries(journal, Offset::START) {
        match entry {
            Entry::Decision(kept) => {
                let n = (0..DECISIONS).find(|n| id(*n) == kept.decision).unwrap();
                assert_eq!(*kept, made(n), "{story}");
                *decisions.entry(n).or_insert(0) += 1;
            }
            Entry::Outcome {
                outcome: kept, reply, ..
            } => {
                let n = (0..DECISIONS).find(|n| id(*n) == kept.decision).unwrap();
                assert_eq!(kept, outcome(n, "spring", win(price(n)), "w", at(50)), "{story}");
                if reply == OutcomeReply::Accepted {
                    *wins.entry(n).or_insert(0) += 1;
                }
            }
            Entry::Observation(row) => panic!("{story}: nobody imported {row:?}"),
            Entry::Change(change) => panic!("{story}: nobody changed {change:?}"),
        }
    }
    assert!(
        decisions.values().chain(wins.values()).all(|times| *times == 1),
        "{story}: twice"
    );
    for n in &book.decisions {
        assert!(
            decisions.contains_key(n),
            "{story}: the acknowledged decision {n} is lost"
        );
        assert!(journal.decision(id(*n)).unwrap().is_some(), "{story}");
    }
    for n in &book.wins {
        assert!(wins.contains_key(n), "{story}: the acknowledged win {n} is lost");
    }
    let spent: i64 = wins.keys().map(|n| price(*n)).sum();
    let spend = journal.ledger().spend(&campaign("spring"), at(DAY_MS));
    assert_eq!(spend.spent.get(), spent, "{story}");
}

/// Fails every call of the workload in turn; `survived` is the disk that the next start finds.
fn each_call_fails(
    durability: Durability,
    afterwards: Afterwards,
    survived: impl Fn(&FallibleDisk, u64) -> FallibleDisk,
) {
    for failing in [Failing::Undone, Failing::Halfway, Failing::Done] {
        for call in 1.. {
            let story = format!("{durability:?}, call {call} {failing:?}, then {afterwards:?}");
            let disk = FallibleDisk::default();
            disk.fail(Fault {
                at: call,
                failing,
                afterwards,
            });
            let mut book = Book::default();
            if let Ok(journal) = opened(&disk, durability) {
                work(&journal, &mut book);
            }
            let failed = disk.calls() >= call;
            let disk = survived(&disk, call);
            let journal = opened(&disk, durability).unwrap_or_else(|error| panic!("{story}: {error}"));
            holds(&journal, &book, &story);
            let checked = journal.verify(&[]).unwrap();
            assert_eq!(checked.findings, [], "{story}");
            // Sent again, everything is there once.
            let mut again = Book::default();
            work(&journal, &mut again);
            holds(&journal, &again, &story);
            drop(journal);
            holds(&opened(&disk, durability).unwrap(), &again, &story);
            if !failed {
                assert!(call > 20, "{story}: the workload is too small to tell");
                break;
            }
        }
    }
}

#[test]
fn whatever_call_fails_what_was_acknowledged_survives_a_kill() {
    each_call_fails(Durability::Batch, Afterwards::Dead, |disk, _| disk.after_a_kill());
    each_call_fails(Durability::Batch, Afterwards::GoesOn, |disk, _| {
        disk.after_a_kill()
    });
}

#[test]
fn whatever_call_fails_what_was_synced_survives_a_loss_of_power() {
    each_call_fails(
        Durability::Fsync,
        Afterwards::Dead,
        FallibleDisk::after_a_loss_of_power,
    );
    each_call_fails(
        Durability::Fsync,
        Afterwards::GoesOn,
        FallibleDisk::after_a_loss_of_power,
    );
}

#[test]
fn a_disk_that_is_full_at_any_byte_costs_nothing_that_was_acknowledged_and_goes_on_by_itself() {
    let whole = {
        let disk = FallibleDisk::default();
        work(&opened(&disk, Durability::Fsync).unwrap(), &mut Book::default());
        disk.used()
    };
    let first = {
        let disk = FallibleDisk::default();
        drop(opened(&disk, Durability::Fsync).unwrap());
        disk.used()
    };
    for room in (first..whole).step_by(97) {
        let story = format!("room for {room} of {whole} bytes");
        let disk = FallibleDisk::default();
        disk.has_room_for(Some(room));
        let journal = opened(&disk, Durability::Fsync).unwrap();
        let mut book = Book::default();
        work(&journal, &mut book);
        assert!(book.wins.len() < DECISIONS as usize, "{story}");
        let refused = journal.record(record(99, at(0), &[])).err();
        assert_eq!(
            refused,
            Some(balustrade::domain::RecorderError::NoSpace),
            "{story}"
        );
        assert!(matches!(journal.health(), Err(JournalError::NoSpace)), "{story}");
        holds(&journal, &book, &story);

        disk.has_room_for(None);
        let begun = Instant::now();
        while journal.health().is_err() {
            assert!(
                begun.elapsed() < Duration::from_secs(20),
                "{story}: it does not go on"
            );
            std::thread::yield_now();
        }
        let missed = journal.missed();
        work(&journal, &mut book);
        assert_eq!(book.wins.len(), DECISIONS as usize, "{story}");
        holds(&journal, &book, &story);
        drop(journal);
        let journal = opened(&disk.after_a_loss_of_power(room), Durability::Fsync).unwrap();
        holds(&journal, &book, &story);
        assert_eq!(journal.missed(), missed, "{story}: the gap is visible");
    }
}
