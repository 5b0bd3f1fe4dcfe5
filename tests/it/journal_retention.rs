//! What is past its retention goes, whole files at a time; what followed from it stays, and nobody takes it for unknown.
//!
//! Planted, seen here, and taken out again: a cut that asks no outcome after the states how far back it reaches (what was won was
//! lost with the decision); a start that does not put a cut on record that a crash left without its change.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use balustrade::{
    domain::{
        Attribute, Changed, Choice, DecisionId, Event, EvidenceKey, FactValue, Ledger as _, OutcomeReply,
        Quarantine, Question, Record, Recorder as _, Sending, Timestamp,
    },
    journal::{
        Cut, Damage, Durability, Entry, Journal, JournalError, Offset, Retention, Settings, verify_on,
    },
};

use crate::{
    fallible_disk::{Afterwards, Failing, FallibleDisk, Fault},
    journal_samples::{
        DAY_MS, answered, asked_to, at, bid, campaign, entries, outcome, purchase, record, win, word,
    },
};

const FOLDER: &str = "/journal";
const DAYS: u64 = 40;

/// A month of everything.
pub(crate) const MONTH: Retention = Retention {
    bid_days: Some(30),
    send_time_days: Some(30),
    recommendation_days: Some(30),
    budget_days: Some(30),
    score_days: Some(30),
    outcome_days: Some(30),
    import_days: Some(30),
};

fn day(n: u64) -> Timestamp {
    at(n as i64 * DAY_MS)
}

pub(crate) fn opened(disk: &FallibleDisk) -> Journal {
    accepting(disk, Damage::Refuse).unwrap()
}

fn accepting(disk: &FallibleDisk, damage: Damage) -> Result<Journal, JournalError> {
    let settings = Settings {
        durability: Durability::Fsync,
        damage,
        segment_bytes: 4_000,
        state_bytes: u64::MAX,
        ..Settings::default()
    };
    Journal::open_on(Arc::new(disk.clone()), Path::new(FOLDER), settings)
}

fn id(n: u64) -> DecisionId {
    DecisionId::new(day(n), u128::from(n))
}

/// The decision of day `n`, for one of five contacts.
fn made(n: u64) -> Record {
    let mut made = record(n, day(n), &[("spring", bid(5_000))]);
    made.decision = id(n);
    let contact = FactValue::Word(word(&format!("contact-{}", n % 5)));
    made.facts.set(Attribute::Contact, contact);
    made
}

fn report(journal: &Journal, n: u64, event: Event, when: Timestamp) -> OutcomeReply {
    let mut told = outcome(n, "spring", event, "told", when);
    told.decision = id(n);
    answered(journal.outcome(told, when)).unwrap()
}

/// Forty days, a decision and its win on each.
pub(crate) fn lived(disk: &FallibleDisk) -> Journal {
    let journal = opened(disk);
    for n in 0..DAYS {
        journal.record(made(n)).unwrap();
        report(&journal, n, win(1_000), day(n));
        report(&journal, n, purchase(), day(n));
    }
    journal
}

/// Two states hold everything, and more was written after each.
pub(crate) fn stored(journal: &Journal) {
    for n in DAYS..DAYS + 2 {
        answered(journal.store_state()).unwrap();
        journal.record(made(n)).unwrap();
        answered(journal.settled()).unwrap();
    }
}

/// As far as it is written everybody has read it.
fn cut_of(journal: &Journal, retention: &Retention, now: Timestamp) -> Result<Cut, JournalError> {
    journal.cut(retention, now, journal.end())
}

pub(crate) fn cut(journal: &Journal) -> u64 {
    match cut_of(journal, &MONTH, day(DAYS)).unwrap() {
        Cut::Before(offset) => offset.get(),
        other @ (Cut::Nothing | Cut::Waits) => panic!("{other:?}"),
    }
}

fn files(disk: &FallibleDisk, extension: &str) -> Vec<PathBuf> {
    let all = disk.files().into_keys();
    all.filter(|path| path.extension().is_some_and(|of| of == extension))
        .collect()
}

type Files = BTreeMap<PathBuf, Vec<u8>>;

/// The decisions that can still be read.
fn kept(journal: &Journal) -> Vec<u64> {
    (0..DAYS + 2)
        .filter(|n| journal.decision(id(*n)).unwrap().is_some())
        .collect()
}

fn state(disk: &FallibleDisk, journal: &Journal) -> (Offset, Vec<u8>) {
    let place = answered(journal.store_state()).unwrap();
    let path = Path::new(FOLDER).join(format!("{:020}.state", place.get()));
    (place, disk.files().remove(&path).unwrap())
}

#[test]
fn what_is_past_its_retention_goes_and_what_followed_from_it_stays() {
    let disk = FallibleDisk::default();
    let journal = lived(&disk);
    stored(&journal);
    let (ledger, before) = (journal.ledger(), files(&disk, "seg").len());
    let spent = ledger.spend(&campaign("spring"), day(DAYS));
    let key = EvidenceKey::Campaign(campaign("spring"));
    let evidence = ledger.evidence(&key, 365, day(DAYS));
    let start = cut(&journal);
    assert!(start > 0 && files(&disk, "seg").len() < before);
    let left = kept(&journal);
    assert!(
        left[0] > 5 && left[0] <= 11,
        "the tenth day is the first within 30: {left:?}"
    );
    assert_eq!(
        left,
        (left[0]..DAYS + 2).collect::<Vec<_>>(),
        "and none is missing"
    );

    answered(journal.settled()).unwrap();
    let last = journal.changes().pop().unwrap().1;
    assert_eq!(last.what, Changed::Expired { before: start });
    drop(journal);
    let journal = opened(&disk);
    assert_eq!(kept(&journal), left);
    let ledger = journal.ledger();
    assert_eq!(ledger.spend(&campaign("spring"), day(DAYS)), spent);
    assert_eq!(ledger.evidence(&key, 365, day(DAYS)), evidence);
    assert_eq!(cut_of(&journal, &MONTH, day(DAYS)).unwrap(), Cut::Nothing, "once");
}

#[test]
fn expired_is_told_from_unknown_and_its_outcomes_have_an_answer() {
    let disk = FallibleDisk::default();
    let journal = lived(&disk);
    stored(&journal);
    cut(&journal);
    for journal in [&journal, &opened(&disk.after_a_kill())] {
        let first = kept(journal)[0];
        let late = purchase();
        for n in 0..first {
            assert!(journal.has_expired(id(n)), "{n}");
            assert_eq!(
                report(journal, n, late.clone(), day(DAYS)),
                OutcomeReply::Expired,
                "{n}"
            );
        }
        let unknown = DecisionId::new(day(DAYS), 4_711);
        assert!(!journal.has_expired(unknown));
        let mut told = outcome(0, "spring", purchase(), "told", day(DAYS));
        told.decision = unknown;
        assert_eq!(
            answered(journal.outcome(told, day(DAYS))).unwrap(),
            OutcomeReply::Quarantined(Quarantine::DecisionLost)
        );
    }
}

#[test]
fn nothing_goes_before_two_states_hold_what_followed_from_it() {
    let disk = FallibleDisk::default();
    let journal = lived(&disk);
    assert_eq!(
        cut_of(&journal, &Retention::default(), day(9_999)).unwrap(),
        Cut::Nothing,
        "for good"
    );
    for n in DAYS..DAYS + 2 {
        assert_eq!(cut_of(&journal, &MONTH, day(DAYS)).unwrap(), Cut::Waits);
        journal.record(made(n)).unwrap();
        answered(journal.settled()).unwrap();
        assert_eq!(kept(&journal)[0], 0);
    }
    answered(journal.store_state()).unwrap();
    let again = opened(&disk.after_a_kill());
    assert_eq!(
        cut_of(&again, &MONTH, day(DAYS)).unwrap(),
        Cut::Waits,
        "a start does not look how far back outcomes reach that the latest state holds"
    );
    cut(&journal);
}

#[test]
fn what_two_states_hold_goes_although_later_files_could_go_too() {
    let disk = FallibleDisk::default();
    let journal = lived(&disk);
    stored(&journal);
    let states: Vec<PathBuf> = files(&disk, "state");
    // Everything is past its retention, and the older state holds all but the last file.
    let cut = cut_of(&journal, &MONTH, day(9_999)).unwrap();
    let older = states[0].file_stem().unwrap().to_str().unwrap().parse().unwrap();
    assert_eq!(cut, Cut::Before(Offset::new(older)));
    assert_eq!(cut_of(&journal, &MONTH, day(9_999)).unwrap(), Cut::Waits);
}

#[test]
fn a_file_stays_for_the_one_decision_in_it_that_is_kept_longer() {
    let disk = FallibleDisk::default();
    let journal = opened(&disk);
    let mut message = made(0);
    message.question = Question::SendTime(Sending {
        earliest: day(0),
        latest: day(1),
        alternatives: 0,
    });
    message.candidates[0].choice = Some(Choice::Send(day(0)));
    journal.record(message).unwrap();
    for n in 1..DAYS {
        journal.record(made(n)).unwrap();
        report(&journal, n, win(1_000), day(n));
    }
    stored(&journal);
    let longer = Retention {
        send_time_days: None,
        ..MONTH
    };
    assert_eq!(cut_of(&journal, &longer, day(DAYS)).unwrap(), Cut::Nothing);
    cut(&journal);
}

#[test]
fn the_older_state_and_the_newer_one_say_the_same_after_a_cut_with_erasures_between() {
    let disk = FallibleDisk::default();
    let journal = lived(&disk);
    answered(journal.store_state()).unwrap();
    answered(journal.erase(word("contact-2"), asked_to(day(DAYS))))
        .unwrap()
        .unwrap();
    stored(&journal);
    cut(&journal);
    answered(journal.erase(word("contact-3"), asked_to(day(DAYS))))
        .unwrap()
        .unwrap();
    answered(journal.settled()).unwrap();
    let files: BTreeMap<_, _> = disk.files();
    let newest = disk
        .files()
        .into_keys()
        .filter(|path| path.extension().is_some_and(|of| of == "state"));
    let newest = newest.max().unwrap();
    let mut older = files.clone();
    older.remove(&newest).unwrap();
    let [newer, older] = [files, older].map(FallibleDisk::holding);
    let alive = state(&disk, &journal);
    assert!(alive == state(&newer, &opened(&newer)), "the newer state");
    assert!(alive == state(&older, &opened(&older)), "the older state");
}

#[test]
fn verify_holds_from_the_new_beginning_and_finds_another_one() {
    let disk = FallibleDisk::default();
    let journal = lived(&disk);
    let early = answered(journal.checkpoint(day(1))).unwrap();
    stored(&journal);
    let late = answered(journal.checkpoint(day(DAYS))).unwrap();
    let start = cut(&journal);
    let against = [early, late];
    let verified = journal.verify(&against).unwrap();
    assert_eq!((verified.findings, verified.start.get()), (Vec::new(), start));
    answered(journal.settled()).unwrap();
    drop(journal);

    let found = |change: &dyn Fn(&mut Files)| {
        let mut files = disk.files();
        change(&mut files);
        let disk = FallibleDisk::holding(files);
        let verified = verify_on(&disk, Path::new(FOLDER), None, &against).unwrap();
        (verified.findings, disk)
    };
    let segments = files(&disk, "seg");
    let anchor = Path::new(FOLDER).join("anchor.json");
    assert_eq!(found(&|_| ()).0, []);
    let (findings, damaged) = found(&|files| drop(files.remove(&segments[0])));
    assert!(findings[0].what.contains("missing"), "{findings:?}");
    assert!(matches!(
        accepting(&damaged, Damage::Refuse),
        Err(JournalError::Damaged { .. })
    ));
    for (name, bytes) in disk.files() {
        if name == anchor || name.extension().is_some_and(|of| of == "state") {
            for byte in (0..bytes.len()).step_by(29) {
                let (findings, _) = found(&|files| files.get_mut(&name).unwrap()[byte] ^= 1);
                assert!(
                    findings.iter().any(|finding| finding.file == name),
                    "{}: byte {byte}",
                    name.display()
                );
            }
        }
    }
}

#[test]
fn without_a_state_what_is_gone_cannot_be_counted_and_start_is_refused() {
    let disk = FallibleDisk::default();
    let journal = lived(&disk);
    stored(&journal);
    cut(&journal);
    drop(journal);
    let mut files = disk.files();
    files.retain(|path, _| path.extension().is_none_or(|of| of != "state"));
    let disk = FallibleDisk::holding(files);
    let refused = accepting(&disk, Damage::Refuse).unwrap_err();
    assert!(
        refused.to_string().contains("no stored state can be used"),
        "{refused}"
    );
    let journal = accepting(&disk, Damage::AcceptLoss).unwrap();
    let wins = entries(&journal, Offset::START);
    let is_win =
        |entry: &&Entry| matches!(entry, Entry::Outcome { outcome, .. } if outcome.event == win(1_000));
    let spent = journal.ledger().spend(&campaign("spring"), day(DAYS)).spent;
    // A win whose decision is gone counts for nothing.
    let most = wins.iter().filter(is_win).count() as i64 * 1_000;
    assert!(
        (most - 1_000..=most).contains(&spent.get()),
        "{spent:?} of {most}"
    );
}

fn cuts_of(journal: &Journal) -> Vec<Changed> {
    let changes = journal.changes().into_iter().map(|(_, change)| change.what);
    changes
        .filter(|what| matches!(what, Changed::Expired { .. }))
        .collect()
}

#[test]
fn a_decision_stays_while_a_start_needs_it_for_an_outcome_that_came_after_the_states() {
    let disk = FallibleDisk::default();
    let journal = lived(&disk);
    stored(&journal);
    // No state holds it yet: a start counts it again, by the decision of the third day.
    let mut late = outcome(3, "spring", win(7_000), "late", day(DAYS));
    late.decision = id(3);
    late.revision = 1;
    assert_eq!(
        answered(journal.outcome(late, day(DAYS))).unwrap(),
        OutcomeReply::Late
    );
    while cut_of(&journal, &MONTH, day(DAYS)).unwrap() == Cut::Waits {
        assert_eq!(kept(&journal)[0], 0);
        journal.note(asked_to(day(DAYS)).did(Changed::ContactErased { subject: 7 }));
        answered(journal.settled()).unwrap();
    }
    assert!(kept(&journal)[0] > 3);
    let spent = |journal: &Journal| journal.ledger().spend(&campaign("spring"), day(DAYS)).spent;
    let before = spent(&journal);
    assert_eq!(before.get(), DAYS as i64 * 1_000 + 7_000);
    for disk in [disk.after_a_kill(), disk.after_a_loss_of_power(1)] {
        assert_eq!(
            spent(&opened(&disk)),
            before,
            "what was won is not lost with the decision"
        );
    }
}

#[test]
fn whatever_call_fails_a_cut_loses_nothing_that_is_kept() {
    for failing in [Failing::Undone, Failing::Halfway, Failing::Done] {
        for call in 1.. {
            let story = format!("call {call} {failing:?}");
            let disk = FallibleDisk::default();
            let journal = lived(&disk);
            stored(&journal);
            let expected = journal.ledger().spend(&campaign("spring"), day(DAYS));
            disk.fail(Fault {
                at: call,
                failing,
                afterwards: Afterwards::Dead,
            });
            let _ = answered(journal.store_state());
            let _ = cut_of(&journal, &MONTH, day(DAYS));
            let _ = answered(journal.settled());
            let failed = disk.calls() >= call;
            drop(journal);
            for disk in [disk.after_a_kill(), disk.after_a_loss_of_power(call)] {
                let journal =
                    accepting(&disk, Damage::Refuse).unwrap_or_else(|error| panic!("{story}: {error}"));
                let left = kept(&journal);
                assert!(left[0] <= 11, "{story}: {left:?}");
                assert_eq!(left, (left[0]..DAYS + 2).collect::<Vec<_>>(), "{story}");
                let spend = journal.ledger().spend(&campaign("spring"), day(DAYS));
                assert_eq!(spend, expected, "{story}");
                assert_eq!(journal.verify(&[]).unwrap().findings, [], "{story}");
                for n in 0..left[0] {
                    assert!(journal.has_expired(id(n)), "{story}: {n}");
                }
                answered(journal.settled()).unwrap();
                let start = journal.verify(&[]).unwrap().start.get();
                let cuts = (start > 0).then_some(Changed::Expired { before: start });
                assert_eq!(
                    cuts_of(&journal),
                    Vec::from_iter(cuts),
                    "{story}: on record, once"
                );
                answered(journal.store_state()).unwrap();
                journal.record(made(DAYS + 2)).unwrap();
                answered(journal.store_state()).unwrap();
                let _ = cut_of(&journal, &MONTH, day(DAYS)).unwrap();
                assert_eq!(journal.verify(&[]).unwrap().findings, [], "{story}");
            }
            if !failed {
                assert!(call > 10, "{story}: the workload is too small to tell");
                break;
            }
        }
    }
}
