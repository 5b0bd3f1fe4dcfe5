//! How the chance of an answer moves over the week: counts, smoothing and shrinkage.
//!
//! A shape is relative: 1 is an hour like any other. What was seen of an hour is compared with what was to be
//! expected there had all hours been alike, so an hour in which many messages were sent is not better for it:
//! rates, not opens. Hours run in a circle (Sunday's last lies beside Monday's first), and neighbours speak for each
//! other.

use super::hours::{HOURS, Hour};

/// A number an hour of the week.
pub type Week = [f64; HOURS];

/// Answers seen, and answers expected had all hours been alike; in counts, each spread over neighbouring hours.
#[derive(Debug, Clone, PartialEq)]
pub struct Evidence {
    /// Seen.
    pub answers: Week,
    /// Expected.
    pub expected: Week,
}

/// How far what is seen in one hour speaks for others: by the distance of the hours of day, and of the weekdays. Its
/// weights sum to 1 over the week.
#[derive(Debug, Clone, PartialEq)]
pub struct Spread {
    /// By distance in hours of day, twice over: what an hour says of the whole day is a window of it.
    hours: [f64; 48],
    /// Of the same weekday, and of each other one.
    same: f64,
    other: f64,
}

impl Spread {
    /// Of one contact, of whom little is seen: the hours next to it (a normal curve of one hour), and half as much
    /// the same hours of other days.
    #[must_use]
    pub fn wide() -> Self {
        Self::new(1.0, 0.5)
    }

    /// Of a group, of which much is seen: barely beyond the hour itself.
    #[must_use]
    pub fn narrow() -> Self {
        Self::new(0.4, 0.0)
    }

    fn new(deviation_hours: f64, other_days: f64) -> Self {
        let mut hours = [0.0; 48];
        for (place, weight) in (0_u8..48).zip(&mut hours) {
            let distance = place % 24;
            let circular = f64::from(distance.min(24 - distance));
            *weight = (-0.5 * (circular / deviation_hours).powi(2)).exp();
        }
        let hour_sum = hours.iter().sum::<f64>() / 2.0;
        let day_sum = 6.0_f64.mul_add(other_days, 1.0);
        Self {
            hours: hours.map(|weight| weight / hour_sum),
            same: 1.0 / day_sum,
            other: other_days / day_sum,
        }
    }

    /// How many hours it averages over, as variance goes: a count spread so is as uncertain as one of that many
    /// hours together.
    #[must_use]
    pub fn effective_hours(&self) -> f64 {
        let of_hours = self
            .hours
            .iter()
            .take(24)
            .map(|weight| weight * weight)
            .sum::<f64>();
        let of_days = self.same * self.same + 6.0 * self.other * self.other;
        1.0 / (of_hours * of_days)
    }

    /// A whole week, spread: over the weekdays first, which have but two weights, then over the hours of each day.
    #[must_use]
    pub fn over(&self, week: &Week) -> Week {
        let mut every = [0.0; 24];
        for day in week.chunks_exact(24) {
            for (sum, amount) in every.iter_mut().zip(day) {
                *sum += amount;
            }
        }
        let mut spread = [0.0; HOURS];
        for (day, to) in week.chunks_exact(24).zip(spread.chunks_exact_mut(24)) {
            for (of_day, (amount, every)) in day.iter().zip(&every).enumerate() {
                let amount = (self.same - self.other) * amount + self.other * every;
                let weights = self.hours.get(24 - of_day..).unwrap_or_default();
                if amount == 0.0 {
                    continue;
                }
                // No fused multiplication here: without the instruction it is a call, and the loop is no vector's any more.
                for (cell, weight) in to.iter_mut().zip(weights) {
                    *cell += amount * weight;
                }
            }
        }
        spread
    }
}

impl Evidence {
    /// The shape after this evidence: `parent`'s, worth `trust` answers over the week, moved by what was seen. Each
    /// hour's is the mean of a Gamma belief: (t parent + answers) / (t + expected), t = `trust` / 168.
    #[must_use]
    pub fn shape(&self, parent: &Week, trust: f64) -> Week {
        let an_hour = trust / hours();
        let mut shape = *parent;
        for ((cell, answers), expected) in shape.iter_mut().zip(&self.answers).zip(&self.expected) {
            *cell = (an_hour * *cell + answers) / (an_hour + expected);
        }
        shape
    }

    /// The same of one hour; 1 beyond the week.
    #[must_use]
    pub fn shape_at(&self, parent: &Week, trust: f64, hour: Hour) -> f64 {
        let (an_hour, at) = (trust / hours(), hour.number());
        let cells = parent
            .get(at)
            .zip(self.answers.get(at))
            .zip(self.expected.get(at));
        cells.map_or(1.0, |((parent, answers), expected)| {
            (an_hour * parent + answers) / (an_hour + expected)
        })
    }
}

/// 168.0
pub(super) fn hours() -> f64 {
    f64::from(u8::try_from(HOURS).unwrap_or(u8::MAX))
}
