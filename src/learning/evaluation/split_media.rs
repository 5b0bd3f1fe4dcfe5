use std::{fmt, path::Path};

use super::{EvaluationError, Interval, measure::paired, read_text, split_ridge::ridge};
use crate::model::budget::{Curve, Period, Posterior, Prior};

/// A table of weeks: what was sold, and what was spent on each medium.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Weeks {
    /// What the set is called in reports.
    pub name: &'static str,
    /// The column of what was sold.
    pub sold: &'static str,
    /// How the columns of spend begin.
    pub spend_begins: &'static str,
    /// How the columns of spend end.
    pub spend_ends: &'static str,
    /// How the columns of holidays and seasons begin.
    pub seasons_begin: &'static [&'static str],
}

/// `budget/mmm_stan.csv`: 209 weeks, spend of 10 media.
pub const MMM_STAN: Weeks = Weeks {
    name: "mmm_stan",
    sold: "sales",
    spend_begins: "mdsp_",
    spend_ends: "",
    seasons_begin: &["hldy_", "seas_"],
};

/// `budget/robyn_simulated_weekly.csv`: 208 simulated weeks, spend of 5 media.
pub const ROBYN: Weeks = Weeks {
    name: "robyn (simulated)",
    sold: "revenue",
    spend_begins: "",
    spend_ends: "_S",
    seasons_begin: &[],
};

/// `budget/meridian_national_simulated.csv.gz`: 156 simulated weeks, spend of 5 media.
pub const MERIDIAN: Weeks = Weeks {
    name: "meridian (simulated)",
    sold: "conversions",
    spend_begins: "Channel",
    spend_ends: "_spend",
    seasons_begin: &[],
};

/// Whether spend on media says anything about later weeks that trend and season do not.
#[derive(Debug, Clone, PartialEq)]
pub struct MediaEvaluation {
    /// Of the set.
    pub name: &'static str,
    /// Weeks learnt from; all earlier than those kept back.
    pub learnt: usize,
    /// Weeks kept back.
    pub kept_back: usize,
    /// Mean absolute error of trend and season alone on the weeks kept back, as a share of what was sold.
    pub without: f64,
    /// The same with media.
    pub with: f64,
    /// What media take off that error, week by week; above 0 is a gain.
    pub gain: Interval,
    /// The same on the weeks learnt from, where every further column seems to help.
    pub gain_learnt: f64,
}

impl MediaEvaluation {
    /// Whether media are claimed to help: only if the whole interval says so.
    #[must_use]
    pub fn claims_a_gain(&self) -> bool {
        self.gain.low > 0.0
    }
}

impl fmt::Display for MediaEvaluation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Interval { value, low, high } = self.gain;
        writeln!(
            f,
            "spend on media in {}: {} weeks learnt from, the {} after them kept back: mean absolute error {:.2} % \
             with media, {:.2} % with trend and season alone",
            self.name,
            self.learnt,
            self.kept_back,
            100.0 * self.with,
            100.0 * self.without
        )?;
        let verdict = if self.claims_a_gain() {
            "media say something about later weeks"
        } else {
            "no gain from media is claimed"
        };
        write!(
            f,
            "  gain {:+.2} points [{:+.2}, {:+.2}] (on the weeks learnt from {:+.2}): {verdict}",
            100.0 * value,
            100.0 * low,
            100.0 * high,
            100.0 * self.gain_learnt
        )
    }
}

/// The last quarter of the weeks is kept back.
const KEPT_BACK: usize = 4;
/// Waves of a year by which a season is drawn.
const HARMONICS: usize = 3;
/// Weeks in a year.
const YEAR: f64 = 365.25 / 7.0;
/// How often trend and season and the media are fitted to what the others leave.
const ROUNDS: usize = 20;
/// What all media together are believed to bring before anything is seen, as a share of what is sold.
const BELIEVED: f64 = 0.1;

/// Fits trend and season to the first weeks, with the response curves of the media and without, and compares the two on the
/// weeks after them. The curves are those by which a budget is split ([`Posterior`]).
///
/// # Errors
/// The file is missing, unreadable or of another format.
pub fn evaluate_media(path: &Path, weeks: Weeks) -> Result<MediaEvaluation, EvaluationError> {
    let table = Table::read(path, weeks)?;
    let learnt = table.sold.len() - table.sold.len() / KEPT_BACK;
    let alone = table.fitted(learnt, &[]);
    let every: Vec<usize> = (0..table.spend.len()).collect();
    let with = table.fitted(learnt, &every);
    let error = |predicted: &[f64]| -> Vec<f64> {
        let pairs = table.sold.iter().zip(predicted);
        pairs
            .map(|(sold, predicted)| ((sold - predicted) / sold.max(1e-9)).abs())
            .collect()
    };
    let (without, with) = (error(&alone), error(&with));
    let gains: Vec<f64> = without
        .iter()
        .zip(&with)
        .map(|(without, with)| without - with)
        .collect();
    let (first, last) = gains.split_at(learnt);
    let late = |errors: &[f64]| mean(errors.get(learnt..).unwrap_or_default());
    Ok(MediaEvaluation {
        name: weeks.name,
        learnt,
        kept_back: last.len(),
        without: late(&without),
        with: late(&with),
        gain: paired(last, 11),
        gain_learnt: mean(first),
    })
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / count(values.len().max(1))
}

#[expect(clippy::cast_precision_loss, reason = "so many weeks fit")]
const fn count(weeks: usize) -> f64 {
    weeks as f64
}

/// The columns that matter, by week.
struct Table {
    sold: Vec<f64>,
    /// Trend and season, a row a week.
    seasons: Vec<Vec<f64>>,
    /// Spend in micros, a row a medium.
    spend: Vec<Vec<f64>>,
}

impl Table {
    fn read(path: &Path, weeks: Weeks) -> Result<Self, EvaluationError> {
        let text = read_text(path)?;
        let malformed = |row: usize, what: String| EvaluationError::Malformed {
            path: path.to_owned(),
            row,
            what,
        };
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let header = reader
            .headers()
            .map_err(|error| malformed(1, error.to_string()))?
            .clone();
        let at = |wanted: &dyn Fn(&str) -> bool| -> Vec<usize> {
            let named = header.iter().enumerate().filter(|(_, name)| wanted(name));
            named.map(|(at, _)| at).collect()
        };
        let sold = at(&|name| name == weeks.sold);
        let spend = at(&|name| name.starts_with(weeks.spend_begins) && name.ends_with(weeks.spend_ends));
        let seasons = at(&|name| weeks.seasons_begin.iter().any(|begin| name.starts_with(begin)));
        let mut table = Self {
            sold: Vec::new(),
            seasons: Vec::new(),
            spend: vec![Vec::new(); spend.len()],
        };
        for (week, record) in reader.records().enumerate() {
            let record = record.map_err(|error| malformed(week + 2, error.to_string()))?;
            let number = |at: usize| -> Result<f64, EvaluationError> {
                let text = record.get(at).unwrap_or_default();
                text.parse()
                    .map_err(|_| malformed(week + 2, format!("`{text}` is not a number")))
            };
            for at in &sold {
                table.sold.push(number(*at)?);
            }
            for (medium, at) in table.spend.iter_mut().zip(&spend) {
                medium.push(number(*at)? * 1e6);
            }
            let mut row = waves(week);
            for at in &seasons {
                row.push(number(*at)?);
            }
            table.seasons.push(row);
        }
        if table.sold.len() != table.seasons.len() || table.sold.is_empty() {
            return Err(malformed(1, format!("there is no column `{}`", weeks.sold)));
        }
        Ok(table)
    }

    /// What trend and season and those media say of every week, having seen only the first ones.
    fn fitted(&self, learnt: usize, media: &[usize]) -> Vec<f64> {
        let nothing = vec![0.0; self.sold.len()];
        let mut brought = vec![nothing.clone(); media.len()];
        let mut base = nothing;
        for _ in 0..if media.is_empty() { 1 } else { ROUNDS } {
            let rest = self.less(&brought);
            base = ridge(&self.seasons, &rest, learnt);
            for (place, medium) in media.iter().enumerate() {
                let Some(spend) = self.spend.get(*medium) else {
                    continue;
                };
                let rest = self.less(&brought);
                let own = brought.get(place).cloned().unwrap_or_default();
                let left: Vec<f64> = (0..learnt)
                    .filter_map(|week| Some(rest.get(week)? - base.get(week)? + own.get(week)?))
                    .collect();
                let curve = self.curve(spend, &left, media.len());
                if let Some(slot) = brought.get_mut(place) {
                    *slot = spend.iter().map(|spend| curve.value(*spend)).collect();
                }
            }
        }
        let sums = (0..base.len()).map(|week| -> f64 { brought.iter().filter_map(|by| by.get(week)).sum() });
        base.iter().zip(sums).map(|(base, media)| base + media).collect()
    }

    /// What was sold, less what the media brought.
    fn less(&self, brought: &[Vec<f64>]) -> Vec<f64> {
        let of = |week: usize| -> f64 { brought.iter().filter_map(|by| by.get(week)).sum() };
        let sold = self.sold.iter().enumerate();
        sold.map(|(week, sold)| sold - of(week)).collect()
    }

    fn curve(&self, spend: &[f64], left: &[f64], media: usize) -> Curve {
        let periods: Vec<Period> = spend
            .iter()
            .zip(left)
            .map(|(spend, left)| Period {
                spend_micros: *spend,
                outcomes: *left,
            })
            .collect();
        let usual_micros = mean(spend.get(..left.len()).unwrap_or_default()).max(1.0);
        let believed = BELIEVED * mean(&self.sold) / count(media.max(1));
        let prior = Prior {
            rate: believed / usual_micros,
            usual_micros,
        };
        Posterior::fit(&periods, prior).map_or(Curve::Linear { slope: 0.0 }, |posterior| posterior.mean())
    }
}

/// A straight trend and the waves of a year.
fn waves(week: usize) -> Vec<f64> {
    let week = count(week);
    let mut row = vec![week / YEAR];
    for harmonic in 1..=HARMONICS {
        let angle = std::f64::consts::TAU * count(harmonic) * week / YEAR;
        row.extend([angle.sin(), angle.cos()]);
    }
    row
}
