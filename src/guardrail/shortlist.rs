//! What a slate is chosen from: what is known, where the question names nothing, and of very many items the foremost.
//!
//! Items meet the rules first; then only those that may stand are ranked, so that a rule that takes out the most
//! relevant thousand leaves the next thousand to choose from. Where the rules for slates look at one item at a time, what
//! is known meets them in parts, the most relevant first, until what is left could not come among the foremost whatever
//! they say: the outcome is the same. What people placed always goes on, and so does enough of what was taken out to say
//! why.

use std::{cmp::Ordering, collections::HashMap, sync::Arc};

use smallvec::SmallVec;

use super::Refusal;
use crate::{
    domain::{
        Active, Assortment, Bounded, BrandScope, Campaign, CampaignId, Candidate, CandidateId,
        CandidateLimits, Effect, MOST_BOOST, PerFact, Query, Question, boost,
    },
    rules::{Rulebook, SlateRules},
};

/// Of so many items that a caller sends each goes on.
const MOST_SENT: usize = 1_000;
/// Of what is known so many go on, or [`A_SLOT`] for each slot where that is more: what stands behind them is less
/// relevant than what people see with any likelihood, and each that goes on is recorded.
const MOST_KNOWN: usize = 100;
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

impl From {
    /// How many go on.
    fn most(self, slots: usize) -> usize {
        match self {
            Self::Sent => MOST_SENT,
            Self::Known => MOST_KNOWN.max(A_SLOT * slots),
        }
    }
}

/// The campaign of whose items a slate is to be chosen.
pub(super) fn declared(
    rulebook: &Rulebook,
    query: &Query,
    campaign: CampaignId,
    brands: &BrandScope,
) -> Result<Arc<Campaign>, Refusal> {
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
    Ok(Arc::clone(declared))
}

/// Items of a campaign that have met the rules, in the order in which they are known.
pub(super) struct Met {
    pub(super) candidates: Vec<Candidate>,
    pub(super) limits: Vec<CandidateLimits>,
    /// How relevant each is, where that was asked already.
    pub(super) relevances: Option<Vec<Option<f64>>>,
}

/// Candidates with what the rules say of each.
type Limited = (Vec<Candidate>, Vec<CandidateLimits>);

/// What is known of a campaign meets the rules, but for what the person is looking at; as far as is of use where there is much.
/// `limits` asks the rules.
pub(super) fn known(
    slates: SlateRules,
    query: &Query,
    campaign: &Arc<Campaign>,
    assortment: Option<&dyn Assortment>,
    limits: impl Fn(Vec<Candidate>) -> Limited,
) -> Result<Met, Refusal> {
    let nothing = || Refusal::NothingKnown(campaign.id.clone());
    let (Some(assortment), Question::Recommendation { context, slots, .. }) = (assortment, &query.question)
    else {
        return Err(nothing());
    };
    let mut items = assortment.items(campaign);
    items.retain(|item| !context.contains(item));
    if items.is_empty() {
        return Err(nothing());
    }
    let most = From::Known.most(usize::from(*slots));
    let limits = |items: &[CandidateId]| limits(assortment.candidates(campaign, items));
    if items.len() <= most || slates == SlateRules::OfTheWhole {
        let (candidates, limits) = limits(&items);
        return Ok(Met {
            candidates,
            limits,
            relevances: None,
        });
    }
    let list = campaign.baselines.list.as_deref().unwrap_or_default();
    let listed = list.iter().filter(|item| !context.contains(item)).count();
    let mut parts = Parts {
        relevances: assortment.relevances_of(query, campaign, &items),
        items,
        limits,
        met: Vec::new(),
        scores: Vec::new(),
    };
    parts.meet((0..listed).collect());
    parts.meet_foremost(listed, most, slates == SlateRules::WithBoosts);
    Ok(parts.met())
}

/// So many items meet the rules at once.
const A_PART: usize = 128;

/// Known items on their way through the rules, part by part.
struct Parts<F> {
    items: Vec<CandidateId>,
    relevances: Vec<Option<f64>>,
    limits: F,
    /// Each with its place among the items.
    met: Vec<(usize, Candidate, CandidateLimits)>,
    /// Of each that may stand, what it is ordered by.
    scores: Vec<f64>,
}

impl<F: Fn(&[CandidateId]) -> Limited> Parts<F> {
    fn meet(&mut self, places: Vec<usize>) {
        let items: Vec<CandidateId> = places
            .iter()
            .filter_map(|at| self.items.get(*at).cloned())
            .collect();
        let (candidates, limits) = (self.limits)(&items);
        for (at, (candidate, limits)) in places.into_iter().zip(candidates.into_iter().zip(limits)) {
            let relevance = self.relevances.get(at).copied().flatten();
            if let Some(relevance) = relevance.filter(|_| !limits.is_blocked()) {
                self.scores.push(relevance * boost(&limits));
            }
            self.met.push((at, candidate, limits));
        }
    }

    /// Those from the place `first` on meet the rules, the most relevant first, until none that is left could come among the
    /// foremost `most`.
    fn meet_foremost(&mut self, first: usize, most: usize, with_boosts: bool) {
        let each = self.relevances.iter().copied().enumerate().skip(first);
        let mut left: Vec<(usize, f64)> = each
            .filter_map(|(at, relevance)| Some((at, relevance?)))
            .collect();
        let mut left = left.as_mut_slice();
        while !left.is_empty() && !self.has_foremost(most, left, with_boosts) {
            let part = A_PART.min(left.len());
            left.select_nth_unstable_by(part - 1, order);
            let (next, rest) = left.split_at_mut(part);
            next.sort_unstable_by(order);
            self.meet(next.iter().map(|(at, _)| *at).collect());
            left = rest;
        }
    }

    /// Whether `most` have met the rules that come before all that are left, whatever the rules say of these.
    fn has_foremost(&mut self, most: usize, left: &[(usize, f64)], with_boosts: bool) -> bool {
        if self.scores.len() < most {
            return false;
        }
        let (_, last, _) = self
            .scores
            .select_nth_unstable_by(most - 1, |a, b| b.total_cmp(a));
        let greatest = left.iter().map(|(_, relevance)| *relevance).fold(0.0, f64::max);
        if with_boosts {
            *last > greatest * MOST_BOOST
        } else {
            // Of two alike the earlier one comes first, and has met them.
            *last >= greatest
        }
    }

    fn met(mut self) -> Met {
        self.met.sort_unstable_by_key(|(at, ..)| *at);
        let relevance =
            |(at, ..): &(usize, Candidate, CandidateLimits)| self.relevances.get(*at).copied().flatten();
        let relevances = self.met.iter().map(relevance).collect();
        let each = self.met.into_iter();
        let (candidates, limits) = each.map(|(_, candidate, limits)| (candidate, limits)).unzip();
        Met {
            candidates,
            limits,
            relevances: Some(relevances),
        }
    }
}

/// The more relevant first; of two alike the earlier one.
fn order(a: &(usize, f64), b: &(usize, f64)) -> Ordering {
    b.1.total_cmp(&a.1).then(a.0.cmp(&b.0))
}

/// The same question over its foremost items, where it has more than go on; `relevances` are those of its candidates, where
/// they were asked already.
pub(super) fn shortened(
    bounded: Bounded,
    from: From,
    assortment: Option<&dyn Assortment>,
    relevances: Option<Vec<Option<f64>>>,
) -> Bounded {
    let (Question::Recommendation { slots, .. }, Some(assortment)) = (&bounded.query.question, assortment)
    else {
        return bounded;
    };
    let slots = usize::from(*slots);
    let most = from.most(slots);
    if bounded.limits.len() <= most {
        return bounded;
    }
    let relevances = relevances.unwrap_or_else(|| assortment.relevances(&bounded));
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
