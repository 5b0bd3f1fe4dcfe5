//! What bounds the answers to a query, read before a model is asked.

use std::sync::Arc;

use super::{Refusal, asked, campaigns::campaigns, fallback, shortlist};
use crate::{
    domain::{
        Assortment, Bounded, BrandScope, Campaign, CampaignId, Candidate, CandidateLimits, EvidenceKey,
        Ledger, Query, Spend,
    },
    rules::Rulebook,
};

/// From where a query's bounds are read, and for whom.
#[derive(Clone, Copy)]
pub(super) struct Reading<'a> {
    pub(super) rulebook: &'a Rulebook,
    pub(super) ledger: &'a dyn Ledger,
    /// Of which brands the caller may speak.
    pub(super) brands: &'a BrandScope,
    pub(super) assortment: Option<&'a dyn Assortment>,
    /// Whether too little time is left for a look at the texts, which takes the most: each counts as unknown then, and its
    /// rules do what they say of the unknown.
    pub(super) is_late: bool,
}

impl Reading<'_> {
    /// Of a query with the candidates that the caller sent.
    pub(super) fn sent(self, query: Query) -> Result<Bounded, Refusal> {
        let campaigns = campaigns(self.rulebook, &query, self.brands)?;
        self.is_well_stated(&query)?;
        let limits = self.limits(&query, &campaigns);
        let bounded = filled(self.rulebook, query, campaigns, self.ledger, limits);
        Ok(shortlist::shortened(
            bounded,
            shortlist::From::Sent,
            self.assortment,
            None,
        ))
    }

    /// Of a query that names no candidates, over what is known of a campaign.
    pub(super) fn known(self, query: Query, campaign: CampaignId) -> Result<Bounded, Refusal> {
        let campaign = shortlist::declared(self.rulebook, &query, campaign, self.brands)?;
        self.is_well_stated(&query)?;
        let each = |candidates: &[Candidate]| vec![Arc::clone(&campaign); candidates.len()];
        let met = shortlist::known(
            self.rulebook.slates(),
            &query,
            &campaign,
            self.assortment,
            |candidates| {
                let campaigns = each(&candidates);
                let part = Query {
                    candidates,
                    ..query.clone()
                };
                let limits = self.limits(&part, &campaigns);
                (part.candidates, limits)
            },
        )?;
        let campaigns = each(&met.candidates);
        let query = Query {
            candidates: met.candidates,
            ..query
        };
        self.is_well_stated(&query)?;
        let bounded = filled(self.rulebook, query, campaigns, self.ledger, met.limits);
        let from = shortlist::From::Known;
        Ok(shortlist::shortened(
            bounded,
            from,
            self.assortment,
            met.relevances,
        ))
    }

    fn is_well_stated(self, query: &Query) -> Result<(), Refusal> {
        let misstated = self.rulebook.vocabulary().misstated(query);
        if misstated.is_empty() {
            return Ok(());
        }
        Err(Refusal::Attributes(misstated))
    }

    fn limits(self, query: &Query, campaigns: &[Arc<Campaign>]) -> Vec<CandidateLimits> {
        if !self.is_late {
            return self.rulebook.limits(query, campaigns, self.ledger);
        }
        let mut unread = query.clone();
        unread.facts = unread.facts.digested();
        for candidate in &mut unread.candidates {
            candidate.facts = candidate.facts.digested();
        }
        self.rulebook.limits(&unread, campaigns, self.ledger)
    }
}

/// Everything that bounds the answers to a query, read once: one rulebook, one view of the ledger a candidate.
///
/// `campaigns` holds the campaign of each candidate, in the candidates' order.
#[must_use]
pub fn bound(
    rulebook: &Rulebook,
    query: Query,
    campaigns: Vec<Arc<Campaign>>,
    ledger: &dyn Ledger,
) -> Bounded {
    let limits = rulebook.limits(&query, &campaigns, ledger);
    filled(rulebook, query, campaigns, ledger, limits)
}

/// What is known without rules, beside what the rules say.
fn filled(
    rulebook: &Rulebook,
    query: Query,
    campaigns: Vec<Arc<Campaign>>,
    ledger: &dyn Ledger,
    mut limits: Vec<CandidateLimits>,
) -> Bounded {
    let spend: Vec<Spend> = once_each(&campaigns, |campaign| ledger.spend(&campaign.id, query.now));
    let each = limits
        .iter_mut()
        .zip(&query.candidates)
        .zip(campaigns.iter().zip(&spend));
    for ((limits, candidate), (campaign, spend)) in each {
        asked::bound(limits, &query, candidate, campaign, *spend);
    }
    fallback::bound(&mut limits, &query, &campaigns, |brand| {
        rulebook.safe_default(query.question.kind(), brand)
    });
    let evidence = once_each(&campaigns, |campaign| {
        let key = EvidenceKey::Campaign(campaign.id.clone());
        ledger.evidence(&key, Bounded::EVIDENCE_DAYS, query.now)
    });
    Bounded {
        query,
        campaigns,
        limits,
        evidence,
        spend,
        rules: Arc::clone(rulebook.table()),
    }
}

/// What is read of each campaign. Thousands of items are of one, and it is read once.
fn once_each<T: Copy>(campaigns: &[Arc<Campaign>], read: impl Fn(&Campaign) -> T) -> Vec<T> {
    let mut before: Option<(&Arc<Campaign>, T)> = None;
    let each = campaigns.iter().map(|campaign| match before {
        Some((known, value)) if Arc::ptr_eq(known, campaign) => value,
        Some(_) | None => {
            let value = read(campaign);
            before = Some((campaign, value));
            value
        }
    });
    each.collect()
}
