//! The attributes that every deployment has.

use super::{
    Entry,
    FactType::{
        Clock, Country, Declared, Flag, Labels, Name, Number, OneOf, Prefix, Site, Text, Topics, Word,
    },
    Kinds, Multiplicity, Scope, Slot,
};
use crate::{
    domain::{Attribute, Kind},
    rules::topics::Family,
};

/// How many attributes there are.
pub(super) const SLOTS: usize = Attribute::BUILT_IN.len();

macro_rules! vocabulary {
    ($($attribute:ident $fact_type:expr, $multiplicity:ident, $scope:ident, $kinds:ident, $doc:literal;)*) => {
        /// Every attribute, in the order of the documentation.
        pub static TABLE: [Entry; SLOTS] = [$(Entry {
            attribute: Attribute::$attribute,
            fact_type: $fact_type,
            multiplicity: Multiplicity::$multiplicity,
            scope: Scope::$scope,
            kinds: $kinds,
            values: Vec::new(),
            doc: std::borrow::Cow::Borrowed($doc),
        },)*];

        /// The names of the attributes as plain numbers.
        #[derive(Clone, Copy)]
        enum Place { $($attribute,)* }

        /// The place of an attribute; `None` for a deployment's own.
        #[must_use]
        pub const fn slot(attribute: &Attribute) -> Option<Slot> {
            match attribute {
                $(Attribute::$attribute => Some(Slot(Place::$attribute as u16)),)*
                Attribute::Own(_) => None,
            }
        }
    };
}

const CHANNELS: &[&str] = &[
    "display", "video", "native", "audio", "email", "push", "sms", "call",
];
const DEVICES: &[&str] = &["phone", "tablet", "desktop", "tv", "console", "other"];
const PURPOSES: &[&str] = &["lead_conversion", "churn", "genuine_engagement"];

const BID: &[Kind] = &[Kind::Bid];
const SEND: &[Kind] = &[Kind::SendTime];
const RECOMMEND: &[Kind] = &[Kind::Recommendation];

/// Every decision is made by us, now, for a declared campaign.
const EVERYWHERE: Kinds = Kinds::always(&Kind::ALL);
/// The market of an impression and of a recipient is known; elsewhere it may be.
const MARKET: Kinds = Kinds::always(&[Kind::Bid, Kind::SendTime]).or_maybe(&Kind::ALL);
const ANYWHERE: Kinds = Kinds::maybe(&Kind::ALL);
const SEEN: Kinds = Kinds::maybe(&[Kind::Bid, Kind::Recommendation, Kind::Score]);
const PEOPLE: Kinds = Kinds::maybe(&[Kind::Bid, Kind::SendTime, Kind::Recommendation, Kind::Score]);
const PLACES: Kinds = Kinds::maybe(&[Kind::Bid, Kind::Recommendation]);
const BIDS: Kinds = Kinds::maybe(BID);
const MESSAGES: Kinds = Kinds::maybe(SEND);
const ITEMS: Kinds = Kinds::maybe(RECOMMEND);
const ITEM: Kinds = Kinds::always(RECOMMEND);
const ARM: Kinds = Kinds::always(&[Kind::Budget]);
const SCORES: Kinds = Kinds::always(&[Kind::Score]);

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
    Creative Name, One, Candidate, PLACES, "the candidate's creative";
    PageSite Site, One, Query, SEEN, "domain of the page, with its subdomains";
    PageApp Name, One, Query, SEEN, "bundle or store id of the app";
    PageUrl Text, One, Query, SEEN, "full address of the page";
    PageText Text, One, Query, SEEN, "text of the page";
    PageLanguage Prefix, One, Query, SEEN, "language of the page, BCP 47: `it`";
    Content Labels, Many, Query, SEEN, "labels of the page: topic and risk";
    AdCategory Topics(Family::Product), Many, Candidate, BIDS, "categories of the ad: IAB ad products, or `IAB8`, which holds `IAB8-5`";
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
    MessageTopic Topics(Family::Content), Many, Candidate, MESSAGES, "topics of the message: IAB content, or words of your own";
    Item Name, One, Candidate, ITEM, "the item that may be recommended";
    ItemCategory Prefix, Many, Candidate, ITEMS, "categories of the item, as you name them";
    ItemInStock Flag, One, Candidate, ITEMS, "whether the item can be bought now";
    ItemText Text, One, Candidate, ITEMS, "text that is shown with the item";
    Arm Name, One, Candidate, ARM, "the arm that gets a share of the budget";
    ScorePurpose OneOf(PURPOSES), One, Candidate, SCORES, "what the score estimates";
    Evidence Number, One, Candidate, EVERYWHERE, "outcomes of the campaign in the last 30 days, counted by us";
    Now Clock, One, Query, EVERYWHERE, "the instant of the decision, in the `time_zone` of the file";
}
