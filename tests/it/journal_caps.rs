//! Frequency caps: which instants they allow, what they count, and that no race exceeds one.

use std::{sync::Arc, thread};

use balustrade::{
    domain::{
        Attribute, CapKey, Choice, Duration, Event, FactValue, Frequency, Ledger, Outcome, OutcomeKey,
        OutcomeReply, Record, Recorder, Span, Timestamp,
    },
    journal::{Entry, Journal, Offset},
};
use proptest::prelude::*;

use crate::{
    domain_laws,
    journal_samples::{
        DAY_MS, HOUR_MS, LOSS, NO_BID, answered, at, bid, brand, candidate_record, cases, entries, id,
        opened, outcome, query_of, record, request, win, word,
    },
};

const WEEK: Frequency = Frequency {
    most: 2,
    window: Duration::from_days(7),
};

fn ever() -> Span {
    Span::new(at(-300 * DAY_MS), at(300 * DAY_MS))
}

fn key(contact: &str, channel: Option<&str>) -> CapKey {
    CapKey {
        contact: word(contact),
        brand: brand("nova"),
        channel: channel.map(word),
    }
}

/// A decision for one contact, by one channel.
fn decided(n: u64, now: i64, contact: &str, channel: &str, choice: Option<Choice>) -> Record {
    let mut record = record(n, at(now), &[("spring", choice)]);
    record
        .facts
        .set(Attribute::Contact, FactValue::Word(word(contact)));
    record
        .facts
        .set(Attribute::MarketChannel, FactValue::Word(word(channel)));
    record
}

fn keep(journal: &Journal, record: Record) {
    journal.record(record).unwrap();
    answered(journal.settled()).unwrap();
}

fn report(journal: &Journal, report: Outcome) -> OutcomeReply {
    let received_at = report.at;
    answered(journal.outcome(report, received_at)).unwrap()
}

/// What counts at `now`, in milliseconds, for another decision.
fn counted(journal: &Journal, key: &CapKey, now: i64) -> Vec<i64> {
    let asking = query_of(&decided(9_999, now, "p-1", "email", None));
    let contacts = journal.ledger().contacts(&asking, 0, key, ever()).unwrap();
    contacts
        .iter()
        .map(|contact| contact.since(at(0)).as_millis())
        .collect()
}

// === which instants a cap allows ===

/// Whether some stretch of that length holds more than it may once `t` is added, looking at each stretch.
fn plainly_too_many(contacts: &[i64], most: u32, window: i64, t: i64) -> bool {
    (t - window + 1..=t).any(|from| {
        let within = contacts
            .iter()
            .filter(|contact| (from..from + window).contains(contact))
            .count();
        within as u32 + 1 > most
    })
}

proptest! {
    #![proptest_config(domain_laws::cases())]

    #[test]
    fn a_cap_allows_exactly_the_instants_that_make_no_stretch_too_full(
        mut contacts in prop::collection::vec(0_i64..60, 0..9),
        most in 0_u32..5,
        window in 1_i64..30,
    ) {
        contacts.sort_unstable();
        let instants: Vec<Timestamp> = contacts.iter().copied().map(Timestamp::from_millis).collect();
        let frequency = Frequency { most, window: Duration::from_millis(window) };
        let allowed = frequency.allowed(Some(&instants));
        for t in -40..100 {
            let plain = !plainly_too_many(&contacts, most, window, t);
            prop_assert_eq!(allowed.contains(Timestamp::from_millis(t)), plain, "at {}", t);
        }
        prop_assert!(frequency.allowed(None).is_empty());
    }

    #[test]
    fn what_a_cap_looks_at_decides_as_all_contacts_do(
        mut contacts in prop::collection::vec(0_i64..200, 0..20),
        most in 1_u32..4,
        window in 1_i64..30,
        from in 50_i64..150,
    ) {
        contacts.sort_unstable();
        let instant = Timestamp::from_millis;
        let during = Span::new(instant(from), instant(from + 20));
        let frequency = Frequency { most, window: Duration::from_millis(window) };
        let all: Vec<Timestamp> = contacts.iter().copied().map(instant).collect();
        let near: Vec<Timestamp> = all.iter().copied().filter(|at| frequency.looks_at(during).contains(*at)).collect();
        prop_assert_eq!(
            frequency.allowed(Some(&near)).within(during),
            frequency.allowed(Some(&all)).within(during)
        );
    }
}

// === what is counted ===

#[test]
fn a_bid_counts_until_it_is_lost_and_for_good_once_it_is_won() {
    let folder = tempfile::tempdir().unwrap();
    let journal = opened(folder.path());
    for n in 1..=4 {
        keep(&journal, decided(n, n as i64, "p-1", "display", bid(100)));
    }
    keep(&journal, decided(5, 5, "p-1", "display", NO_BID));
    keep(&journal, decided(6, 6, "p-2", "display", bid(100)));
    let key = key("p-1", Some("display"));
    assert_eq!(counted(&journal, &key, 10), [1, 2, 3, 4]);
    report(&journal, outcome(1, "spring", win(70), "w", at(50)));
    report(&journal, outcome(2, "spring", LOSS, "l", at(50)));
    assert_eq!(counted(&journal, &key, 60), [1, 3, 4]);
    assert_eq!(
        counted(&journal, &key, HOUR_MS + 3),
        [1, 4],
        "an hour of silence is a loss"
    );
    let won_late = report(&journal, outcome(3, "spring", win(80), "w", at(2 * HOUR_MS)));
    assert_eq!(won_late, OutcomeReply::Late);
    assert_eq!(counted(&journal, &key, 5 * DAY_MS), [1, 3]);
    let withdrawn = Outcome {
        revision: 1,
        withdrawn: true,
        ..outcome(1, "spring", win(70), "w", at(50))
    };
    report(&journal, withdrawn);
    assert_eq!(counted(&journal, &key, 5 * DAY_MS), [3]);
}

#[test]
fn a_message_counts_at_its_instant_until_it_is_cancelled_and_silence_counts_as_sent() {
    let folder = tempfile::tempdir().unwrap();
    let journal = opened(folder.path());
    let planned =
        |n: u64, day: i64| decided(n, n as i64, "p-1", "email", Some(Choice::Send(at(day * DAY_MS))));
    for n in 1..=3 {
        keep(&journal, planned(n, n as i64));
    }
    let days = |now: i64| {
        let all = counted(&journal, &key("p-1", Some("email")), now * DAY_MS);
        all.into_iter().map(|at| at / DAY_MS).collect::<Vec<_>>()
    };
    assert_eq!(days(0), [1, 2, 3]);
    assert_eq!(days(90), [1, 2, 3], "nothing was heard of any of them");
    assert_eq!(
        report(&journal, outcome(1, "spring", Event::Sent, "s", at(4 * DAY_MS))),
        OutcomeReply::Accepted
    );
    let cancelled = outcome(2, "spring", Event::Cancelled, "c", at(DAY_MS));
    report(&journal, cancelled.clone());
    assert_eq!(days(5), [3, 4], "one when it was really sent, one never");
    let after_all = Outcome {
        revision: 1,
        withdrawn: true,
        ..cancelled
    };
    assert_eq!(report(&journal, after_all), OutcomeReply::Corrected);
    assert_eq!(days(5), [2, 3, 4]);
    let never_sent = Outcome {
        revision: 1,
        withdrawn: true,
        ..outcome(1, "spring", Event::Sent, "s", at(4 * DAY_MS))
    };
    report(&journal, never_sent);
    assert_eq!(days(5), [2, 3]);
}

#[test]
fn a_cap_counts_one_channel_or_all_of_them() {
    let folder = tempfile::tempdir().unwrap();
    let journal = opened(folder.path());
    keep(&journal, decided(1, 1, "p-1", "display", bid(100)));
    keep(&journal, decided(2, 2, "p-1", "video", bid(100)));
    let mut unsaid = decided(3, 3, "p-1", "display", bid(100));
    unsaid.facts = unsaid
        .facts
        .iter()
        .filter(|(fact, _)| **fact != Attribute::MarketChannel)
        .map(|(fact, value)| (fact.clone(), value.clone()))
        .collect();
    keep(&journal, unsaid);
    assert_eq!(
        counted(&journal, &key("p-1", Some("display")), 10),
        [1, 3],
        "one of no channel may be of any"
    );
    assert_eq!(counted(&journal, &key("p-1", None), 10), [1, 2, 3]);
    let other = CapKey {
        brand: brand("other"),
        ..key("p-1", None)
    };
    assert_eq!(counted(&journal, &other, 10), [0_i64; 0]);
}

#[test]
fn a_reservation_is_refused_once_the_cap_is_reached_and_becomes_the_records() {
    let folder = tempfile::tempdir().unwrap();
    let journal = opened(folder.path());
    let ledger = journal.ledger();
    let across = key("p-1", None);
    let caps = [(across.clone(), WEEK)];
    let reserve = |decided: &Record, at| ledger.reserve_contact(&query_of(decided), 0, at, &caps);
    let first = decided(1, 0, "p-1", "display", bid(100));
    let second = decided(2, 1, "p-1", "video", bid(100));
    assert_eq!(reserve(&first, at(0)), Ok(()));
    assert_eq!(reserve(&first, at(0)), Ok(()), "once per decision");
    assert_eq!(reserve(&second, at(1)), Ok(()));
    let third = decided(3, 2, "p-1", "display", bid(100));
    assert_eq!(reserve(&third, at(2)), Err(WEEK));
    assert_eq!(counted(&journal, &across, 3), [0, 1]);
    keep(&journal, first);
    assert_eq!(counted(&journal, &across, 3), [0, 1], "not counted twice");
    keep(&journal, decided(2, 1, "p-1", "video", NO_BID));
    assert_eq!(
        counted(&journal, &across, 3),
        [0],
        "what was reserved was not bid after all"
    );
    assert_eq!(reserve(&third, at(2)), Ok(()));
}

#[test]
fn a_repeated_request_is_one_contact() {
    let folder = tempfile::tempdir().unwrap();
    let journal = opened(folder.path());
    let across = key("p-1", None);
    let caps = [(across.clone(), Frequency { most: 1, ..WEEK })];
    for n in 1..=3 {
        let again = Record {
            request: Some(request("r-1")),
            ..decided(n, n as i64, "p-1", "display", bid(100))
        };
        let query = query_of(&again);
        assert_eq!(
            journal
                .ledger()
                .contacts(&query, 0, &across, ever())
                .unwrap()
                .len(),
            0,
            "its own"
        );
        assert_eq!(
            journal.ledger().reserve_contact(&query, 0, again.now, &caps),
            Ok(())
        );
        keep(&journal, again);
        assert_eq!(counted(&journal, &across, 10), [n as i64]);
    }
    report(&journal, outcome(3, "spring", LOSS, "l", at(50)));
    assert_eq!(counted(&journal, &across, 60), [0_i64; 0]);
}

#[test]
fn a_reservation_never_written_down_ends_by_itself() {
    let folder = tempfile::tempdir().unwrap();
    let journal = opened(folder.path());
    let across = key("p-1", None);
    let lost = query_of(&decided(1, 0, "p-1", "display", None));
    journal
        .ledger()
        .reserve_contact(&lost, 0, at(0), &[(across.clone(), WEEK)])
        .unwrap();
    assert_eq!(counted(&journal, &across, HOUR_MS - 1), [0]);
    assert_eq!(counted(&journal, &across, HOUR_MS), [0_i64; 0]);
}

#[test]
fn further_back_than_contacts_are_remembered_nothing_is_known() {
    let folder = tempfile::tempdir().unwrap();
    let journal = opened(folder.path());
    let asking = query_of(&decided(1, 0, "p-1", "display", None));
    let back = |days: i64| Span::new(at(-days * DAY_MS), at(0));
    let key = key("p-1", None);
    assert!(journal.ledger().contacts(&asking, 0, &key, back(400)).is_some());
    assert!(journal.ledger().contacts(&asking, 0, &key, back(401)).is_none());
}

#[test]
fn what_can_no_longer_count_is_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let journal = opened(folder.path());
    for n in 0..500_u64 {
        // Each day another person; every second bid is won.
        let person = format!("p-{n}");
        keep(
            &journal,
            decided(n, n as i64 * DAY_MS, &person, "display", bid(100)),
        );
        if n % 2 == 0 {
            report(
                &journal,
                outcome(n, "spring", win(70), "w", at(n as i64 * DAY_MS)),
            );
        }
    }
    // Parts of the table are swept as they are written to, so some of it is a little older.
    let remembered = journal.ledger().contacts_remembered();
    assert!((200..=320).contains(&remembered), "{remembered}");
}

#[test]
fn many_threads_never_reach_a_contact_too_often() {
    let folder = tempfile::tempdir().unwrap();
    let journal = Arc::new(opened(folder.path()));
    let often = Frequency {
        most: 7,
        window: Duration::from_days(1),
    };
    let threads: Vec<_> = (0..8_u64)
        .map(|thread| {
            let ledger = journal.ledger();
            thread::spawn(move || {
                let reserved = |n: &u64| {
                    let now = (n * 131) as i64 % DAY_MS;
                    let query = query_of(&decided(thread * 1_000 + n, now, "p-1", "display", None));
                    ledger
                        .reserve_contact(&query, 0, at(now), &[(key("p-1", None), often)])
                        .is_ok()
                };
                (0..200).filter(reserved).count()
            })
        })
        .collect();
    let reserved: usize = threads.into_iter().map(|thread| thread.join().unwrap()).sum();
    assert_eq!(reserved, 7);
    assert_eq!(counted(&journal, &key("p-1", None), 200 * 131).len(), 7);
}

// === live, rebuilt and plainly folded counts ===

#[derive(Debug, Clone)]
enum Step {
    Decide(Box<Record>),
    Report(Outcome),
}

/// The contacts of person `p-1` as a plain fold over the entries: lists, read by going through all of them.
#[derive(Default)]
struct Fold {
    records: Vec<Record>,
    /// (request or decision, when, until, channel), the latest of each request.
    planned: Vec<(String, i64, i64, String)>,
    closed: Vec<Record>,
    in_force: Vec<(OutcomeKey, Outcome)>,
}

fn promise(record: &Record) -> String {
    record
        .request
        .as_ref()
        .map_or(format!("{}", record.decision), ToString::to_string)
}

fn millis(instant: Timestamp) -> i64 {
    instant.since(at(0)).as_millis()
}

fn channel(record: &Record) -> String {
    record.facts.word(&Attribute::MarketChannel).unwrap().to_string()
}

impl Fold {
    fn apply(&mut self, entry: &Entry) {
        match entry {
            Entry::Decision(record) => {
                self.plan(record);
                self.records.push((**record).clone());
            }
            Entry::Outcome {
                outcome,
                reply: OutcomeReply::Quarantined(_),
                ..
            } => drop(outcome.clone()),
            Entry::Outcome { outcome, .. } => self.report(outcome),
            Entry::Observation(_) | Entry::Change(_) => {}
        }
    }

    fn plan(&mut self, record: &Record) {
        let now = millis(record.now);
        let (at, until) = match record.candidates[0].choice {
            Some(Choice::Bid(_)) => (now, now + HOUR_MS),
            Some(Choice::Send(at)) => (millis(at), i64::MAX),
            _ => return,
        };
        self.planned.retain(|(of, ..)| *of != promise(record));
        self.planned.push((promise(record), at, until, channel(record)));
    }

    fn report(&mut self, outcome: &Outcome) {
        let before = self
            .in_force
            .iter()
            .find(|(key, _)| *key == outcome.key())
            .map(|(_, kept)| kept.clone());
        self.in_force.retain(|(key, _)| *key != outcome.key());
        self.in_force.push((outcome.key(), outcome.clone()));
        let record = self
            .records
            .iter()
            .find(|record| record.decision == outcome.decision)
            .unwrap()
            .clone();
        let first = !self
            .closed
            .iter()
            .any(|closed| closed.decision == record.decision);
        let ends = matches!(
            outcome.event,
            Event::Win { .. } | Event::Loss { .. } | Event::Sent | Event::Cancelled
        );
        if ends && !outcome.withdrawn && first {
            self.planned.retain(|(of, ..)| *of != promise(&record));
            self.closed.push(record.clone());
        }
        let was_cancelled =
            before.is_some_and(|before| before.event == Event::Cancelled && !before.withdrawn);
        if was_cancelled && outcome.withdrawn {
            self.plan(&record);
        }
    }

    fn counted(&self, wanted: Option<&str>, now: i64) -> Vec<i64> {
        let fits = |of: &str| wanted.is_none_or(|wanted| wanted == of);
        let open = self
            .planned
            .iter()
            .filter(|(_, _, until, of)| now < *until && fits(of))
            .map(|(_, at, ..)| *at);
        let made = self
            .in_force
            .iter()
            .filter(|(_, kept)| !kept.withdrawn)
            .filter_map(|(_, kept)| {
                let record = self
                    .records
                    .iter()
                    .find(|record| record.decision == kept.decision)?;
                let at = match kept.event {
                    Event::Win { .. } => millis(record.now),
                    Event::Sent => millis(kept.at),
                    Event::Loss { .. }
                    | Event::Impression
                    | Event::Click
                    | Event::Conversion { .. }
                    | Event::Cancelled
                    | Event::Open
                    | Event::Unsubscribe => return None,
                };
                fits(&channel(record)).then_some(at)
            });
        let mut all: Vec<i64> = open.chain(made).collect();
        all.sort_unstable();
        all
    }
}

fn any_step() -> impl Strategy<Value = Step> {
    let channels = || prop::sample::select(vec!["email", "display"]);
    let requests = prop::option::of(prop::sample::select(vec!["r-1", "r-2"]));
    let later = (0..5 * DAY_MS).prop_map(|when| Some(Choice::Send(at(when))));
    let choices = prop_oneof![3 => Just(bid(100)), 3 => later, 1 => Just(NO_BID), 1 => Just(None)];
    let decide =
        (0_u64..12, 0..2 * HOUR_MS, channels(), requests, choices).prop_map(|(n, now, by, of, choice)| {
            let record = decided(n, now, "p-1", by, choice);
            Step::Decide(Box::new(Record {
                request: of.map(request),
                ..record
            }))
        });
    let events = prop::sample::select(vec![win(70), LOSS, Event::Click, Event::Sent, Event::Cancelled]);
    let names = prop::sample::select(vec!["a", "b"]);
    let told = (
        0_u64..12,
        events,
        names,
        0_u32..3,
        0..4 * HOUR_MS,
        prop::bool::weighted(0.2),
    )
        .prop_map(|(n, event, name, revision, when, withdrawn)| {
            Step::Report(Outcome {
                revision,
                withdrawn,
                ..outcome(n, "spring", event, name, at(when))
            })
        });
    prop_oneof![1 => decide, 1 => told]
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn live_rebuilt_and_plainly_folded_contacts_are_the_same(steps in prop::collection::vec(any_step(), 1..60)) {
        let folder = tempfile::tempdir().unwrap();
        let journal = opened(folder.path());
        let any = (key("p-1", None), Frequency { most: 1_000, ..WEEK });
        let mut known = Vec::new();
        for step in &steps {
            match step {
                Step::Decide(record) if known.contains(&record.decision) => {}
                Step::Decide(record) => {
                    known.push(record.decision);
                    let (query, any) = (query_of(record), std::slice::from_ref(&any));
                    let reserved = journal.ledger().reserve_contact(&query, 0, record.now, any);
                    prop_assert_eq!(reserved, Ok(()));
                    keep(&journal, Record::clone(record));
                }
                Step::Report(outcome) => {
                    report(&journal, outcome.clone());
                }
            }
        }
        let mut fold = Fold::default();
        for entry in entries(&journal, Offset::START) {
            fold.apply(&entry);
        }
        let instants = [HOUR_MS, 3 * HOUR_MS / 2, 2 * HOUR_MS, 3 * HOUR_MS, 5 * DAY_MS];
        let read = |journal: &Journal| {
            let views = [None, Some("email"), Some("display")];
            instants.map(|now| views.map(|by| counted(journal, &key("p-1", by), now)))
        };
        let plain = instants.map(|now| [None, Some("email"), Some("display")].map(|by| fold.counted(by, now)));
        prop_assert_eq!(&read(&journal), &plain);
        drop(journal);
        prop_assert_eq!(&read(&opened(folder.path())), &plain);
    }
}

#[test]
fn nobody_named_is_nobody_counted() {
    let folder = tempfile::tempdir().unwrap();
    let journal = opened(folder.path());
    let mut nobody = record(1, at(0), &[]);
    nobody.candidates.push(candidate_record("spring", bid(100)));
    assert_eq!(nobody.decision, id(1));
    keep(&journal, nobody);
    assert_eq!(journal.ledger().contacts_remembered(), 0);
}
