use smallvec::SmallVec;

use crate::domain::{Evidence, Timestamp};

/// How many outcomes of one key happened on each day (UTC), and the answers that were asked for last.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// (day since the epoch, outcomes of it), by day; no day without outcomes.
    days: Vec<(i64, u32)>,
    latest: Option<Timestamp>,
    asked: SmallVec<[Asked; 2]>,
}

/// An answer, kept until a count moves.
#[derive(Debug, Clone, Copy)]
struct Asked {
    window_days: u32,
    today: i64,
    current: u32,
    peak: u32,
}

/// Answers kept per key: rules and models ask for few different windows.
const KEPT: usize = 4;

impl Tally {
    /// Counts an outcome.
    pub(super) fn add(&mut self, at: Timestamp) {
        self.asked.clear();
        self.latest = self.latest.max(Some(at));
        match self.days.binary_search_by_key(&at.day(), |(day, _)| *day) {
            Ok(index) => {
                if let Some((_, count)) = self.days.get_mut(index) {
                    *count = count.saturating_add(1);
                }
            }
            Err(index) => self.days.insert(index, (at.day(), 1)),
        }
    }

    /// Takes an outcome back that was counted.
    pub(super) fn remove(&mut self, at: Timestamp) {
        self.asked.clear();
        let Ok(index) = self.days.binary_search_by_key(&at.day(), |(day, _)| *day) else {
            return;
        };
        if let Some((_, count)) = self.days.get_mut(index) {
            *count -= 1;
            if *count == 0 {
                self.days.remove(index);
            }
        }
    }

    /// The evidence in the `window_days` days that end with the day of `now`.
    pub(super) fn evidence(&mut self, window_days: u32, now: Timestamp) -> Evidence {
        let today = now.day();
        let known = self
            .asked
            .iter()
            .find(|asked| asked.window_days == window_days)
            .copied();
        let asked = match known {
            Some(asked) if asked.today == today => asked,
            Some(asked) => Asked {
                today,
                current: self.ending(today, window_days),
                ..asked
            },
            None => Asked {
                window_days,
                today,
                current: self.ending(today, window_days),
                peak: self.peak(window_days),
            },
        };
        self.keep(asked);
        Evidence {
            current: asked.current,
            peak: asked.peak,
            latest: self.latest,
        }
    }

    /// The days, and when the latest was counted.
    pub(super) fn stored(&self) -> (Vec<(i64, u32)>, Option<Timestamp>) {
        (self.days.clone(), self.latest)
    }

    pub(super) fn restored((days, latest): (Vec<(i64, u32)>, Option<Timestamp>)) -> Self {
        Self {
            days,
            latest,
            asked: SmallVec::new(),
        }
    }

    fn keep(&mut self, asked: Asked) {
        let slot = self
            .asked
            .iter_mut()
            .find(|kept| kept.window_days == asked.window_days);
        if let Some(slot) = slot {
            *slot = asked;
            return;
        }
        if self.asked.len() == KEPT {
            self.asked.remove(0);
        }
        self.asked.push(asked);
    }

    /// Outcomes of the window that ends with that day.
    fn ending(&self, last: i64, window_days: u32) -> u32 {
        let first = last.saturating_sub(i64::from(window_days));
        self.days
            .iter()
            .rev()
            .skip_while(|(day, _)| *day > last)
            .take_while(|(day, _)| *day > first)
            .fold(0, |sum, (_, count)| sum.saturating_add(*count))
    }

    /// The most that any window of that length holds. The fullest window can be chosen to end on a day with
    /// outcomes, so only those are tried, with both ends moving forward once.
    fn peak(&self, window_days: u32) -> u32 {
        let (mut peak, mut sum) = (0_u32, 0_u32);
        let mut oldest = self.days.iter();
        let mut first = oldest.next();
        for (last, count) in &self.days {
            sum = sum.saturating_add(*count);
            while let Some((day, gone)) = first {
                if last - day < i64::from(window_days) {
                    break;
                }
                sum = sum.saturating_sub(*gone);
                first = oldest.next();
            }
            peak = peak.max(sum);
        }
        peak
    }
}
