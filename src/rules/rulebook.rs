//! All rules in force, immutable, ready to be matched.

use std::{collections::BTreeMap, sync::Arc};

use super::{
    Lexicon, RuleTest,
    calendar::Holidays,
    compile::Defaults,
    draft::{Action, RuleDraft},
    matching::{Matcher, Setting},
    mentions::Lists,
    syntax::{Digest, ast::Mode},
    vocabulary::Vocabulary,
};
use crate::domain::{
    BrandId, Campaign, CampaignId, CandidateLimits, DeclaredDefault, Kind, Ledger, Query, RuleTable,
};

/// All rules in force: compiled, immutable, named by the digest of every file of its folder.
///
/// It comes only from [`compile`](super::compile).
#[derive(Debug)]
pub struct Rulebook {
    digest: Digest,
    name: Arc<str>,
    table: Arc<RuleTable>,
    campaigns: BTreeMap<CampaignId, Arc<Campaign>>,
    safe_defaults: Defaults,
    tests: Vec<RuleTest>,
    drafts: Vec<RuleDraft>,
    lexicon: Lexicon,
    holidays: Holidays,
    matcher: Matcher,
    slates: SlateRules,
}

/// How far the rules for slates look beyond one item at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SlateRules {
    /// They take items out, or say something of them: what stands of one does not hang on the others.
    ByItem,
    /// They move relevances too.
    WithBoosts,
    /// They place items, or say how many of a sort may stand.
    OfTheWhole,
}

impl SlateRules {
    fn of(drafts: &[RuleDraft]) -> Self {
        let counts =
            |draft: &&RuleDraft| draft.mode != Mode::Off && draft.kinds.contains(&Kind::Recommendation);
        let rules = drafts.iter().filter(counts);
        let effects = rules.flat_map(|draft| draft.effects.iter().map(|effect| &effect.action));
        effects.map(Self::beside).fold(Self::ByItem, Ord::max)
    }

    fn beside(action: &Action) -> Self {
        match action {
            Action::Pin(_) | Action::StartAt(_) | Action::AtMostPer(_) => Self::OfTheWhole,
            Action::Boost(_) => Self::WithBoosts,
            Action::Block
            | Action::Exclude
            | Action::Hold(_)
            | Action::AtLeast(_)
            | Action::AtMost(_)
            | Action::Cap(_)
            | Action::Times(_)
            | Action::Share(_)
            | Action::StepAtMost(_)
            | Action::Force(_)
            | Action::ForceAt(_)
            | Action::Adjust(_)
            | Action::Note(_) => Self::ByItem,
        }
    }
}

/// What a rulebook is made of, checked and complete.
#[derive(Debug)]
pub(super) struct Contents {
    pub(super) digest: Digest,
    /// In the order of their table: (tier, strongest first; id).
    pub(super) drafts: Vec<RuleDraft>,
    pub(super) campaigns: BTreeMap<CampaignId, Arc<Campaign>>,
    pub(super) safe_defaults: Defaults,
    pub(super) tests: Vec<RuleTest>,
    pub(super) lexicon: Lexicon,
    pub(super) holidays: Holidays,
}

impl Rulebook {
    pub(super) fn new(contents: Contents) -> Self {
        let cards = contents.drafts.iter().map(|draft| draft.card.clone());
        Self {
            digest: contents.digest,
            name: contents.digest.to_string().into(),
            table: Arc::new(RuleTable::new(cards.collect())),
            slates: SlateRules::of(&contents.drafts),
            campaigns: contents.campaigns,
            safe_defaults: contents.safe_defaults,
            tests: contents.tests,
            matcher: Matcher::new(&contents.drafts, &contents.lexicon.vocabulary),
            lexicon: contents.lexicon,
            holidays: contents.holidays,
            drafts: contents.drafts,
        }
    }

    /// The name of exactly these files.
    #[must_use]
    pub const fn digest(&self) -> Digest {
        self.digest
    }

    /// The digest as answers and records name it.
    #[must_use]
    pub const fn name(&self) -> &Arc<str> {
        &self.name
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

    /// The holidays that its files tell of.
    #[must_use]
    pub const fn holidays(&self) -> &Holidays {
        &self.holidays
    }

    /// The tests of its files.
    #[must_use]
    pub fn tests(&self) -> &[RuleTest] {
        &self.tests
    }

    /// The limits of each candidate, in the query's order: effects of the rules.
    ///
    /// `campaigns` holds the campaign of each candidate, in the same order. What is known without rules (the
    /// auction's own demands, the floor, the budget left, the safe default) is for the guardrail to fill in.
    #[must_use]
    pub fn limits(
        &self,
        query: &Query,
        campaigns: &[Arc<Campaign>],
        ledger: &dyn Ledger,
    ) -> Vec<CandidateLimits> {
        let mut limits = Vec::with_capacity(query.candidates.len());
        self.limits_into(query, campaigns, ledger, &mut limits);
        limits
    }

    /// [`limits`](Self::limits) into a buffer that was used before: once it is large enough, nothing is allocated.
    ///
    /// That holds for rules without texts, and for facts in their usual length: a word of more than 23 bytes
    /// that is not in lower case is copied.
    pub fn limits_into(
        &self,
        query: &Query,
        campaigns: &[Arc<Campaign>],
        ledger: &dyn Ledger,
        limits: &mut Vec<CandidateLimits>,
    ) {
        let setting = Setting {
            query,
            ledger,
            lexicon: &self.lexicon,
            holidays: &self.holidays,
        };
        self.matcher.limits(setting, campaigns, limits);
    }

    /// Its rules as data, in the order of its table.
    #[must_use]
    pub fn drafts(&self) -> &[RuleDraft] {
        &self.drafts
    }

    /// How far its rules for slates look beyond one item at a time.
    #[must_use]
    pub const fn slates(&self) -> SlateRules {
        self.slates
    }

    /// Its word lists.
    #[must_use]
    pub const fn lists(&self) -> &Lists {
        &self.lexicon.lists
    }

    /// What its rules may ask about.
    #[must_use]
    pub const fn vocabulary(&self) -> &Vocabulary {
        &self.lexicon.vocabulary
    }

    /// What the words of its conditions mean.
    #[must_use]
    pub const fn lexicon(&self) -> &Lexicon {
        &self.lexicon
    }

    /// What is answered where the limits leave nothing, or nobody proposes, for a brand.
    #[must_use]
    pub fn safe_default(&self, kind: Kind, brand: &BrandId) -> DeclaredDefault {
        self.safe_defaults.of(kind, brand)
    }
}
