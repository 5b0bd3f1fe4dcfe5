//! The live counts: what is evidence, what is spent and reserved, and that a restart changes none of it.

use std::{sync::Arc, thread};

use balustrade::domain::{
    Attribute, Event, Evidence, EvidenceKey, FactValue, Ledger, Micros, Outcome, OutcomeReply, Record,
    Recorder, Spend,
};
use balustrade::journal::Journal;
use balustrade::rules::{HandOver, NovelBy, Sources, compile};

use crate::journal_samples::{
    DAY_MS, HOUR_MS, LOSS, NO_BID, answered, at, bid, budget, campaign, market, observation, opened, outcome,
    purchase, query_of, record, request, win, word,
};

fn spend(journal: &Journal, of: &str, millis: i64) -> (i64, i64) {
    let spend = journal.ledger().spend(&campaign(of), at(millis));
    (spend.spent.get(), spend.reserved.get())
}

fn report(journal: &Journal, report: Outcome) -> OutcomeReply {
    let received_at = report.at;
    answered(journal.outcome(report, received_at)).unwrap()
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
fn requests_of_two_callers_are_two_whatever_they_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let journal = opened(folder.path());
    for (n, caller) in [(1, "one"), (2, "two"), (3, "one")] {
        let decided = Record {
            caller: Some(caller.into()),
            request: Some(request("r-1")),
            ..record(n, at(0), &[("spring", bid(5_000))])
        };
        let reserved = journal
            .ledger()
            .reserve(&query_of(&decided), 0, budget(20_000), Micros::new(5_000));
        assert_eq!(reserved, Ok(()));
        journal.record(decided).unwrap();
    }
    answered(journal.settled()).unwrap();
    assert_eq!(spend(&journal, "spring", 1), (0, 10_000));
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

/// A campaign of the brand and the objective of the samples.
const SALES: [(&str, &str); 3] = [
    (
        "campaigns.yaml",
        "campaigns:\n  - {id: spring, brand: nova, objective: sales, goal: manual, baseline: {bid: 1.80 EUR}}\n",
    ),
    (
        "objectives.yaml",
        "objectives:\n  - {id: sales, event: purchase, window: 7 days, for: [bid]}\n",
    ),
    (
        "defaults.yaml",
        "owner: ads@lago.example\nbecause: a wrong bid costs more\nsafe_default: {bid: no_bid}\n",
    ),
];

#[test]
fn a_contact_of_several_segments_is_as_new_as_the_newest_of_them() {
    let folder = tempfile::tempdir().unwrap();
    let journal = opened(folder.path());
    let segments = |names: &[&str]| FactValue::Words(names.iter().map(|name| word(name)).collect());
    for (n, names) in [
        (1, &["vip", "gamer"][..]),
        (2, &["vip", "vip"]),
        (3, &["gamer"]),
        (4, &["vip"]),
    ] {
        let mut record = record(n, at(0), &[("spring", bid(1))]);
        record.facts.set(Attribute::ContactSegment, segments(names));
        journal.record(record).unwrap();
        report(&journal, outcome(n, "spring", purchase(), "p", at(HOUR_MS)));
    }
    let rulebook = compile(&Sources::from_texts(SALES)).rulebook.unwrap();
    let campaign = rulebook.campaign(&campaign("spring")).unwrap();
    let ledger = journal.ledger();
    let seen = |names: Option<&[&str]>, novel_by: &[NovelBy]| {
        let mut facts = crate::journal_samples::facts();
        if let Some(names) = names {
            facts.set(Attribute::ContactSegment, segments(names));
        }
        let hand_over = HandOver {
            need: 50,
            window_days: 30,
            novel_by: novel_by.to_vec(),
        };
        hand_over
            .evidence(campaign, &facts, &*ledger, at(HOUR_MS))
            .current
    };
    let by_segment = |names| seen(names, &[NovelBy::Segment]);
    assert_eq!(by_segment(Some(&["vip"])), 3);
    assert_eq!(by_segment(Some(&["gamer"])), 2);
    assert_eq!(by_segment(Some(&["vip", "gamer"])), 2);
    assert_eq!(by_segment(Some(&["vip", "unheard-of"])), 0);
    assert_eq!(by_segment(Some(&[])), 0, "in none");
    assert_eq!(by_segment(None), 0, "not known");
    assert_eq!(seen(Some(&["vip"]), &[NovelBy::Country, NovelBy::Segment]), 3);
    assert_eq!(seen(None, &NovelBy::DEFAULT), 4);
}
