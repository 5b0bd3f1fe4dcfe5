use std::{
    fmt,
    path::Path,
    time::{Duration, Instant},
};

use super::{
    EvaluationError,
    measure::{Measured, measure},
    tables::{Format, People, day_of},
};
use crate::{
    domain::Timestamp,
    model::score::{Fitted, Following, Form, History, fit},
};

/// Which rows are kept back for the test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Split {
    /// The last fifth of the file, in time.
    Last20,
    /// Every fifth row.
    Mod5,
}

impl Split {
    /// The word used in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Last20 => "last20",
            Self::Mod5 => "mod5",
        }
    }

    const fn tests(self, row: usize, rows: usize) -> bool {
        match self {
            Self::Last20 => row >= rows - rows / 5,
            Self::Mod5 => row.is_multiple_of(5),
        }
    }
}

/// What a public library reaches on a split.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reached {
    /// Area under the curve.
    pub auc: f64,
    /// Mean log loss.
    pub logloss: f64,
}

/// A data set and a split of it, with what scikit-learn reaches there.
#[derive(Debug, Clone, Copy)]
pub struct ScoreSet {
    /// The name used in reports.
    pub name: &'static str,
    /// The file, below the folder of data sets.
    pub file: &'static str,
    /// Which rows are the test.
    pub split: Split,
    /// One-hot and scaled logistic regression.
    pub logistic: Reached,
    /// Histogram boosting with its defaults.
    pub boosting: Reached,
    shape: Shape,
}

#[derive(Debug, Clone, Copy)]
enum Shape {
    People(Format),
    /// Purchases, and the day on which the customers are looked at.
    Purchases(&'static str),
}

const LEADS: Shape = Shape::People(Format {
    separator: b';',
    outcome: ("y", "yes"),
    // The length of the call that is to be decided on is known only after it.
    without: &["duration"],
    codes: &[],
});
const SESSIONS: Shape = Shape::People(Format {
    separator: b';',
    outcome: ("Revenue", "TRUE"),
    without: &[],
    codes: &["OperatingSystems", "Browser", "Region", "TrafficType"],
});
const TELCO: Shape = Shape::People(Format {
    separator: b',',
    outcome: ("Churn", "Yes"),
    without: &["customerID"],
    codes: &[],
});
const SUBSCRIPTIONS: Shape = Shape::People(Format {
    separator: b',',
    outcome: ("target", "1.0"),
    // What a wrong answer costs is no fact of the customer.
    without: &["id", "C_FP", "C_FN", "C_TP", "C_TN"],
    codes: &[],
});

const fn reached(auc: f64, logloss: f64) -> Reached {
    Reached { auc, logloss }
}

const fn set(
    (name, file): (&'static str, &'static str),
    split: Split,
    logistic: Reached,
    boosting: Reached,
    shape: Shape,
) -> ScoreSet {
    ScoreSet {
        name,
        file,
        split,
        logistic,
        boosting,
        shape,
    }
}

const BANK: (&str, &str) = ("bank-full without `duration`", "leads/bank-full.csv.gz");
const BANK_MORE: (&str, &str) = (
    "bank-additional without `duration`",
    "leads/bank-additional-full.csv.gz",
);
const SHOPPERS: (&str, &str) = ("shoppers", "leads/online_shoppers_intention.csv.gz");
const TV: (&str, &str) = ("churn_tv", "churn/churn_tv_subscriptions.csv.gz");

/// The data sets that Score is measured on. The figures beside are those of scikit-learn on the same rows.
pub const SCORE_SETS: [ScoreSet; 9] = [
    set(
        BANK,
        Split::Mod5,
        reached(0.758, 0.305),
        reached(0.800, 0.283),
        LEADS,
    ),
    set(
        BANK,
        Split::Last20,
        reached(0.683, 0.717),
        reached(0.670, 0.756),
        LEADS,
    ),
    set(
        BANK_MORE,
        Split::Mod5,
        reached(0.797, 0.273),
        reached(0.808, 0.268),
        LEADS,
    ),
    set(
        BANK_MORE,
        Split::Last20,
        reached(0.748, 0.570),
        reached(0.646, 0.796),
        LEADS,
    ),
    set(
        SHOPPERS,
        Split::Mod5,
        reached(0.888, 0.287),
        reached(0.929, 0.220),
        SESSIONS,
    ),
    set(
        SHOPPERS,
        Split::Last20,
        reached(0.862, 0.374),
        reached(0.870, 0.335),
        SESSIONS,
    ),
    set(
        ("telco (simulated)", "churn/telco_ibm.csv.gz"),
        Split::Mod5,
        reached(0.835, 0.426),
        reached(0.817, 0.460),
        TELCO,
    ),
    set(
        TV,
        Split::Mod5,
        reached(0.637, 0.201),
        reached(0.692, 0.206),
        SUBSCRIPTIONS,
    ),
    set(
        ("cdnow, lost after 1997-10-01", "churn/cdnow_master.txt.gz"),
        Split::Mod5,
        reached(0.767, 0.491),
        reached(0.770, 0.491),
        Shape::Purchases("19971001"),
    ),
];

/// Score on one split of one data set.
#[derive(Debug, Clone)]
pub struct ScoreEvaluation {
    /// Of which.
    pub set: ScoreSet,
    /// Which model answered.
    pub form: Form,
    /// On the test rows, fitted once to the others and frozen.
    pub frozen: Measured,
    /// On the test rows in time order, each scored before it was learnt from, refitted on the way as in service. Of
    /// a test that follows the training in time; `None` of the others.
    pub prequential: Option<Measured>,
    /// How long the fit took.
    pub fit_took: Duration,
    /// How long one answer with its reasons takes.
    pub answer_took: Duration,
    /// (probability, outcome) of each test row, frozen.
    pub answers: Vec<(f64, bool)>,
}

impl fmt::Display for ScoreEvaluation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ScoreSet {
            name,
            split,
            logistic,
            boosting,
            ..
        } = self.set;
        writeln!(f, "{name}, {}: {}", split.name(), self.frozen)?;
        if let Some(prequential) = &self.prequential {
            writeln!(f, "  prequential, refitted on the way: {prequential}")?;
        }
        writeln!(
            f,
            "  by {}; fitted in {:.1} s; an answer with its reasons in {:.1} us",
            self.form.name(),
            self.fit_took.as_secs_f64(),
            self.answer_took.as_secs_f64() * 1e6
        )?;
        let beside = |name: &str, reached: Reached| {
            format!("{name}: logloss {:.3}, AUC {:.3}", reached.logloss, reached.auc)
        };
        write!(
            f,
            "  scikit-learn on the same rows, {}; {}",
            beside("logistic regression", logistic),
            beside("histogram boosting", boosting)
        )
    }
}

/// Fits a model to the rows that the split leaves, in the order of the file, and measures it on the others.
///
/// # Errors
/// The file is missing, unreadable or of another format, or nothing could be fitted to it.
pub fn evaluate_score(data: &Path, set: ScoreSet) -> Result<ScoreEvaluation, EvaluationError> {
    let path = data.join(set.file);
    let people = match set.shape {
        Shape::People(format) => People::read(&path, &format)?,
        Shape::Purchases(day) => People::of_purchases(&path, day_of(day).unwrap_or_default())?,
    };
    let rows = people.len();
    let mut history = History::new();
    let train = people
        .iter()
        .enumerate()
        .filter(|(at, _)| !set.split.tests(*at, rows));
    for (at, (row, outcome)) in train {
        history.push(&row, outcome, instant(at), History::CAPACITY);
    }
    let began = Instant::now();
    let fitted = fit::fit(&history).ok_or_else(|| EvaluationError::Malformed {
        path,
        row: 1,
        what: "nothing could be fitted to it".to_owned(),
    })?;
    let fit_took = began.elapsed();
    let (answers, answer_took) = answered(&fitted.fitted, &people, set.split);
    let form = fitted.fitted.form();
    let prequential = match set.split {
        Split::Last20 => Some(prequential(fitted, history, &people)),
        Split::Mod5 => None,
    };
    Ok(ScoreEvaluation {
        set,
        form,
        frozen: measure(&answers, 7),
        prequential,
        fit_took,
        answer_took,
        answers,
    })
}

/// The file tells the order, not the time: a row an hour.
fn instant(row: usize) -> Timestamp {
    Timestamp::from_millis(i64::try_from(row).unwrap_or(i64::MAX / 3_600_000) * 3_600_000)
}

/// The answers to the test rows, and how long one takes with its reasons.
fn answered(fitted: &Fitted, people: &People, split: Split) -> (Vec<(f64, bool)>, Duration) {
    let tests = || {
        let numbered = people.iter().enumerate();
        numbered
            .filter(|(at, _)| split.tests(*at, people.len()))
            .map(|(_, row)| row)
    };
    let answers: Vec<(f64, bool)> = tests()
        .map(|(row, outcome)| (fitted.probability(&row).unwrap_or(0.5), outcome))
        .collect();
    let rows: Vec<_> = tests().map(|(row, _)| row).take(1_000).collect();
    let began = Instant::now();
    for row in &rows {
        std::hint::black_box((fitted.probability(row), fitted.reasons(row)));
    }
    let took = began.elapsed() / u32::try_from(rows.len().max(1)).unwrap_or(u32::MAX);
    (answers, took)
}

/// Goes on through the test rows as in service: each is scored, then its outcome is heard, and enough new ones are
/// fitted anew.
fn prequential(first: fit::Fit, mut history: History, people: &People) -> Measured {
    let mut following = Following::new(first);
    let (mut fitted_at, mut answers) = (history.heard(), Vec::new());
    let mut calibration = following.calibration();
    for (at, (row, outcome)) in people.iter().enumerate() {
        if !Split::Last20.tests(at, people.len()) {
            continue;
        }
        let probability = following.probability(&calibration, &row).unwrap_or(0.5);
        answers.push((probability, outcome));
        following.hear(&row, outcome, 1.0);
        history.push(&row, outcome, instant(at), History::CAPACITY);
        if fit::is_due(history.heard() - fitted_at, history.len()) {
            fitted_at = history.heard();
            if let Some(fit) = fit::fit(&history) {
                following = Following::new(fit);
            }
        }
        if at % 50 == 0 {
            calibration = following.calibration();
        }
    }
    measure(&answers, 7)
}
