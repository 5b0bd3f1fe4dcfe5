//! What the question itself allows, before any rule of ours: the auction and the budget, the window to send in.

use crate::domain::{
    Attribute, Auction, Budget, Campaign, Candidate, CandidateLimits, Deal, FactValue, Facts, NoBid, Query,
    Question, Spans, Spend, Word,
};

/// Adds the question's own limits to those that rules gave: of a bid the auction's demands, its floor and the budget
/// left; of a send time its window.
pub(super) fn bound(
    limits: &mut CandidateLimits,
    query: &Query,
    candidate: &Candidate,
    campaign: &Campaign,
    spend: Spend,
) {
    let auction = match &query.question {
        Question::Bid(auction) => auction,
        Question::SendTime(sending) => {
            limits.window = Some(Spans::of(sending.earliest, sending.latest));
            return;
        }
        Question::Recommendation { .. } | Question::Budget(_) | Question::Score => return,
    };
    let deal = auction.deal_for(&candidate.campaign);
    limits.auction = refused(query, auction, deal, candidate, campaign);
    limits.floor = deal.map_or(auction.floor, |deal| deal.floor);
    limits.budget_left = campaign.budget.map(|budget| spend.left_of(budget));
}

fn refused(
    query: &Query,
    auction: &Auction,
    deal: Option<&Deal>,
    candidate: &Candidate,
    campaign: &Campaign,
) -> Option<NoBid> {
    let outside = |budget: Budget| query.now < budget.start || query.now >= budget.end;
    let names =
        |attribute, blocked: &[Word]| any_word(&candidate.facts, attribute, |word| blocked.contains(word));
    let reasons = [
        (campaign.currency != auction.currency, NoBid::Currency),
        (campaign.budget.is_some_and(outside), NoBid::OutsidePeriod),
        (auction.private && deal.is_none(), NoBid::NoDeal),
        (
            names(&Attribute::AdCategory, &auction.blocked_categories),
            NoBid::BlockedCategory,
        ),
        (
            blocks_advertiser(candidate, &auction.blocked_advertisers),
            NoBid::BlockedAdvertiser,
        ),
        (
            names(&Attribute::AdAttribute, &auction.blocked_attributes),
            NoBid::BlockedAttribute,
        ),
    ];
    reasons
        .into_iter()
        .find_map(|(holds, reason)| holds.then_some(reason))
}

/// A blocked advertiser blocks its subdomains too.
fn blocks_advertiser(candidate: &Candidate, blocked: &[Word]) -> bool {
    let within = |domain: &Word, parent: &Word| {
        let rest = domain.as_str().strip_suffix(parent.as_str());
        rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    any_word(&candidate.facts, &Attribute::AdDomain, |domain| {
        blocked.iter().any(|parent| within(domain, parent))
    })
}

fn any_word(facts: &Facts, attribute: &Attribute, holds: impl Fn(&Word) -> bool) -> bool {
    match facts.get(attribute) {
        Some(FactValue::Word(word)) => holds(word),
        Some(FactValue::Words(words)) => words.iter().any(holds),
        Some(
            FactValue::Text(_)
            | FactValue::Number(_)
            | FactValue::Price(_)
            | FactValue::Labels(_)
            | FactValue::Flag(_)
            | FactValue::Instant(_)
            | FactValue::Digest(_),
        )
        | None => false,
    }
}
