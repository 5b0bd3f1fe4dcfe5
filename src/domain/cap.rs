//! How often a contact may be reached, and when once more is not too often.

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use super::{Attribute, BrandId, Cap, Duration, Facts, Query, Reach, Span, Spans, Timestamp, Word};

/// Whose contacts with whom are counted together.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CapKey {
    /// Pseudonymous id of the contact.
    pub contact: Word,
    /// Who reaches out.
    pub brand: BrandId,
    /// By which channel; `None` counts across channels.
    pub channel: Option<Word>,
}

impl CapKey {
    /// Under what a cap of that reach counts one candidate of a query; `None` where nobody is named, and then the
    /// cap counts as reached.
    ///
    /// A fact that the candidate does not state is the query's. A channel that is not known may be any, so that
    /// all are counted.
    #[must_use]
    pub fn of(query: &Query, candidate: usize, brand: &BrandId, reach: Reach) -> Option<Self> {
        let own = &query.candidates.get(candidate)?.facts;
        Some(Self {
            contact: stated(own, &query.facts, &Attribute::Contact)?,
            brand: brand.clone(),
            channel: match reach {
                Reach::Channel => stated(own, &query.facts, &Attribute::MarketChannel),
                Reach::AcrossChannels => None,
            },
        })
    }
}

fn stated(own: &Facts, query: &Facts, attribute: &Attribute) -> Option<Word> {
    own.word(attribute).or_else(|| query.word(attribute)).cloned()
}

/// When a contact was or will be reached, in order of time; a few, so they are not on the heap.
pub type Contacts = SmallVec<[Timestamp; 8]>;

/// At most so many times in any stretch of time of this length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Frequency {
    /// How many times.
    pub most: u32,
    /// In how long; a stretch is half-open, so what lies exactly this far apart is not in one.
    pub window: Duration,
}

impl Frequency {
    /// The longest window: contacts are remembered a little longer.
    pub const LONGEST: Duration = Duration::from_days(366);

    /// The instants whose contacts can be in one stretch with a contact somewhere in `during`.
    #[must_use]
    pub const fn looks_at(self, during: Span) -> Span {
        let back = Duration::from_millis(-self.window.as_millis());
        Span::new(during.from.plus(back), during.until.plus(self.window))
    }

    /// The instants at which one more contact makes no stretch of time hold too many, given those there are;
    /// `None` is not known, and then there are none.
    ///
    /// With `n` allowed in `w`, a contact at `t` makes one too many exactly where it shares a stretch with `n`
    /// others, which then follow one another: from `p(i)` to `p(i + n - 1)`, less than `w` apart. So what is
    /// forbidden is `p(i + n - 1) - w < t < p(i) + w`, for each such run.
    ///
    /// ```
    /// use balustrade::domain::{Duration, Frequency, Timestamp};
    ///
    /// let day = |day: i64| Timestamp::from_millis(day * 86_400_000);
    /// let twice_a_week = Frequency { most: 2, window: Duration::from_days(7) };
    /// let allowed = twice_a_week.allowed(Some(&[day(1), day(3)]));
    /// assert_eq!(allowed.nearest(day(4)), Some(day(8)), "a week after the first of the two");
    /// assert!(twice_a_week.allowed(None).is_empty(), "not known how often: as if reached");
    /// ```
    #[must_use]
    pub fn allowed(self, contacts: Option<&[Timestamp]>) -> Spans {
        let (Some(contacts), true) = (contacts, self.most > 0) else {
            return Spans::nothing();
        };
        let most = usize::try_from(self.most).unwrap_or(usize::MAX);
        let crowded = contacts
            .windows(most)
            .filter_map(|run| self.forbidden(*run.first()?, *run.last()?));
        crowded.collect::<Spans>().complement(Span::EVER)
    }

    fn forbidden(self, first: Timestamp, last: Timestamp) -> Option<Span> {
        let after = Duration::from_millis(1 - self.window.as_millis());
        (last.since(first) < self.window).then(|| Span::new(last.plus(after), first.plus(self.window)))
    }
}

impl Cap {
    /// How often it allows a contact.
    #[must_use]
    pub const fn frequency(&self) -> Frequency {
        Frequency {
            most: self.most,
            window: self.window,
        }
    }
}
