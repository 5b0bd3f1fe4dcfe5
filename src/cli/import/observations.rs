//! Rows become observations, behind a gate that lets nothing impossible through.

use std::{
    collections::HashSet,
    io::{self, Read},
    sync::Arc,
};

use super::{
    MappingError,
    cells::{Most, count, micros, price},
    mapping::{Decimal, Mapping},
    plan::{Follows, Found, Plan, Won, stated},
    refusal::{Fault, Reason, RefusedRow},
    rows::{Format, Row, Rows},
};
use crate::{
    domain::{
        Campaign, CampaignId, CandidateId, Duration, Event, Facts, Kind, Micros, Observation, Timestamp,
    },
    rules::vocabulary::Vocabulary,
};

/// What rows are held against.
pub struct Gate<'a> {
    /// The declared campaign of that name.
    pub campaign: &'a dyn Fn(&CampaignId) -> Option<Arc<Campaign>>,
    /// The attributes there are, the deployment's own too.
    pub vocabulary: &'a Vocabulary,
    /// The present instant: no row may be later.
    pub now: Timestamp,
}

/// The most events of one name in one row of an arm.
const MOST_OF_AN_ARM: u32 = 1_000;

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
        let plan = Plan::new(mapping, &rows, gate.vocabulary)?;
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
            kind: self.kind,
            candidate: self.candidate(row)?,
            spend: self.spend(row)?,
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
            _ if !campaign.baselines.serve(self.kind) => {
                let words = format!(
                    "`{id}` serves no {}: declare its `baseline` of that kind in `campaigns.yaml`",
                    self.kind.name()
                );
                Err(Fault::new(Reason::Campaign, words).of(&blamed))
            }
            Some((_, currency)) if *currency != campaign.currency => {
                let words = format!("prices in {currency}, and `{id}` is in {}", campaign.currency);
                Err(Fault::new(Reason::Currency, words))
            }
            Some(_) | None => Ok(campaign),
        }
    }

    fn candidate(&self, row: &Row) -> Result<Option<CandidateId>, Fault> {
        let Some(origin) = &self.candidate else {
            return Ok(None);
        };
        let texts = origin.texts(row)?.unwrap_or_default();
        let [text] = texts.as_slice() else {
            let words = "the row needs the name of its item or arm here";
            return Err(Fault::new(Reason::Missing, words).of(&origin.name()));
        };
        let id = CandidateId::new(text);
        id.map(Some)
            .map_err(|error| Fault::new(Reason::Candidate, format!("`{text}` {error}")).of(&origin.name()))
    }

    fn spend(&self, row: &Row) -> Result<Option<Micros>, Fault> {
        let Some((found, source)) = &self.spend else {
            return Ok(None);
        };
        let text = found.needed(row, &self.unknown)?;
        let (per_unit, decimal) = (source.micros_per_unit, source.decimal);
        micros(&text, per_unit, decimal, Most::BillionUnits, Reason::Spend)
            .map(Some)
            .map_err(|fault| fault.of(&found.name))
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
            let times = self.times(follows, row)?;
            if times == 0 {
                continue;
            }
            let event = self.event(follows, row)?;
            let happened_at = self.happened_at(follows, row, at)?;
            events.extend((0..times).map(|_| (event.clone(), happened_at)));
        }
        events.sort_by_key(|(_, at)| *at);
        Ok(events)
    }

    /// How often it happened. Several clicks on one impression are one; the conversions of an arm are counted.
    fn times(&self, follows: &Follows, row: &Row) -> Result<u32, Fault> {
        let Some(found) = &follows.count else {
            return Ok(1);
        };
        let text = found.text(row, &self.unknown)?;
        let times = text
            .map_or(Ok(0), |text| count(&text))
            .map_err(|fault| fault.of(&found.name))?;
        match self.kind {
            Kind::Budget if times > MOST_OF_AN_ARM => {
                let words = format!(
                    "{times} events in one row are more than {MOST_OF_AN_ARM}; take a shorter period, or give their \
                     worth as `value` of one"
                );
                Err(Fault::new(Reason::Event, words).of(&found.name))
            }
            Kind::Budget => Ok(times),
            Kind::Bid | Kind::SendTime | Kind::Recommendation | Kind::Score => Ok(times.min(1)),
        }
    }

    /// When it happened: never before what it is the outcome of.
    fn happened_at(&self, follows: &Follows, row: &Row, at: Timestamp) -> Result<Timestamp, Fault> {
        let Some((found, format)) = &follows.at else {
            return Ok(at.plus(Duration::from_secs(i64::from(follows.after_s))));
        };
        let text = found.needed(row, &self.unknown)?;
        let happened_at = format.read(&text).map_err(|fault| fault.of(&found.name))?;
        if happened_at < at {
            let words = format!("`{text}` is before the row's own time: no outcome comes before its cause");
            return Err(Fault::new(Reason::Time, words).of(&found.name));
        }
        Ok(happened_at)
    }

    fn event(&self, follows: &Follows, row: &Row) -> Result<Event, Fault> {
        Ok(match follows.event.as_str() {
            "impression" => Event::Impression,
            "click" => Event::Click,
            "open" => Event::Open,
            "unsubscribe" => Event::Unsubscribe,
            _ => Event::Conversion {
                name: follows.event.clone(),
                value: self.worth(follows, row)?,
            },
        })
    }

    fn worth(&self, follows: &Follows, row: &Row) -> Result<Option<Micros>, Fault> {
        let Some(found) = &follows.value else {
            return Ok(None);
        };
        let decimal = self
            .prices
            .as_ref()
            .map_or(Decimal::Point, |(prices, _)| prices.decimal);
        let most = match self.kind {
            Kind::Budget => Most::BillionUnits,
            Kind::Bid | Kind::SendTime | Kind::Recommendation | Kind::Score => Most::MillionUnits,
        };
        let read = |text: String| {
            micros(&text, follows.value_micros_per_unit, decimal, most, Reason::Event)
                .map_err(|fault| fault.of(&found.name))
        };
        found.text(row, &self.unknown)?.map(read).transpose()
    }

    fn facts(&self, row: &Row, campaign: &Facts) -> Result<Facts, Fault> {
        let mut facts = campaign.clone();
        for (entry, origin) in &self.facts {
            if let Some(value) = stated(entry, origin, row)? {
                facts.set(entry.attribute.clone(), value);
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
