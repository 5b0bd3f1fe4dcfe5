//! What the response model reads: facts as hashed, binary features.
//!
//! Every fact becomes one feature a value; a handful of crosses say what single facts cannot (this creative in
//! this size, this placement at this exchange). A feature is a bucket of 2^18: the hash of the attribute's name
//! and the value, so that a value never seen before needs no table, and the same facts give the same features
//! in every build and on every machine (Weinberger et al., ICML 2009). Two facts that share a bucket share a
//! weight; with 2^18 buckets that is rare enough not to matter.
//!
//! Prose and its digests are left out: the journal keeps only the digest, and a model must read from a record
//! exactly what it read from the query. So are instants, addresses and the pseudonymous contact, which name one
//! impression rather than describe it. Numbers and prices enter by bucket (powers of the square root of two),
//! so that neighbouring values share what was learnt. The hour and the weekday of the instant, in UTC, are
//! features too.

use smallvec::SmallVec;

use crate::domain::{
    Attribute, Campaign, CampaignId, Candidate, CandidateRecord, FactValue, Facts, Observation, Query,
    Record, Timestamp,
};

/// The number of buckets: 2^18.
pub const BUCKETS: usize = 1 << 18;

/// The buckets of one candidate's features: ascending, each once; the first is the bias.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Features(SmallVec<[u32; 64]>);

/// Pairs of attributes whose combination says more than each alone.
const CROSSES: [(Attribute, Attribute); 7] = [
    (Attribute::Exchange, Attribute::Placement),
    (Attribute::SlotSize, Attribute::SlotPosition),
    (Attribute::SlotSize, Attribute::Exchange),
    (Attribute::Creative, Attribute::SlotSize),
    (Attribute::Creative, Attribute::PageSite),
    (Attribute::DeviceType, Attribute::DeviceOs),
    (Attribute::MarketCountry, Attribute::MarketChannel),
];

/// Attributes whose combination with the campaign is a feature: how one campaign differs from all.
const WITH_CAMPAIGN: [Attribute; 4] = [
    Attribute::MarketCountry,
    Attribute::PageSite,
    Attribute::Exchange,
    Attribute::DeviceType,
];

/// Every attribute that takes part in a combination.
const COMBINED: [Attribute; 10] = [
    Attribute::MarketCountry,
    Attribute::MarketChannel,
    Attribute::Creative,
    Attribute::PageSite,
    Attribute::DeviceType,
    Attribute::DeviceOs,
    Attribute::Exchange,
    Attribute::Placement,
    Attribute::SlotSize,
    Attribute::SlotPosition,
];

impl Features {
    /// Of one candidate of a live query, with its declared campaign.
    #[must_use]
    pub fn of_candidate(query: &Query, candidate: &Candidate, campaign: &Campaign) -> Self {
        let own = candidate
            .facts
            .iter()
            .filter(|(attribute, _)| campaign.facts.get(attribute).is_none());
        Self::of(
            query.facts.iter().chain(own).chain(campaign.facts.iter()),
            &campaign.id,
            query.now,
        )
    }

    /// Of one candidate of a recorded decision; the same as of the query that it records.
    #[must_use]
    pub fn of_record(record: &Record, candidate: &CandidateRecord) -> Self {
        Self::of(
            record.facts.iter().chain(candidate.facts.iter()),
            &candidate.campaign,
            record.now,
        )
    }

    /// Of one row of history. `declared` are the facts of its campaign, which such rows rarely repeat.
    #[must_use]
    pub fn of_observation(observation: &Observation, declared: &Facts) -> Self {
        let row = observation
            .facts
            .iter()
            .filter(|(attribute, _)| declared.get(attribute).is_none());
        Self::of(row.chain(declared.iter()), &observation.campaign, observation.at)
    }

    /// Of a row that is no decision: named columns and their values, for evaluations.
    #[must_use]
    pub fn of_columns<'a>(columns: impl Iterator<Item = (&'a str, &'a FactValue)>) -> Self {
        let mut collected = Collected::new();
        for (name, value) in columns {
            collected.fact(hash(SEED, name.as_bytes()), value);
        }
        collected.finish()
    }

    fn of<'a>(
        facts: impl Iterator<Item = (&'a Attribute, &'a FactValue)>,
        campaign: &CampaignId,
        at: Timestamp,
    ) -> Self {
        let mut collected = Collected::new();
        let mut singles = Singles::default();
        // One pass, by `for_each`: through chained and filtered facts it is the shorter way.
        facts.for_each(|(attribute, value)| {
            if describes(attribute) {
                collected.fact(hash(SEED, attribute.name().as_bytes()), value);
            }
            singles.tell(attribute, value);
        });
        let campaign = hash(hash(SEED, b"campaign"), campaign.as_str().as_bytes());
        collected.push(campaign);
        collected.time(at);
        let find = |wanted: &Attribute| singles.find(wanted);
        for (left, right) in &CROSSES {
            if let (Some(left), Some(right)) = (find(left), find(right)) {
                collected.push(crossed(left, right));
            }
        }
        for attribute in &WITH_CAMPAIGN {
            if let Some(value) = find(attribute) {
                collected.push(crossed(campaign, value));
            }
        }
        collected.finish()
    }

    /// The buckets, ascending, each once.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = u32> + '_ {
        self.0.iter().copied()
    }
}

/// The hashes of the one-valued facts that may be combined, in the order of [`COMBINED`]; of a fact that is told twice the
/// first counts.
#[derive(Default)]
struct Singles([Option<Told>; COMBINED.len()]);

/// The hash of a fact that was told; `None` inside where it has more than one value.
type Told = Option<u64>;

impl Singles {
    fn tell(&mut self, attribute: &Attribute, value: &FactValue) {
        if let Some(told) = place(attribute).and_then(|place| self.0.get_mut(place)) {
            told.get_or_insert_with(|| single(value));
        }
    }

    fn find(&self, wanted: &Attribute) -> Option<u64> {
        let place = place(wanted);
        debug_assert!(
            place.is_some(),
            "a combined attribute without a place would be left out in silence"
        );
        self.0.get(place?).copied().flatten().flatten()
    }
}

fn place(attribute: &Attribute) -> Option<usize> {
    COMBINED.iter().position(|combined| combined == attribute)
}

struct Collected(SmallVec<[u32; 64]>);

impl Collected {
    fn new() -> Self {
        let mut buckets = SmallVec::new();
        buckets.push(0);
        Self(buckets)
    }

    fn push(&mut self, hash: u64) {
        self.0.push(bucket(hash));
    }

    fn fact(&mut self, name: u64, value: &FactValue) {
        match value {
            FactValue::Word(word) => self.push(hash(name, word.as_str().as_bytes())),
            FactValue::Words(words) => {
                for word in words {
                    self.push(hash(name, word.as_str().as_bytes()));
                }
            }
            FactValue::Labels(labels) => {
                for label in labels {
                    let topic = hash(name, label.topic.as_str().as_bytes());
                    let risk = label.risk.map_or("", |risk| risk.name());
                    self.push(topic);
                    self.push(hash(topic, risk.as_bytes()));
                }
            }
            FactValue::Number(_) | FactValue::Price(_) | FactValue::Flag(_) => {
                for bucket in plain(value).into_iter().flatten() {
                    self.push(hash(name, &bucket.to_le_bytes()));
                }
            }
            FactValue::Text(_) | FactValue::Digest(_) | FactValue::Instant(_) => {}
        }
    }

    fn time(&mut self, at: Timestamp) {
        let hours = at.as_millis().div_euclid(3_600_000);
        self.push(hash(hash(SEED, b"hour"), &hours.rem_euclid(24).to_le_bytes()));
        self.push(hash(
            hash(SEED, b"weekday"),
            &at.day().rem_euclid(7).to_le_bytes(),
        ));
    }

    fn finish(mut self) -> Features {
        self.0.sort_unstable();
        self.0.dedup();
        Features(self.0)
    }
}

/// Whether an attribute describes an impression rather than naming one; the campaign is added by its id.
fn describes(attribute: &Attribute) -> bool {
    !matches!(
        attribute,
        Attribute::PageUrl | Attribute::Contact | Attribute::Campaign
    )
}

/// The hash of a one-valued fact, for crosses.
fn single(value: &FactValue) -> Option<u64> {
    match value {
        FactValue::Word(word) => Some(hash(SEED, word.as_str().as_bytes())),
        FactValue::Words(_)
        | FactValue::Labels(_)
        | FactValue::Text(_)
        | FactValue::Digest(_)
        | FactValue::Instant(_) => None,
        FactValue::Number(_) | FactValue::Price(_) | FactValue::Flag(_) => {
            plain(value).map(|[coarse, _]| hash(SEED, &coarse.to_le_bytes()))
        }
    }
}

/// The buckets of a number, a price (in thousandths of its unit) or a flag.
fn plain(value: &FactValue) -> Option<[i64; 2]> {
    match value {
        FactValue::Number(number) => Some(magnitudes(*number)),
        FactValue::Price(price) => Some(magnitudes(price.get() / 1_000)),
        FactValue::Flag(flag) => Some([i64::from(*flag); 2]),
        FactValue::Word(_)
        | FactValue::Words(_)
        | FactValue::Labels(_)
        | FactValue::Text(_)
        | FactValue::Digest(_)
        | FactValue::Instant(_) => None,
    }
}

/// The two buckets of a magnitude: a coarse one (powers of two) and a fine one (eighth powers). Numbers below 8
/// are their own buckets.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "a bucket number is small"
)]
fn magnitudes(number: i64) -> [i64; 2] {
    if number.unsigned_abs() < 8 {
        return [number; 2];
    }
    let power = (number.unsigned_abs() as f64).log2();
    let bucket = |a_power: f64| number.signum() * ((power * a_power).floor() as i64 + 1_000 * a_power as i64);
    [bucket(1.0), bucket(8.0)]
}

const SEED: u64 = 0xcbf2_9ce4_8422_2325;

/// FNV-1a over eight bytes at a time, mixed at the end (the finaliser of `SplitMix64`): fixed for ever, because journals
/// outlive builds.
pub(super) fn hash(seed: u64, bytes: &[u8]) -> u64 {
    const PRIME: u64 = 0x0000_0100_0000_01b3;
    let mut state = seed ^ (bytes.len() as u64);
    let (eights, rest) = bytes.as_chunks();
    for eight in eights {
        state = mixed((state ^ u64::from_le_bytes(*eight)).wrapping_mul(PRIME));
    }
    for &byte in rest {
        state = (state ^ u64::from(byte)).wrapping_mul(PRIME);
    }
    mixed(state)
}

const fn mixed(mut state: u64) -> u64 {
    state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    state ^ (state >> 31)
}

const fn crossed(left: u64, right: u64) -> u64 {
    mixed(left.wrapping_mul(3).wrapping_add(right.rotate_left(17)))
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "masked to 18 bits; bucket 0 is the bias alone"
)]
const fn bucket(hash: u64) -> u32 {
    let low = (hash & (BUCKETS as u64 - 1)) as u32;
    if low == 0 { 1 } else { low }
}
