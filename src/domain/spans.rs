//! Sets of instants: when a message may be sent.
//!
//! Quiet hours, contact hours and frequency caps are each read once, into the instants that they allow. What is
//! left is set algebra, which is why the order of rules cannot matter: merging time limits is intersection, and
//! an answer is checked by asking whether its instant lies in every set.
//!
//! ```
//! use balustrade::domain::{Span, Spans, Timestamp};
//!
//! let at = Timestamp::from_millis;
//! let mornings: Spans = [Span::new(at(8), at(12)), Span::new(at(32), at(36))].into_iter().collect();
//! let today = Spans::of(at(0), at(24));
//! let left = mornings.intersection(&today);
//! assert_eq!(left, Spans::of(at(8), at(12)));
//! assert_eq!(left.nearest(at(3)), Some(at(8)));
//! assert_eq!(left.nearest(at(20)), Some(at(11)), "the last instant before");
//! ```

use std::{
    cmp::Ordering,
    hash::{Hash, Hasher},
    slice,
    sync::Arc,
};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Duration, Timestamp};

/// The instants from `from` to `until`, without `until`; none where `from` is not before `until`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Span {
    /// The first instant.
    pub from: Timestamp,
    /// The first instant afterwards.
    pub until: Timestamp,
}

impl Span {
    /// All of time, but for the very last millisecond that a [`Timestamp`] can name.
    pub const EVER: Self = Self {
        from: Timestamp::from_millis(i64::MIN),
        until: Timestamp::from_millis(i64::MAX),
    };

    /// From `from` to before `until`.
    #[must_use]
    pub const fn new(from: Timestamp, until: Timestamp) -> Self {
        Self { from, until }
    }

    /// Whether no instant lies in it.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.from >= self.until
    }

    /// Whether the instant lies in it.
    #[must_use]
    pub fn contains(self, at: Timestamp) -> bool {
        self.from <= at && at < self.until
    }

    /// What lies in both.
    #[must_use]
    pub fn intersection(self, other: Self) -> Self {
        Self {
            from: self.from.max(other.from),
            until: self.until.min(other.until),
        }
    }

    /// The last instant in it, a millisecond before `until`.
    const fn last(self) -> Timestamp {
        self.until.plus(Duration::from_millis(-1))
    }
}

/// A set of instants. Cheap to clone; a set of one range or none is not on the heap.
#[derive(Debug, Clone)]
pub struct Spans(Ranges);

/// Sorted, not empty, with a gap between any two; so equal sets are written equally.
#[derive(Debug, Clone)]
enum Ranges {
    None,
    One(Span),
    Many(Arc<[Span]>),
}

impl Spans {
    /// No instant.
    #[must_use]
    pub const fn nothing() -> Self {
        Self(Ranges::None)
    }

    /// Every instant of [`Span::EVER`].
    #[must_use]
    pub const fn everything() -> Self {
        Self(Ranges::One(Span::EVER))
    }

    /// One range; nothing where `from` is not before `until`.
    #[must_use]
    pub fn of(from: Timestamp, until: Timestamp) -> Self {
        Self::from(Span::new(from, until))
    }

    /// The ranges in order, none of them empty and none touching the next.
    #[must_use]
    pub fn ranges(&self) -> &[Span] {
        match &self.0 {
            Ranges::None => &[],
            Ranges::One(span) => slice::from_ref(span),
            Ranges::Many(spans) => spans,
        }
    }

    /// Whether no instant lies in it.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        matches!(self.0, Ranges::None)
    }

    /// Whether the instant lies in it.
    #[must_use]
    pub fn contains(&self, at: Timestamp) -> bool {
        self.not_over_at(at).is_some_and(|span| span.contains(at))
    }

    /// The first instant in it.
    #[must_use]
    pub fn first(&self) -> Option<Timestamp> {
        self.ranges().first().map(|span| span.from)
    }

    /// The last instant in it.
    #[must_use]
    pub fn last(&self) -> Option<Timestamp> {
        self.ranges().last().map(|span| span.last())
    }

    /// The instant itself if it lies in the set; else the first afterwards that does; else the last before.
    #[must_use]
    pub fn nearest(&self, at: Timestamp) -> Option<Timestamp> {
        match self.not_over_at(at) {
            Some(span) => Some(at.max(span.from)),
            None => self.last(),
        }
    }

    /// How long all of it is; no longer than a [`Duration`] can be.
    #[must_use]
    pub fn length(&self) -> Duration {
        let millis = self
            .ranges()
            .iter()
            .map(|span| span.until.since(span.from).as_millis());
        Duration::from_millis(millis.fold(0, i64::saturating_add))
    }

    /// What lies in both.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        let (mut a, mut b) = (self.ranges(), other.ranges());
        let mut both = Vec::new();
        while let ([left, rest_a @ ..], [right, rest_b @ ..]) = (a, b) {
            let overlap = left.intersection(*right);
            if !overlap.is_empty() {
                both.push(overlap);
            }
            match left.until.cmp(&right.until) {
                Ordering::Less => a = rest_a,
                Ordering::Equal => (a, b) = (rest_a, rest_b),
                Ordering::Greater => b = rest_b,
            }
        }
        // Ends of disjoint ranges are apart, so what is cut out of them needs no joining.
        Self::from_disjoint(both)
    }

    /// What lies in at least one.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        self.ranges().iter().chain(other.ranges()).copied().collect()
    }

    /// What of `horizon` does not lie in it.
    #[must_use]
    pub fn complement(&self, horizon: Span) -> Self {
        let mut gaps = Vec::with_capacity(self.ranges().len() + 1);
        let mut from = horizon.from;
        for span in self.ranges() {
            gaps.push(Span::new(from, span.from.min(horizon.until)));
            from = from.max(span.until);
        }
        gaps.push(Span::new(from, horizon.until));
        gaps.retain(|gap| !gap.is_empty());
        Self::from_disjoint(gaps)
    }

    /// What of `horizon` lies in it.
    #[must_use]
    pub fn within(&self, horizon: Span) -> Self {
        self.intersection(&Self::from(horizon))
    }

    /// The range that holds the instant, else the first that begins afterwards.
    fn not_over_at(&self, at: Timestamp) -> Option<&Span> {
        let ranges = self.ranges();
        ranges.get(ranges.partition_point(|span| span.until <= at))
    }

    /// Of ranges that are sorted, disjoint, apart and not empty.
    fn from_disjoint(spans: Vec<Span>) -> Self {
        Self(match spans.as_slice() {
            [] => Ranges::None,
            [only] => Ranges::One(*only),
            [..] => Ranges::Many(spans.into()),
        })
    }
}

impl Default for Spans {
    fn default() -> Self {
        Self::nothing()
    }
}

impl From<Span> for Spans {
    fn from(span: Span) -> Self {
        Self(if span.is_empty() {
            Ranges::None
        } else {
            Ranges::One(span)
        })
    }
}

impl FromIterator<Span> for Spans {
    /// The union of any ranges, in any order.
    fn from_iter<T: IntoIterator<Item = Span>>(spans: T) -> Self {
        let mut spans: Vec<Span> = spans.into_iter().filter(|span| !span.is_empty()).collect();
        spans.sort_unstable();
        // `dedup_by` shows each range with the last one that was kept.
        spans.dedup_by(|next, kept| {
            let touches = next.from <= kept.until;
            if touches {
                kept.until = kept.until.max(next.until);
            }
            touches
        });
        Self::from_disjoint(spans)
    }
}

impl PartialEq for Spans {
    fn eq(&self, other: &Self) -> bool {
        self.ranges() == other.ranges()
    }
}

impl Eq for Spans {}

impl PartialOrd for Spans {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Spans {
    /// Any fixed order: by the ranges, from the first on.
    fn cmp(&self, other: &Self) -> Ordering {
        self.ranges().cmp(other.ranges())
    }
}

impl Hash for Spans {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.ranges().hash(state);
    }
}

impl Serialize for Spans {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.ranges().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Spans {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Vec::<Span>::deserialize(deserializer)?.into_iter().collect())
    }
}
