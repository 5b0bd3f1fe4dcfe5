use std::{collections::BTreeMap, fmt};

use crate::{
    domain::{
        Active, AuctionType, Bounds, CandidateLimits, CandidateRecord, Choice, Currency, Micros, Question,
        Record, RuleId, RuleIx, Verdict, apply, zone_of,
    },
    model::{
        Snapshot,
        contacts::Day,
        send_time::{Hour, Who},
        win_curve::{Curve, Market},
    },
};

/// How finely the price of a second-price auction is summed.
const STEPS: i64 = 40;

/// What a rule cost, as the model expects it.
#[derive(Debug, Clone, Default)]
pub(super) struct Price {
    changed: u64,
    /// Money, by currency.
    money: BTreeMap<Currency, f64>,
    /// Outcomes of messages.
    outcomes: f64,
}

impl fmt::Display for Price {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "changed {} answers", self.changed)?;
        for (currency, money) in &self.money {
            write!(f, ", {money:.2} {currency} in all")?;
        }
        if self.outcomes.abs() > 0.0 {
            write!(f, ", {:.1} outcomes of messages in all", self.outcomes)?;
        }
        Ok(())
    }
}

/// Gathers what rules cost.
pub(super) struct Prices<'a> {
    snapshot: &'a Snapshot,
    prices: BTreeMap<RuleId, Price>,
    blocked: BTreeMap<RuleId, u64>,
}

impl<'a> Prices<'a> {
    pub(super) const fn new(snapshot: &'a Snapshot) -> Self {
        Self {
            snapshot,
            prices: BTreeMap::new(),
            blocked: BTreeMap::new(),
        }
    }

    /// What was gathered: prices, and how often a rule kept a value back before any model was asked.
    pub(super) fn told(self) -> (BTreeMap<RuleId, Price>, BTreeMap<RuleId, u64>) {
        (self.prices, self.blocked)
    }

    /// Looks at each rule of a candidate: what the answer would have been without it alone.
    pub(super) fn note(&mut self, record: &Record, candidate: &CandidateRecord) {
        let mut rules: Vec<RuleIx> = candidate
            .limits
            .effects
            .iter()
            .map(|active| active.rule)
            .collect();
        rules.sort_unstable();
        rules.dedup();
        for rule in rules {
            let Some(id) = record.rules.get(rule).map(|card| card.id.clone()) else {
                continue;
            };
            match candidate.verdict {
                Verdict::Blocked | Verdict::Held if keeps_back(&candidate.limits, rule) => {
                    *self.blocked.entry(id).or_default() += 1;
                }
                Verdict::Allowed | Verdict::Changed | Verdict::Blocked | Verdict::Held => {
                    self.note_rule(record, candidate, (rule, id));
                }
            }
        }
    }

    fn note_rule(&mut self, record: &Record, candidate: &CandidateRecord, (rule, id): (RuleIx, RuleId)) {
        let Some((choice, proposed)) = candidate.choice.zip(candidate.proposed.as_ref()) else {
            return;
        };
        let Some(free) = apply(&without(&candidate.limits, rule), proposed.wish).choice else {
            return;
        };
        if free == choice || candidate.fallback.is_some() {
            return;
        }
        let lost = self
            .worth(record, candidate, free)
            .zip(self.worth(record, candidate, choice));
        let Some((free, kept)) = lost else { return };
        let price = self.prices.entry(id).or_default();
        price.changed += 1;
        match &record.question {
            Question::SendTime(_) => price.outcomes += free - kept,
            Question::Bid(_) | Question::Recommendation { .. } | Question::Budget(_) | Question::Score => {
                *price.money.entry(candidate.currency).or_default() += free - kept;
            }
        }
    }

    /// What the model expects of a choice: money of a bid, the chance of the outcome of a message. `None` of other kinds.
    fn worth(&self, record: &Record, candidate: &CandidateRecord, choice: Choice) -> Option<f64> {
        match (&record.question, choice) {
            (Question::Bid(auction), Choice::Bid(price)) => {
                let value = candidate.proposed.as_ref()?.estimate?.expected_value.to_f64();
                let market = Market::of(candidate.currency, &record.facts);
                let curve = self.snapshot.knowledge().curves.of(market);
                let micros = match auction.auction_type_for(&candidate.campaign) {
                    AuctionType::FirstPrice => curve.win_probability(price) * (value - price.to_f64()),
                    AuctionType::SecondPrice => second_price(&curve, value, price),
                };
                // Of one impression, in units of the currency.
                Some(micros / 1_000.0 / 1e6)
            }
            (Question::Bid(_), Choice::NoBid(_)) => Some(0.0),
            (Question::SendTime(_), Choice::Send(at)) => {
                let who = Who::of(&candidate.brand, &record.facts);
                let times = &self.snapshot.knowledge().send_times;
                let belief = times
                    .knows(who)
                    .then(|| times.believe(who, Day::of(record.now)))?;
                Some(belief.probability(Hour::of(at, &zone_of(&record.facts))))
            }
            _ => None,
        }
    }
}

/// The gain of a second-price auction: the value less the price of whoever comes second, over all prices below the bid.
fn second_price(curve: &Curve, value: f64, bid: Micros) -> f64 {
    let (mut gain, mut before) = (0.0, 0.0);
    for step in 1..=STEPS {
        let price = Micros::new(bid.get() / STEPS * step);
        let below = curve.win_probability(price);
        gain += (below - before) * (value - price.to_f64());
        before = below;
    }
    gain
}

fn without(limits: &CandidateLimits, rule: RuleIx) -> CandidateLimits {
    let others = limits.effects.iter().filter(|active| active.rule != rule);
    CandidateLimits {
        effects: others.cloned().collect::<Bounds>(),
        ..limits.clone()
    }
}

/// Whether a rule alone keeps a value back.
fn keeps_back(limits: &CandidateLimits, rule: RuleIx) -> bool {
    let own: Vec<&Active> = limits
        .effects
        .iter()
        .filter(|active| active.rule == rule)
        .collect();
    let alone = CandidateLimits {
        effects: own.into_iter().cloned().collect::<Bounds>(),
        ..CandidateLimits::default()
    };
    !alone.is_free()
}
