use std::{fmt, str::FromStr, sync::Arc};

use serde::{Deserialize, Serialize};

use super::{
    Campaign, CampaignId, CandidateId, CandidateLimits, Currency, DealId, Evidence, Facts, Kind, Micros,
    RequestId, RuleTable, Span, Spend, Timestamp, Word,
};

/// Names one decision. Ordered by time: the first 48 bits are milliseconds since the epoch, as in UUID v7.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct DecisionId(u128);

impl DecisionId {
    /// An id made at `at`; `random` fills the 74 bits that the time and the UUID version leave.
    #[must_use]
    pub const fn new(at: Timestamp, random: u128) -> Self {
        let millis = (at.as_millis() as u128 & 0xffff_ffff_ffff) << 80;
        let version = 0x7_u128 << 76;
        let variant = 0b10_u128 << 62;
        let free = 0x0fff_u128 << 64 | (u128::MAX >> 66);
        Self(millis | version | variant | (random & free))
    }

    /// When it was made, to the millisecond.
    #[must_use]
    pub const fn made_at(self) -> Timestamp {
        Timestamp::from_millis((self.0 >> 80) as i64)
    }

    /// The 16 bytes of the UUID, most significant first.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 16] {
        self.0.to_be_bytes()
    }

    /// The id of those 16 bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(u128::from_be_bytes(bytes))
    }
}

impl fmt::Display for DecisionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = self.0;
        let part = |shift: u32, bits: u32| (id >> shift) & ((1 << bits) - 1);
        write!(
            f,
            "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
            part(96, 32),
            part(80, 16),
            part(64, 16),
            part(48, 16),
            part(0, 48)
        )
    }
}

/// A text that is not a decision id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a decision id is 32 hexadecimal digits, such as `0197b2f4-6f4e-7c3a-9a51-0f6f2b1c9d10`")]
pub struct InvalidDecisionId;

impl FromStr for DecisionId {
    type Err = InvalidDecisionId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits: String = text.chars().filter(|&c| c != '-').collect();
        if digits.len() != 32 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(InvalidDecisionId);
        }
        u128::from_str_radix(&digits, 16)
            .map(Self)
            .map_err(|_| InvalidDecisionId)
    }
}

/// How the winner of an auction pays (OpenRTB `at`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum AuctionType {
    /// Its own bid.
    FirstPrice,
    /// The second highest bid, or the floor.
    SecondPrice,
}

/// A private deal offered with the impression (OpenRTB `pmp.deals`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deal {
    /// Its id.
    pub id: DealId,
    /// Its own floor, in the currency of the auction's floor.
    pub floor: Micros,
    /// How its winner pays, where it differs from the auction.
    pub auction_type: Option<AuctionType>,
    /// Campaigns that may use it; empty means any.
    pub campaigns: Vec<CampaignId>,
}

/// One impression for sale, in OpenRTB's terms.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Auction {
    /// How the winner pays.
    pub auction_type: AuctionType,
    /// The lowest accepted price, CPM.
    pub floor: Micros,
    /// The currency of floors and bids.
    pub currency: Currency,
    /// Private deals offered.
    pub deals: Vec<Deal>,
    /// Whether only deals are accepted (`pmp.private_auction`).
    pub private: bool,
    /// Categories that the publisher does not accept (`bcat`).
    pub blocked_categories: Vec<Word>,
    /// Advertiser domains that the publisher does not accept (`badv`).
    pub blocked_advertisers: Vec<Word>,
    /// Creative attributes that the publisher does not accept (`battr`).
    pub blocked_attributes: Vec<Word>,
}

impl Auction {
    /// The deal under which a campaign would buy: of those it may use, the one with the lowest floor.
    #[must_use]
    pub fn deal_for(&self, campaign: &CampaignId) -> Option<&Deal> {
        let usable = |deal: &&Deal| deal.campaigns.is_empty() || deal.campaigns.contains(campaign);
        self.deals.iter().filter(usable).min_by_key(|deal| deal.floor)
    }

    /// How a campaign pays if it wins: as its deal says, else as the auction does.
    #[must_use]
    pub fn auction_type_for(&self, campaign: &CampaignId) -> AuctionType {
        self.deal_for(campaign)
            .and_then(|deal| deal.auction_type)
            .unwrap_or(self.auction_type)
    }
}

/// A message to one contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sending {
    /// The earliest instant, inclusive.
    pub earliest: Timestamp,
    /// The end of the instants, exclusive.
    pub latest: Timestamp,
    /// How many further instants are to be named.
    pub alternatives: u16,
}

/// A total to be split among arms.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Total {
    /// How much, in millionths of the currency's unit (not CPM).
    pub amount: Micros,
    /// The currency.
    pub currency: Currency,
    /// Each arm's part of the last split, in the candidates' order; `None` is an arm that had none.
    pub last: Vec<Option<Micros>>,
    /// What each arm has spent in this period so far, in the candidates' order; empty where it is not told.
    pub spent: Vec<Micros>,
    /// The period that is paid for, where told.
    pub period: Option<Span>,
}

/// What differs between the kinds of decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Question {
    /// What to bid for this impression?
    Bid(Auction),
    /// When to send this message? Its one candidate is the message.
    SendTime(Sending),
    /// Which of the candidates to show, in so many slots?
    Recommendation {
        /// How many items to answer.
        slots: u16,
        /// What the person is looking at.
        context: Vec<CandidateId>,
        /// Items of this session, the latest last.
        session: Vec<CandidateId>,
    },
    /// How to split this total among the candidates?
    Budget(Total),
    /// How likely is the outcome? A candidate is a purpose for a segment, each answered alone.
    Score,
}

impl Question {
    /// The kind of decision asked for.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Bid(_) => Kind::Bid,
            Self::SendTime(_) => Kind::SendTime,
            Self::Recommendation { .. } => Kind::Recommendation,
            Self::Budget(_) => Kind::Budget,
            Self::Score => Kind::Score,
        }
    }
}

/// One of the things a query chooses among.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    /// Its name, unique in the query.
    pub id: CandidateId,
    /// The campaign it belongs to.
    pub campaign: CampaignId,
    /// What is known of it alone: creative, ad category, …
    pub facts: Facts,
}

impl Candidate {
    /// Everything known of it, texts by digest: its own facts, and its campaign's where it states none.
    #[must_use]
    pub fn facts_of(&self, campaign: &Campaign) -> Facts {
        let mut facts = self.facts.digested();
        for (attribute, value) in campaign.facts.iter() {
            if facts.get(attribute).is_none() {
                facts.set(attribute.clone(), value.clone());
            }
        }
        facts
    }
}

/// What one caller asks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Query {
    /// The name of the decision to come; stamped on arrival.
    pub decision: DecisionId,
    /// The instant of the decision; stamped on arrival.
    pub now: Timestamp,
    /// Seeds every draw of this decision; stamped on arrival.
    pub seed: u64,
    /// Who asks, as whoever calls is known; `None` where nobody is asked who they are.
    pub caller: Option<Arc<str>>,
    /// The caller's name for the request, if given.
    pub request: Option<RequestId>,
    /// The question.
    pub question: Question,
    /// What is known of the impression, the page, the contact.
    pub facts: Facts,
    /// What it chooses among, at most as many as [`Query::max_candidates`] says.
    pub candidates: Vec<Candidate>,
}

impl Query {
    /// The most candidates of a query of that kind.
    #[must_use]
    pub const fn max_candidates(kind: Kind) -> usize {
        match kind {
            Kind::Bid | Kind::Score => 50,
            Kind::SendTime => 1,
            Kind::Budget => 1_000,
            Kind::Recommendation => 10_000,
        }
    }
}

/// A query with everything that bounds its answer: what a model gets to see.
#[derive(Debug, Clone)]
pub struct Bounded {
    /// What is asked.
    pub query: Query,
    /// The declared campaign of each candidate, in the candidates' order.
    pub campaigns: Vec<Arc<Campaign>>,
    /// The limits of each candidate, in the candidates' order.
    pub limits: Vec<CandidateLimits>,
    /// Outcomes of each candidate's campaign in the last [`Bounded::EVIDENCE_DAYS`], in the candidates' order.
    pub evidence: Vec<Evidence>,
    /// What each candidate's campaign has spent and reserved, in the candidates' order.
    pub spend: Vec<Spend>,
    /// The rules that the limits speak of.
    pub rules: Arc<RuleTable>,
}

impl Bounded {
    /// The window in which a campaign's evidence is counted for its maturity, in days.
    pub const EVIDENCE_DAYS: u32 = 30;
}
