use std::{collections::BTreeMap, fmt, path::Path};

use jiff::tz::TimeZone;

use super::{
    EvaluationError,
    difference::{difference, mean},
    measure::Interval,
    purchases::{COMPLETE_JOURNEY, read},
};
use crate::{
    domain::{BrandId, Timestamp, Word},
    model::{
        contacts::Day,
        send_time::{Hour, SendTimes, Trace, Who},
    },
};

/// Households with fewer baskets are left out.
const FEWEST: usize = 5;

/// How well the hour of each household's last basket was foretold.
#[derive(Debug, Clone, PartialEq)]
pub struct Foretold {
    /// Who foretold.
    pub name: String,
    /// 1 where the hour was the likeliest, else 0; one a household.
    pub first: Vec<f64>,
    /// 1 where it was among the three likeliest.
    pub among_three: Vec<f64>,
    /// The logarithm of its probability, among the hours of that day.
    pub log_score: Vec<f64>,
}

/// The hours of last baskets, foretold by the model and by each household's own histogram.
#[derive(Debug, Clone, PartialEq)]
pub struct SendHours {
    /// Households.
    pub households: usize,
    /// What serves.
    pub ours: Foretold,
    /// Each household's histogram over hours, shrunk to that of the weekday: worth 10 and 30 baskets.
    pub shrunk: [Foretold; 2],
    /// hit@3 less that of the histogram worth 10.
    pub gained_hits: Interval,
    /// The log score less that of the histogram worth 30.
    pub gained_log_score: Interval,
}

impl fmt::Display for SendHours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "send hour, completejourney, last basket of {} households",
            self.households
        )?;
        for foretold in [&self.ours].into_iter().chain(&self.shrunk) {
            writeln!(
                f,
                "  {}: hit@1 {:.3}, hit@3 {:.3}, log score {:.3}",
                foretold.name,
                mean(&foretold.first),
                mean(&foretold.among_three),
                mean(&foretold.log_score)
            )?;
        }
        write!(
            f,
            "  ours less theirs: hit@3 {} (k = 10), log score {} (k = 30)",
            self.gained_hits, self.gained_log_score
        )
    }
}

/// One household: its baskets in the order of time, the last one apart.
struct Household {
    number: usize,
    before: Vec<Timestamp>,
    last: Timestamp,
}

/// Teaches every basket but each household's last as something done unasked, then foretells the hour of the last, the
/// day being known. `path` is completejourney's sample of transactions.
///
/// # Errors
/// The file is missing, unreadable or of another format.
pub fn evaluate_send_hours(path: &Path) -> Result<SendHours, EvaluationError> {
    let households = households(path)?;
    let ours = foretold("ours", &households, &modelled(&households));
    let [ten, thirty] = [10.0, 30.0].map(|worth| {
        let name = format!("own histogram shrunk to weekday-hour, k = {worth}");
        foretold(&name, &households, &shrunk(&households, worth))
    });
    Ok(SendHours {
        households: households.len(),
        gained_hits: difference(&ours.among_three, &ten.among_three, 7),
        gained_log_score: difference(&ours.log_score, &thirty.log_score, 7),
        ours,
        shrunk: [ten, thirty],
    })
}

fn households(path: &Path) -> Result<Vec<Household>, EvaluationError> {
    let mut baskets: BTreeMap<String, Vec<(Timestamp, String)>> = BTreeMap::new();
    for row in read(path, &COMPLETE_JOURNEY)? {
        let known = baskets.entry(row.person).or_default();
        if known.iter().all(|(_, basket)| *basket != row.basket) {
            known.push((row.at, row.basket));
        }
    }
    let many = baskets.into_values().filter(|baskets| baskets.len() >= FEWEST);
    let each = many.enumerate().filter_map(|(number, baskets)| {
        let mut before: Vec<Timestamp> = baskets.into_iter().map(|(at, _)| at).collect();
        let last = before.pop()?;
        Some(Household { number, before, last })
    });
    Ok(each.collect())
}

/// A probability for each hour of the day.
type Foreteller<'a> = dyn Fn(&Household) -> [f64; 24] + 'a;

fn foretold(name: &str, households: &[Household], foreteller: &Foreteller<'_>) -> Foretold {
    let mut foretold = Foretold {
        name: name.to_owned(),
        first: Vec::new(),
        among_three: Vec::new(),
        log_score: Vec::new(),
    };
    for household in households {
        let chances = foreteller(household);
        let truth = usize::from(hour(household.last).of_day());
        let own = chances.get(truth).copied().unwrap_or_default();
        // Of hours alike the earlier stands first.
        let ahead = chances
            .iter()
            .enumerate()
            .filter(|(at, chance)| **chance > own || (**chance >= own && *at < truth));
        let rank = ahead.count();
        let one_if = |hit: bool| f64::from(u8::from(hit));
        foretold.first.push(one_if(rank == 0));
        foretold.among_three.push(one_if(rank < 3));
        foretold.log_score.push(own.max(1e-12).ln());
    }
    foretold
}

fn hour(at: Timestamp) -> Hour {
    Hour::of(at, &TimeZone::UTC)
}

fn modelled<'a>(households: &'a [Household]) -> Box<Foreteller<'a>> {
    let mut known = SendTimes::default();
    let mut baskets: Vec<(Timestamp, usize)> = households
        .iter()
        .flat_map(|household| household.before.iter().map(|at| (*at, household.number)))
        .collect();
    baskets.sort_unstable();
    for (at, number) in baskets {
        if let Some(who) = who(number) {
            known.learn(who, Trace::unasked(Day::of(at), hour(at), 1.0), 1.0);
        }
    }
    Box::new(move |household| {
        let mut chances = [1.0 / 24.0; 24];
        let Some(who) = who(household.number) else {
            return chances;
        };
        let shape = known.believe(who, Day::of(household.last)).shape;
        let weekday = usize::from(hour(household.last).weekday());
        let day = shape.chunks_exact(24).nth(weekday).unwrap_or_default();
        let sum: f64 = day.iter().sum();
        for (chance, shape) in chances.iter_mut().zip(day) {
            *chance = shape / sum;
        }
        chances
    })
}

fn who(number: usize) -> Option<Who> {
    let brand = BrandId::new("grocer").ok()?;
    let contact = Word::new(&number.to_string()).ok()?;
    Some(Who::new(&brand, None, Some(&contact)))
}

/// (own histogram + worth x the weekday's shares) / (baskets + worth).
fn shrunk<'a>(households: &'a [Household], worth: f64) -> Box<Foreteller<'a>> {
    let mut weekdays = [[1.0; 24]; 7];
    for at in households.iter().flat_map(|household| &household.before) {
        let hour = hour(*at);
        let day = weekdays.get_mut(usize::from(hour.weekday()));
        if let Some(count) = day.and_then(|day| day.get_mut(usize::from(hour.of_day()))) {
            *count += 1.0;
        }
    }
    Box::new(move |household| {
        let weekday = usize::from(hour(household.last).weekday());
        let day = weekdays.get(weekday).copied().unwrap_or([1.0; 24]);
        let sum: f64 = day.iter().sum();
        let baskets = household.before.len() as f64;
        let mut chances = day.map(|count| worth * count / sum);
        for at in &household.before {
            if let Some(count) = chances.get_mut(usize::from(hour(*at).of_day())) {
                *count += 1.0;
            }
        }
        chances.map(|count| count / (baskets + worth))
    })
}
