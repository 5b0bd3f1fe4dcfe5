use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::{
    history::{Seen, Term},
    row::{Cell, Row},
};

/// A word that fewer subjects have is not learnt from: ten outcomes say little, fewer say nothing.
const FEWEST_OF_A_WORD: usize = 10;
/// The most words of one name that get a column, the frequent ones; the others are "none of these".
const MOST_WORDS: usize = 50;
/// The most columns in all, the well-filled ones: they bound the memory and the time of a fit.
const MOST_COLUMNS: usize = 256;
/// A number beyond this share of the subjects, at either end, is taken as the nearest one inside: an impossible value
/// (a spend of 1e50) must not move a scale, and a line must not be followed to where nobody has been.
const TAIL: f64 = 0.001;

/// One column of a table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Column {
    /// The attribute that it reads.
    pub name: SmolStr,
    /// The word that it asks for; `None` is the attribute's number.
    pub word: Option<SmolStr>,
    /// How a number is scaled for a linear model.
    pub scale: Scale,
    /// Which of [`Layout::names`] is its attribute.
    pub fact: u32,
}

/// From a number to one of about unit size. A word's 0 or 1 is left as it is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Scale {
    low: f64,
    high: f64,
    mean: f64,
    deviation: f64,
}

impl Scale {
    const NONE: Self = Self {
        low: 0.0,
        high: 1.0,
        mean: 0.0,
        deviation: 1.0,
    };

    /// Of the numbers that were seen: clipped at the tails, then mean 0 and deviation 1. `None` if they are all one.
    fn of(mut numbers: Vec<f64>) -> Option<Self> {
        numbers.sort_by(f64::total_cmp);
        let tail = ((numbers.len() as f64 * TAIL) as usize).min(numbers.len().saturating_sub(1) / 2);
        let (low, high) = (*numbers.get(tail)?, *numbers.get(numbers.len() - 1 - tail)?);
        let count = numbers.len() as f64;
        let clipped = || numbers.iter().map(|number| number.clamp(low, high));
        let mean = clipped().sum::<f64>() / count;
        let variance = clipped().map(|number| (number - mean).powi(2)).sum::<f64>() / count;
        let scale = Self {
            low,
            high,
            mean,
            deviation: variance.sqrt(),
        };
        (scale.deviation.is_finite() && scale.deviation > 0.0).then_some(scale)
    }

    pub(super) const fn numbers(&self) -> [f64; 4] {
        [self.low, self.high, self.mean, self.deviation]
    }

    /// The scaled number; one that is unknown is the mean.
    #[must_use]
    pub fn scaled(&self, number: f64) -> f64 {
        if number.is_nan() {
            return 0.0;
        }
        (number.clamp(self.low, self.high) - self.mean) / self.deviation
    }
}

/// Which column of a table reads which cell: fixed when a model is fitted, used unchanged when it answers.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(from = "Vec<Column>", into = "Vec<Column>")]
pub struct Layout {
    columns: Vec<Column>,
    names: Vec<SmolStr>,
    places: HashMap<SmolStr, Places>,
}

#[derive(Debug, Clone, PartialEq, Default)]
struct Places {
    number: Option<u32>,
    words: HashMap<SmolStr, u32>,
}

impl Layout {
    /// The columns that these subjects can teach: a number that varies, a word that enough of them have and not all.
    #[must_use]
    pub fn of(terms: &[Term], rows: &[&Seen]) -> Self {
        let mut found: Vec<(usize, &Term, Scale)> = Vec::new();
        for (term, numbers) in terms.iter().zip(gathered(terms, rows)) {
            let count = numbers.len();
            let scale = match &term.word {
                None => Scale::of(numbers),
                Some(_) => (count >= FEWEST_OF_A_WORD && count < rows.len()).then_some(Scale::NONE),
            };
            found.extend(scale.map(|scale| (count, term, scale)));
        }
        Self::with(the_fullest(found))
    }

    fn with(mut found: Vec<(usize, &Term, Scale)>) -> Self {
        found.sort_by(|(_, a, _), (_, b, _)| (&a.name, &a.word).cmp(&(&b.name, &b.word)));
        let mut layout = Self::default();
        for (_, term, scale) in found {
            layout.add(&term.name, term.word.as_ref(), scale);
        }
        layout
    }

    #[expect(clippy::cast_possible_truncation, reason = "at most MOST_COLUMNS")]
    fn add(&mut self, name: &SmolStr, word: Option<&SmolStr>, scale: Scale) {
        if self.names.last() != Some(name) {
            self.names.push(name.clone());
        }
        let place = self.columns.len() as u32;
        let places = self.places.entry(name.clone()).or_default();
        match word {
            None => places.number = Some(place),
            Some(word) => {
                places.words.insert(word.clone(), place);
            }
        }
        self.columns.push(Column {
            name: name.clone(),
            word: word.cloned(),
            scale,
            fact: self.names.len() as u32 - 1,
        });
    }

    /// Every column, ordered by name.
    #[must_use]
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The attributes that are read, ordered.
    #[must_use]
    pub fn names(&self) -> &[SmolStr] {
        &self.names
    }

    /// What the columns hold of a row: a number or NaN where it is unknown; 1 or 0 for a word.
    #[must_use]
    pub fn values(&self, row: &Row<'_>) -> Vec<f64> {
        let mut values = self.empty();
        for (name, cell) in row.iter() {
            let Some(places) = self.places.get(name) else {
                continue;
            };
            let (place, value) = match cell {
                Cell::Number(number) => (places.number, number),
                Cell::Is(word) => (places.words.get(word).copied(), 1.0),
            };
            if let Some(slot) = place.and_then(|place| values.get_mut(place as usize)) {
                *slot = value;
            }
        }
        values
    }

    /// What the columns hold of subjects whose cells name these terms.
    #[must_use]
    pub fn reader(&self, terms: &[Term]) -> Reader<'_> {
        Reader {
            layout: self,
            places: terms.iter().map(|term| self.place(term)).collect(),
        }
    }

    fn empty(&self) -> Vec<f64> {
        let unknown = |column: &Column| if column.word.is_some() { 0.0 } else { f64::NAN };
        self.columns.iter().map(unknown).collect()
    }

    fn place(&self, term: &Term) -> Option<u32> {
        let places = self.places.get(&term.name)?;
        match &term.word {
            None => places.number,
            Some(word) => places.words.get(word).copied(),
        }
    }
}

/// A kept layout is its columns; where each reads is found again.
impl From<Vec<Column>> for Layout {
    fn from(columns: Vec<Column>) -> Self {
        let mut layout = Self::default();
        for Column {
            name, word, scale, ..
        } in columns
        {
            layout.add(&name, word.as_ref(), scale);
        }
        layout
    }
}

impl From<Layout> for Vec<Column> {
    fn from(layout: Layout) -> Self {
        layout.columns
    }
}

/// Reads kept subjects as a layout says.
#[derive(Debug)]
pub struct Reader<'a> {
    layout: &'a Layout,
    places: Vec<Option<u32>>,
}

impl Reader<'_> {
    /// The values of one subject, as [`Layout::values`] has them of its row.
    #[must_use]
    pub fn values(&self, seen: &Seen) -> Vec<f64> {
        let mut values = self.layout.empty();
        for (column, value) in self.cells(seen) {
            if let Some(slot) = values.get_mut(column) {
                *slot = value;
            }
        }
        values
    }

    /// The values of many, one column after the other.
    #[must_use]
    pub fn table(&self, rows: &[&Seen]) -> Vec<f64> {
        let mut table = Vec::with_capacity(self.layout.columns.len() * rows.len());
        for empty in self.layout.empty() {
            table.resize(table.len() + rows.len(), empty);
        }
        for (at, seen) in rows.iter().enumerate() {
            for (column, value) in self.cells(seen) {
                if let Some(slot) = table.get_mut(column * rows.len() + at) {
                    *slot = value;
                }
            }
        }
        table
    }

    fn cells<'s>(&'s self, seen: &'s Seen) -> impl Iterator<Item = (usize, f64)> + 's {
        seen.cells.iter().filter_map(|(term, value)| {
            let column = self.places.get(*term as usize).copied().flatten()?;
            Some((column as usize, *value))
        })
    }
}

/// The numbers of each term over the rows.
fn gathered(terms: &[Term], rows: &[&Seen]) -> Vec<Vec<f64>> {
    let mut gathered = vec![Vec::new(); terms.len()];
    for (term, number) in rows.iter().flat_map(|row| row.cells.iter()) {
        if let Some(numbers) = gathered.get_mut(*term as usize) {
            numbers.push(*number);
        }
    }
    gathered
}

/// The most frequent words of each name, then the best filled columns in all.
fn the_fullest(mut found: Vec<(usize, &Term, Scale)>) -> Vec<(usize, &Term, Scale)> {
    found.sort_by(|(a, left, _), (b, right, _)| {
        b.cmp(a)
            .then_with(|| (&left.name, &left.word).cmp(&(&right.name, &right.word)))
    });
    let mut taken: BTreeMap<SmolStr, usize> = BTreeMap::new();
    found.retain(|(_, term, _)| {
        let taken = taken.entry(term.name.clone()).or_default();
        *taken += 1;
        *taken <= MOST_WORDS
    });
    found.truncate(MOST_COLUMNS);
    found
}
