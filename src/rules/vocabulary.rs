//! The closed table of what a rule may ask about.
//!
//! One row an attribute: how its values are compared, whether it has one value or many, whether it belongs to
//! the query or to a candidate, which kinds of decision have it, and for which of them it is always known.
//! Conditions, tests, matching and the reference page all read this one table, so that a key means the same
//! everywhere. A key that is not here is an error, and the nearest name is suggested.

use crate::domain::{Attribute, Kind};

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
    /// Yes or no.
    Flag,
    /// Content labels: pairs of topic and risk.
    Labels,
    /// An instant, read on the clock and calendar of the file's time zone.
    Clock,
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Presence {
    /// Every query states it.
    Always,
    /// It may be unknown, so a rule that reads it says what then.
    Optional,
}

/// Which kinds of decision have an attribute, and whether each always knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kinds {
    always: &'static [Kind],
    optional: &'static [Kind],
}

impl Kinds {
    /// Whether a query of that kind may leave the attribute unknown; `None` where the kind does not have it.
    #[must_use]
    pub fn presence(self, kind: Kind) -> Option<Presence> {
        if self.always.contains(&kind) {
            return Some(Presence::Always);
        }
        self.optional.contains(&kind).then_some(Presence::Optional)
    }

    /// The same for a rule that speaks of several kinds: it may be unknown as soon as one of them may not know
    /// it; `None` where one of them does not have it.
    #[must_use]
    pub fn presence_in(self, kinds: &[Kind]) -> Option<Presence> {
        kinds.iter().try_fold(Presence::Always, |so_far, kind| {
            Some(so_far.max(self.presence(*kind)?))
        })
    }

    /// The kinds that have it, in the order of the documentation.
    pub fn iter(self) -> impl Iterator<Item = Kind> {
        Kind::ALL
            .into_iter()
            .filter(move |kind| self.presence(*kind).is_some())
    }
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
    /// Which kinds have it, and whether it may be unknown there.
    pub kinds: Kinds,
    /// What it is, in a line.
    pub doc: &'static str,
}

/// An attribute's place in [`TABLE`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slot(u16);

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
    ($($attribute:ident $fact_type:expr, $multiplicity:ident, $scope:ident, $kinds:ident, $doc:literal;)*) => {
        /// Every attribute, in the order of the documentation.
        pub static TABLE: [Entry; SLOTS] = [$(Entry {
            attribute: Attribute::$attribute,
            fact_type: $fact_type,
            multiplicity: Multiplicity::$multiplicity,
            scope: Scope::$scope,
            kinds: $kinds,
            doc: $doc,
        },)*];

        /// The names of the attributes as plain numbers.
        #[derive(Clone, Copy)]
        enum Place { $($attribute,)* }

        /// The place of an attribute; `None` for a deployment's own, which no rule can name yet.
        #[must_use]
        pub const fn slot(attribute: &Attribute) -> Option<Slot> {
            match attribute {
                $(Attribute::$attribute => Some(Slot(Place::$attribute as u16)),)*
                Attribute::Own(_) => None,
            }
        }
    };
}

use FactType::{Clock, Country, Declared, Flag, Labels, Name, Number, OneOf, Prefix, Site, Text, Word};

const CHANNELS: &[&str] = &[
    "display", "video", "native", "audio", "email", "push", "sms", "call",
];
const DEVICES: &[&str] = &["phone", "tablet", "desktop", "tv", "console", "other"];
const PURPOSES: &[&str] = &["lead_conversion", "churn", "genuine_engagement"];

/// Every decision is made by us, now, for a declared campaign.
const EVERYWHERE: Kinds = always(&Kind::ALL);
/// What a bid is for an impression in, and a message is sent in, is known; elsewhere it may be.
const MARKET: Kinds = Kinds {
    always: &[Kind::Bid, Kind::SendTime],
    optional: &[Kind::Recommendation, Kind::Budget, Kind::Score],
};
const ANYWHERE: Kinds = maybe(&Kind::ALL);
const SEEN: Kinds = maybe(&[Kind::Bid, Kind::Recommendation, Kind::Score]);
const PEOPLE: Kinds = maybe(&[Kind::Bid, Kind::SendTime, Kind::Recommendation, Kind::Score]);
const PLACES: Kinds = maybe(&[Kind::Bid, Kind::Recommendation]);
const BIDS: Kinds = maybe(&[Kind::Bid]);
const MESSAGES: Kinds = maybe(&[Kind::SendTime]);
const ITEMS: Kinds = maybe(&[Kind::Recommendation]);
const ITEM: Kinds = always(&[Kind::Recommendation]);
const ARM: Kinds = always(&[Kind::Budget]);
const SCORES: Kinds = always(&[Kind::Score]);

const fn always(kinds: &'static [Kind]) -> Kinds {
    Kinds {
        always: kinds,
        optional: &[],
    }
}

const fn maybe(kinds: &'static [Kind]) -> Kinds {
    Kinds {
        always: &[],
        optional: kinds,
    }
}

vocabulary! {
    MarketCountry Country, One, Query, MARKET, "country of the impression or recipient, ISO 3166-1: `IT`";
    MarketRegion Word, One, Query, ANYWHERE, "region within the country, as you name it";
    MarketChannel OneOf(CHANNELS), One, Query, MARKET, "channel of the impression or message";
    MarketLanguage Prefix, One, Query, ANYWHERE, "language of the market, BCP 47: `it`";
    Brand Declared, One, Candidate, EVERYWHERE, "brand of the candidate's campaign";
    Campaign Declared, One, Candidate, EVERYWHERE, "the candidate's campaign";
    Product Declared, One, Candidate, EVERYWHERE, "product that the campaign sells";
    Objective Declared, One, Candidate, EVERYWHERE, "objective of the campaign";
    Currency Word, One, Candidate, EVERYWHERE, "currency of the campaign: `EUR`";
    Creative Name, One, Candidate, BIDS, "the candidate's creative";
    PageSite Site, One, Query, SEEN, "domain of the page, with its subdomains";
    PageApp Name, One, Query, SEEN, "bundle or store id of the app";
    PageUrl Text, One, Query, SEEN, "full address of the page";
    PageText Text, One, Query, SEEN, "text of the page";
    PageLanguage Prefix, One, Query, SEEN, "language of the page, BCP 47: `it`";
    Content Labels, Many, Query, SEEN, "labels of the page: topic and risk";
    AdCategory Prefix, Many, Candidate, BIDS, "IAB categories of the ad; `IAB8` holds `IAB8-5`";
    AdAttribute Word, Many, Candidate, BIDS, "attributes of the creative (OpenRTB `attr`)";
    AdDomain Site, Many, Candidate, BIDS, "domain that the ad leads to";
    AdText Text, One, Candidate, BIDS, "text of the ad";
    DeviceType OneOf(DEVICES), One, Query, PEOPLE, "type of device";
    DeviceOs Word, One, Query, PEOPLE, "operating system";
    DeviceBrowser Word, One, Query, PEOPLE, "browser";
    Deal Name, Many, Query, BIDS, "private deals offered with the impression";
    Exchange Word, One, Query, BIDS, "exchange that runs the auction";
    Placement Name, One, Query, PLACES, "placement on the page or app (OpenRTB `tagid`)";
    SlotSize Word, One, Query, BIDS, "width and height of the slot: `300x250`";
    SlotPosition Word, One, Query, BIDS, "position of the slot on the page";
    ContactSegment Word, Many, Query, PEOPLE, "segments of the contact";
    Contact Name, One, Query, PEOPLE, "pseudonymous id of the contact";
    ContactAge Number, One, Query, PEOPLE, "age in whole years";
    ContactZone Word, One, Query, PEOPLE, "IANA time zone of the contact";
    ContactConsent Word, Many, Query, PEOPLE, "consents that the contact gave";
    MessageChannel OneOf(CHANNELS), One, Candidate, MESSAGES, "channel of the message";
    MessageSubject Text, One, Candidate, MESSAGES, "subject of the message";
    MessageBody Text, One, Candidate, MESSAGES, "text of the message";
    MessageTopic Word, Many, Candidate, MESSAGES, "topics of the message";
    Item Name, One, Candidate, ITEM, "the item that may be recommended";
    ItemCategory Prefix, Many, Candidate, ITEMS, "categories of the item, as you name them";
    ItemInStock Flag, One, Candidate, ITEMS, "whether the item can be bought now";
    ItemText Text, One, Candidate, ITEMS, "text that is shown with the item";
    Arm Name, One, Candidate, ARM, "the arm that gets a share of the budget";
    ScorePurpose OneOf(PURPOSES), One, Candidate, SCORES, "what the score estimates";
    Evidence Number, One, Candidate, EVERYWHERE, "outcomes of the campaign in the last 30 days, counted by us";
    Now Clock, One, Query, EVERYWHERE, "the instant of the decision, in the `time_zone` of the file";
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
