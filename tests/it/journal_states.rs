//! The stored state of a journal and what came after it are the same as everything read from the start, byte for byte.
//!
//! Planted, seen here, and taken out again: a state that goes on although a contact was erased and came back; a row of the index
//! that tells of what came after the state; a burst whose suspects are read with what was reported later; changes that are not put
//! back; bursts of the erased that stay.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use balustrade::{
    domain::{
        Attribute, Choice, Event, EvidenceKey, FactValue, Ledger as _, Outcome, OutcomeReply, Quarantine,
        Record, Recorder as _, Timestamp, Word,
    },
    journal::{Damage, Durability, Entry, Journal, JournalError, Offset, Settings},
};
use proptest::prelude::*;

use crate::{
    fallible_disk::{Afterwards, Failing, FallibleDisk, Fault},
    journal_samples::{
        DAY_MS, HOUR_MS, LOSS, NO_BID, answered, asked_to, at, bid, budget, campaign, cases, entries, id,
        observation, outcome, purchase, query_of, record, request, win, word,
    },
};

const FOLDER: &str = "/journal";

fn settings() -> Settings {
    Settings {
        durability: Durability::Batch,
        segment_bytes: 3_000,
        state_bytes: 8_000,
        ..Settings::default()
    }
}

fn opened(disk: &FallibleDisk) -> Journal {
    Journal::open_on(Arc::new(disk.clone()), Path::new(FOLDER), settings()).unwrap()
}

fn is_state(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "state")
}

/// The folder as it is, and the same without stored states.
fn copies(disk: &FallibleDisk) -> [FallibleDisk; 2] {
    let files = disk.files();
    let mut bare = files.clone();
    bare.retain(|path, _| !is_state(path));
    assert!(bare.len() < files.len(), "no state is stored");
    [FallibleDisk::holding(files), FallibleDisk::holding(bare)]
}

/// Stores the state of a journal and reads the file.
fn state(disk: &FallibleDisk, journal: &Journal) -> (Offset, Vec<u8>) {
    let place = answered(journal.store_state()).unwrap();
    let path = Path::new(FOLDER).join(format!("{:020}.state", place.get()));
    (place, disk.files().remove(&path).unwrap())
}

/// The states of a folder, the latest last.
fn states(disk: &FallibleDisk) -> Vec<(PathBuf, Vec<u8>)> {
    disk.files()
        .into_iter()
        .filter(|(path, _)| is_state(path))
        .collect()
}

/// One thing that happens.
#[derive(Debug, Clone)]
enum Step {
    Decide(Record),
    /// Reserved for a decision that is never written.
    Reserve(Record),
    Report(Outcome, Timestamp),
    Observe(u64),
    Erase(u8),
    Store,
    Restart,
}

fn contact(of: u8) -> Word {
    word(&format!("contact-{of}"))
}

fn a_record() -> impl Strategy<Value = Record> {
    let choice = prop_oneof![
        4 => (1_000..9_000_i64).prop_map(bid),
        1 => Just(NO_BID),
        2 => (0..40_i64).prop_map(|hours| Some(Choice::Send(at(hours * HOUR_MS)))),
    ];
    let times = prop_oneof![0..DAY_MS, 0..(900 * DAY_MS)];
    (0..40_u64, times, choice, 0..5_u8, prop::option::of(0..6_u8)).prop_map(|(n, when, choice, of, asked)| {
        let mut record = record(n, at(when), &[("spring", choice), ("autumn", bid(500))]);
        if of > 0 {
            record.facts.set(Attribute::Contact, FactValue::Word(contact(of)));
        }
        record.request = asked.map(|asked| request(&format!("request-{asked}")));
        record
    })
}

fn a_report() -> impl Strategy<Value = Step> {
    let event = prop_oneof![
        (1..9_000_i64).prop_map(win),
        Just(LOSS),
        Just(Event::Click),
        Just(Event::Click),
        Just(Event::Sent),
        Just(Event::Cancelled),
        Just(purchase()),
    ];
    let of = prop_oneof![Just("spring"), Just("autumn")];
    let times = (0..(3 * DAY_MS), 0..(2 * DAY_MS));
    (0..40_u64, of, event, 0..9_u8, 0..3_u32, any::<bool>(), times).prop_map(
        |(n, of, event, name, revision, withdrawn, (when, later))| {
            let mut outcome = outcome(n, of, event, &format!("event-{name}"), at(when));
            outcome.revision = revision;
            outcome.withdrawn = withdrawn && revision > 0;
            Step::Report(outcome, at(when + later))
        },
    )
}

fn a_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => a_record().prop_map(Step::Decide),
        2 => a_record().prop_map(Step::Reserve),
        10 => a_report(),
        2 => (0..9_u64).prop_map(Step::Observe),
        2 => (1..5_u8).prop_map(Step::Erase),
        2 => Just(Step::Store),
        1 => Just(Step::Restart),
    ]
}

fn taken(disk: &FallibleDisk, mut journal: Journal, steps: &[Step]) -> Journal {
    for step in steps {
        match step {
            Step::Decide(record) => drop(journal.record(record.clone()).unwrap()),
            Step::Reserve(record) => {
                let query = query_of(record);
                let ledger = journal.ledger();
                let _ = ledger.reserve(&query, 0, budget(900_000), balustrade::domain::Micros::new(7_000));
                let _ = ledger.spend(&campaign("spring"), record.now);
                let _ = ledger.spend(&campaign("unheard-of"), record.now);
            }
            Step::Report(outcome, received_at) => {
                answered(journal.outcome(outcome.clone(), *received_at)).unwrap();
            }
            Step::Observe(n) => {
                let when = at(*n as i64 * HOUR_MS);
                journal
                    .observe(observation("spring", when, vec![(purchase(), when)]))
                    .unwrap();
            }
            Step::Erase(of) => {
                answered(journal.erase(contact(*of), asked_to(at(0)))).unwrap();
            }
            Step::Store => drop(answered(journal.store_state()).unwrap()),
            Step::Restart => {
                drop(journal);
                journal = opened(disk);
            }
        }
    }
    journal
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn a_state_and_what_came_after_it_are_what_all_entries_say(
        before in prop::collection::vec(a_step(), 1..60),
        after in prop::collection::vec(a_step(), 0..40),
    ) {
        let disk = FallibleDisk::default();
        let journal = taken(&disk, opened(&disk), &before);
        answered(journal.store_state()).unwrap();
        let journal = taken(&disk, journal, &after);
        answered(journal.settled()).unwrap();
        let [with, without] = copies(&disk.after_a_kill());
        let [from_state, from_entries] = [opened(&with), opened(&without)];
        let expected = from_entries.digest().unwrap();
        prop_assert_eq!(&from_state.digest().unwrap(), &expected, "a start from the state is another");
        prop_assert_eq!(&journal.digest().unwrap(), &expected, "what was counted while it ran is another");
        let stored = [(&disk, &journal), (&with, &from_state), (&without, &from_entries)]
            .map(|(disk, journal)| state(disk, journal));
        prop_assert!(stored[0] == stored[2], "the state that was made while it ran is another");
        prop_assert!(stored[1] == stored[2], "the state that was made from a state is another");
    }
}

/// A journal with a stored state, some entries before and after it, and its files.
fn a_folder() -> FallibleDisk {
    let disk = FallibleDisk::default();
    let journal = opened(&disk);
    for n in 0..20 {
        let mut made = record(n, at(n as i64), &[("spring", bid(5_000))]);
        made.facts
            .set(Attribute::Contact, FactValue::Word(contact((n % 4) as u8)));
        journal.record(made).unwrap();
        answered(journal.outcome(outcome(n, "spring", win(1_000), "w", at(50)), at(60))).unwrap();
        if n % 8 == 5 {
            answered(journal.store_state()).unwrap();
        }
    }
    drop(journal);
    disk
}

#[test]
fn a_damaged_state_is_never_trusted_and_nothing_is_lost_by_it() {
    let disk = a_folder();
    let files = disk.after_a_kill();
    let [_, bare] = copies(&files);
    let (place, expected) = state(&bare, &opened(&bare));
    let (path, bytes) = states(&files).pop().unwrap();
    for damaged in (0..bytes.len()).step_by(13) {
        let mut files: BTreeMap<_, _> = files.files();
        files.get_mut(&path).unwrap()[damaged] ^= 4;
        let disk = FallibleDisk::holding(files);
        let journal = opened(&disk);
        assert!(
            state(&disk, &journal) == (place, expected.clone()),
            "byte {damaged}"
        );
        assert_eq!(journal.verify(&[]).unwrap().findings, [], "byte {damaged}");
    }
    for cut in [0, 7, 39, 47, bytes.len() - 1] {
        let mut files: BTreeMap<_, _> = files.files();
        files.get_mut(&path).unwrap().truncate(cut);
        let disk = FallibleDisk::holding(files);
        assert!(
            state(&disk, &opened(&disk)) == (place, expected.clone()),
            "cut to {cut}"
        );
    }
}

#[test]
fn a_start_reads_only_what_came_after_the_state_and_verify_finds_the_rest() {
    let disk = a_folder();
    let mut files = disk.files();
    let first = Path::new(FOLDER).join(format!("{:020}.seg", 0));
    files.get_mut(&first).unwrap()[300] ^= 1;
    let disk = FallibleDisk::holding(files.clone());
    let journal = opened(&disk);
    assert_eq!(
        journal
            .ledger()
            .spend(&campaign("spring"), at(DAY_MS))
            .spent
            .get(),
        20 * 1_000
    );
    let findings = journal.verify(&[]).unwrap().findings;
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert_eq!(findings[0].file, first);
    drop(journal);
    files.retain(|path, _| !is_state(path));
    let disk = FallibleDisk::holding(files);
    let refused = Journal::open_on(Arc::new(disk), Path::new(FOLDER), settings());
    assert!(
        matches!(refused, Err(JournalError::Damaged { .. })),
        "without a state everything is read"
    );
}

#[test]
fn a_start_that_had_to_read_much_stores_what_it_read_for_the_next_one() {
    let [with_state, bare] = copies(&a_folder());
    let little = Settings {
        state_bytes: 3_000,
        ..settings()
    };
    let read = Journal::open_on(Arc::new(bare.clone()), Path::new(FOLDER), little).unwrap();
    let digest = read.digest().unwrap();
    drop(read);
    let found: Vec<PathBuf> = states(&bare).into_iter().map(|(path, _)| path).collect();
    let [path] = found.try_into().unwrap();
    let last = bare
        .files()
        .into_keys()
        .rfind(|file| file.extension().is_some_and(|sort| sort == "seg"));
    assert_eq!(
        path.file_stem(),
        last.unwrap().file_stem(),
        "of where the last file begins"
    );
    // What stands before that place is not read any more.
    let mut files = bare.files();
    let first = Path::new(FOLDER).join(format!("{:020}.seg", 0));
    files.get_mut(&first).unwrap()[300] ^= 1;
    assert_eq!(opened(&FallibleDisk::holding(files)).digest().unwrap(), digest);
    assert_eq!(opened(&with_state).digest().unwrap(), digest);
}

#[test]
fn whatever_call_fails_while_a_state_is_stored_nothing_is_lost() {
    for afterwards in [Afterwards::GoesOn, Afterwards::Dead] {
        for failing in [Failing::Undone, Failing::Halfway, Failing::Done] {
            for call in 1.. {
                let story = format!("call {call} {failing:?}, then {afterwards:?}");
                let disk = FallibleDisk::default();
                let durable = Settings {
                    durability: Durability::Fsync,
                    ..settings()
                };
                let open = |disk: &FallibleDisk| {
                    Journal::open_on(Arc::new(disk.clone()), Path::new(FOLDER), durable)
                };
                let journal = open(&disk).unwrap();
                let wins = |journal: &Journal, from: u64| {
                    let win = |n: &u64| {
                        let made = record(*n, at(*n as i64), &[("spring", bid(5_000))]);
                        let kept = journal.record(made).is_ok();
                        let told = outcome(*n, "spring", win(1_000), "w", at(50));
                        kept && answered(journal.outcome(told, at(60)))
                            .is_ok_and(|reply| reply == OutcomeReply::Accepted)
                    };
                    (from..from + 3).filter(win).count() as i64
                };
                let mut taken = wins(&journal, 0);
                answered(journal.store_state()).unwrap();
                taken += wins(&journal, 3);
                disk.fail(Fault {
                    at: call,
                    failing,
                    afterwards,
                });
                let _ = answered(journal.store_state());
                let failed = disk.calls() >= call;
                taken += wins(&journal, 6);
                drop(journal);
                for disk in [disk.after_a_kill(), disk.after_a_loss_of_power(call)] {
                    let journal = open(&disk).unwrap_or_else(|error| panic!("{story}: {error}"));
                    let spent = journal.ledger().spend(&campaign("spring"), at(DAY_MS)).spent;
                    assert!(spent.get() >= taken * 1_000, "{story}: {spent:?} of {taken}");
                    assert!(spent.get() <= 9_000, "{story}: {spent:?}");
                    assert_eq!(journal.verify(&[]).unwrap().findings, [], "{story}");
                    let again = state(&disk, &journal);
                    let [_, bare] = copies(&disk.after_a_kill());
                    assert!(again == state(&bare, &open(&bare).unwrap()), "{story}");
                }
                if !failed {
                    assert!(call > 5, "{story}: the workload is too small to tell");
                    break;
                }
            }
        }
    }
}

#[test]
fn a_state_of_files_that_are_gone_is_not_used() {
    let disk = a_folder();
    let mut files = disk.files();
    let segments: Vec<PathBuf> = files
        .keys()
        .filter(|path| path.extension().is_some_and(|extension| extension == "seg"))
        .cloned()
        .collect();
    files.remove(&segments[1]);
    let disk = FallibleDisk::holding(files);
    let refused = Journal::open_on(Arc::new(disk.after_a_kill()), Path::new(FOLDER), settings());
    assert!(
        matches!(refused, Err(JournalError::Damaged { .. })),
        "{refused:?}"
    );
    let accepting = Settings {
        damage: Damage::AcceptLoss,
        ..settings()
    };
    let lossy = disk.after_a_kill();
    let journal = Journal::open_on(Arc::new(lossy.clone()), Path::new(FOLDER), accepting).unwrap();
    let left = entries(&journal, Offset::START);
    let wins = left
        .iter()
        .filter(|entry| matches!(entry, Entry::Outcome { .. }))
        .count();
    let spent = journal
        .ledger()
        .spend(&campaign("spring"), at(DAY_MS))
        .spent
        .get();
    assert_eq!(spent, wins as i64 * 1_000, "nothing is counted that is not kept");
    // What was stored of the lost part does not stand in the way of what is stored now.
    let stored = state(&lossy, &journal);
    drop(journal);
    let [with, without] = copies(&lossy);
    assert!(state(&with, &opened(&with)).1 == state(&without, &opened(&without)).1);
    assert!(states(&lossy).iter().any(|(_, bytes)| *bytes == stored.1));
}

#[test]
fn two_states_are_kept_and_nobody_is_named_in_them() {
    let disk = a_folder();
    let states = states(&disk);
    assert_eq!(states.len(), 2);
    for (path, bytes) in &states {
        let text = String::from_utf8_lossy(bytes);
        assert!(!text.contains("contact-"), "{}", path.display());
    }
    let journal = opened(&disk);
    assert!(journal.ledger().contacts_remembered() > 0);
    answered(journal.erase(contact(1), asked_to(at(99))))
        .unwrap()
        .unwrap();
    let left = journal.ledger().contacts_remembered();
    drop(journal);
    let again = opened(&disk);
    assert_eq!(
        again.ledger().contacts_remembered(),
        left,
        "an older state tells nothing of an erased contact"
    );
}

/// The win of a bid for a contact, which caps count for good.
fn reached(journal: &Journal, n: u64, contact: Word) {
    let mut made = record(n, at(n as i64), &[("spring", bid(5_000))]);
    made.facts.set(Attribute::Contact, FactValue::Word(contact));
    journal.record(made).unwrap();
    let won = outcome(n, "spring", win(1_000), "w", at(50));
    assert_eq!(
        answered(journal.outcome(won, at(60))).unwrap(),
        OutcomeReply::Accepted
    );
}

/// A purchase after a bid; another revision takes it back.
fn bought(journal: &Journal, n: u64, revision: u32) -> OutcomeReply {
    let mut purchase = outcome(n, "spring", purchase(), "p", at(100));
    purchase.revision = revision;
    purchase.withdrawn = revision > 0;
    answered(journal.outcome(purchase, at(200))).unwrap()
}

/// The journal as far as that offset, without stored states.
fn up_to(disk: &FallibleDisk, place: Offset) -> FallibleDisk {
    let mut files = disk.files();
    let begins = |path: &Path| path.file_stem()?.to_str()?.parse::<u64>().ok();
    files.retain(|path, _| begins(path).is_none_or(|begins| begins < place.get() && !is_state(path)));
    // What was durable later is no loss here.
    files.remove(&Path::new(FOLDER).join("durable")).unwrap();
    FallibleDisk::holding(files)
}

/// A journal of at least three files with what reached one contact, and the path of the last.
fn three_files(disk: &FallibleDisk) -> (Arc<Journal>, PathBuf) {
    // None is stored by itself: it would hold what the story looks for.
    let settings = Settings {
        state_bytes: u64::MAX,
        ..settings()
    };
    let journal = Journal::open_on(Arc::new(disk.clone()), Path::new(FOLDER), settings);
    let journal = Arc::new(journal.unwrap());
    for n in 0..20 {
        reached(&journal, n, contact(1));
    }
    let files = disk.files().into_keys();
    let segments: Vec<PathBuf> = files
        .filter(|path| path.extension().is_some_and(|extension| extension == "seg"))
        .collect();
    assert!(segments.len() > 2, "{segments:?}");
    (journal, segments[segments.len() - 1].clone())
}

#[test]
fn nobody_waits_while_a_state_is_made() {
    let disk = FallibleDisk::default();
    let (journal, last) = three_files(&disk);
    let replies: Vec<OutcomeReply> = (0..20).map(|n| bought(&journal, n, 0)).collect();
    assert_eq!(
        replies[9..11],
        [
            OutcomeReply::Accepted,
            OutcomeReply::Quarantined(Quarantine::Burst)
        ]
    );
    let (told, during) = std::sync::mpsc::channel();
    let meanwhile = Arc::clone(&journal);
    disk.while_a_state_is_made_of(&last, move || {
        for n in 20..40 {
            reached(&meanwhile, n, contact(2));
        }
        assert_eq!(bought(&meanwhile, 3, 1), OutcomeReply::Corrected);
        told.send(meanwhile.end()).unwrap();
    });
    let made = state(&disk, &journal);
    let place = made.0;
    assert!(
        during.recv().unwrap() > place,
        "what came meanwhile was written and answered before the state was made"
    );
    let then = up_to(&disk, place);
    assert!(
        made == state(&then, &opened(&then)),
        "nothing of it is in the state"
    );
    for disk in copies(&disk) {
        assert_eq!(opened(&disk).digest().unwrap(), journal.digest().unwrap());
    }
}

#[test]
fn somebody_who_is_erased_and_comes_back_while_a_state_is_made_is_somebody_new() {
    let disk = FallibleDisk::default();
    let (journal, last) = three_files(&disk);
    for n in 0..9 {
        bought(&journal, n, 0);
    }
    let before = journal.ledger().contacts_remembered();
    let meanwhile = Arc::clone(&journal);
    disk.while_a_state_is_made_of(&last, move || {
        answered(meanwhile.erase(contact(1), asked_to(at(99))))
            .unwrap()
            .unwrap();
        for n in 20..22 {
            reached(&meanwhile, n, contact(1));
            assert_eq!(
                bought(&meanwhile, n, 0),
                OutcomeReply::Accepted,
                "nine were another's"
            );
        }
    });
    answered(journal.store_state()).unwrap();
    let left = journal.ledger().contacts_remembered();
    assert_eq!((before, left), (20, 2));
    let [with, without] = copies(&disk);
    for disk in [&with, &without] {
        let again = opened(disk);
        assert_eq!(again.ledger().contacts_remembered(), left);
        assert_eq!(again.digest().unwrap(), journal.digest().unwrap());
    }
}

#[test]
fn what_a_contact_did_by_hand_today_is_known_after_a_restart() {
    let disk = FallibleDisk::default();
    let journal = opened(&disk);
    let mut made = record(1, at(0), &[("spring", bid(5_000))]);
    made.facts.set(Attribute::Contact, FactValue::Word(contact(1)));
    journal.record(made).unwrap();
    let click = |journal: &Journal, n: u32| {
        let click = outcome(1, "spring", Event::Click, &format!("click-{n}"), at(100));
        answered(journal.outcome(click, at(200))).unwrap()
    };
    for n in 0..10 {
        assert_eq!(click(&journal, n), OutcomeReply::Accepted);
    }
    answered(journal.store_state()).unwrap();
    drop(journal);
    let journal = opened(&disk);
    assert_eq!(click(&journal, 10), OutcomeReply::Quarantined(Quarantine::Burst));
    let key = EvidenceKey::Campaign(campaign("spring"));
    assert_eq!(journal.ledger().evidence(&key, 30, at(DAY_MS)).current, 0);
    assert_eq!(journal.decision(id(1)).unwrap().unwrap().decision, id(1));
}
