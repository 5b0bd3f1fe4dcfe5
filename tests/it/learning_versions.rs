//! Versions over a restart: read from their files, learnt again from the journal, held against their digest either way.
//!
//! Faults that were planted, and all were told: neither digest nor checksum of a file looked at; a version that comes out otherwise
//! taken all the same; nothing in force before the journal is read; nothing read that the journal does not reach; an erasure that
//! leaves versions, or their files, as they were.

use std::{fs, path::Path, sync::Arc};

use balustrade::{
    domain::{Attribute, BrandId, CandidateId, FactValue, Facts, Kind, Observation},
    journal::{Durability, Journal},
    learning::{KeptBy, Learner, Versions, VersionsError},
    model::{Models, contacts::ContactKey},
};

use super::{
    fallible_disk::FallibleDisk,
    hand_over::declared,
    journal_retention::{cut, lived, opened, stored},
    journal_samples::{DAY_MS, at, observation, purchase, settings, word},
};

fn learner(folder: &Path, models: &Models) -> Learner {
    Learner::new(models.clone()).keeping(Versions::open(folder.join("models")).unwrap())
}

fn hand() -> KeptBy {
    KeptBy {
        by: "anna.rossi@nova.example".to_owned(),
        principal: None,
        because: "before the sale".to_owned(),
        at: at(0),
    }
}

/// A journal of which three entries are kept as a version that somebody put in force, and one entry more.
fn kept(folder: &Path) -> Arc<Journal> {
    let journal = Arc::new(Journal::open(&folder.join("journal"), settings(Durability::Memory)).unwrap());
    let rows = |from: i64, until: i64| {
        for day in from..until {
            let when = at(day * DAY_MS);
            journal
                .observe(observation("spring", when, vec![(purchase(), when)]))
                .unwrap();
        }
        tokio::runtime::Runtime::new()
            .unwrap()
            .block_on(journal.settled())
            .unwrap();
    };
    let models = Models::default();
    let mut learner = learner(folder, &models);
    rows(0, 3);
    learner.catch_up(&journal).unwrap();
    let version = learner.keep(hand()).unwrap();
    assert_eq!(learner.promote(Some(version.number), hand()).unwrap(), 3);
    rows(3, 4);
    learner.catch_up(&journal).unwrap();
    assert_eq!(models.snapshot().digest(), version.digest);
    journal
}

#[test]
fn a_version_in_force_is_learnt_again_at_the_next_start_and_held_against_its_digest() {
    let folder = tempfile::tempdir().unwrap();
    let journal = kept(folder.path());
    let models = Models::default();
    let mut learner = learner(folder.path(), &models);
    learner.catch_up(&journal).unwrap();
    assert_eq!(models.snapshot().number(), 3);
    assert_eq!(learner.versions().in_force(), Some(3));
    let version = learner.versions().list().next().unwrap();
    assert_eq!(models.snapshot().digest(), version.digest);
}

#[test]
fn a_damaged_version_is_refused_and_said() {
    let folder = tempfile::tempdir().unwrap();
    let journal = kept(folder.path());
    let file = folder.path().join("models/3.json");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replace("before the sale", "after the sale")).unwrap();
    let models = Models::default();
    let mut learner = learner(folder.path(), &models);
    learner.catch_up(&journal).unwrap();
    assert_eq!(models.snapshot().number(), 4, "the journal is followed");
    let said = learner.versions().damaged().join("\n");
    assert!(said.contains("3.json") && said.contains("checksum"), "{said}");
    assert!(matches!(
        learner.promote(Some(3), hand()),
        Err(VersionsError::Unknown(3))
    ));
}

fn another(folder: &Path) -> Arc<Journal> {
    let other = Arc::new(Journal::open(&folder.join("other"), settings(Durability::Memory)).unwrap());
    for day in 0..4 {
        other
            .observe(observation("spring", at(day * DAY_MS), Vec::new()))
            .unwrap();
    }
    tokio::runtime::Runtime::new()
        .unwrap()
        .block_on(other.settled())
        .unwrap();
    other
}

fn file(folder: &Path) -> std::path::PathBuf {
    folder.join("models/3.snapshot")
}

#[test]
fn a_version_that_comes_out_otherwise_is_read_from_its_file_and_without_one_refused_and_said() {
    let folder = tempfile::tempdir().unwrap();
    drop(kept(folder.path()));
    let other = another(folder.path());
    let models = Models::default();
    let mut first = learner(folder.path(), &models);
    first.catch_up(&other).unwrap();
    assert_eq!(models.snapshot().number(), 3);
    drop(first);
    fs::remove_file(file(folder.path())).unwrap();
    let models = Models::default();
    let mut second = learner(folder.path(), &models);
    second.catch_up(&other).unwrap();
    assert_eq!(models.snapshot().number(), 4);
    let said = &second.versions().damaged()[0];
    assert!(
        said.contains("another digest") && said.contains("3.snapshot"),
        "{said}"
    );
}

#[test]
fn a_damaged_file_of_knowledge_is_named_and_the_journal_stands_in() {
    let folder = tempfile::tempdir().unwrap();
    let journal = kept(folder.path());
    let whole = fs::read(file(folder.path())).unwrap();
    let mut following = learner(folder.path(), &Models::default());
    following.catch_up(&journal).unwrap();
    let other = following.keep(hand()).unwrap().number;
    let other = fs::read(folder.path().join(format!("models/{other}.snapshot"))).unwrap();
    for (damage, named) in [
        (other, "another version"),
        (whole[..whole.len() - 1].to_vec(), "checksum"),
        (Vec::new(), "cut off"),
        (
            [&whole[..20], &[whole[20] ^ 1], &whole[21..]].concat(),
            "checksum",
        ),
    ] {
        fs::write(file(folder.path()), damage).unwrap();
        let models = Models::default();
        let mut learner = learner(folder.path(), &models);
        assert_eq!(models.snapshot().number(), 0, "what is damaged answers nobody");
        learner.catch_up(&journal).unwrap();
        assert_eq!(
            (models.snapshot().number(), learner.versions().in_force()),
            (3, Some(3))
        );
        let said = learner.versions().damaged().join("\n");
        assert!(said.contains("3.snapshot") && said.contains(named), "{said}");
    }
}

#[test]
fn a_version_outlives_what_is_past_its_retention_and_answers_before_the_journal_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let disk = FallibleDisk::default();
    let journal = lived(&disk);
    let models = Models::default();
    let mut first = learner(folder.path(), &models);
    first.declare([declared()]);
    first.catch_up_by(&journal, 6).unwrap();
    let early = first.keep(hand()).unwrap();
    first.catch_up(&journal).unwrap();
    let older = first.keep(hand()).unwrap();
    first.promote(Some(older.number), hand()).unwrap();
    stored(&journal);
    first.catch_up(&journal).unwrap();
    let newer = first.keep(hand()).unwrap();
    assert!(newer.number > older.number && newer.digest != older.digest);
    cut(&journal);
    drop((first, journal));

    let models = Models::default();
    let mut again = learner(folder.path(), &models);
    assert_eq!(models.snapshot().digest(), older.digest);
    again.declare([declared()]);
    again.catch_up(&opened(&disk)).unwrap();
    assert_eq!(models.snapshot().digest(), older.digest);
    assert_eq!(again.versions().damaged(), [] as [String; 0]);
    // One comes out otherwise of what is left of the journal; to the other that does not reach back at all.
    for version in [newer, early] {
        again.promote(Some(version.number), hand()).unwrap();
        assert_eq!(models.snapshot().digest(), version.digest);
    }
}

/// Something that a contact took.
fn taken(contact: &str) -> Observation {
    Observation {
        kind: Kind::Recommendation,
        candidate: Some(CandidateId::new("tea").unwrap()),
        facts: Facts::from_iter([(Attribute::Contact, FactValue::Word(word(contact)))]),
        events: vec![(purchase(), at(0))],
        ..observation("summer", at(0), Vec::new())
    }
}

fn knows(models: &Models, contact: &str) -> bool {
    let key = ContactKey::new(&BrandId::new("nova").unwrap(), &word(contact));
    let snapshot = models.snapshot();
    snapshot.knowledge().items.taken(key).next().is_some()
}

#[test]
fn who_is_erased_is_gone_from_the_version_in_force_and_from_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::open(&folder.path().join("journal"), settings(Durability::Memory)).unwrap();
    for contact in ["anna", "ben"] {
        journal.observe(taken(contact)).unwrap();
    }
    super::journal_samples::answered(journal.settled()).unwrap();
    let models = Models::default();
    let mut first = learner(folder.path(), &models);
    first.declare([declared()]);
    first.catch_up(&journal).unwrap();
    let version = first.keep(hand()).unwrap();
    first.promote(Some(version.number), hand()).unwrap();
    assert!(knows(&models, "anna") && knows(&models, "ben"));
    first.forget(&word("anna"));
    assert!(!knows(&models, "anna") && knows(&models, "ben"));
    let models = Models::default();
    let again = learner(folder.path(), &models);
    assert!(!knows(&models, "anna") && knows(&models, "ben"));
    assert_eq!(again.versions().damaged(), [] as [String; 0]);
    let listed = again.versions().list().next().unwrap();
    assert!(listed.digest != version.digest && listed.digest == models.snapshot().digest());
}
