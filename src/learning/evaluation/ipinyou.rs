use std::path::Path;

use super::{EvaluationError, read_text};
use crate::domain::{
    Attribute, Campaign, Event, FactValue, Facts, Kind, Micros, Observation, Timestamp, Word,
};

/// One impression of an iPinYou bid log, which was won.
#[derive(Debug, Clone, PartialEq)]
pub struct Impression {
    /// When, the log's local time taken as UTC.
    pub at: Timestamp,
    /// Hour of the day, 0 to 23.
    pub hour: u32,
    /// Operating system and browser, as in `windows_ie`.
    pub user_agent: String,
    /// Number of the region.
    pub region: String,
    /// Number of the city.
    pub city: String,
    /// Number of the exchange.
    pub exchange: String,
    /// Name of the placement.
    pub slot: String,
    /// Width and height, as `300x250`.
    pub size: String,
    /// Where on the page.
    pub visibility: String,
    /// Number of the creative.
    pub creative: String,
    /// What had been bid; prices of the log are taken as units of CPM.
    pub bid: Micros,
    /// The second price that was paid.
    pub price: Micros,
    /// Number of the advertiser.
    pub advertiser: String,
    /// Numbers of the user's segments.
    pub segments: Vec<String>,
}

impl Impression {
    /// What an importer would tell of it.
    #[must_use]
    pub fn facts(&self) -> Facts {
        let word = |text: &str| Word::new(text).ok().filter(|word| word.as_str() != "null");
        let (os, browser) = self.user_agent.split_once('_').unwrap_or((&self.user_agent, ""));
        let mut facts: Facts = [
            (Attribute::DeviceOs, os),
            (Attribute::DeviceBrowser, browser),
            (Attribute::MarketRegion, &self.region),
            (Attribute::Exchange, &self.exchange),
            (Attribute::Placement, &self.slot),
            (Attribute::SlotSize, &self.size),
            (Attribute::SlotPosition, &self.visibility),
            (Attribute::Creative, &self.creative),
        ]
        .into_iter()
        .filter_map(|(attribute, text)| Some((attribute, FactValue::Word(word(text)?))))
        .collect();
        let segments = self.segments.iter().filter_map(|segment| word(segment)).collect();
        facts.set(Attribute::ContactSegment, FactValue::Words(segments));
        facts
    }

    /// As a row of imported history of `campaign`, clicked or not.
    #[must_use]
    pub fn observation(&self, campaign: &Campaign, clicked: Option<Event>) -> Observation {
        Observation {
            at: self.at,
            kind: Kind::Bid,
            candidate: None,
            spend: None,
            campaign: campaign.id.clone(),
            brand: campaign.brand.clone(),
            objective: campaign.objective.clone(),
            facts: self.facts(),
            bid: Some(self.bid),
            won: Some(true),
            market_price: Some(self.price),
            events: clicked.map(|click| (click, self.at)).into_iter().collect(),
        }
    }
}

/// The impressions of a log, by time. `path` is the tab-separated log, gzipped or not.
///
/// # Errors
/// The file is missing, unreadable or of another format.
pub fn read_impressions(path: &Path) -> Result<Vec<Impression>, EvaluationError> {
    let text = read_text(path)?;
    let mut rows = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let row = impression(line).ok_or_else(|| EvaluationError::Malformed {
            path: path.to_owned(),
            row: at + 1,
            what: "this is not a row of a bid log: tab-separated, time in column 5, price in column 24"
                .to_owned(),
        })?;
        rows.push(row);
    }
    rows.sort_by_key(|row| row.at);
    Ok(rows)
}

fn impression(line: &str) -> Option<Impression> {
    let columns: Vec<&str> = line.split('\t').collect();
    let text = |column: usize| columns.get(column - 1).map(|text| (*text).to_owned());
    let price = |column: usize| {
        Some(Micros::new(
            text(column)?.parse::<i64>().ok()?.checked_mul(1_000_000)?,
        ))
    };
    let segments = text(27)?;
    Some(Impression {
        at: instant(&text(5)?)?,
        hour: text(3)?.parse().ok()?,
        user_agent: text(8)?,
        region: text(10)?,
        city: text(11)?,
        exchange: text(12)?,
        slot: text(16)?,
        size: format!("{}x{}", text(17)?, text(18)?),
        visibility: text(19)?,
        creative: text(22)?,
        bid: price(23)?,
        price: price(24)?,
        advertiser: text(26)?,
        segments: segments.split(',').map(str::to_owned).collect(),
    })
}

/// From `20131023193112417`: year to milliseconds.
fn instant(digits: &str) -> Option<Timestamp> {
    let part = |from: usize, to: usize| digits.get(from..to)?.parse::<i16>().ok();
    let small = |from: usize, to: usize| i8::try_from(part(from, to)?).ok();
    let date = jiff::civil::Date::new(part(0, 4)?, small(4, 6)?, small(6, 8)?).ok()?;
    let nanos = i32::from(part(14, 17)?) * 1_000_000;
    let time = jiff::civil::Time::new(small(8, 10)?, small(10, 12)?, small(12, 14)?, nanos).ok()?;
    let zoned = date.to_datetime(time).to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    Some(Timestamp::from(zoned.timestamp()))
}
