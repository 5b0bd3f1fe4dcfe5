use super::{
    Asked, Campaigns, Places, approvals,
    asked::Listed,
    at_most_tmax,
    facts::{facts, own, state_text, state_words},
    path::At,
    read::{BadInput, Reader},
};
use crate::{
    domain::{
        Attribute, CampaignId, Candidate, CandidateId, CreativeId, FactValue, Facts, Kind, Query, Question,
        RequestId, Timestamp, Word,
    },
    grpc::wire,
};

/// The most slots of a slate.
const MOST_SLOTS: u32 = 100;
/// The most items that somebody is looking at.
const MOST_CONTEXT: usize = 100;
/// The most items of a session.
const MOST_SESSION: usize = 1_000;

/// What there is to show.
const ITEMS: Listed = Listed {
    field: "candidates",
    name: "item_id",
    what: "items",
    least: 0,
    most: Query::max_candidates(Kind::Recommendation),
};

/// A question of what to show.
pub(in crate::grpc) fn recommendation(
    message: wire::RecommendRequest,
    _: Timestamp,
) -> Result<Asked, BadInput> {
    let wire::RecommendRequest {
        request_id,
        facts: facts_message,
        slate_size,
        candidates: item_messages,
        context_item_ids,
        session_item_ids,
        campaign_id,
        tmax_ms,
        approvals: named,
    } = message;
    let mut reader = Reader::default();
    let read = &mut reader;
    let at = At::ROOT;
    let approvals = approvals(read, &at, &named);
    let request = request_id.and_then(|id| read.name(&at.field("request_id"), &id, RequestId::new));
    let facts = facts(read, &at.field("facts"), facts_message);
    let slots = read
        .required(&at.field("slate_size"), slate_size)
        .and_then(|slots| read.within(&at.field("slate_size"), slots, 1, MOST_SLOTS))
        .and_then(|slots| u16::try_from(slots).ok());
    let context = ids(read, &at, "context_item_ids", &context_item_ids, MOST_CONTEXT);
    let session = ids(read, &at, "session_item_ids", &session_item_ids, MOST_SESSION);
    let campaigns = Campaigns::of(read, &at, campaign_id.as_deref());
    let Choosable {
        candidates,
        places,
        known_of,
    } = choosable(read, &at, campaigns, item_messages, &context);
    let tmax_ms = at_most_tmax(read, &at, tmax_ms);
    let asked = slots.map(|slots| Asked {
        request,
        question: Question::Recommendation {
            slots,
            context,
            session,
        },
        facts,
        candidates,
        approvals,
        tmax_ms,
        places,
        known_of,
    });
    reader.finish(asked)
}

/// What a slate is chosen from.
struct Choosable {
    candidates: Vec<Candidate>,
    places: Places,
    known_of: Option<CampaignId>,
}

/// The items that are named, but for what the person is looking at; where none is, the campaign of which what is known
/// stands in.
fn choosable(
    read: &mut Reader,
    at: &At<'_>,
    mut campaigns: Campaigns,
    messages: Vec<wire::ItemCandidate>,
    context: &[CandidateId],
) -> Choosable {
    if messages.is_empty() {
        return Choosable {
            candidates: Vec::new(),
            places: Places::known(),
            known_of: campaigns.of_all(read, at),
        };
    }
    let named = ITEMS.each(
        read,
        at,
        messages,
        |read, at, place, message| item(read, at, place, message, &mut campaigns),
        |item| &item.id,
    );
    let any = !named.is_empty();
    let (candidates, kept) = without(named, context);
    if any && candidates.is_empty() {
        read.refuse(
            &at.field("candidates"),
            "holds nothing but what the person is looking at already",
        );
    }
    let places = Places::listed("candidates").with_default(campaigns.by_default);
    Choosable {
        candidates,
        places: places.with_kept(kept),
        known_of: None,
    }
}

/// The items that nobody is looking at already, and where each stood.
fn without(items: Vec<Candidate>, context: &[CandidateId]) -> (Vec<Candidate>, Vec<usize>) {
    let each = items.into_iter().enumerate();
    let new = each.filter(|(_, item)| !context.contains(&item.id));
    let (kept, candidates): (Vec<usize>, Vec<Candidate>) = new.unzip();
    (candidates, kept)
}

fn ids(
    read: &mut Reader,
    at: &At<'_>,
    name: &'static str,
    values: &[String],
    most: usize,
) -> Vec<CandidateId> {
    if !read.at_most(&at.field(name), values.len(), most) {
        return Vec::new();
    }
    let each = values.iter().enumerate();
    each.filter_map(|(index, id)| read.name(&at.item(name, index), id, CandidateId::new))
        .collect()
}

fn item(
    read: &mut Reader,
    at: &At<'_>,
    place: usize,
    message: wire::ItemCandidate,
    campaigns: &mut Campaigns,
) -> Option<Candidate> {
    let wire::ItemCandidate {
        item_id,
        campaign_id,
        categories,
        in_stock,
        text,
        attributes,
        creative_id,
    } = message;
    let mut facts = Facts::with_capacity(4);
    let creative = creative_id.and_then(|id| read.name(&at.field("creative_id"), &id, CreativeId::new));
    if let Some(word) = creative.as_ref().and_then(|id| Word::new(id.as_str()).ok()) {
        facts.set(Attribute::Creative, FactValue::Word(word));
    }
    let id = read.required_name(&at.field("item_id"), item_id.as_deref(), CandidateId::new);
    if let Some(word) = id.as_ref().and_then(|id| Word::new(id.as_str()).ok()) {
        facts.set(Attribute::Item, FactValue::Word(word));
    }
    state_words(
        read,
        &at.field("categories"),
        categories,
        Attribute::ItemCategory,
        &mut facts,
    );
    if let Some(in_stock) = in_stock {
        facts.set(Attribute::ItemInStock, FactValue::Flag(in_stock));
    }
    state_text(
        read,
        &at.field("text"),
        text.as_deref(),
        Attribute::ItemText,
        &mut facts,
    );
    own(read, &at.field("attributes"), attributes, &mut facts);
    let campaign = campaigns.one(read, at, place, campaign_id.as_deref());
    Some(Candidate {
        id: id?,
        campaign: campaign?,
        facts,
    })
}
