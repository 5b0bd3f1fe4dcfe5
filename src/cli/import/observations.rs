//! Rows become observations, behind a gate that lets nothing impossible through.

use std::{
    collections::HashSet,
    io::{self, Read},
    sync::Arc,
};

use super::{
    MappingError,
    cells::{count, micros, price},
    mapping::{Decimal, Mapping},
    plan::{Follows, Found, Plan, Won, stated},
    refusal::{Fault, Reason, RefusedRow},
    rows::{Format, Row, Rows},
};
use crate::domain::{Campaign, CampaignId, Duration, Event, Facts, Kind, Micros, Observation, Timestamp};

/// What rows are held against.
pub struct Gate<'a> {
    /// The declared campaign of that name.
    pub campaign: &'a dyn Fn(&CampaignId) -> Option<Arc<Campaign>>,
    /// The present instant: no row may be later.
    pub now: Timestamp,
}

/// What became of a row.
pub type Judged = Result<Observation, RefusedRow>;

/// The rows of one file as observations, in its order.
///
/// Each item is one row: an observation, or why it was refused. An error means that the input itself failed, and
/// ends it.
pub struct Observations<'a, R: Read> {
    rows: Rows<R>,
    plan: Plan,
    gate: Gate<'a>,
    seen: HashSet<u128>,
    failed: Option<()>,
}

impl<'a, R: Read> Observations<'a, R> {
    /// Reads the header and makes the mapping ready.
    ///
    /// # Errors
    /// The input cannot be read, or the mapping does not fit it: every name of a column is looked up here.
    pub fn new(input: R, format: Format, mapping: &Mapping, gate: Gate<'a>) -> Result<Self, MappingError> {
        let rows =
            Rows::open(input, format, mapping).map_err(|error| MappingError::Input(error.to_string()))?;
        let plan = Plan::new(mapping, &rows)?;
        Ok(Self {
            rows,
            plan,
            gate,
            seen: HashSet::new(),
            failed: None,
        })
    }

    fn judge(&mut self, row: &Row) -> Judged {
        let observation = self
            .plan
            .observation(row, &self.gate)
            .map_err(|fault| fault.at(row.line))?;
        if self.seen.insert(row.digest()) {
            Ok(observation)
        } else {
            Err(RefusedRow::new(
                row.line,
                Reason::Duplicate,
                "the same row was there before".to_owned(),
            ))
        }
    }
}

impl<R: Read> Iterator for Observations<'_, R> {
    type Item = io::Result<Judged>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed.is_some() {
            return None;
        }
        match self.rows.next() {
            Ok(None) => None,
            Ok(Some(Ok(row))) => Some(Ok(self.judge(&row))),
            Ok(Some(Err(refused))) => Some(Ok(Err(refused))),
            Err(error) => {
                self.failed = Some(());
                Some(Err(error))
            }
        }
    }
}

impl Plan {
    fn observation(&self, row: &Row, gate: &Gate<'_>) -> Result<Observation, Fault> {
        let at = self.time(row, gate.now)?;
        let campaign = self.campaign(row, gate)?;
        let bid = self.price(self.bid.as_ref(), row)?;
        let market_price = self.price(self.market_price.as_ref(), row)?;
        let won = self.won(row)?;
        let events = self.events(row, at)?;
        consistent(bid, won, market_price, &events)?;
        Ok(Observation {
            at,
            kind: Kind::Bid,
            candidate: None,
            spend: None,
            campaign: campaign.id.clone(),
            brand: campaign.brand.clone(),
            objective: campaign.objective.clone(),
            facts: self.facts(row, &campaign.facts)?,
            bid,
            won,
            market_price,
            events,
        })
    }

    fn time(&self, row: &Row, now: Timestamp) -> Result<Timestamp, Fault> {
        let (found, format) = &self.time;
        let text = found.needed(row, &self.unknown)?;
        let at = format.read(&text).map_err(|fault| fault.of(&found.name))?;
        if at > now {
            return Err(Fault::new(Reason::Time, format!("`{text}` has not come yet")).of(&found.name));
        }
        Ok(at)
    }

    fn campaign(&self, row: &Row, gate: &Gate<'_>) -> Result<Arc<Campaign>, Fault> {
        let blamed = self.campaign.name();
        let texts = self.campaign.texts(row)?.unwrap_or_default();
        let [text] = texts.as_slice() else {
            return Err(Fault::new(Reason::Missing, "the row names no campaign").of(&blamed));
        };
        let id = CampaignId::new(text).map_err(|error| {
            Fault::new(Reason::Campaign, format!("a campaign's name {error}")).of(&blamed)
        })?;
        let campaign = (gate.campaign)(&id).ok_or_else(|| {
            let words = format!("`{id}` is no declared campaign; declare it in `campaigns.yaml` or translate it under `values`");
            Fault::new(Reason::Campaign, words).of(&blamed)
        })?;
        match &self.prices {
            Some((_, currency)) if *currency != campaign.currency => {
                let words = format!("prices in {currency}, and `{id}` is in {}", campaign.currency);
                Err(Fault::new(Reason::Currency, words))
            }
            Some(_) | None => Ok(campaign),
        }
    }

    fn price(&self, found: Option<&Found>, row: &Row) -> Result<Option<Micros>, Fault> {
        let (Some(found), Some((prices, _))) = (found, &self.prices) else {
            return Ok(None);
        };
        let text = found.text(row, &self.unknown)?;
        let read = |text: String| price(&text, prices).map_err(|fault| fault.of(&found.name));
        text.map(read).transpose()
    }

    fn won(&self, row: &Row) -> Result<Option<bool>, Fault> {
        let (found, yes, no) = match &self.won {
            Won::Unknown => return Ok(None),
            Won::Always(won) => return Ok(Some(*won)),
            Won::Column { found, yes, no } => (found, yes, no),
        };
        let Some(text) = found.text(row, &self.unknown)? else {
            return Ok(None);
        };
        let among = |words: &[String]| words.iter().any(|word| word.eq_ignore_ascii_case(&text));
        match (among(yes), among(no)) {
            (true, _) => Ok(Some(true)),
            (false, true) => Ok(Some(false)),
            (false, false) => {
                let words = format!(
                    "`{text}` is neither won ({}) nor lost ({})",
                    yes.join(", "),
                    no.join(", ")
                );
                Err(Fault::new(Reason::Won, words).of(&found.name))
            }
        }
    }

    fn events(&self, row: &Row, at: Timestamp) -> Result<Vec<(Event, Timestamp)>, Fault> {
        let mut events = Vec::new();
        for follows in &self.follows {
            let event = self.event(follows, row)?;
            let happened_at = at.plus(Duration::from_secs(i64::from(follows.after_s)));
            events.extend(event.map(|event| (event, happened_at)));
        }
        events.sort_by_key(|(_, at)| *at);
        Ok(events)
    }

    /// The event, if it happened. Several clicks on one impression are one.
    fn event(&self, follows: &Follows, row: &Row) -> Result<Option<Event>, Fault> {
        if let Some(found) = &follows.count {
            let text = found.text(row, &self.unknown)?;
            let times = text
                .map_or(Ok(0), |text| count(&text))
                .map_err(|fault| fault.of(&found.name))?;
            if times == 0 {
                return Ok(None);
            }
        }
        Ok(Some(match follows.event.as_str() {
            "impression" => Event::Impression,
            "click" => Event::Click,
            _ => Event::Conversion {
                name: follows.event.clone(),
                value: self.worth(follows, row)?,
            },
        }))
    }

    fn worth(&self, follows: &Follows, row: &Row) -> Result<Option<Micros>, Fault> {
        let Some(found) = &follows.value else {
            return Ok(None);
        };
        let decimal = self
            .prices
            .as_ref()
            .map_or(Decimal::Point, |(prices, _)| prices.decimal);
        let read = |text: String| {
            micros(&text, follows.value_micros_per_unit, decimal, Reason::Event)
                .map_err(|fault| fault.of(&found.name))
        };
        found.text(row, &self.unknown)?.map(read).transpose()
    }

    fn facts(&self, row: &Row, campaign: &Facts) -> Result<Facts, Fault> {
        let mut facts = campaign.clone();
        for (attribute, origin) in &self.facts {
            if let Some(value) = stated(attribute, origin, row)? {
                facts.set(attribute.clone(), value);
            }
        }
        Ok(facts)
    }
}

/// What cannot be true at once: paying more than the bid, events of a lost auction.
fn consistent(
    bid: Option<Micros>,
    won: Option<bool>,
    market_price: Option<Micros>,
    events: &[(Event, Timestamp)],
) -> Result<(), Fault> {
    let contradiction = |words: String| Err(Fault::new(Reason::Contradiction, words));
    match (won, bid, market_price) {
        (Some(true), Some(bid), Some(paid)) if paid > bid => {
            contradiction(format!("won at {paid} with a bid of {bid}"))
        }
        (Some(false), _, _) => match events.first() {
            Some((event, _)) => contradiction(format!("lost, and yet followed by `{}`", event.name())),
            None => Ok(()),
        },
        (Some(true) | None, _, _) => Ok(()),
    }
}
