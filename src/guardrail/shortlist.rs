//! What a slate is chosen from: what is known, where the question names nothing, and of very many items the foremost.
//!
//! Every item meets the rules first; then only those that may stand are ranked, so that a rule that takes out the most
//! relevant thousand leaves the next thousand to choose from. What people placed always goes on, and so does enough
//! of what was taken out to say why.

use std::collections::HashMap;

use smallvec::SmallVec;

use super::Refusal;
use crate::{
    domain::{
        Active, Assortment, Bounded, BrandScope, CampaignId, Candidate, CandidateLimits, Effect, PerFact,
        Query, Question, boost,
    },
    rules::Rulebook,
};

/// Of so many items that a caller sends each goes on.
const MOST_SENT: usize = 1_000;
/// Of what is known so many go on, or [`A_SLOT`] for each slot where that is more: what stands behind them is less
/// relevant than what people see with any likelihood, and each that goes on is recorded.
const MOST_KNOWN: usize = 200;
const A_SLOT: usize = 5;
/// So many of those that were taken out go on: a reply tells as many.
const MOST_TOLD: usize = 100;

/// Whence the candidates of a question come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum From {
    /// The caller named them.
    Sent,
    /// It named none.
    Known,
}

/// The items that are known of a campaign, but for what the person is looking at.
pub(super) fn known(
    rulebook: &Rulebook,
    query: &Query,
    campaign: CampaignId,
    brands: &BrandScope,
    assortment: Option<&dyn Assortment>,
) -> Result<Vec<Candidate>, Refusal> {
    let declared = rulebook.campaign(&campaign);
    let Some(declared) = declared.filter(|declared| brands.covers(&declared.brand)) else {
        return Err(match brands {
            BrandScope::Every => Refusal::UnknownCampaigns(vec![(0, campaign)]),
            BrandScope::Only(_) => Refusal::NotTheirs(vec![(0, campaign)]),
        });
    };
    let kind = query.question.kind();
    if !declared.baselines.serve(kind) {
        let campaigns = vec![(0, campaign)];
        return Err(Refusal::NotServed { kind, campaigns });
    }
    let mut items = assortment.map_or_else(Vec::new, |assortment| assortment.items(declared));
    if let Question::Recommendation { context, .. } = &query.question {
        items.retain(|item| !context.contains(&item.id));
    }
    if items.is_empty() {
        return Err(Refusal::NothingKnown(campaign));
    }
    Ok(items)
}

/// The same question over its foremost items, where it has more than go on.
pub(super) fn shortened(bounded: Bounded, from: From, assortment: Option<&dyn Assortment>) -> Bounded {
    let (Question::Recommendation { slots, .. }, Some(assortment)) = (&bounded.query.question, assortment)
    else {
        return bounded;
    };
    let slots = usize::from(*slots);
    let most = match from {
        From::Sent => MOST_SENT,
        From::Known => MOST_KNOWN.max(A_SLOT * slots),
    };
    if bounded.limits.len() <= most {
        return bounded;
    }
    let relevances = assortment.relevances(&bounded);
    let kept = foremost(&bounded, &relevances, slots, most);
    Bounded {
        campaigns: those(bounded.campaigns, &kept),
        limits: those(bounded.limits, &kept),
        evidence: those(bounded.evidence, &kept),
        spend: those(bounded.spend, &kept),
        query: Query {
            candidates: those(bounded.query.candidates, &kept),
            ..bounded.query
        },
        rules: bounded.rules,
    }
}

fn those<T>(all: Vec<T>, kept: &[bool]) -> Vec<T> {
    let each = all.into_iter().zip(kept);
    each.filter(|(_, kept)| **kept).map(|(one, _)| one).collect()
}

/// Which candidates go on.
fn foremost(bounded: &Bounded, relevances: &[Option<f64>], slots: usize, most: usize) -> Vec<bool> {
    let mut kept: Vec<bool> = (0..bounded.limits.len())
        .map(|at| is_placed(bounded, at))
        .collect();
    let mut told = 0;
    let mut ranked: Vec<(usize, f64)> = Vec::with_capacity(kept.len());
    for (at, (limits, relevance)) in bounded.limits.iter().zip(relevances).enumerate() {
        match (limits.is_blocked(), relevance) {
            (true, _) if told < MOST_TOLD => {
                told += 1;
                keep(&mut kept, at);
            }
            (false, Some(relevance)) => ranked.push((at, relevance * boost(limits))),
            (true, _) | (false, None) => {}
        }
    }
    let order = |a: &(usize, f64), b: &(usize, f64)| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0));
    if bounded.limits.iter().any(|limits| sorts(limits).next().is_some()) {
        ranked.sort_unstable_by(order);
        ranked = of_every_sort(bounded, ranked, slots);
    } else if most < ranked.len() {
        ranked.select_nth_unstable_by(most, order);
    }
    for (at, _) in ranked.iter().take(most) {
        keep(&mut kept, *at);
    }
    if !kept.contains(&true) {
        kept.iter_mut().take(most).for_each(|kept| *kept = true);
    }
    kept
}

fn keep(kept: &mut [bool], at: usize) {
    if let Some(kept) = kept.get_mut(at) {
        *kept = true;
    }
}

/// Without those that stand behind a slate's worth of their own sort, where rules say how many of a sort may stand: they
/// could not, and would leave no room for those that can.
fn of_every_sort(bounded: &Bounded, ranked: Vec<(usize, f64)>, slots: usize) -> Vec<(usize, f64)> {
    let mut before: HashMap<SmallVec<[&PerFact; 2]>, usize> = HashMap::new();
    let mut kept = ranked;
    kept.retain(|(at, _)| {
        let of: SmallVec<[&PerFact; 2]> = bounded.limits.get(*at).into_iter().flat_map(sorts).collect();
        let before = before.entry(of).or_default();
        *before += 1;
        *before <= slots
    });
    kept
}

/// The limits on items of a sort that a candidate is under.
fn sorts(limits: &CandidateLimits) -> impl Iterator<Item = &PerFact> {
    limits.effects.iter().filter_map(|active| {
        if let Effect::AtMostPer(limit) = &active.effect {
            return Some(&**limit);
        }
        None
    })
}

/// Whether people said where it stands: by a rule, or in the campaign's list.
fn is_placed(bounded: &Bounded, at: usize) -> bool {
    let (Some(limits), Some(candidate)) = (bounded.limits.get(at), bounded.query.candidates.get(at)) else {
        return false;
    };
    let placed = |active: &Active| {
        matches!(
            active.effect,
            Effect::Pin(_) | Effect::StartList { place: Some(_), .. }
        )
    };
    let list = bounded
        .campaigns
        .get(at)
        .and_then(|campaign| campaign.baselines.list.as_deref());
    limits.effects.iter().any(placed) || list.is_some_and(|list| list.contains(&candidate.id))
}
