use std::{collections::BTreeMap, fmt, path::Path};

use super::{
    EvaluationError,
    estimators::{Estimates, Logged, Thin, estimate, points, support},
    read_text,
};

/// Weights of the clipped estimate are at most this.
pub const CLIPPED_AT: f64 = 10.0;
/// The expected click rate of an item is its own, shrunk to that of all with so many impressions.
const SHRUNK_BY: f64 = 100.0;

/// The six logs of the Open Bandit Dataset (ZOZOTOWN; Saito et al. 2021): who chose, and for which shelf.
pub const OBD_SETS: [(&str, &str); 6] = [
    ("random", "all"),
    ("random", "men"),
    ("random", "women"),
    ("bts", "all"),
    ("bts", "men"),
    ("bts", "women"),
];

/// Off-policy estimates on one log.
#[derive(Debug, Clone)]
pub struct ObdEvaluation {
    /// Who chose.
    pub logged_by: &'static str,
    /// For which shelf.
    pub shelf: &'static str,
    /// The log, and what the target makes of it.
    pub log: Vec<Logged>,
    /// What the target would have been worth, if the log can tell.
    pub estimates: Result<Estimates, Thin>,
    /// The click rate in the other log, where the target itself (or nearly so) chose.
    pub other: f64,
}

impl fmt::Display for ObdEvaluation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let target = match self.logged_by {
            "bts" => "every item alike",
            _ => "each item as often as Bernoulli Thompson sampling showed it",
        };
        writeln!(
            f,
            "obd {}/{}: the click rate of showing {target}",
            self.logged_by, self.shelf
        )?;
        match &self.estimates {
            Ok(estimates) => writeln!(f, "  {estimates}")?,
            Err(thin) => writeln!(f, "  no estimate: {thin}; {}", support(&self.log))?,
        }
        write!(
            f,
            "  in the other log, where about that was shown, {:.5} were clicked",
            self.other
        )
    }
}

impl ObdEvaluation {
    /// The point estimates without a word of their support: IPS, clipped, SNIPS, doubly robust.
    #[must_use]
    pub fn points(&self) -> [f64; 4] {
        points(&self.log, CLIPPED_AT)
    }
}

/// One shown item.
struct Shown {
    item: usize,
    position: usize,
    clicked: f64,
    propensity: f64,
}

const POSITIONS: usize = 3;

/// Estimates, from what one side logged, the click rate of the other: of showing every item alike from the log of
/// Thompson sampling, of showing each item as often as Thompson sampling did from the uniform log. `data` is the
/// folder of data sets.
///
/// # Errors
/// A file is missing, unreadable or of another format.
pub fn evaluate_obd(
    data: &Path,
    (logged_by, shelf): (&'static str, &'static str),
) -> Result<ObdEvaluation, EvaluationError> {
    let at = |by: &str| data.join(format!("bandit/obd/{by}/{shelf}.csv.gz"));
    let other_side = if logged_by == "bts" { "random" } else { "bts" };
    let (rows, other) = (read(&at(logged_by))?, read(&at(other_side))?);
    let items = rows
        .iter()
        .chain(&other)
        .map(|row| row.item + 1)
        .max()
        .unwrap_or(1);
    let target = match logged_by {
        "bts" => vec![[1.0 / items as f64; POSITIONS]; items],
        _ => shares(&other, items),
    };
    let log = log_of(&rows, &target);
    Ok(ObdEvaluation {
        logged_by,
        shelf,
        estimates: estimate(&log, CLIPPED_AT, 7),
        log,
        other: rate(&other),
    })
}

fn rate(rows: &[Shown]) -> f64 {
    rows.iter().map(|row| row.clicked).sum::<f64>() / rows.len().max(1) as f64
}

fn log_of(rows: &[Shown], target: &[[f64; POSITIONS]]) -> Vec<Logged> {
    let mean = rate(rows);
    let mut counts: BTreeMap<usize, (f64, f64)> = BTreeMap::new();
    for row in rows {
        let (clicks, shown) = counts.entry(row.item).or_default();
        *clicks += row.clicked;
        *shown += 1.0;
    }
    let expected = |item: usize| {
        let (clicks, shown) = counts.get(&item).copied().unwrap_or_default();
        (clicks + SHRUNK_BY * mean) / (shown + SHRUNK_BY)
    };
    let chance = |item: usize, position: usize| {
        let chances = target.get(item).and_then(|chances| chances.get(position));
        chances.copied().unwrap_or_default()
    };
    let of_target: Vec<f64> = (0..POSITIONS)
        .map(|position| {
            let each = (0..target.len()).map(|item| chance(item, position) * expected(item));
            each.sum()
        })
        .collect();
    let logged = |row: &Shown| Logged {
        reward: row.clicked,
        propensity: row.propensity,
        target: chance(row.item, row.position),
        expected: expected(row.item),
        expected_of_target: of_target.get(row.position).copied().unwrap_or_default(),
    };
    rows.iter().map(logged).collect()
}

/// How often each item stood at each position.
fn shares(rows: &[Shown], items: usize) -> Vec<[f64; POSITIONS]> {
    let mut shares = vec![[0.0; POSITIONS]; items];
    let mut totals = [0.0; POSITIONS];
    for row in rows {
        let share = shares
            .get_mut(row.item)
            .and_then(|shares| shares.get_mut(row.position));
        if let (Some(share), Some(total)) = (share, totals.get_mut(row.position)) {
            *share += 1.0;
            *total += 1.0;
        }
    }
    for share in &mut shares {
        for (share, total) in share.iter_mut().zip(totals) {
            *share /= f64::max(total, 1.0);
        }
    }
    shares
}

fn read(path: &Path) -> Result<Vec<Shown>, EvaluationError> {
    let text = read_text(path)?;
    let malformed = |row: usize, what: &str| EvaluationError::Malformed {
        path: path.to_owned(),
        row,
        what: what.to_owned(),
    };
    let mut table = csv::Reader::from_reader(text.as_bytes());
    let header = table
        .headers()
        .map_err(|error| malformed(1, &error.to_string()))?
        .clone();
    let places = ["item_id", "position", "click", "propensity_score"]
        .map(|wanted| header.iter().position(|name| name == wanted));
    let [Some(item), Some(position), Some(click), Some(propensity)] = places else {
        return Err(malformed(
            1,
            "it has no `item_id`, `position`, `click` and `propensity_score`",
        ));
    };
    let mut rows = Vec::new();
    for (at, record) in table.records().enumerate() {
        let record = record.map_err(|error| malformed(at + 2, &error.to_string()))?;
        let shown = || {
            Some(Shown {
                item: record.get(item)?.parse().ok()?,
                position: record.get(position)?.parse::<usize>().ok()?.checked_sub(1)?,
                clicked: record.get(click)?.parse().ok()?,
                propensity: record.get(propensity)?.parse().ok()?,
            })
        };
        rows.push(shown().ok_or_else(|| malformed(at + 2, "a number is missing"))?);
    }
    Ok(rows)
}
