use std::{fmt, sync::Arc};

use serde::{Deserialize, Serialize};

use super::RuleId;

/// Who outranks whom: legal, then company, brand, campaign. The greater tier wins a directive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Tier {
    /// One campaign's own rules.
    Campaign,
    /// One brand's rules.
    Brand,
    /// The company's rules.
    Company,
    /// What the law demands; also the stop switch.
    Legal,
}

impl Tier {
    /// Every tier, the strongest first.
    pub const ALL: [Self; 4] = [Self::Legal, Self::Company, Self::Brand, Self::Campaign];

    /// The word used in rule files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Legal => "legal",
            Self::Company => "company",
            Self::Brand => "brand",
            Self::Campaign => "campaign",
        }
    }

    /// The tier of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tier| tier.name() == name)
    }
}

impl fmt::Display for Tier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A rule's place in its [`RuleTable`]. A smaller index outranks a greater one: higher tier, then id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RuleIx(pub u32);

/// What an answer says of a rule: which it is, who wants it, why, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleCard {
    /// The rule's name.
    pub id: RuleId,
    /// Its tier.
    pub tier: Tier,
    /// Who answers for it.
    pub owner: Arc<str>,
    /// Why it is there, in its owner's words.
    pub because: Arc<str>,
    /// The file it stands in, relative to the rules folder.
    pub file: Arc<str>,
    /// Its line in that file, from 1.
    pub line: u32,
}

/// The rules that a set of limits speaks of, ordered by (tier, strongest first; id). A card is shared by all that speak of it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RuleTable(Vec<Arc<RuleCard>>);

impl RuleTable {
    /// A table of these rules, put in order.
    #[must_use]
    pub fn new(mut cards: Vec<RuleCard>) -> Self {
        cards.sort_by(|a, b| b.tier.cmp(&a.tier).then_with(|| a.id.cmp(&b.id)));
        Self(cards.into_iter().map(Arc::new).collect())
    }

    /// A table of rules that are in order already, the stops before them.
    #[must_use]
    pub const fn in_order(cards: Vec<Arc<RuleCard>>) -> Self {
        Self(cards)
    }

    /// The rule at that place.
    #[must_use]
    pub fn get(&self, rule: RuleIx) -> Option<&RuleCard> {
        self.0.get(rule.0 as usize).map(Arc::as_ref)
    }

    /// The same, to be shared.
    #[must_use]
    pub fn shared(&self, rule: RuleIx) -> Option<&Arc<RuleCard>> {
        self.0.get(rule.0 as usize)
    }

    /// The place of the rule of that name.
    #[must_use]
    pub fn find(&self, id: &str) -> Option<RuleIx> {
        let at = self.0.iter().position(|card| card.id.as_str() == id)?;
        u32::try_from(at).ok().map(RuleIx)
    }

    /// Every rule, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &RuleCard> {
        self.0.iter().map(Arc::as_ref)
    }

    /// The same, to be shared.
    pub fn iter_shared(&self) -> impl ExactSizeIterator<Item = &Arc<RuleCard>> {
        self.0.iter()
    }
}
