//! For random sequences, the live ledger, the one rebuilt at a restart and a plain fold over the entries agree.

use std::collections::{BTreeMap, BTreeSet};

use balustrade::{
    domain::{
        Attribute, Choice, Event, EvidenceKey, FactValue, Ledger, Micros, Observation, Outcome, OutcomeKey,
        OutcomeReply, Record, Recorder, RequestId, Spend, Timestamp, Word,
    },
    journal::{Entry, Offset},
};
use proptest::prelude::*;

use crate::journal_samples::{
    DAY_MS, HOUR_MS, LOSS, NO_BID, answered, at, bid, budget, campaign, cases, entries, id, market,
    observation, opened, outcome, purchase, purchases, query_of, record, request, win, word,
};

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
    in_force: BTreeMap<OutcomeKey, Outcome>,
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
            Entry::Change(_) => {}
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
            Event::Loss { .. }
            | Event::Impression
            | Event::Click
            | Event::Conversion { .. }
            | Event::Sent
            | Event::Cancelled
            | Event::Open
            | Event::Unsubscribe => 0,
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

fn fits(key: &EvidenceKey, of: &str, country: Option<&Word>) -> bool {
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
