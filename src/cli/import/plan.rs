//! A mapping made ready for one file: every name looked up once, every mistake of the mapping found before the
//! first row is read.

use std::io::Read;

use super::{
    MappingError,
    cells::{Cell, TimeFormat, fact, translated},
    mapping::{Column, Mapping, Prices, Source, SpendSource, TimeSource},
    refusal::{Fault, Reason},
    rows::{Place, Row, Rows},
};
use crate::{
    domain::{Attribute, Currency, FactValue, Kind, Word},
    rules::vocabulary::{Entry, Vocabulary},
};

/// A column that was found, and what the mapping calls it.
#[derive(Debug, Clone)]
pub(super) struct Found {
    place: Place,
    pub(super) name: String,
}

impl Found {
    /// The one text in this column; `None` if unknown.
    pub(super) fn text(&self, row: &Row, unknown: &[String]) -> Result<Option<String>, Fault> {
        let cell = Cell::of(row, &self.place, unknown).and_then(Cell::one);
        cell.map(|text| text.map(std::borrow::Cow::into_owned))
            .map_err(|fault| fault.of(&self.name))
    }

    /// The one text in this column, which must be known.
    pub(super) fn needed(&self, row: &Row, unknown: &[String]) -> Result<String, Fault> {
        let missing = || Fault::new(Reason::Missing, "the row needs a value here").of(&self.name);
        self.text(row, unknown)?.ok_or_else(missing)
    }
}

/// Where a value comes from.
#[derive(Debug, Clone)]
pub(super) struct Origin {
    found: Vec<Found>,
    source: Source,
    unknown: Vec<String>,
}

impl Origin {
    /// What is blamed when the value is wrong.
    pub(super) fn name(&self) -> String {
        let names: Vec<&str> = self.found.iter().map(|found| found.name.as_str()).collect();
        if names.is_empty() {
            "constant".to_owned()
        } else {
            names.join(", ")
        }
    }

    /// The texts of the value; `None` if any part of it is unknown.
    pub(super) fn texts(&self, row: &Row) -> Result<Option<Vec<String>>, Fault> {
        if let Some(constant) = &self.source.constant {
            return Ok(Some(self.parts(constant.clone())));
        }
        if let [only] = self.found.as_slice() {
            return match Cell::of(row, &only.place, &self.unknown).map_err(|fault| fault.of(&only.name))? {
                Cell::Unknown => Ok(None),
                Cell::One(text) => Ok(Some(self.parts(text.into_owned()))),
                Cell::Many(texts) => Ok(Some(
                    texts.into_iter().map(|text| self.translated(text)).collect(),
                )),
            };
        }
        let texts: Result<Option<Vec<String>>, Fault> = self
            .found
            .iter()
            .map(|found| found.text(row, &self.unknown))
            .collect();
        Ok(texts?.map(|texts| self.parts(texts.join(&self.source.join))))
    }

    fn parts(&self, text: String) -> Vec<String> {
        match self.source.separator.as_deref() {
            None => vec![self.translated(text)],
            Some(separator) => {
                let parts = text
                    .split(separator)
                    .map(str::trim)
                    .filter(|part| !part.is_empty());
                let translated = parts.map(|part| self.translated(part.to_owned()));
                match self.source.part {
                    None => translated.collect(),
                    Some(part) => translated.skip(part.saturating_sub(1)).take(1).collect(),
                }
            }
        }
    }

    fn translated(&self, text: String) -> String {
        translated(text.into(), &self.source.values)
    }
}

/// Whether an auction was won.
#[derive(Debug, Clone)]
pub(super) enum Won {
    Unknown,
    Always(bool),
    Column {
        found: Found,
        yes: Vec<String>,
        no: Vec<String>,
    },
}

/// An event that may have followed.
#[derive(Debug, Clone)]
pub(super) struct Follows {
    pub(super) event: Word,
    pub(super) count: Option<Found>,
    pub(super) after_s: u32,
    pub(super) at: Option<(Found, TimeFormat)>,
    pub(super) value: Option<Found>,
    pub(super) value_micros_per_unit: u64,
}

/// A mapping made ready for one file.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    pub(super) unknown: Vec<String>,
    pub(super) time: (Found, TimeFormat),
    pub(super) kind: Kind,
    pub(super) campaign: Origin,
    pub(super) candidate: Option<Origin>,
    pub(super) spend: Option<(Found, SpendSource)>,
    pub(super) prices: Option<(Prices, Currency)>,
    pub(super) bid: Option<Found>,
    pub(super) market_price: Option<Found>,
    pub(super) won: Won,
    pub(super) follows: Vec<Follows>,
    pub(super) facts: Vec<(Entry, Origin)>,
}

impl Plan {
    pub(super) fn new<R: Read>(
        mapping: &Mapping,
        rows: &Rows<R>,
        vocabulary: &Vocabulary,
    ) -> Result<Self, MappingError> {
        let look = Look {
            mapping,
            rows,
            vocabulary,
        };
        let kind = look.kind()?;
        Ok(Self {
            kind,
            unknown: mapping.unknown.clone(),
            time: look.time(&mapping.time)?,
            campaign: look.origin("campaign", &mapping.campaign)?,
            candidate: look.candidate(kind)?,
            spend: look.spend(kind)?,
            prices: look.prices()?,
            bid: mapping
                .bid
                .as_ref()
                .map(|column| look.column(column))
                .transpose()?,
            market_price: mapping
                .market_price
                .as_ref()
                .map(|column| look.column(column))
                .transpose()?,
            won: look.won()?,
            follows: look.follows()?,
            facts: look.facts()?,
        })
    }
}

struct Look<'a, R: Read> {
    mapping: &'a Mapping,
    rows: &'a Rows<R>,
    vocabulary: &'a Vocabulary,
}

impl<R: Read> Look<'_, R> {
    fn column(&self, column: &Column) -> Result<Found, MappingError> {
        let place = self.rows.place(column);
        let place = place.map_err(|known| MappingError::column(&column.to_string(), &known))?;
        Ok(Found {
            place,
            name: column.to_string(),
        })
    }

    fn origin(&self, key: &str, source: &Source) -> Result<Origin, MappingError> {
        let columns = source.column.iter().chain(&source.columns);
        let found: Vec<Found> = columns
            .map(|column| self.column(column))
            .collect::<Result<_, _>>()?;
        let ways = [
            source.column.is_some(),
            !source.columns.is_empty(),
            source.constant.is_some(),
        ];
        if ways.into_iter().filter(|given| *given).count() != 1 {
            let words = format!("`{key}` needs one of `column`, `columns` and `constant`");
            return Err(MappingError::Value(words));
        }
        if source.part == Some(0) || (source.part.is_some() && source.separator.is_none()) {
            let words = format!("`{key}`: `part` is counted from 1 and needs a `separator`");
            return Err(MappingError::Value(words));
        }
        let unknown = self
            .mapping
            .unknown
            .iter()
            .chain(&source.unknown)
            .cloned()
            .collect();
        Ok(Origin {
            found,
            source: source.clone(),
            unknown,
        })
    }

    fn time(&self, source: &TimeSource) -> Result<(Found, TimeFormat), MappingError> {
        let format = TimeFormat::new(&source.format, source.zone.as_deref()).map_err(MappingError::Value)?;
        Ok((self.column(&source.column)?, format))
    }

    /// The kind, and that nothing of another kind is read.
    fn kind(&self) -> Result<Kind, MappingError> {
        let Mapping {
            kind,
            bid,
            market_price,
            won,
            ..
        } = self.mapping;
        let Some(kind) = Kind::from_name(kind) else {
            let names = Kind::ALL.map(Kind::name).join(", ");
            return Err(MappingError::Value(format!(
                "`{kind}` is no kind: write one of {names}"
            )));
        };
        let auction = [
            ("bid", bid.is_some()),
            ("market_price", market_price.is_some()),
            ("won", won.is_some()),
        ];
        match auction.into_iter().find(|(_, given)| *given) {
            Some((key, _)) if kind != Kind::Bid => Err(MappingError::Value(format!(
                "`{key}` is of an auction, and these rows are of the kind {}",
                kind.name()
            ))),
            Some(_) | None => Ok(kind),
        }
    }

    fn candidate(&self, kind: Kind) -> Result<Option<Origin>, MappingError> {
        let what = match kind {
            Kind::Recommendation => "the item",
            Kind::Budget => "the arm",
            Kind::Bid | Kind::SendTime | Kind::Score => "",
        };
        match &self.mapping.candidate {
            Some(source) if !what.is_empty() => self.origin("candidate", source).map(Some),
            Some(_) => Err(MappingError::Value(format!(
                "`candidate` is an item or an arm, and the kind {} has none",
                kind.name()
            ))),
            None if what.is_empty() => Ok(None),
            None => Err(MappingError::Value(format!(
                "rows of the kind {} need `candidate`, {what}: `candidate = {{column = \"sku\"}}`",
                kind.name()
            ))),
        }
    }

    fn spend(&self, kind: Kind) -> Result<Option<(Found, SpendSource)>, MappingError> {
        match (&self.mapping.spend, kind) {
            (Some(source), Kind::Budget) => Ok(Some((self.column(&source.column)?, source.clone()))),
            (None, Kind::Budget) => Err(MappingError::Value(
                "rows of the kind budget need `spend`: `spend = {column = \"cost\"}`".to_owned(),
            )),
            (Some(_), Kind::Bid | Kind::SendTime | Kind::Recommendation | Kind::Score) => {
                Err(MappingError::Value(format!(
                    "`spend` is an arm's, and these rows are of the kind {}",
                    kind.name()
                )))
            }
            (None, Kind::Bid | Kind::SendTime | Kind::Recommendation | Kind::Score) => Ok(None),
        }
    }

    fn prices(&self) -> Result<Option<(Prices, Currency)>, MappingError> {
        let read = self.mapping.bid.is_some() || self.mapping.market_price.is_some();
        match &self.mapping.prices {
            None if read => Err(MappingError::Value(
                "a price is read, so `[prices]` must say its `currency` and `micros_per_unit`".to_owned(),
            )),
            None => Ok(None),
            Some(prices) => {
                let currency = prices.currency.parse();
                let currency = currency
                    .map_err(|error| MappingError::Value(format!("`{}`: {error}", prices.currency)))?;
                Ok(Some((prices.clone(), currency)))
            }
        }
    }

    fn won(&self) -> Result<Won, MappingError> {
        let Some(won) = &self.mapping.won else {
            return Ok(Won::Unknown);
        };
        match (&won.column, won.constant) {
            (Some(column), None) => Ok(Won::Column {
                found: self.column(column)?,
                yes: won.yes.clone(),
                no: won.no.clone(),
            }),
            (None, Some(always)) => Ok(Won::Always(always)),
            (Some(_), Some(_)) | (None, None) => Err(MappingError::Value(
                "`won` needs one of `column` and `constant`".to_owned(),
            )),
        }
    }

    fn follows(&self) -> Result<Vec<Follows>, MappingError> {
        let one = |source: &super::mapping::EventSource| {
            let event = Word::new(&source.event);
            Ok(Follows {
                event: event.map_err(|error| MappingError::Value(format!("an event's name {error}")))?,
                count: source
                    .column
                    .as_ref()
                    .map(|column| self.column(column))
                    .transpose()?,
                after_s: source.after_s,
                at: source.at.as_ref().map(|at| self.time(at)).transpose()?,
                value: source
                    .value
                    .as_ref()
                    .map(|column| self.column(column))
                    .transpose()?,
                value_micros_per_unit: source.value_micros_per_unit,
            })
        };
        self.mapping.events.iter().map(one).collect()
    }

    fn facts(&self) -> Result<Vec<(Entry, Origin)>, MappingError> {
        let one =
            |(name, source): (&String, &Source)| Ok((self.entry(name)?.clone(), self.origin(name, source)?));
        self.mapping.facts.iter().map(one).collect()
    }

    /// The row of the vocabulary: a built-in attribute, or one that the rules folder declares.
    fn entry(&self, name: &str) -> Result<&Entry, MappingError> {
        let mut entries = self.vocabulary.entries();
        let entry = entries.find(|entry| entry.attribute.name() == name);
        let entry = entry.ok_or_else(|| MappingError::fact(name, self.vocabulary))?;
        if DECLARED.contains(&entry.attribute) {
            let words = format!("`{name}` is not a fact of a row: the campaign's declaration says it");
            return Err(MappingError::Value(words));
        }
        Ok(entry)
    }
}

/// What a campaign's declaration says.
const DECLARED: [Attribute; 4] = [
    Attribute::Brand,
    Attribute::Campaign,
    Attribute::Product,
    Attribute::Objective,
];

/// The value of a fact, and whom to blame if it is wrong.
pub(super) fn stated(entry: &Entry, origin: &Origin, row: &Row) -> Result<Option<FactValue>, Fault> {
    let texts = origin.texts(row)?;
    let value = texts.map(|texts| fact(entry, &texts)).transpose();
    value.map_err(|fault| fault.of(&origin.name()))
}
