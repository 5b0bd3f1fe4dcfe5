//! The closed table of what a rule may ask about.
//!
//! One row an attribute: how its values are compared, whether it has one value or many, whether it belongs to
//! the query or to a candidate, and whether every query knows it. Conditions, tests, matching and the reference
//! page all read this one table, so that a key means the same everywhere. A key that is not here is an error,
//! and the nearest name is suggested.

use crate::domain::Attribute;

/// How the values of an attribute are written and compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FactType {
    /// ISO 3166-1 alpha-2, in capitals or not.
    Country,
    /// A word of a closed set, compared without case.
    OneOf(&'static [&'static str]),
    /// A name that the deployment gives, compared exactly.
    Name,
    /// A name declared in `campaigns.yaml` or `objectives.yaml`, compared exactly.
    Declared,
    /// A word of an open set, compared without case.
    Word,
    /// A word whose parts stand between hyphens; the shorter holds the longer: `it` holds `it-CH`.
    Prefix,
    /// A domain; it holds its subdomains: `ansa.it` holds `www.ansa.it`.
    Site,
    /// Prose, searched for the terms of a list.
    Text,
    /// A whole number.
    Number,
    /// Content labels: pairs of topic and risk.
    Labels,
}

/// How many values an attribute has at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Multiplicity {
    /// One.
    One,
    /// Any number, known to be none included.
    Many,
}

/// What an attribute belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// The whole query.
    Query,
    /// One candidate; a rule that reads it is judged per candidate.
    Candidate,
}

/// Whether an attribute may be unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// Every query states it.
    Always,
    /// It may be unknown, so a rule that reads it says what then.
    Optional,
}

/// One row of the vocabulary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The attribute.
    pub attribute: Attribute,
    /// How its values are compared.
    pub fact_type: FactType,
    /// One value or many.
    pub multiplicity: Multiplicity,
    /// Of the query or of a candidate.
    pub scope: Scope,
    /// Whether it may be unknown.
    pub presence: Presence,
    /// What it is, in a line.
    pub doc: &'static str,
}

/// An attribute's place in [`TABLE`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slot(u8);

impl Slot {
    /// The place as an index.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// How many attributes there are.
pub const SLOTS: usize = Attribute::BUILT_IN.len();

macro_rules! vocabulary {
    ($($attribute:ident $fact_type:expr, $multiplicity:ident, $scope:ident, $presence:ident, $doc:literal;)*) => {
        /// Every attribute, in the order of the documentation.
        pub static TABLE: [Entry; SLOTS] = [$(Entry {
            attribute: Attribute::$attribute,
            fact_type: $fact_type,
            multiplicity: Multiplicity::$multiplicity,
            scope: Scope::$scope,
            presence: Presence::$presence,
            doc: $doc,
        },)*];

        /// The names of the attributes as plain numbers.
        #[derive(Clone, Copy)]
        enum Place { $($attribute,)* }

        /// The place of an attribute; `None` for a deployment's own, which no rule can name yet.
        #[must_use]
        pub const fn slot(attribute: &Attribute) -> Option<Slot> {
            match attribute {
                $(Attribute::$attribute => Some(Slot(Place::$attribute as u8)),)*
                Attribute::Own(_) => None,
            }
        }
    };
}

use FactType::{Country, Declared, Labels, Name, Number, OneOf, Prefix, Site, Text, Word};

const CHANNELS: &[&str] = &["display", "video", "native", "audio", "email", "push", "sms"];
const DEVICES: &[&str] = &["phone", "tablet", "desktop", "tv", "console", "other"];

vocabulary! {
    MarketCountry Country, One, Query, Always, "country of the impression, ISO 3166-1: `IT`";
    MarketRegion Word, One, Query, Optional, "region within the country, as you name it";
    MarketChannel OneOf(CHANNELS), One, Query, Always, "channel of the impression";
    MarketLanguage Prefix, One, Query, Optional, "language of the market, BCP 47: `it`";
    Brand Declared, One, Candidate, Always, "brand of the candidate's campaign";
    Campaign Declared, One, Candidate, Always, "the candidate's campaign";
    Product Declared, One, Candidate, Always, "product that the campaign sells";
    Objective Declared, One, Candidate, Always, "objective of the campaign";
    Currency Word, One, Candidate, Always, "currency of the campaign: `EUR`";
    Creative Name, One, Candidate, Optional, "the candidate's creative";
    PageSite Site, One, Query, Optional, "domain of the page, with its subdomains";
    PageApp Name, One, Query, Optional, "bundle or store id of the app";
    PageUrl Text, One, Query, Optional, "full address of the page";
    PageText Text, One, Query, Optional, "text of the page";
    PageLanguage Prefix, One, Query, Optional, "language of the page, BCP 47: `it`";
    Content Labels, Many, Query, Optional, "labels of the page: topic and risk";
    AdCategory Prefix, Many, Candidate, Optional, "IAB categories of the ad; `IAB8` holds `IAB8-5`";
    AdAttribute Word, Many, Candidate, Optional, "attributes of the creative (OpenRTB `attr`)";
    AdDomain Site, Many, Candidate, Optional, "domain that the ad leads to";
    AdText Text, One, Candidate, Optional, "text of the ad";
    DeviceType OneOf(DEVICES), One, Query, Optional, "type of device";
    DeviceOs Word, One, Query, Optional, "operating system";
    DeviceBrowser Word, One, Query, Optional, "browser";
    Deal Name, Many, Query, Optional, "private deals offered with the impression";
    Exchange Word, One, Query, Optional, "exchange that runs the auction";
    Placement Name, One, Query, Optional, "placement on the page or app (OpenRTB `tagid`)";
    SlotSize Word, One, Query, Optional, "width and height of the slot: `300x250`";
    SlotPosition Word, One, Query, Optional, "position of the slot on the page";
    ContactSegment Word, Many, Query, Optional, "segments of the contact";
    Contact Name, One, Query, Optional, "pseudonymous id of the contact";
    ContactAge Number, One, Query, Optional, "age in whole years";
    ContactZone Word, One, Query, Optional, "IANA time zone of the contact";
    ContactConsent Word, Many, Query, Optional, "consents that the contact gave";
}

/// The part of an attribute that a key of a condition reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aspect {
    /// All of it.
    Whole,
    /// The topics of content labels.
    Topic,
    /// The risks of content labels.
    Risk,
}

/// A key of a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    /// Its place in [`TABLE`].
    pub slot: Slot,
    /// What it reads there.
    pub aspect: Aspect,
}

/// The row at a place.
#[must_use]
pub fn entry(slot: Slot) -> Option<&'static Entry> {
    TABLE.get(slot.index())
}

/// The key of that name, such as `market.country` or `content.topic`.
#[must_use]
pub fn key(name: &str) -> Option<Key> {
    let (attribute, aspect) = match name {
        "content.topic" => (Attribute::Content, Aspect::Topic),
        "content.risk" => (Attribute::Content, Aspect::Risk),
        "content" => return None,
        other => (Attribute::built_in(other)?, Aspect::Whole),
    };
    slot(&attribute).map(|slot| Key { slot, aspect })
}

/// The names of every key of a condition.
pub fn key_names() -> impl Iterator<Item = &'static str> {
    Attribute::BUILT_IN
        .iter()
        .map(Attribute::name)
        .filter(|name| *name != "content")
        .chain(["content.topic", "content.risk"])
}
