//! Which days are holidays, as far as the files under `rules/holidays` say.
//!
//! What they do not say is not known, and is not taken for a working day: the days of a country without a file,
//! and those of a year for which a country's file has no row. A window of quiet hours counts a day that may be a
//! holiday as one; a window in which something is allowed counts only days that are. So data that runs out can
//! hold messages back and never let one through; `check` says so two months ahead.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use crate::rules::condition::Truth;

/// One row of a file: a day that a country, or one region of it, celebrates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holiday {
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// The second part of the region's ISO 3166-2 code, such as `CT` of `ES-CT`; the whole country where absent.
    pub region: Option<String>,
    /// The day.
    pub date: Date,
}

/// The holidays of some countries in some years.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Holidays(BTreeMap<String, Country>);

#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Country {
    /// The years of which at least one row tells; the others are not known.
    years: BTreeSet<i16>,
    national: BTreeSet<Date>,
    /// By region, in capitals and without the country's part.
    regional: BTreeMap<String, BTreeSet<Date>>,
}

impl Holidays {
    /// The last day of the years that the files tell of without a gap, from the year of `today` on; `None` where
    /// they do not tell of that year.
    #[must_use]
    pub fn known_until(&self, country: &str, today: Date) -> Option<Date> {
        let years = &self.0.get(&country.to_uppercase())?.years;
        let last = (today.year()..).take_while(|year| years.contains(year)).last()?;
        Date::new(last, 12, 31).ok()
    }

    /// The countries that the files tell of.
    pub fn countries(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// The days of a recipient, of whom country and region may not be known.
    #[must_use]
    pub fn of(&self, country: Option<&str>, region: Option<&str>) -> DaysOf<'_> {
        let code = country.map(str::to_uppercase);
        let known = code.as_ref().and_then(|code| self.0.get(code));
        let regional = match (known, &code, region) {
            (Some(known), Some(code), Some(region)) => known.regional.get(&part_of(code, region)),
            (None, _, _) | (_, None, _) | (_, _, None) => None,
        };
        DaysOf {
            country: known,
            regional,
        }
    }
}

impl FromIterator<Holiday> for Holidays {
    fn from_iter<T: IntoIterator<Item = Holiday>>(rows: T) -> Self {
        let mut countries: BTreeMap<String, Country> = BTreeMap::new();
        for row in rows {
            let code = row.country.to_uppercase();
            let region = row.region.map(|region| part_of(&code, &region));
            let country = countries.entry(code).or_default();
            country.years.insert(row.date.year());
            match region {
                None => country.national.insert(row.date),
                Some(region) => country.regional.entry(region).or_default().insert(row.date),
            };
        }
        Self(countries)
    }
}

/// `ct`, `CT` and `ES-CT` are one region of Spain.
fn part_of(country: &str, region: &str) -> String {
    let region = region.to_uppercase();
    let part = region
        .strip_prefix(country)
        .and_then(|rest| rest.strip_prefix('-'));
    part.map_or(region.clone(), str::to_owned)
}

/// What is known of the holidays where one recipient lives.
#[derive(Debug, Clone, Copy)]
pub struct DaysOf<'h> {
    country: Option<&'h Country>,
    /// Of the recipient's region, where the files name it.
    regional: Option<&'h BTreeSet<Date>>,
}

impl DaysOf<'_> {
    /// Nothing is known: every day may be a holiday.
    pub const UNKNOWN: Self = Self {
        country: None,
        regional: None,
    };

    /// Whether the day is a holiday.
    ///
    /// A region that is not known, or that no row names, may be any of those named: what one of them celebrates
    /// is unknown.
    #[must_use]
    pub fn is_holiday(&self, day: Date) -> Truth {
        let Some(country) = self.country else {
            return Truth::Unknown;
        };
        if !country.years.contains(&day.year()) {
            return Truth::Unknown;
        }
        if country.national.contains(&day) {
            return Truth::True;
        }
        match self.regional {
            Some(regional) => regional.contains(&day).into(),
            None if country.regional.values().any(|days| days.contains(&day)) => Truth::Unknown,
            None => Truth::False,
        }
    }

    /// Whether the next day is a holiday.
    #[must_use]
    pub fn is_eve(&self, day: Date) -> Truth {
        day.tomorrow()
            .map_or(Truth::Unknown, |tomorrow| self.is_holiday(tomorrow))
    }
}
