//! The live counts: what is evidence, what is spent and reserved, and that a restart changes none of it.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    thread,
};

use balustrade::{
    domain::{
        Attribute, Budget, Choice, Event, Evidence, EvidenceKey, FactValue, Ledger, Micros, Observation,
        Outcome, OutcomeReply, Record, Recorder, RequestId, Spend, Timestamp,
    },
    journal::{Entry, Journal, Offset},
};
use proptest::prelude::*;

use crate::journal_samples::{
    DAY_MS, HOUR_MS, LOSS, NO_BID, answered, at, bid, brand, campaign, cases, entries, id, objective_id,
    observation, opened, outcome, purchase, purchases, query_of, record, request, win, word,
};

fn market(country: Option<&str>, channel: Option<&str>, product: Option<&str>) -> EvidenceKey {
    EvidenceKey::Market {
        brand: brand("nova"),
        objective: objective_id("sales"),
        country: country.map(word),
        channel: channel.map(word),
        product: product.map(word),
    }
}

fn spend(journal: &Journal, of: &str, millis: i64) -> (i64, i64) {
    let spend = journal.ledger().spend(&campaign(of), at(millis));
    (spend.spent.get(), spend.reserved.get())
}

fn report(journal: &Journal, report: Outcome) -> OutcomeReply {
    let received_at = report.at;
    answered(journal.outcome(report, received_at)).unwrap()
}

/// A budget of so many CPM micros.
fn budget(cpm_micros: i64) -> Budget {
    Budget {
        amount: Micros::new(cpm_micros / 1_000),
        start: at(0),
        end: at(30 * DAY_MS),
    }
}

#[test]
fn an_outcome_of_the_objective_is_counted_under_every_view_of_its_market() {
    let folder = tempfile::tempdir().unwrap();
    let journal = opened(folder.path());
    journal.record(record(1, at(0), &[("spring", bid(1))])).unwrap();
    report(&journal, outcome(1, "spring", purchase(), "p", at(HOUR_MS)));
    report(&journal, outcome(1, "spring", Event::Click, "c", at(HOUR_MS)));
    let one = Evidence {
        current: 1,
        peak: 1,
        latest: Some(at(HOUR_MS)),
    };
    let ledger = journal.ledger();
    let views = |word| [None, Some(word)];
    for country in views("IT") {
        for channel in views("display") {
            for product in views("soda") {
                let key = market(country, channel, product);
                assert_eq!(ledger.evidence(&key, 30, at(DAY_MS)), one, "{key:?}");
            }
        }
    }
    assert_eq!(
        ledger.evidence(&EvidenceKey::Campaign(campaign("spring")), 30, at(0)),
        one
    );
    assert_eq!(
        ledger.evidence(&market(Some("ES"), None, None), 30, at(0)),
        Evidence::default()
    );
}

#[test]
fn evidence_leaves_the_window_and_its_peak_stays() {
    let folder = tempfile::tempdir().unwrap();
    let journal = opened(folder.path());
    for (n, day) in [(1, 0), (2, 1), (3, 2), (4, 40)] {
        journal
            .record(record(n, at(day * DAY_MS), &[("spring", bid(1))]))
            .unwrap();
        report(
            &journal,
            outcome(n, "spring", purchase(), "p", at(day * DAY_MS + 1)),
        );
    }
    let key = EvidenceKey::Campaign(campaign("spring"));
    let seen = |window, day| {
        let evidence = journal.ledger().evidence(&key, window, at(day * DAY_MS));
        (evidence.current, evidence.peak)
    };
    assert_eq!(seen(30, 2), (3, 3));
    assert_eq!(seen(30, 29), (3, 3));
    assert_eq!(seen(30, 30), (2, 3));
    assert_eq!(seen(30, 40), (1, 3));
    assert_eq!(seen(2, 2), (2, 2));
    assert_eq!(seen(50, 40), (4, 4));
    assert_eq!(seen(30, 300), (0, 3));
}

#[test]
fn an_event_outside_the_objectives_window_is_no_evidence() {
    let folder = tempfile::tempdir().unwrap();
    let journal = opened(folder.path());
    journal.record(record(1, at(0), &[("spring", bid(1))])).unwrap();
    report(
        &journal,
        outcome(1, "spring", purchase(), "late", at(7 * DAY_MS + 1)),
    );
    let key = EvidenceKey::Campaign(campaign("spring"));
    assert_eq!(journal.ledger().evidence(&key, 30, at(0)), Evidence::default());
    report(&journal, outcome(1, "spring", purchase(), "just", at(7 * DAY_MS)));
    assert_eq!(journal.ledger().evidence(&key, 30, at(7 * DAY_MS)).current, 1);
}

#[test]
fn a_withdrawn_conversion_is_taken_back() {
    let folder = tempfile::tempdir().unwrap();
    let journal = opened(folder.path());
    journal.record(record(1, at(0), &[("spring", bid(1))])).unwrap();
    let sold = outcome(1, "spring", purchase(), "p", at(1));
    report(&journal, sold.clone());
    let returned = Outcome {
        revision: 1,
        withdrawn: true,
        ..sold
    };
    assert_eq!(report(&journal, returned), OutcomeReply::Corrected);
    let key = EvidenceKey::Campaign(campaign("spring"));
    let evidence = journal.ledger().evidence(&key, 30, at(1));
    assert_eq!((evidence.current, evidence.peak), (0, 0));
}

#[test]
fn imported_history_is_evidence_and_no_spend() {
    let folder = tempfile::tempdir().unwrap();
    let journal = opened(folder.path());
    let events = vec![
        (Event::Click, at(5)),
        (purchase(), at(9)),
        (purchase(), at(8 * DAY_MS)),
    ];
    journal.observe(observation("spring", at(0), events)).unwrap();
    answered(journal.settled()).unwrap();
    let evidence = journal
        .ledger()
        .evidence(&market(Some("IT"), Some("display"), None), 30, at(DAY_MS));
    assert_eq!((evidence.current, evidence.latest), (1, Some(at(9))));
    assert_eq!(spend(&journal, "spring", 10), (0, 0));
}

#[test]
fn a_bid_reserves_its_price_until_win_loss_or_an_hour() {
    let folder = tempfile::tempdir().unwrap();
    let journal = opened(folder.path());
    for n in 1..=4 {
        journal
            .record(record(n, at(0), &[("spring", bid(100)), ("autumn", NO_BID)]))
            .unwrap();
    }
    answered(journal.settled()).unwrap();
    assert_eq!(spend(&journal, "spring", 1), (0, 400));
    assert_eq!(spend(&journal, "autumn", 1), (0, 0));
    report(&journal, outcome(1, "spring", win(70), "w", at(50)));
    report(&journal, outcome(2, "spring", LOSS, "l", at(50)));
    assert_eq!(spend(&journal, "spring", 60), (70, 200));
    assert_eq!(spend(&journal, "spring", HOUR_MS - 1), (70, 200));
    assert_eq!(spend(&journal, "spring", HOUR_MS), (70, 0));
    // Counted lost by now; a later win is applied.
    assert_eq!(
        report(&journal, outcome(3, "spring", win(80), "w", at(2 * HOUR_MS))),
        OutcomeReply::Late
    );
    assert_eq!(spend(&journal, "spring", 2 * HOUR_MS), (150, 0));
    // The clock is the caller's: asked about an earlier instant, one bid is still open.
    assert_eq!(spend(&journal, "spring", 60), (150, 100));
}

#[test]
fn old_reservations_are_dropped_and_leave_no_trace() {
    let folder = tempfile::tempdir().unwrap();
    let journal = opened(folder.path());
    for n in 0..40 {
        let now = n as i64 * HOUR_MS / 2;
        let mut decided = record(n, at(now), &[("spring", bid(100))]);
        decided.request = (n % 2 == 0).then(|| request("r-1"));
        journal.record(decided).unwrap();
        answered(journal.settled()).unwrap();
        let open = if n == 0 { 100 } else { 200 };
        assert_eq!(spend(&journal, "spring", now), (0, open), "half hour {n}");
    }
    // A loss reported of a forgotten bid, and of one that is still open.
    report(&journal, outcome(1, "spring", LOSS, "l", at(20 * HOUR_MS)));
    report(&journal, outcome(39, "spring", LOSS, "l", at(20 * HOUR_MS)));
    assert_eq!(spend(&journal, "spring", 39 * HOUR_MS / 2), (0, 100));
}

#[test]
fn a_corrected_price_moves_what_was_spent() {
    let folder = tempfile::tempdir().unwrap();
    let journal = opened(folder.path());
    journal.record(record(1, at(0), &[("spring", bid(100))])).unwrap();
    let won = outcome(1, "spring", win(70), "w", at(50));
    report(&journal, won.clone());
    let dearer = Outcome {
        revision: 1,
        event: win(75),
        ..won.clone()
    };
    report(&journal, dearer);
    assert_eq!(spend(&journal, "spring", 60), (75, 0));
    let not_at_all = Outcome {
        revision: 2,
        withdrawn: true,
        ..won
    };
    report(&journal, not_at_all);
    assert_eq!(spend(&journal, "spring", 60), (0, 0));
}

#[test]
fn a_reservation_fits_or_is_refused_with_what_is_taken() {
    let folder = tempfile::tempdir().unwrap();
    let journal = opened(folder.path());
    let ledger = journal.ledger();
    let reserve = |n, price| {
        let query = query_of(&record(n, at(0), &[("spring", None)]));
        ledger.reserve(&query, 0, budget(10_000), Micros::new(price))
    };
    assert_eq!(reserve(1, 6_000), Ok(()));
    let taken = Spend {
        spent: Micros::ZERO,
        reserved: Micros::new(6_000),
    };
    assert_eq!(reserve(2, 4_001), Err(taken));
    assert_eq!(reserve(1, 6_000), Ok(()), "once per decision");
    assert_eq!(reserve(3, 4_000), Ok(()));
    assert_eq!(spend(&journal, "spring", 1), (0, 10_000));
    // Never written down, they end by the time-out all the same.
    assert_eq!(spend(&journal, "spring", HOUR_MS), (0, 0));
}

#[test]
fn a_reservation_becomes_the_records_and_is_not_counted_twice() {
    let folder = tempfile::tempdir().unwrap();
    let journal = opened(folder.path());
    let won = record(1, at(0), &[("spring", bid(6_000))]);
    let dropped = record(2, at(0), &[("spring", NO_BID)]);
    for decided in [&won, &dropped] {
        let reserved = journal
            .ledger()
            .reserve(&query_of(decided), 0, budget(20_000), Micros::new(6_000));
        assert_eq!(reserved, Ok(()));
    }
    assert_eq!(spend(&journal, "spring", 1), (0, 12_000));
    journal.record(won).unwrap();
    journal.record(dropped).unwrap();
    answered(journal.settled()).unwrap();
    assert_eq!(spend(&journal, "spring", 1), (0, 6_000));
}

#[test]
fn a_repeated_request_reserves_once_at_its_greatest_price() {
    let folder = tempfile::tempdir().unwrap();
    let journal = opened(folder.path());
    let decided = |n, price| Record {
        request: Some(request("r-1")),
        ..record(n, at(n as i64), &[("spring", bid(price))])
    };
    for (n, price, expected) in [(1, 5_000, 5_000), (2, 4_000, 5_000), (3, 7_000, 7_000)] {
        let decided = decided(n, price);
        let reserved = journal
            .ledger()
            .reserve(&query_of(&decided), 0, budget(8_000), Micros::new(price));
        assert_eq!(reserved, Ok(()));
        assert_eq!(spend(&journal, "spring", 10), (0, expected));
        journal.record(decided).unwrap();
        answered(journal.settled()).unwrap();
        assert_eq!(spend(&journal, "spring", 10), (0, expected));
    }
    let refused = journal.ledger().reserve(
        &query_of(&decided(4, 9_000)),
        0,
        budget(8_000),
        Micros::new(9_000),
    );
    assert!(refused.is_err());
    report(&journal, outcome(2, "spring", LOSS, "l", at(50)));
    assert_eq!(spend(&journal, "spring", 60), (0, 0));
}

#[test]
fn many_threads_never_reserve_more_than_the_budget() {
    let folder = tempfile::tempdir().unwrap();
    let journal = Arc::new(opened(folder.path()));
    let threads: Vec<_> = (0..4)
        .map(|thread| {
            let ledger = journal.ledger();
            thread::spawn(move || {
                let reserved = |n: &u64| {
                    let query = query_of(&record(thread * 1_000 + n, at(0), &[("spring", None)]));
                    ledger
                        .reserve(&query, 0, budget(100_000), Micros::new(700))
                        .is_ok()
                };
                (0..100).filter(reserved).count()
            })
        })
        .collect();
    let reserved: usize = threads.into_iter().map(|thread| thread.join().unwrap()).sum();
    assert_eq!(reserved, 142);
    assert_eq!(spend(&journal, "spring", 1), (0, 99_400));
}

// === the same, for random sequences, beside a plain fold ===

/// One thing that happens, at a stated time.
#[derive(Debug, Clone)]
enum Step {
    Decide(Record),
    Report(Outcome, Timestamp),
    Observe(Observation),
}

/// The ledger as a plain fold over entries, kept as lists and read by going through all of them.
#[derive(Default)]
struct Fold {
    decisions: Vec<Record>,
    /// The revision in force of each event, and the one before, by key.
    in_force: BTreeMap<balustrade::domain::OutcomeKey, Outcome>,
    /// Open reservations: campaign, key, price, the second they count from.
    open: Vec<Reserved>,
    settled: Vec<(u64, String)>,
    observations: Vec<Observation>,
}

#[derive(Debug, Clone)]
struct Reserved {
    campaign: String,
    decision: u64,
    request: Option<RequestId>,
    price: i64,
    second: i64,
}

fn number(record: &Record) -> u64 {
    (0..64).find(|n| id(*n) == record.decision).unwrap()
}

impl Fold {
    fn apply(&mut self, entry: &Entry) {
        match entry {
            Entry::Decision(record) => self.decide(record),
            Entry::Outcome { outcome, reply, .. } => self.report(outcome, *reply),
            Entry::Observation(row) => self.observations.push((**row).clone()),
        }
    }

    fn decide(&mut self, record: &Record) {
        let second = (record.now.as_millis() + 999).div_euclid(1_000);
        for one in &record.candidates {
            let Some(Choice::Bid(price)) = one.choice else {
                continue;
            };
            let mut new = Reserved {
                campaign: one.campaign.to_string(),
                decision: number(record),
                request: record.request.clone(),
                price: price.get(),
                second,
            };
            let of_request = |open: &Reserved| {
                open.campaign == new.campaign && open.request.is_some() && open.request == new.request
            };
            if let Some(same) = self.open.iter().position(of_request) {
                let mut before = self.open.remove(same);
                if before.second > second - 3_600 {
                    new.price = new.price.max(before.price);
                    new.second = new.second.max(before.second);
                } else {
                    // Timed out before this decision: nothing but time ends it any more.
                    (before.request, before.decision) = (None, u64::MAX);
                    self.open.push(before);
                }
            }
            self.open.push(new);
        }
        self.decisions.push(record.clone());
    }

    fn report(&mut self, outcome: &Outcome, reply: OutcomeReply) {
        if let OutcomeReply::Quarantined(_) = reply {
            return;
        }
        self.in_force.insert(outcome.key(), outcome.clone());
        let Some(record) = self
            .decisions
            .iter()
            .find(|record| record.decision == outcome.decision)
        else {
            return;
        };
        let mark = (number(record), outcome.candidate.to_string());
        let ends = matches!(outcome.event, Event::Win { .. } | Event::Loss { .. }) && !outcome.withdrawn;
        let has_bid = record
            .candidate(&outcome.candidate)
            .is_some_and(|one| matches!(one.choice, Some(Choice::Bid(_))));
        if !ends || !has_bid || self.settled.contains(&mark) {
            return;
        }
        let latest_of_request = |open: &Reserved| open.request.is_some() && open.request == record.request;
        let ended = self.open.iter().rposition(|open| {
            open.campaign == mark.1
                && (latest_of_request(open) || (open.request.is_none() && open.decision == mark.0))
        });
        if let Some(ended) = ended {
            self.open.remove(ended);
        }
        self.settled.push(mark);
    }

    fn spend(&self, of: &str, now: Timestamp) -> Spend {
        let spent = self
            .in_force
            .values()
            .filter(|kept| kept.candidate.as_str() == of && !kept.withdrawn);
        let spent = spent.map(|kept| match kept.event {
            Event::Win { price } => price.get(),
            Event::Loss { .. } | Event::Impression | Event::Click | Event::Conversion { .. } => 0,
        });
        let second = now.as_millis().div_euclid(1_000);
        let open = self
            .open
            .iter()
            .filter(|open| open.campaign == of && open.second > second - 3_600);
        Spend {
            spent: Micros::new(spent.sum()),
            reserved: Micros::new(open.map(|open| open.price).sum()),
        }
    }

    /// Days of the outcomes that count under a key.
    fn days(&self, key: &EvidenceKey) -> Vec<i64> {
        let mut days = Vec::new();
        for kept in self.in_force.values().filter(|kept| !kept.withdrawn) {
            let Some(record) = self
                .decisions
                .iter()
                .find(|record| record.decision == kept.decision)
            else {
                continue;
            };
            let one = record.candidate(&kept.candidate).unwrap();
            let country = record.facts.word(&Attribute::MarketCountry);
            if fits(key, one.campaign.as_str(), country) && counts(record.now, &kept.event, kept.at) {
                days.push(kept.at.day());
            }
        }
        for row in &self.observations {
            for (event, when) in &row.events {
                let country = row.facts.word(&Attribute::MarketCountry);
                if fits(key, row.campaign.as_str(), country) && counts(row.at, event, *when) {
                    days.push(when.day());
                }
            }
        }
        days
    }

    fn evidence(&self, key: &EvidenceKey, window: u32, now: Timestamp) -> (u32, u32) {
        let days = self.days(key);
        let ending = |last: i64| {
            let within = |day: &&i64| **day <= last && **day > last - i64::from(window);
            days.iter().filter(within).count() as u32
        };
        let peak = days.iter().map(|day| ending(*day)).max().unwrap_or(0);
        (ending(now.day()), peak)
    }
}

fn counts(decided: Timestamp, event: &Event, when: Timestamp) -> bool {
    let window = purchases().window.as_millis();
    event.name() == "purchase" && (0..=window).contains(&when.since(decided).as_millis())
}

fn fits(key: &EvidenceKey, of: &str, country: Option<&balustrade::domain::Word>) -> bool {
    match key {
        EvidenceKey::Campaign(campaign) => campaign.as_str() == of,
        EvidenceKey::Market { country: asked, .. } => asked.is_none() || asked.as_ref() == country,
    }
}

fn any_choice() -> impl Strategy<Value = Option<Choice>> {
    prop_oneof![
        3 => (1_i64..500).prop_map(bid),
        1 => Just(NO_BID),
        1 => Just(None),
    ]
}

fn any_event() -> impl Strategy<Value = Event> {
    prop_oneof![
        3 => (1_i64..500).prop_map(win),
        2 => Just(LOSS),
        3 => Just(purchase()),
        1 => Just(Event::Click),
    ]
}

prop_compose! {
    fn any_decision()(
        n in 0_u64..12,
        now in 0_i64..2 * HOUR_MS,
        choices in [any_choice(), any_choice()],
        request_id in prop::option::of(prop::sample::select(vec!["r-1", "r-2"])),
        country in prop::option::of(prop::sample::select(vec!["IT", "ES"])),
    ) -> Record {
        let mut record = record(n, at(now), &[("spring", choices[0]), ("autumn", choices[1])]);
        record.request = request_id.map(request);
        record.facts = country
            .map(|country| (Attribute::MarketCountry, FactValue::Word(word(country))))
            .into_iter()
            .collect();
        record
    }
}

prop_compose! {
    fn any_report()(
        n in 0_u64..12,
        of in prop::sample::select(vec!["spring", "autumn"]),
        event in any_event(),
        event_id in prop::sample::select(vec!["a", "b"]),
        revision in 0_u32..3,
        happened in prop_oneof![0_i64..4 * HOUR_MS, 0_i64..9 * DAY_MS],
        withdrawn in prop::bool::weighted(0.2),
        delay in 0_i64..HOUR_MS,
    ) -> (Outcome, Timestamp) {
        let outcome = outcome(n, of, event, event_id, at(happened));
        (Outcome { revision, withdrawn, ..outcome }, at(happened + delay))
    }
}

fn any_step() -> impl Strategy<Value = Step> {
    let row = (any_event(), 0_i64..9 * DAY_MS)
        .prop_map(|(event, when)| observation("spring", at(0), vec![(event, at(when))]));
    prop_oneof![
        4 => any_decision().prop_map(Step::Decide),
        5 => any_report().prop_map(|(outcome, received)| Step::Report(outcome, received)),
        1 => row.prop_map(Step::Observe),
    ]
}

fn read(ledger: &dyn Ledger, now: Timestamp) -> Vec<(Spend, [(u32, u32); 3])> {
    ["spring", "autumn"]
        .map(|of| {
            let keys = [
                EvidenceKey::Campaign(campaign(of)),
                market(Some("IT"), None, None),
                market(None, None, None),
            ];
            let evidence = keys.map(|key| {
                let evidence = ledger.evidence(&key, 3, now);
                (evidence.current, evidence.peak)
            });
            (ledger.spend(&campaign(of), now), evidence)
        })
        .to_vec()
}

fn folded(fold: &Fold, now: Timestamp) -> Vec<(Spend, [(u32, u32); 3])> {
    ["spring", "autumn"]
        .map(|of| {
            let keys = [
                EvidenceKey::Campaign(campaign(of)),
                market(Some("IT"), None, None),
                market(None, None, None),
            ];
            (fold.spend(of, now), keys.map(|key| fold.evidence(&key, 3, now)))
        })
        .to_vec()
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn live_rebuilt_and_plainly_folded_counts_are_the_same(steps in prop::collection::vec(any_step(), 1..60)) {
        let folder = tempfile::tempdir().unwrap();
        let journal = opened(folder.path());
        let mut decided = BTreeSet::new();
        for step in &steps {
            match step {
                Step::Decide(record) if !decided.insert(record.decision) => {}
                Step::Decide(record) => {
                    for candidate in 0..2 {
                        if let Some(Choice::Bid(price)) = record.candidates[candidate].choice {
                            let query = query_of(record);
                            let _ = journal.ledger().reserve(&query, candidate, budget(1_000_000), price);
                        }
                    }
                    journal.record(record.clone()).unwrap();
                }
                Step::Report(outcome, received) => {
                    answered(journal.outcome(outcome.clone(), *received)).unwrap();
                }
                Step::Observe(row) => journal.observe(row.clone()).unwrap(),
            }
        }
        answered(journal.settled()).unwrap();
        let mut fold = Fold::default();
        for entry in entries(&journal, Offset::START) {
            fold.apply(&entry);
        }
        // Reads are exact from an hour before the newest decision on; they need not go forward.
        let instants = [2 * HOUR_MS, HOUR_MS, 3 * HOUR_MS / 2, 5 * DAY_MS, 9 * DAY_MS].map(at);
        let live = instants.map(|now| read(&*journal.ledger(), now));
        prop_assert_eq!(&live, &instants.map(|now| folded(&fold, now)));
        drop(journal);
        let rebuilt = opened(folder.path());
        prop_assert_eq!(&live, &instants.map(|now| read(&*rebuilt.ledger(), now)));
    }
}
