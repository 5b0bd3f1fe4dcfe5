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
    hours: [f64; 24],
    days: [f64; 7],
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
        let mut hours = [0.0; 24];
        for (distance, weight) in (0_u8..24).zip(&mut hours) {
            let circular = f64::from(distance.min(24 - distance));
            *weight = (-0.5 * (circular / deviation_hours).powi(2)).exp();
        }
        let mut days = [other_days; 7];
        if let Some(same) = days.first_mut() {
            *same = 1.0;
        }
        let (hour_sum, day_sum): (f64, f64) = (hours.iter().sum(), days.iter().sum());
        Self {
            hours: hours.map(|weight| weight / hour_sum),
            days: days.map(|weight| weight / day_sum),
        }
    }

    /// How many hours it averages over, as variance goes: a count spread so is as uncertain as one of that many
    /// hours together.
    #[must_use]
    pub fn effective_hours(&self) -> f64 {
        let squares = |weights: &[f64]| weights.iter().map(|weight| weight * weight).sum::<f64>();
        1.0 / (squares(&self.hours) * squares(&self.days))
    }

    /// Adds `amount` at an hour to a week, spread.
    pub fn add(&self, week: &mut Week, hour: Hour, amount: f64) {
        if amount == 0.0 {
            return;
        }
        let from = 24 - usize::from(hour.of_day());
        let first_day = 7 - usize::from(hour.weekday());
        let days = self.days.iter().cycle().skip(first_day);
        for (day, of_day) in week.chunks_exact_mut(24).zip(days) {
            let amount = amount * of_day;
            if amount == 0.0 {
                continue;
            }
            let hours = self.hours.iter().cycle().skip(from);
            for (cell, of_hour) in day.iter_mut().zip(hours) {
                *cell += amount * of_hour;
            }
        }
    }

    /// A whole week, spread.
    #[must_use]
    pub fn over(&self, week: &Week) -> Week {
        let mut spread = [0.0; HOURS];
        for (number, amount) in (0_u8..).zip(week) {
            if let Some(hour) = Hour::numbered(number) {
                self.add(&mut spread, hour, *amount);
            }
        }
        spread
    }
}

impl Evidence {
    /// Nothing seen.
    #[must_use]
    pub const fn none() -> Self {
        Self {
            answers: [0.0; HOURS],
            expected: [0.0; HOURS],
        }
    }

    /// The shape after this evidence: `parent`'s, worth `trust` answers over the week, moved by what was seen. Each
    /// hour's is the mean of a Gamma belief: (t parent + answers) / (t + expected), t = `trust` / 168.
    #[must_use]
    pub fn shape(&self, parent: &Week, trust: f64) -> Week {
        let an_hour = trust / hours();
        let mut shape = *parent;
        for ((cell, answers), expected) in shape.iter_mut().zip(&self.answers).zip(&self.expected) {
            *cell = an_hour.mul_add(*cell, *answers) / (an_hour + expected);
        }
        shape
    }
}

/// 168.0
pub(super) fn hours() -> f64 {
    f64::from(u8::try_from(HOURS).unwrap_or(u8::MAX))
}
