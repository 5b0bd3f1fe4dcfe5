use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// A price as CPM in millionths of the currency's unit: 1.80 EUR is 1,800,000.
///
/// Spend is summed in this unit, one addend an impression, and divided by 1,000 once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct Micros(i64);

impl Micros {
    /// No money.
    pub const ZERO: Self = Self(0);
    /// More than any price.
    pub const MAX: Self = Self(i64::MAX);

    /// From millionths of the unit.
    #[must_use]
    pub const fn new(micros: i64) -> Self {
        Self(micros)
    }

    /// In millionths of the unit.
    #[must_use]
    pub const fn get(self) -> i64 {
        self.0
    }

    /// This price moved by `by`, rounded down, never below zero and never overflowing.
    ///
    /// ```
    /// # use balustrade::domain::{BasisPoints, Micros};
    /// assert_eq!(Micros::new(1_800_000).moved(BasisPoints::new(2_000)), Micros::new(2_160_000));
    /// assert_eq!(Micros::new(1_800_000).moved(BasisPoints::new(-20_000)), Micros::ZERO);
    /// ```
    #[must_use]
    pub fn moved(self, by: BasisPoints) -> Self {
        let scaled = i128::from(self.0) * (10_000 + i128::from(by.get()));
        Self::saturated(scaled.div_euclid(10_000))
    }

    /// `value` as a price: below zero becomes zero, too large becomes [`Micros::MAX`].
    #[must_use]
    pub fn saturated(value: i128) -> Self {
        Self(i64::try_from(value.max(0)).unwrap_or(i64::MAX))
    }

    /// A price from a computed number of micros; `None` if it is not finite, negative or too large.
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the range is checked; a price is rounded down"
    )]
    pub fn from_f64(micros: f64) -> Option<Self> {
        (micros.is_finite() && (0.0..9.0e18).contains(&micros)).then_some(Self(micros as i64))
    }

    /// As a float, for models.
    #[must_use]
    #[expect(
        clippy::cast_precision_loss,
        reason = "models work in floats; prices stay far below 2^53"
    )]
    pub fn to_f64(self) -> f64 {
        self.0 as f64
    }

    /// The sum, at most [`Micros::MAX`].
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// The difference, possibly negative.
    #[must_use]
    pub const fn minus(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl fmt::Display for Micros {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (units, micros) = (
            self.0.unsigned_abs() / 1_000_000,
            self.0.unsigned_abs() % 1_000_000,
        );
        let digits = format!("{micros:06}");
        let kept = digits.trim_end_matches('0').len().max(2);
        write!(f, "{sign}{units}.{}", digits.get(..kept).unwrap_or(&digits))
    }
}

/// Hundredths of a per cent: 20 % is 2,000.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct BasisPoints(i32);

impl BasisPoints {
    /// From hundredths of a per cent.
    #[must_use]
    pub const fn new(basis_points: i32) -> Self {
        Self(basis_points)
    }

    /// In hundredths of a per cent.
    #[must_use]
    pub const fn get(self) -> i32 {
        self.0
    }
}

impl fmt::Display for BasisPoints {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (whole, rest) = (self.0.unsigned_abs() / 100, self.0.unsigned_abs() % 100);
        match rest {
            0 => write!(f, "{sign}{whole}%"),
            _ => write!(f, "{sign}{whole}.{rest:02}%"),
        }
    }
}

/// An ISO 4217 code, such as `EUR`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Currency([u8; 3]);

impl Currency {
    /// The code as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("???")
    }
}

impl FromStr for Currency {
    type Err = ParseMoneyError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.as_bytes() {
            &[a, b, c] if [a, b, c].iter().all(u8::is_ascii_uppercase) => Ok(Self([a, b, c])),
            _ => Err(ParseMoneyError::Currency),
        }
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An amount in a currency, as a person writes it: `1.80 EUR`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Money {
    /// How much.
    pub amount: Micros,
    /// Of what.
    pub currency: Currency,
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.amount, self.currency)
    }
}

/// Why a text is not money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ParseMoneyError {
    /// Not `number CURRENCY`.
    #[error("write an amount and a currency, such as `1.80 EUR`")]
    Shape,
    /// Not three capital letters.
    #[error("a currency is three capital letters, such as `EUR`")]
    Currency,
    /// A comma where a point belongs.
    #[error("write the decimals after a point: `1.80`, not `1,80`")]
    DecimalComma,
    /// More than six decimals, or too large.
    #[error("at most six decimals, and less than nine million million")]
    Range,
}

impl FromStr for Money {
    type Err = ParseMoneyError;

    /// Reads `1.80 EUR`. The amount is not negative and has at most six decimals.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (number, currency) = text
            .trim()
            .split_once(char::is_whitespace)
            .ok_or(ParseMoneyError::Shape)?;
        let currency = currency.trim().parse()?;
        if number.contains(',') {
            return Err(ParseMoneyError::DecimalComma);
        }
        let (units, decimals) = number.split_once('.').unwrap_or((number, "0"));
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(units) || !digits(decimals) {
            return Err(ParseMoneyError::Shape);
        }
        if decimals.len() > 6 || units.len() > 12 {
            return Err(ParseMoneyError::Range);
        }
        let micros = format!("{units}{decimals:0<6}")
            .parse()
            .map_err(|_| ParseMoneyError::Range)?;
        Ok(Self {
            amount: Micros::new(micros),
            currency,
        })
    }
}
