use super::{
    Asked, Places, approvals,
    asked::Listed,
    at_most_tmax,
    facts::{VENDOR_TAXONOMY, facts, own, state_domain, state_text, state_word, state_words},
    path::At,
    read::{BadInput, Reader},
};
use crate::{
    domain::{
        Attribute, Auction, AuctionType, CampaignId, Candidate, CandidateId, CreativeId, Deal, DealId,
        FactValue, Facts, Kind, Micros, Query, Question, RequestId, Timestamp, Word,
    },
    grpc::wire::{self, deal, impression},
};

/// The most deals of one impression, campaigns of one deal, and attributes that a publisher refuses.
const MOST_DEALS: usize = 64;
/// The widest slot, in pixels.
const WIDEST: u32 = 32_768;
/// Taxonomies of ad categories, as OpenRTB `cattax` numbers them.
const TAXONOMIES: [u32; 8] = [1, 2, 3, 5, 6, 7, 8, 9];

/// The candidates of a bid.
const CANDIDATES: Listed = Listed {
    field: "candidates",
    name: "candidate_id",
    what: "candidates",
    least: 1,
    most: Query::max_candidates(Kind::Bid),
};

/// A bid question.
pub(in crate::grpc) fn bid(message: wire::DecideBidRequest, _: Timestamp) -> Result<Asked, BadInput> {
    let wire::DecideBidRequest {
        request_id,
        facts: facts_message,
        impression: impression_message,
        candidates: candidate_messages,
        approvals: named,
    } = message;
    let mut reader = Reader::default();
    let read = &mut reader;
    let at = At::ROOT;
    let approvals = approvals(read, &at, &named);
    let request = request_id.and_then(|id| read.name(&at.field("request_id"), &id, RequestId::new));
    let mut facts = facts(read, &at.field("facts"), facts_message);
    let sold = read
        .required(&at.field("impression"), impression_message)
        .and_then(|message| impression(read, &at.field("impression"), message, &mut facts));
    let candidates = CANDIDATES.each(
        read,
        &at,
        candidate_messages,
        |read, at, _, message| candidate(read, at, message),
        |one| &one.id,
    );
    let asked = sold.map(|(auction, tmax_ms)| Asked {
        request,
        question: Question::Bid(auction),
        facts,
        candidates,
        approvals,
        tmax_ms,
        places: Places::listed("candidates"),
        known_of: None,
    });
    reader.finish(asked)
}

fn impression(
    read: &mut Reader,
    at: &At<'_>,
    message: wire::Impression,
    facts: &mut Facts,
) -> Option<(Auction, Option<u32>)> {
    let wire::Impression {
        floor,
        currency,
        auction_type,
        deals: deal_messages,
        private_auction,
        bcat,
        cattax,
        badv,
        battr,
        tmax_ms,
        exchange,
        placement,
        width,
        height,
        position,
    } = message;
    let floor = floor.and_then(|floor| match floor {
        impression::Floor::FloorMicros(micros) => read.price(&at.field("floor_micros"), micros),
        impression::Floor::Bidfloor(units) => read.units(&at.field("bidfloor"), units),
    });
    let currency = read
        .required(&at.field("currency"), currency)
        .and_then(|text| read.currency(&at.field("currency"), &text));
    let stated = auction_type.and_then(|number| payment(read, &at.field("auction_type"), number));
    if auction_type.is_none_or(|number| number == 0) {
        read.refuse(
            &at.field("auction_type"),
            "must be set: AUCTION_TYPE_FIRST_PRICE or AUCTION_TYPE_SECOND_PRICE",
        );
    }
    let deals = deals(read, at, deal_messages);
    taxonomy(read, &at.field("cattax"), cattax);
    let blocked_attributes = read.codes(&at.field("battr"), &battr);
    let tmax_ms = at_most_tmax(read, at, tmax_ms);
    for (name, text, attribute) in [
        ("exchange", exchange, Attribute::Exchange),
        ("placement", placement, Attribute::Placement),
        ("position", position, Attribute::SlotPosition),
    ] {
        state_word(read, &at.field(name), text.as_deref(), attribute, facts);
    }
    slot(read, at, (width, height), facts);
    let offered = deals.iter().filter_map(|deal| Word::new(deal.id.as_str()).ok());
    facts.set(Attribute::Deal, FactValue::Words(offered.collect()));
    let auction = Auction {
        blocked_categories: read.listed(at, "bcat", &bcat),
        blocked_advertisers: domains(read, at, &badv),
        blocked_attributes,
        auction_type: stated?,
        floor: floor.unwrap_or_default(),
        currency: currency?,
        deals,
        private: private_auction.unwrap_or_default(),
    };
    Some((auction, tmax_ms))
}

/// How the winner pays; `None` where it is not said, or not understood.
fn payment(read: &mut Reader, at: &At<'_>, number: i32) -> Option<AuctionType> {
    match wire::AuctionType::try_from(number) {
        Ok(wire::AuctionType::Unspecified) => None,
        Ok(wire::AuctionType::FirstPrice) => Some(AuctionType::FirstPrice),
        Ok(wire::AuctionType::SecondPrice) => Some(AuctionType::SecondPrice),
        Err(_) => {
            read.refuse(at, format_args!("`{number}` is no auction type"));
            None
        }
    }
}

/// Categories are compared as given, so the number is only checked: both sides of `bcat` use the same one.
fn taxonomy(read: &mut Reader, at: &At<'_>, number: Option<u32>) {
    if let Some(number) = number
        && !TAXONOMIES.contains(&number)
        && number < VENDOR_TAXONOMY
    {
        read.refuse(
            at,
            format_args!("`{number}` is not a category taxonomy of OpenRTB"),
        );
    }
}

fn domains(read: &mut Reader, at: &At<'_>, names: &[String]) -> Vec<Word> {
    if !read.at_most(&at.field("badv"), names.len(), Reader::MOST_WORDS) {
        return Vec::new();
    }
    let each = names.iter().enumerate();
    each.filter_map(|(index, name)| read.domain(&at.item("badv", index), name))
        .collect()
}

fn slot(read: &mut Reader, at: &At<'_>, size: (Option<u32>, Option<u32>), facts: &mut Facts) {
    let (width, height) = match size {
        (None, None) => return,
        (Some(width), Some(height)) => (width, height),
        (None, Some(_)) => return read.refuse(&at.field("width"), "must be set where `height` is"),
        (Some(_), None) => return read.refuse(&at.field("height"), "must be set where `width` is"),
    };
    let width = read.within(&at.field("width"), width, 1, WIDEST);
    let height = read.within(&at.field("height"), height, 1, WIDEST);
    if let (Some(width), Some(height)) = (width, height)
        && let Ok(size) = Word::new(&format!("{width}x{height}"))
    {
        facts.set(Attribute::SlotSize, FactValue::Word(size));
    }
}

fn deals(read: &mut Reader, at: &At<'_>, messages: Vec<wire::Deal>) -> Vec<Deal> {
    if !read.at_most(&at.field("deals"), messages.len(), MOST_DEALS) {
        return Vec::new();
    }
    let each = messages.into_iter().enumerate();
    each.filter_map(|(index, message)| deal(read, &at.item("deals", index), message))
        .collect()
}

fn deal(read: &mut Reader, at: &At<'_>, message: wire::Deal) -> Option<Deal> {
    let wire::Deal {
        deal_id,
        floor,
        auction_type,
        campaign_ids,
    } = message;
    let floor = floor.and_then(|floor| match floor {
        deal::Floor::FloorMicros(micros) => read.price(&at.field("floor_micros"), micros),
        deal::Floor::Bidfloor(units) => read.units(&at.field("bidfloor"), units),
    });
    let auction_type = auction_type.and_then(|number| payment(read, &at.field("auction_type"), number));
    let mut campaigns = Vec::new();
    if read.at_most(&at.field("campaign_ids"), campaign_ids.len(), MOST_DEALS) {
        for (index, id) in campaign_ids.iter().enumerate() {
            campaigns.extend(read.name(&at.item("campaign_ids", index), id, CampaignId::new));
        }
    }
    let id = read.required_name(&at.field("deal_id"), deal_id.as_deref(), DealId::new)?;
    Some(Deal {
        id,
        floor: floor.unwrap_or(Micros::ZERO),
        auction_type,
        campaigns,
    })
}

fn candidate(read: &mut Reader, at: &At<'_>, message: wire::BidCandidate) -> Option<Candidate> {
    let wire::BidCandidate {
        candidate_id,
        campaign_id,
        creative_id,
        ad_categories,
        ad_attributes,
        ad_domain,
        ad_text,
        attributes,
    } = message;
    let mut facts = Facts::with_capacity(8);
    let creative = creative_id.and_then(|id| read.name(&at.field("creative_id"), &id, CreativeId::new));
    if let Some(word) = creative.as_ref().and_then(|id| Word::new(id.as_str()).ok()) {
        facts.set(Attribute::Creative, FactValue::Word(word));
    }
    state_words(
        read,
        &at.field("ad_categories"),
        ad_categories,
        Attribute::AdCategory,
        &mut facts,
    );
    if let Some(wire::Codes { values }) = ad_attributes {
        let at = at.field("ad_attributes");
        let codes = read.codes(&at.field("values"), &values);
        facts.set(Attribute::AdAttribute, FactValue::Words(codes));
    }
    state_domain(
        read,
        &at.field("ad_domain"),
        ad_domain.as_deref(),
        Attribute::AdDomain,
        &mut facts,
    );
    state_text(
        read,
        &at.field("ad_text"),
        ad_text.as_deref(),
        Attribute::AdText,
        &mut facts,
    );
    own(read, &at.field("attributes"), attributes, &mut facts);
    let campaign = read.required_name(&at.field("campaign_id"), campaign_id.as_deref(), CampaignId::new);
    let id = match candidate_id {
        Some(id) => read.name(&at.field("candidate_id"), &id, CandidateId::new)?,
        None => unnamed(read, at, campaign.as_ref()?, creative.as_ref())?,
    };
    Some(Candidate {
        id,
        campaign: campaign?,
        facts,
    })
}

/// The name of a candidate that the caller did not name.
fn unnamed(
    read: &mut Reader,
    at: &At<'_>,
    campaign: &CampaignId,
    creative: Option<&CreativeId>,
) -> Option<CandidateId> {
    let name = match creative {
        Some(creative) => CandidateId::new(&format!("{campaign}/{creative}")),
        None => CandidateId::new(campaign.as_str()),
    };
    let at = at.field("candidate_id");
    name.map_err(|_| {
        read.refuse(
            &at,
            "must be set: campaign and creative are too long to name the candidate",
        )
    })
    .ok()
}
