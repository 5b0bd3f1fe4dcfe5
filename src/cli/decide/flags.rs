//! The request of a bid in flags.

use clap::ValueEnum;
use serde_json::{Map, Value, json};

/// A request in flags. What is not said is unknown to the rules.
#[derive(Debug, PartialEq, Default, clap::Args)]
#[command(next_help_heading = "The request of a bid")]
pub(super) struct Asked {
    /// A campaign that might bid; repeat it for more candidates.
    #[arg(long, value_name = "ID")]
    pub(super) campaign: Vec<String>,
    /// The creative of the campaign in the same place.
    #[arg(long, value_name = "ID", requires = "campaign")]
    creative: Vec<String>,
    /// Country of the market: `IT`.
    #[arg(long)]
    country: Option<String>,
    /// Channel: display, video, native, …
    #[arg(long)]
    channel: Option<String>,
    /// Domain of the page.
    #[arg(long)]
    site: Option<String>,
    /// Text of the page.
    #[arg(long)]
    text: Option<String>,
    /// What the page is about, and how risky: `Terrorism:high`. `none` says that it carries no label.
    #[arg(long, value_name = "TOPIC[:RISK]")]
    topic: Vec<String>,
    /// Device: phone, tablet, desktop, tv.
    #[arg(long)]
    device: Option<String>,
    /// Age of the person in whole years.
    #[arg(long, value_name = "YEARS")]
    age: Option<u32>,
    /// The lowest accepted price for a thousand, in units: `0.30`.
    #[arg(long, value_name = "PRICE")]
    floor: Option<f64>,
    /// Currency of floor and bids: `EUR`.
    #[arg(long, value_name = "CODE")]
    currency: Option<String>,
    /// How the winner pays.
    #[arg(long, value_enum)]
    auction: Option<Payment>,
    /// Who runs the auction.
    #[arg(long)]
    exchange: Option<String>,
    /// Position of the slot: `below_fold`.
    #[arg(long)]
    position: Option<String>,
    /// A private deal offered with the impression.
    #[arg(long, value_name = "ID")]
    deal: Vec<String>,
    /// Your own name for the request; a repeated one reserves budget once.
    #[arg(long, value_name = "ID")]
    request_id: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Payment {
    First,
    Second,
}

// === impl Asked ===

impl Asked {
    /// The request in the contract's JSON. Fields that were not given stay away: absent is unknown.
    pub(super) fn message(&self) -> Value {
        given([
            ("request_id", self.request_id.as_ref().map(|id| json!(id))),
            ("facts", Some(self.facts())),
            ("impression", Some(self.impression())),
            ("candidates", Some(self.candidates())),
        ])
    }

    fn facts(&self) -> Value {
        let market = given([
            ("country", self.country.as_ref().map(|word| json!(word))),
            ("channel", self.channel.as_ref().map(|word| json!(word))),
        ]);
        let page = given([
            ("site", self.site.as_ref().map(|word| json!(word))),
            ("text", self.text.as_ref().map(|text| json!(text))),
            ("content", (!self.topic.is_empty()).then(|| self.content())),
        ]);
        given([
            ("market", Some(market)),
            ("page", Some(page)),
            ("device", self.device.as_ref().map(|kind| json!({"type": kind}))),
            ("contact", self.age.map(|age| json!({"age_years": age}))),
        ])
    }

    fn content(&self) -> Value {
        let label = |text: &String| match text.rsplit_once(':') {
            Some((topic, risk)) => {
                json!({"topic": topic, "risk": format!("RISK_{}", risk.trim().to_uppercase())})
            }
            None => json!({"topic": text}),
        };
        let named = self.topic.iter().filter(|text| *text != "none");
        json!({"labels": named.map(label).collect::<Vec<_>>()})
    }

    fn impression(&self) -> Value {
        let payment = self.auction.map(|payment| match payment {
            Payment::First => json!("AUCTION_TYPE_FIRST_PRICE"),
            Payment::Second => json!("AUCTION_TYPE_SECOND_PRICE"),
        });
        let deals = self.deal.iter().map(|id| json!({"deal_id": id}));
        given([
            ("bidfloor", self.floor.map(|floor| json!(floor))),
            ("currency", self.currency.as_ref().map(|code| json!(code))),
            ("auction_type", payment),
            ("exchange", self.exchange.as_ref().map(|word| json!(word))),
            ("position", self.position.as_ref().map(|word| json!(word))),
            ("deals", Some(deals.collect())),
        ])
    }

    fn candidates(&self) -> Value {
        let mut creatives = self.creative.iter();
        let each = self.campaign.iter().map(|campaign| {
            given([
                ("campaign_id", Some(json!(campaign))),
                ("creative_id", creatives.next().map(|id| json!(id))),
            ])
        });
        each.collect()
    }
}

/// An object of the fields that have a value.
fn given<const N: usize>(fields: [(&str, Option<Value>); N]) -> Value {
    let present = fields
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?)));
    Value::Object(present.collect::<Map<_, _>>())
}
