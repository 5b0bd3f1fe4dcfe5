//! Versions of scores: kept on disk, put in force and gone back to, over a restart and by themselves.
//!
//! Faults that were planted, and all were told: nothing ever goes back by itself, of a score and of all models; going back
//! to what went back; acts of people not done again after a restart.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use balustrade::{
    app::{App, World},
    domain::{Changed, Choice, Recorder as _, Timestamp},
    grpc::ModelsView,
    journal::{Damage, Durability, Journal},
    learning::{KeptBy, Learner, Standing, Trainer, Version, Versions, VersionsError},
    model::Models,
};

use super::{
    guardrail_laws,
    journal_samples::{HOUR_MS, answered, at, bid, observation, outcome, purchase, record, settings, win},
    score_models::{answer, leads, observed},
};

fn hand(because: &str) -> KeptBy {
    KeptBy {
        by: "anna.rossi@nova.example".to_owned(),
        principal: None,
        because: because.to_owned(),
        at: at(0),
    }
}

fn now() -> i64 {
    guardrail_laws::query().now.as_millis()
}

fn journal(folder: &Path, count: usize) -> Arc<Journal> {
    let journal = Arc::new(Journal::open(&folder.join("journal"), settings(Durability::Memory)).unwrap());
    for (place, lead) in leads(count, 1).iter().enumerate() {
        let ago = i64::try_from(count - place).unwrap() * HOUR_MS;
        journal
            .observe(observed(lead, Timestamp::from_millis(now() - ago)))
            .unwrap();
    }
    answered(journal.settled()).unwrap();
    journal
}

fn learner(folder: &Path) -> (Learner, Models) {
    let models = Models::default();
    let versions = Versions::open(folder.join("models")).unwrap();
    (Learner::new(models.clone()).keeping(versions), models)
}

fn listed(learner: &Learner) -> Vec<Version> {
    learner.scores().versions(&guardrail_laws::campaign().id)
}

fn in_force(learner: &Learner) -> Version {
    let mut versions = listed(learner).into_iter();
    versions
        .find(|version| version.standing == Standing::InForce)
        .unwrap()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let files = fs::read_dir(folder.join("models/scores")).unwrap();
    let mut files: Vec<PathBuf> = files.map(|file| file.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "score"));
    files.sort();
    files
}

#[test]
fn what_was_promoted_and_gone_back_to_survives_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let journal = journal(folder.path(), 1_000);
    let campaign = guardrail_laws::campaign().id;
    let (before, digest) = {
        let (mut learner, models) = learner(folder.path());
        learner.catch_up(&journal).unwrap();
        let first = in_force(&learner);
        let older = learner
            .roll_back_score(&campaign, hand("the week looks odd"))
            .unwrap();
        assert_ne!(older.digest, first.digest);
        assert_eq!(older.kept_by.unwrap().because, "the week looks odd");
        let fitted = learner.train_score(&campaign, hand("all of it")).unwrap();
        assert_ne!(fitted.digest, older.digest);
        let back = learner
            .promote_score(&campaign, &older.digest[..10], hand("the one I know"))
            .unwrap();
        assert_eq!(back.digest, older.digest);
        (listed(&learner), models.snapshot().digest())
    };
    assert_eq!(files(folder.path()).len(), before.len());
    let (mut learner, models) = learner(folder.path());
    learner.catch_up(&journal).unwrap();
    assert_eq!(listed(&learner), before);
    assert_eq!(models.snapshot().digest(), digest);
    assert_eq!(in_force(&learner).kept_by.unwrap().because, "the one I know");
    assert_eq!(learner.versions().damaged(), [] as [String; 0]);
}

#[test]
fn a_version_outlives_the_journal_that_it_was_learnt_from() {
    let folder = tempfile::tempdir().unwrap();
    let before = {
        let journal = journal(folder.path(), 600);
        let (mut learner, _) = learner(folder.path());
        learner.catch_up(&journal).unwrap();
        in_force(&learner)
    };
    let empty = Journal::open(&folder.path().join("other"), settings(Durability::Memory)).unwrap();
    let (mut learner, models) = learner(folder.path());
    learner.catch_up(&empty).unwrap();
    assert_eq!(in_force(&learner).digest, before.digest);
    // There is a model; how far it may lead is a matter of evidence, of which the empty journal has none.
    let proposed = answer(&models.snapshot());
    assert!(
        proposed.estimate.unwrap().outcome_probability > 0.2,
        "{proposed:?}"
    );
    assert_eq!(
        proposed.choice,
        Choice::Score(balustrade::domain::Micros::new(50_000))
    );
}

#[test]
fn a_damaged_or_exchanged_file_of_a_score_is_refused_and_said() {
    let folder = tempfile::tempdir().unwrap();
    let journal = journal(folder.path(), 600);
    let digest = {
        let (mut learner, models) = learner(folder.path());
        learner.catch_up(&journal).unwrap();
        models.snapshot().digest()
    };
    let files = files(folder.path());
    let mut bytes = fs::read(&files[0]).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&files[0], bytes).unwrap();
    fs::copy(&files[1], files[1].with_file_name("00ff.score")).unwrap();
    let (mut learner, models) = learner(folder.path());
    learner.catch_up(&journal).unwrap();
    let said = learner.versions().damaged().join("\n");
    assert!(said.contains("checksum") && said.contains("named for"), "{said}");
    assert_eq!(models.snapshot().digest(), digest, "it is learnt again");
}

#[test]
fn acts_that_were_tampered_with_are_refused_and_said() {
    let folder = tempfile::tempdir().unwrap();
    let journal = journal(folder.path(), 600);
    let campaign = guardrail_laws::campaign().id;
    {
        let (mut learner, _) = learner(folder.path());
        learner.catch_up(&journal).unwrap();
        learner.roll_back_score(&campaign, hand("odd")).unwrap();
    }
    let file = folder.path().join("models/scores/acts.json");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replace("anna.rossi", "nobody")).unwrap();
    let (learner, _) = learner(folder.path());
    let said = learner.versions().damaged().join("\n");
    assert!(said.contains("acts.json") && said.contains("checksum"), "{said}");
}

#[test]
fn a_version_that_does_worse_on_what_follows_goes_back_by_itself() {
    let mut trainer = Trainer::default();
    let campaign = guardrail_laws::campaign().id;
    let mut hour = -2_000;
    let mut teach = |trainer: &mut Trainer, count, seed, otherwise: bool| {
        for mut lead in leads(count, seed) {
            let many = lead.visits >= 5.0;
            lead.converts = (many != otherwise) != (hour % 20 == 0);
            hour += 1;
            trainer.observation(&observed(&lead, Timestamp::from_millis(now() + hour * HOUR_MS)));
        }
    };
    // Fits begin at 100, 200, 300, 450 and 675 leads.
    teach(&mut trainer, 100, 1, true);
    teach(&mut trainer, 360, 2, false);
    let _ = trainer.snapshot();
    let versions = trainer.scores().versions(&campaign);
    let (oldest, best) = (&versions[0], versions.last().unwrap());
    assert_eq!(best.standing, Standing::InForce, "{versions:?}");
    let hand = hand("it looked better on paper");
    trainer
        .scores_mut()
        .promote(&campaign, &oldest.digest, hand)
        .unwrap();
    teach(&mut trainer, 200, 3, false);
    let versions = trainer.scores().versions(&campaign);
    let worse = versions
        .iter()
        .find(|version| version.digest == oldest.digest)
        .unwrap();
    let why = worse.rolled_back.expect("it went back by itself");
    assert!(why.worse_by > 0.0 && why.outcomes >= 100, "{why:?}");
    let in_force = versions
        .iter()
        .find(|version| version.standing == Standing::InForce);
    assert_eq!(in_force.unwrap().digest, best.digest);
}

#[test]
fn a_version_of_all_models_that_does_worse_goes_back_by_itself() {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::open(&folder.path().join("journal"), settings(Durability::Memory)).unwrap();
    // In the beginning everybody buys.
    for hour in 0..60 {
        let when = at(hour * HOUR_MS);
        journal
            .observe(observation("summer", when, vec![(purchase(), when)]))
            .unwrap();
    }
    answered(journal.settled()).unwrap();
    let (mut learner, models) = learner(folder.path());
    learner.catch_up(&journal).unwrap();
    let version = learner.keep(hand("a good month")).unwrap();
    learner
        .promote(Some(version.number), hand("a good month"))
        .unwrap();
    // Then nobody does.
    for n in 1..=300 {
        let when = at(60 * HOUR_MS + i64::try_from(n).unwrap() * HOUR_MS);
        journal
            .record(record(n, when, &[("summer", bid(1_000_000))]))
            .unwrap();
        answered(journal.outcome(outcome(n, "summer", win(700_000), "w", when), when)).unwrap();
    }
    answered(journal.settled()).unwrap();
    learner.catch_up(&journal).unwrap();
    assert_eq!(
        learner.versions().in_force(),
        None,
        "the journal is followed again"
    );
    assert!(models.snapshot().number() > version.number);
    let [(what, why)] = learner.newly_rolled_back().try_into().unwrap();
    assert_eq!(what, format!("version {} of the models", version.number));
    assert!(why.worse_by > 0.0 && why.outcomes >= 100, "{why:?}");
    let kept = learner.versions().list().next().unwrap();
    assert_eq!(kept.rolled_back, Some(why));
    assert!(matches!(
        learner.roll_back(hand("again")),
        Err(VersionsError::NoOlder)
    ));
    let (mut learner, _) = self::learner(folder.path());
    learner.catch_up(&journal).unwrap();
    assert_eq!(learner.versions().in_force(), None, "over a restart");
}

#[test]
fn whichever_version_of_a_score_answers_is_on_record_once_whoever_put_it_in_force() {
    let folder = tempfile::tempdir().unwrap();
    let mut settings = balustrade::settings::Settings::default();
    settings.journal.folder = folder.path().to_owned();
    settings.rules.folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
    let open = || {
        let clock = Arc::new(balustrade::app::SystemClock);
        App::open(&settings, Damage::Refuse, clock, &World::Real).unwrap()
    };
    let noted = |app: &App| {
        answered(app.journal.settled()).unwrap();
        let changes = app.journal.changes().into_iter().map(|(_, change)| change);
        let scores = changes.filter_map(|change| {
            let Changed::ScoreInForce { from, to, .. } = change.what else {
                return None;
            };
            Some((change.by.to_string(), from, to))
        });
        scores.collect::<Vec<_>>()
    };
    let app = open();
    for (place, lead) in leads(1_000, 1).iter().enumerate() {
        let ago = i64::try_from(1_000 - place).unwrap() * HOUR_MS;
        let row = observed(lead, Timestamp::from_millis(now() - ago));
        app.journal.observe(row).unwrap();
    }
    answered(app.journal.settled()).unwrap();
    app.catch_up().unwrap();
    let [(by, None, first)] = &noted(&app)[..] else {
        panic!("{:?}", noted(&app));
    };
    assert_eq!(by, "the models");
    let campaign = guardrail_laws::campaign().id;
    let older = ModelsView::roll_back_score(&app, &campaign, hand("the week looks odd")).unwrap();
    let after = noted(&app);
    let last = (
        "anna.rossi@nova.example".to_owned(),
        Some(Arc::clone(first)),
        Arc::from(older.digest),
    );
    assert_eq!(after[1..], [last]);
    drop(app);
    let app = open();
    app.catch_up().unwrap();
    assert_eq!(noted(&app), after, "what is learnt again is not noted again");
}
