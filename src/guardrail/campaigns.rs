//! Whose candidates these are: what rules and limits are read for.

use std::sync::Arc;

use super::Refusal;
use crate::{
    domain::{BrandScope, Campaign, Candidate, Currency, Query, Question},
    rules::Rulebook,
};

/// The declared campaign of each candidate, in their order.
///
/// # Errors
/// One is not declared, is of a brand of which the caller may not speak, declares no baseline of the kind, or has another
/// currency than the total that is to be split.
pub(super) fn campaigns(
    rulebook: &Rulebook,
    query: &Query,
    brands: &BrandScope,
) -> Result<Vec<Arc<Campaign>>, Refusal> {
    let known = |candidate: &Candidate| {
        let campaign = rulebook.campaign(&candidate.campaign);
        campaign
            .filter(|campaign| brands.covers(&campaign.brand))
            .cloned()
    };
    let found: Vec<Option<Arc<Campaign>>> = query.candidates.iter().map(known).collect();
    let unknown = |(place, campaign): (usize, &Option<Arc<Campaign>>)| match campaign {
        Some(_) => None,
        None => query
            .candidates
            .get(place)
            .map(|candidate| (place, candidate.campaign.clone())),
    };
    let unknown: Vec<_> = found.iter().enumerate().filter_map(unknown).collect();
    if !unknown.is_empty() {
        return Err(match brands {
            BrandScope::Every => Refusal::UnknownCampaigns(unknown),
            // Which campaigns others have is not told: unknown and not theirs is one answer.
            BrandScope::Only(_) => Refusal::NotTheirs(unknown),
        });
    }
    let campaigns: Vec<Arc<Campaign>> = found.into_iter().flatten().collect();
    let kind = query.question.kind();
    let unserved = campaigns.iter().enumerate();
    let unserved: Vec<_> = unserved
        .filter(|(_, campaign)| !campaign.baselines.serve(kind))
        .map(|(place, campaign)| (place, campaign.id.clone()))
        .collect();
    if !unserved.is_empty() {
        let campaigns = unserved;
        return Err(Refusal::NotServed { kind, campaigns });
    }
    match &query.question {
        Question::Budget(total) => in_currency(total.currency, campaigns),
        Question::Bid(_) | Question::SendTime(_) | Question::Recommendation { .. } | Question::Score => {
            Ok(campaigns)
        }
    }
}

/// A total is split among arms of its own currency: nothing is converted. (A bid in another currency is a no-bid, which
/// an exchange understands; a split that leaves arms out would not be the one that was asked for.)
fn in_currency(asked: Currency, campaigns: Vec<Arc<Campaign>>) -> Result<Vec<Arc<Campaign>>, Refusal> {
    let each = campaigns.iter().enumerate();
    let other = each.filter(|(_, campaign)| campaign.currency != asked);
    let other: Vec<_> = other
        .map(|(place, campaign)| (place, campaign.id.clone(), campaign.currency))
        .collect();
    if other.is_empty() {
        return Ok(campaigns);
    }
    let campaigns = other;
    Err(Refusal::OtherCurrency { asked, campaigns })
}
