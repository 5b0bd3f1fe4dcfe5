use std::{collections::BTreeMap, sync::Arc};

use serde::{Deserialize, Serialize};

use super::{
    group::{Counts, Lift, Time, add_to},
    hours::{HOURS, Hour},
    shape::{self, Spread, Week, hours},
    trace::{Trace, weight},
};
use crate::{
    domain::{Attribute, BrandId, Evidence, FactValue, Facts, Word},
    model::{
        contacts::{ContactKey, Contacts, Day},
        features::hash,
        thompson::Arm,
    },
};

/// Traces that are remembered of one contact: at two messages a week, a quarter of a year.
pub const MOST_TRACES: usize = 32;
/// How many answers a contact's own week must hold to weigh as much as its group's: the degrees that are tried.
pub const TRUSTS: [f64; 6] = [4.0, 8.0, 16.0, 32.0, 64.0, 128.0];
/// The degree that serves until another one has foretold better.
const FIRST_TRUST: usize = 2;
/// How many answers the more general week is worth to a group: one an hour.
const GROUP_TRUST: f64 = 168.0;
/// The share of answers before anything is known, and how many messages that is worth at each step down.
const FIRST_RATE: (f64, f64) = (0.2, 20.0);
/// Segments and accounts that are kept apart; of further ones the more general week stands in.
const MOST_GROUPS: usize = 4_096;

/// Who is written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Who {
    /// The contact, where it is named.
    pub contact: Option<ContactKey>,
    segment: Option<u64>,
    account: u64,
}

impl Who {
    /// A contact of a brand; of several segments the first speaks for it.
    #[must_use]
    pub fn new(brand: &BrandId, segment: Option<&Word>, contact: Option<&Word>) -> Self {
        let account = hash(2, brand.as_str().as_bytes());
        Self {
            contact: contact.map(|contact| ContactKey::new(brand, contact)),
            segment: segment.map(|segment| hash(account, segment.as_str().as_bytes())),
            account,
        }
    }

    /// The contact of these facts, of a brand.
    #[must_use]
    pub fn of(brand: &BrandId, facts: &Facts) -> Self {
        let segment = match facts.get(&Attribute::ContactSegment) {
            Some(FactValue::Words(segments)) => segments.first(),
            Some(FactValue::Word(segment)) => Some(segment),
            Some(
                FactValue::Text(_)
                | FactValue::Number(_)
                | FactValue::Price(_)
                | FactValue::Labels(_)
                | FactValue::Flag(_)
                | FactValue::Instant(_)
                | FactValue::Digest(_),
            )
            | None => None,
        };
        Self::new(brand, segment, facts.word(&Attribute::Contact))
    }

    /// From the general to the particular: everybody, the account, the segment.
    fn groups(self) -> impl Iterator<Item = u64> {
        [Some(EVERYBODY), Some(self.account), self.segment]
            .into_iter()
            .flatten()
    }
}

const EVERYBODY: u64 = 0;

/// What is believed of a contact's week.
#[derive(Debug, Clone, PartialEq)]
pub struct Belief {
    /// The chance of an answer, all hours alike: 0 to 1.
    pub rate: f64,
    /// How the chance moves over the week; 1 is an hour like any other.
    pub shape: Week,
    /// The belief about each hour's part of the shape.
    pub arms: Vec<Arm>,
}

impl Belief {
    /// The chance of an answer to a message sent in that hour: 0 to 1.
    #[must_use]
    pub fn probability(&self, hour: Hour) -> f64 {
        let shape = self.shape.get(hour.number()).copied().unwrap_or(1.0);
        (self.rate * shape).clamp(0.0, 1.0)
    }
}

/// What is known at one moment: when contacts answer. A clone shares everything.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SendTimes {
    contacts: Contacts<Trace>,
    groups: BTreeMap<u64, Arc<Counts>>,
    /// How well each degree of trust foretold: weighted sums of log-likelihoods.
    foretold: [f64; TRUSTS.len()],
    #[serde(skip, default = "wide")]
    wide: Arc<Spread>,
    #[serde(skip, default = "narrow")]
    narrow: Arc<Spread>,
}

impl Default for SendTimes {
    fn default() -> Self {
        Self {
            contacts: Contacts::default(),
            groups: BTreeMap::new(),
            foretold: [0.0; TRUSTS.len()],
            wide: wide(),
            narrow: narrow(),
        }
    }
}

fn wide() -> Arc<Spread> {
    Arc::new(Spread::wide())
}

fn narrow() -> Arc<Spread> {
    Arc::new(Spread::narrow())
}

/// A contact's own evidence beside what its groups say.
struct Own {
    parent: Week,
    parent_rate: f64,
    rate: f64,
    evidence: shape::Evidence,
    any: bool,
}

impl SendTimes {
    /// Learns a trace; with `times` -1 takes it back.
    pub fn learn(&mut self, who: Who, trace: Trace, times: f64) {
        if times > 0.0 {
            self.foretell(who, trace);
        }
        let written = who
            .contact
            .and_then(|contact| self.remember(contact, trace, times));
        for key in who.groups() {
            if self.groups.len() >= MOST_GROUPS && !self.groups.contains_key(&key) {
                continue;
            }
            let counts = Arc::make_mut(self.groups.entry(key).or_default());
            counts.add(trace, times);
            if let Some(before) = written {
                counts.written_to(before, trace.day);
            }
        }
    }

    /// Notes what came of a message at whose time, where chance decided whose it was: for the [`Lift`] of its account.
    pub fn compare(&mut self, who: Who, time: Time, answer: f64, times: f64) {
        if let Some(counts) = self.groups.get_mut(&who.account) {
            let counts = Arc::make_mut(counts);
            match time {
                Time::Fixed => counts.fixed.add(answer, times),
                Time::Chosen => counts.chosen.add(answer, times),
            }
        }
    }

    /// Keeps or forgets a trace of a contact. For a new message: the day of the contact's latest before it.
    fn remember(&mut self, contact: ContactKey, trace: Trace, times: f64) -> Option<Option<Day>> {
        let known = self.contacts.of(contact);
        let mut traces: smallvec::SmallVec<[Trace; MOST_TRACES + 1]> = known.iter().copied().collect();
        if times < 0.0 {
            let at = traces.iter().rposition(|known| *known == trace)?;
            traces.remove(at);
            self.contacts.keep(contact, &traces);
            return None;
        }
        let sent = traces.iter().filter(|trace| trace.is_sent());
        let before = sent.map(|trace| trace.day).max();
        let at = traces.partition_point(|known| known.day <= trace.day);
        traces.insert(at, trace);
        if traces.len() > MOST_TRACES {
            traces.remove(0);
        }
        self.contacts.keep(contact, &traces);
        trace.is_sent().then_some(before)
    }

    /// Scores each degree of trust on a trace before it is learnt.
    fn foretell(&mut self, who: Who, trace: Trace) {
        let own = self.own(who, trace.day);
        if !own.any {
            return;
        }
        let scores = TRUSTS.map(|trust| {
            let here = own.evidence.shape_at(&own.parent, trust, trace.hour);
            if trace.is_sent() {
                let p = (own.rate * here).clamp(1e-6, 1.0 - 1e-6);
                trace.answer() * p.ln() + (1.0 - trace.answer()) * (1.0 - p).ln()
            } else {
                let all: f64 = own.evidence.shape(&own.parent, trust).iter().sum();
                trace.answer() * (here / all).max(1e-9).ln()
            }
        });
        for (sum, score) in self.foretold.iter_mut().zip(scores) {
            *sum += weight(trace.day) * score;
        }
    }

    /// Forgets a contact; what its groups learnt from it stays, without a name.
    pub fn forget(&mut self, contact: ContactKey) {
        self.contacts.keep(contact, &[]);
    }

    /// How many answers a contact's own week must hold to weigh as much as its group's.
    #[must_use]
    pub fn trust(&self) -> f64 {
        let first = TRUSTS.get(FIRST_TRUST).zip(self.foretold.get(FIRST_TRUST));
        let best = TRUSTS
            .iter()
            .zip(&self.foretold)
            .fold(first, |best, (trust, score)| match best {
                Some((_, most)) if most >= score => best,
                Some(_) | None => Some((trust, score)),
            });
        best.map_or(1.0, |(trust, _)| *trust)
    }

    fn own(&self, who: Who, now: Day) -> Own {
        let scale = 1.0 / weight(now);
        let (first, worth) = FIRST_RATE;
        let (mut parent, mut rate) = ([1.0; HOURS], first);
        for counts in who.groups().filter_map(|key| self.groups.get(&key)) {
            rate = (counts.answered * scale + worth * rate) / (counts.messages * scale + worth);
            let evidence = counts.evidence(&self.narrow, rate, scale);
            parent = evidence.shape(&parent, GROUP_TRUST);
        }
        let parent_rate = rate;
        let traces = who.contact.map_or(&[][..], |contact| self.contacts.of(contact));
        let sent = || traces.iter().filter(|trace| trace.is_sent());
        let messages: f64 = sent().map(|trace| weight(trace.day) * scale).sum();
        let answered: f64 = sent()
            .map(|trace| weight(trace.day) * scale * trace.answer())
            .sum();
        rate = (answered + worth * rate) / (messages + worth);
        Own {
            parent,
            parent_rate,
            rate,
            evidence: self.evidence_of(traces, rate, scale),
            any: !traces.is_empty(),
        }
    }

    fn evidence_of(&self, traces: &[Trace], rate: f64, scale: f64) -> shape::Evidence {
        let (mut answers, mut sent, mut unasked) = ([0.0; HOURS], [0.0; HOURS], 0.0);
        for trace in traces {
            let weight = weight(trace.day) * scale;
            let answered = weight * trace.answer();
            add_to(&mut answers, trace.hour, answered);
            if trace.is_sent() {
                add_to(&mut sent, trace.hour, weight * rate);
            } else {
                unasked += answered / hours();
            }
        }
        shape::Evidence {
            answers: self.wide.over(&answers),
            expected: self.wide.over(&sent).map(|expected| expected + unasked),
        }
    }

    /// What is believed of a contact's week on that day.
    #[must_use]
    pub fn believe(&self, who: Who, now: Day) -> Belief {
        let own = self.own(who, now);
        let trust = self.trust();
        let shape = own.evidence.shape(&own.parent, trust);
        let effective = self.wide.effective_hours();
        let an_hour = trust / hours();
        let seen = own.evidence.answers.iter().zip(&own.evidence.expected);
        let arms = own.parent.iter().zip(seen).map(|(parent, (answers, expected))| {
            let shape = an_hour.mul_add(*parent, *answers) * effective;
            Arm::of_gamma(shape, (an_hour + expected) * effective)
        });
        Belief {
            rate: if own.any { own.rate } else { own.parent_rate },
            arms: arms.collect(),
            shape,
        }
    }

    /// The audience of an account: contacts that were written to in so many days that end with `now`, each counted once.
    #[must_use]
    pub fn audience(&self, who: Who, now: Day, window_days: u32) -> Evidence {
        let Some(counts) = self.groups.get(&who.account) else {
            return Evidence::default();
        };
        let recent =
            |(day, _): &(&Day, &u32)| u32::try_from(now.since(**day)).is_ok_and(|age| age <= window_days);
        let current = counts
            .recipients
            .iter()
            .filter(recent)
            .map(|(_, count)| count)
            .sum();
        Evidence {
            current,
            peak: counts.recipients.values().sum(),
            latest: counts.recipients.keys().next_back().map(|day| day.start()),
        }
    }

    /// Whether anything was heard of the account.
    #[must_use]
    pub fn knows(&self, who: Who) -> bool {
        self.groups.contains_key(&who.account)
    }

    /// What choosing the time has brought the account; `None` before both sides have answers to compare.
    #[must_use]
    pub fn lift(&self, who: Who) -> Option<Lift> {
        let counts = self.groups.get(&who.account)?;
        let (chosen, fixed) = (counts.chosen, counts.fixed);
        let (a, b) = (chosen.rate()?, fixed.rate()?);
        let variance = a * (1.0 - a) / chosen.sent + b * (1.0 - b) / fixed.sent;
        Some(Lift {
            chosen,
            fixed,
            difference: a - b,
            error: variance.max(0.0).sqrt(),
        })
    }

    /// Contacts that are remembered.
    #[must_use]
    pub fn contacts(&self) -> usize {
        self.contacts.len()
    }

    /// Bytes that contacts take, without what the allocator adds.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.contacts.bytes()
    }

    /// Everything in it, to the digest of a snapshot.
    pub fn digest(&self, hasher: &mut blake3::Hasher) {
        self.contacts.digest(hasher, |trace, hasher| {
            hasher.update(&trace.day.0.to_le_bytes());
            hasher.update(&[trace.hour.byte(), trace.mark]);
        });
        for (key, counts) in &self.groups {
            hasher.update(&key.to_le_bytes());
            let tallies = [
                counts.messages,
                counts.answered,
                counts.unasked,
                counts.chosen.sent,
                counts.chosen.answered,
                counts.fixed.sent,
                counts.fixed.answered,
            ];
            let numbers = counts.answers.iter().chain(&counts.sent).chain(&tallies);
            for number in numbers {
                hasher.update(&number.to_le_bytes());
            }
            for (day, count) in &counts.recipients {
                hasher.update(&day.0.to_le_bytes());
                hasher.update(&count.to_le_bytes());
            }
        }
        for score in &self.foretold {
            hasher.update(&score.to_le_bytes());
        }
    }
}
