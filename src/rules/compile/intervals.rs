//! Intervals of numbers, prices and instants as people write them: `18-24`, `at least 18`, `under 5.00 EUR`,
//! `before 2026-12-01`.

use jiff::{civil::Date, tz::TimeZone};

use super::{code, conditions::Reader};
use crate::{
    domain::{Currency, Money, Timestamp},
    rules::{
        syntax::{Message, Spanned, ast::AtomTest, say},
        vocabulary::FactType,
    },
};

/// What the values of an interval are.
#[derive(Clone)]
pub(super) enum Unit {
    /// Whole numbers.
    Whole,
    /// Micros of a price.
    Price(Currency),
    /// Milliseconds; a day stands for all its instants in this zone.
    Day(TimeZone),
}

/// The first and the last number that a written value stands for.
pub(super) type Ends = (i64, i64);

/// Where an interval lies, seen from the value that is written.
#[derive(Clone, Copy)]
enum Side {
    AtLeast,
    AtMost,
    Under,
    Over,
}

/// The words of the language, as a text begins with them and as a key has them.
const SIDES: [(&str, &str, Side); 6] = [
    ("at least", "at_least", Side::AtLeast),
    ("at most", "at_most", Side::AtMost),
    ("under", "under", Side::Under),
    ("over", "over", Side::Over),
    ("before", "before", Side::Under),
    ("after", "after", Side::Over),
];

/// Words that people write in their stead.
const MEANT: [(&str, &str); 16] = [
    ("less than", "under"),
    ("below", "under"),
    ("<=", "at most"),
    ("<", "under"),
    ("up to", "at most"),
    ("until", "at most"),
    ("maximum", "at most"),
    ("max", "at most"),
    ("more than", "over"),
    ("above", "over"),
    (">=", "at least"),
    (">", "over"),
    ("from", "at least"),
    ("since", "at least"),
    ("minimum", "at least"),
    ("min", "at least"),
];

impl Unit {
    /// The unit of a fact that is compared by intervals.
    pub(super) fn of(fact_type: FactType, zone: &TimeZone) -> Option<Self> {
        match fact_type {
            FactType::Number => Some(Self::Whole),
            FactType::Price(currency) => Some(Self::Price(currency)),
            FactType::Instant => Some(Self::Day(zone.clone())),
            FactType::Country
            | FactType::OneOf(_)
            | FactType::Chosen
            | FactType::Name
            | FactType::Declared
            | FactType::Word
            | FactType::Prefix
            | FactType::Topics(_)
            | FactType::Site
            | FactType::Text
            | FactType::Flag
            | FactType::Labels
            | FactType::Clock => None,
        }
    }

    fn ends(&self, text: &str) -> Option<Ends> {
        match self {
            Self::Whole => text.trim().parse().ok().map(|number| (number, number)),
            Self::Price(_) => {
                let money: Money = text.trim().parse().ok()?;
                Some((money.amount.get(), money.amount.get()))
            }
            Self::Day(zone) => instants(text.trim(), zone),
        }
    }

    /// Two values with `-`, `..` or ` to ` between them, both inclusive.
    fn between(&self, text: &str) -> Option<Ends> {
        let halves = [" to ", "..", "-"]
            .into_iter()
            .filter_map(|sign| text.split_once(sign));
        let mut read = halves.filter_map(|(from, to)| {
            let (_, last) = self.ends(to)?;
            let (first, _) = self.ends(from).or_else(|| self.ends(&with_unit_of(from, to)))?;
            Some((first, last))
        });
        read.next()
    }

    fn example(&self) -> Message {
        match self {
            Self::Whole => say!("write `18`, `18-24`, `at least 18`, `at most 65`, `under 18` or `over 65`"),
            Self::Price(_) => {
                say!(
                    "write `5.00 EUR`, `5.00-9.99 EUR`, `at least 5.00 EUR`, `at most 9.99 EUR`, `under 5.00 EUR` or `over 9.99 EUR`"
                )
            }
            Self::Day(_) => {
                say!(
                    "write `2026-12-24`, `2026-12-24..2027-01-06`, `before 2026-12-01`, `after 2026-12-01`, `at least 2026-12-01` or `at most 2026-12-31`"
                )
            }
        }
    }
}

/// In `5.00-9.99 EUR` the currency is written once.
fn with_unit_of(from: &str, to: &str) -> String {
    let unit = to.trim().rsplit_once(' ').map_or("", |(_, unit)| unit);
    format!("{from} {unit}")
}

/// The instants of a day, or one.
fn instants(text: &str, zone: &TimeZone) -> Option<Ends> {
    if let Ok(instant) = text.parse::<jiff::Timestamp>() {
        let millis = Timestamp::from(instant).as_millis();
        return Some((millis, millis));
    }
    if text.len() != 10 {
        return None;
    }
    let day: Date = text.parse().ok()?;
    let midnight = |day: Date| {
        day.to_zoned(zone.clone())
            .ok()
            .map(|at| at.timestamp().as_millisecond())
    };
    Some((midnight(day)?, midnight(day.tomorrow().ok()?)? - 1))
}

impl Side {
    fn of(self, (first, last): Ends) -> Ends {
        match self {
            Self::AtLeast => (first, i64::MAX),
            Self::AtMost => (i64::MIN, last),
            Self::Under => (i64::MIN, first.saturating_sub(1)),
            Self::Over => (last.saturating_add(1), i64::MAX),
        }
    }
}

/// The intervals of a test, each with both ends inclusive; one of them is enough.
pub(super) fn intervals(
    key: &Spanned<String>,
    test: &AtomTest,
    unit: &Unit,
    reader: &mut Reader<'_, '_, '_>,
) -> Option<Vec<Ends>> {
    match test {
        AtomTest::Values(values) => {
            let read: Vec<_> = values.iter().map(|value| interval(value, unit, reader)).collect();
            read.into_iter().collect()
        }
        AtomTest::Operators(operators) => {
            let (mut from, mut to) = (i64::MIN, i64::MAX);
            for (name, values) in operators {
                let side = SIDES.iter().find(|(_, key, _)| *key == name.value);
                let (Some((.., side)), [value]) = (side, values.as_slice()) else {
                    reader
                        .findings
                        .error(
                            code::WRONG_TEST,
                            name.span,
                            say!("`{}` has no test called `{}`", &key.value, &name.value),
                        )
                        .help(unit.example());
                    return None;
                };
                let ends = side.of(point(value, unit, reader)?);
                (from, to) = (from.max(ends.0), to.min(ends.1));
            }
            Some(vec![not_empty((from, to), key, reader)?])
        }
    }
}

fn interval(written: &Spanned<String>, unit: &Unit, reader: &mut Reader<'_, '_, '_>) -> Option<Ends> {
    let text = written.value.trim();
    let begun = SIDES
        .iter()
        .find_map(|(words, _, side)| Some((text.strip_prefix(words)?.strip_prefix(' ')?, side)));
    if let Some((rest, side)) = begun {
        let rest = Spanned::new(rest.to_owned(), written.span);
        return point(&rest, unit, reader).map(|ends| side.of(ends));
    }
    if unit.ends(text).is_some() {
        return point(written, unit, reader);
    }
    match unit.between(text) {
        Some(ends) => {
            same_currency(text, written, unit, reader)?;
            not_empty(ends, written, reader)
        }
        None => point(written, unit, reader),
    }
}

/// One value, or what is wrong with it.
pub(super) fn point(written: &Spanned<String>, unit: &Unit, reader: &mut Reader<'_, '_, '_>) -> Option<Ends> {
    let text = written.value.trim();
    if let Some(ends) = unit.ends(text) {
        same_currency(text, written, unit, reader)?;
        return Some(ends);
    }
    let message = match unit {
        Unit::Whole => say!("`{}` is no whole number", text),
        Unit::Price(_) => say!("`{}` is not a price", text),
        Unit::Day(_) => say!("`{}` is not a date", text),
    };
    let lower = text.to_lowercase();
    let meant = MEANT.iter().find_map(|(words, word)| {
        let value = lower.strip_prefix(words)?.trim();
        unit.ends(&value.to_uppercase())
            .map(|_| format!("{word} {}", value.to_uppercase()))
    });
    // `50 clicks` counts what it counts anyway.
    let bare = || {
        let (number, _) = text.split_once(' ')?;
        unit.ends(number).map(|_| number.to_owned())
    };
    let help = meant
        .or_else(bare)
        .map_or_else(|| unit.example(), |meant| say!("did you mean `{}`?", meant));
    reader
        .findings
        .error(code::UNKNOWN_VALUE, written.span, message)
        .help(help);
    None
}

/// The currency of a price is the declared one; there are no exchange rates.
fn same_currency(
    text: &str,
    written: &Spanned<String>,
    unit: &Unit,
    reader: &mut Reader<'_, '_, '_>,
) -> Option<()> {
    let Unit::Price(currency) = unit else {
        return Some(());
    };
    let last = text.rsplit_once(' ').map_or("", |(_, last)| last);
    if last == currency.as_str() {
        return Some(());
    }
    reader
        .findings
        .error(
            code::CURRENCY,
            written.span,
            say!("`{}` where amounts are in {}", text, currency),
        )
        .help(say!(
            "write the amount in {}, as `attributes.yaml` declares it",
            currency
        ));
    None
}

fn not_empty(ends: Ends, at: &Spanned<String>, reader: &mut Reader<'_, '_, '_>) -> Option<Ends> {
    if ends.0 <= ends.1 {
        return Some(ends);
    }
    reader
        .findings
        .error(
            code::UNKNOWN_VALUE,
            at.span,
            say!("nothing lies between the two ends of `{}`", &at.value),
        )
        .help(say!("write the smaller one first: `18-24`"));
    None
}
