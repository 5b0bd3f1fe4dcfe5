use std::{fmt, sync::Arc};

use serde::{Deserialize, Serialize};

use super::{Micros, Timestamp, Word};

// The place of a variant is its name in the journal: `Own` keeps its place, new attributes come behind it.
macro_rules! attributes {
    (
        $($(#[$doc:meta])* $variant:ident = $name:literal,)*
        ;
        $($(#[$late_doc:meta])* $late:ident = $late_name:literal,)*
    ) => {
        /// What a fact is about: the closed vocabulary, and the deployment's own attributes.
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Attribute {
            $($(#[$doc])* $variant,)*
            /// Declared by the deployment in `rules/attributes.yaml`.
            Own(Word),
            $($(#[$late_doc])* $late,)*
        }

        impl Attribute {
            /// Every built-in attribute, in the order of the documentation.
            pub const BUILT_IN: &[Self] = &[$(Self::$variant,)* $(Self::$late,)*];

            /// The name used in rule files and answers, such as `market.country`.
            #[must_use]
            pub fn name(&self) -> &str {
                match self {
                    $(Self::$variant => $name,)*
                    Self::Own(name) => name.as_str(),
                    $(Self::$late => $late_name,)*
                }
            }
        }
    };
}

attributes! {
    /// ISO 3166-1 alpha-2 country of the impression or recipient.
    MarketCountry = "market.country",
    /// Region within the country, as the deployment names it.
    MarketRegion = "market.region",
    /// Channel: display, video, native, audio, email, push, sms, …
    MarketChannel = "market.channel",
    /// BCP 47 language of the market.
    MarketLanguage = "market.language",
    /// The brand of the candidate's campaign.
    Brand = "brand",
    /// The candidate's campaign.
    Campaign = "campaign",
    /// The product that the campaign sells.
    Product = "product",
    /// The campaign's objective.
    Objective = "objective",
    /// The one currency of the candidate's campaign.
    Currency = "currency",
    /// The candidate's creative.
    Creative = "creative",
    /// Registrable or full domain of the page.
    PageSite = "page.site",
    /// Bundle or store id of the app.
    PageApp = "page.app",
    /// Full address of the page.
    PageUrl = "page.url",
    /// Text of the page, as the caller extracted it.
    PageText = "page.text",
    /// BCP 47 language of the page.
    PageLanguage = "page.language",
    /// Content labels of the page: pairs of topic and risk.
    Content = "content",
    /// Categories of the ad (IAB).
    AdCategory = "ad.category",
    /// Creative attributes (OpenRTB `attr`).
    AdAttribute = "ad.attribute",
    /// Domain the ad leads to (OpenRTB `adomain`).
    AdDomain = "ad.domain",
    /// Text of the ad.
    AdText = "ad.text",
    /// Device type: phone, tablet, desktop, tv, …
    DeviceType = "device.type",
    /// Operating system.
    DeviceOs = "device.os",
    /// Browser.
    DeviceBrowser = "device.browser",
    /// Private deals offered with the impression.
    Deal = "deal",
    /// The exchange that runs the auction.
    Exchange = "exchange",
    /// The placement on the page or app (OpenRTB `tagid`).
    Placement = "placement",
    /// Width and height of the slot, as `300x250`.
    SlotSize = "slot.size",
    /// Position of the slot on the page.
    SlotPosition = "slot.position",
    /// Segments of the contact or user.
    ContactSegment = "contact.segment",
    /// Pseudonymous id of the contact. Never an e-mail address or a telephone number.
    Contact = "contact",
    /// Age in whole years.
    ContactAge = "contact.age",
    /// IANA time zone of the contact.
    ContactZone = "contact.zone",
    /// Consents that the contact gave.
    ContactConsent = "contact.consent",
    ;
    /// Channel of the message to be sent.
    MessageChannel = "message.channel",
    /// Subject of the message.
    MessageSubject = "message.subject",
    /// Text of the message.
    MessageBody = "message.body",
    /// Topics of the message, in an IAB taxonomy.
    MessageTopic = "message.topic",
    /// Id of the item that may be recommended.
    Item = "item",
    /// Categories of the item, as the deployment names them.
    ItemCategory = "item.category",
    /// Whether the item can be bought now.
    ItemInStock = "item.in_stock",
    /// Text that is shown with the item.
    ItemText = "item.text",
    /// Arm among which a budget is split.
    Arm = "arm",
    /// What a score estimates.
    ScorePurpose = "score.purpose",
    /// Outcomes of the campaign's objective in the last 30 days. We count them; no caller states them.
    Evidence = "evidence",
    /// The instant of the decision. It is stamped; no caller states it.
    Now = "now",
}

impl Attribute {
    /// The built-in attribute of that name.
    #[must_use]
    pub fn built_in(name: &str) -> Option<Self> {
        Self::BUILT_IN
            .iter()
            .find(|attribute| attribute.name() == name)
            .cloned()
    }
}

impl fmt::Display for Attribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The four risk levels of the GARM brand-safety framework, as in IAB content labels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Risk {
    /// `bsr004`
    Low,
    /// `bsr003`
    Medium,
    /// `bsr002`
    High,
    /// `bsr001`: never monetise.
    Floor,
}

impl Risk {
    /// Every level, least first.
    pub const ALL: [Self; 4] = [Self::Low, Self::Medium, Self::High, Self::Floor];

    /// The word used in rule files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Floor => "floor",
        }
    }

    /// The IAB id.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Low => "bsr004",
            Self::Medium => "bsr003",
            Self::High => "bsr002",
            Self::Floor => "bsr001",
        }
    }

    /// The level of that word or id.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|risk| risk.name() == name || risk.id() == name)
    }
}

/// What one label says of a page: a topic, and how risky it is there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Label {
    /// Id or name of a topic of the content taxonomy.
    pub topic: Word,
    /// How risky; unknown where absent.
    pub risk: Option<Risk>,
}

/// The value of one fact.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum FactValue {
    /// One word.
    Word(Word),
    /// Any number of words; empty means known to be none.
    Words(Vec<Word>),
    /// Prose, in no fixed language.
    Text(Arc<str>),
    /// A count or a whole number.
    Number(i64),
    /// A price.
    Price(Micros),
    /// Content labels; empty means known to be none.
    Labels(Vec<Label>),
    /// Yes or no.
    Flag(bool),
    /// An instant.
    Instant(Timestamp),
    /// A text that is kept by its BLAKE3 digest only; never given by a caller.
    Digest([u8; 16]),
}

/// Typed attributes of a query, a candidate or a campaign. An absent fact is unknown.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Facts(Vec<(Attribute, FactValue)>);

impl Facts {
    /// No facts: everything is unknown.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// No facts yet, with room for so many.
    #[must_use]
    pub fn with_capacity(facts: usize) -> Self {
        Self(Vec::with_capacity(facts))
    }

    /// States a fact; a later statement of the same attribute replaces the earlier.
    pub fn set(&mut self, attribute: Attribute, value: FactValue) {
        match self.0.binary_search_by(|(known, _)| known.cmp(&attribute)) {
            Ok(at) => {
                if let Some(slot) = self.0.get_mut(at) {
                    slot.1 = value;
                }
            }
            Err(at) => self.0.insert(at, (attribute, value)),
        }
    }

    /// Takes a fact back.
    pub fn forget(&mut self, attribute: &Attribute) {
        self.0.retain(|(known, _)| known != attribute);
    }

    /// What is known of an attribute; `None` is unknown.
    #[must_use]
    pub fn get(&self, attribute: &Attribute) -> Option<&FactValue> {
        self.0
            .iter()
            .find(|(known, _)| known == attribute)
            .map(|(_, value)| value)
    }

    /// The single word of an attribute, if it is one.
    #[must_use]
    pub fn word(&self, attribute: &Attribute) -> Option<&Word> {
        if let Some(FactValue::Word(word)) = self.get(attribute) {
            Some(word)
        } else {
            None
        }
    }

    /// Every fact, ordered by attribute.
    pub fn iter(&self) -> impl Iterator<Item = (&Attribute, &FactValue)> + Clone {
        self.0.iter().map(|(attribute, value)| (attribute, value))
    }

    /// The same facts with every prose text replaced by its digest, for the journal.
    #[must_use]
    pub fn digested(&self) -> Self {
        let digest = |value: &FactValue| {
            let FactValue::Text(text) = value else {
                return value.clone();
            };
            let mut short = [0; 16];
            blake3::Hasher::new()
                .update(text.as_bytes())
                .finalize_xof()
                .fill(&mut short);
            FactValue::Digest(short)
        };
        Self(
            self.0
                .iter()
                .map(|(attribute, value)| (attribute.clone(), digest(value)))
                .collect(),
        )
    }
}

impl FromIterator<(Attribute, FactValue)> for Facts {
    fn from_iter<T: IntoIterator<Item = (Attribute, FactValue)>>(facts: T) -> Self {
        let mut collected = Self::new();
        for (attribute, value) in facts {
            collected.set(attribute, value);
        }
        collected
    }
}
