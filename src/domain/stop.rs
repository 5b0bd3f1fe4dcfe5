use std::{fmt, sync::Arc};

use serde::{Deserialize, Serialize};

use super::{Attribute, BrandId, Campaign, Facts, Kind, RuleCard, RuleId, Tier, Timestamp, Word};

/// What a stop reaches.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StopScope {
    /// Every decision.
    All,
    /// Every decision of a kind.
    Kind(Kind),
    /// Every candidate of a brand.
    Brand(BrandId),
    /// Every decision in a country (ISO 3166-1 alpha-2), and every decision whose country is unknown.
    Market(Word),
}

impl StopScope {
    /// Whether it reaches a candidate of this campaign. What is not known is reached.
    fn reaches(&self, kind: Kind, facts: &Facts, campaign: &Campaign) -> bool {
        match self {
            Self::All => true,
            Self::Kind(stopped) => *stopped == kind,
            Self::Brand(brand) => *brand == campaign.brand,
            Self::Market(country) => facts
                .word(&Attribute::MarketCountry)
                .is_none_or(|known| known.as_str().eq_ignore_ascii_case(country.as_str())),
        }
    }
}

impl fmt::Display for StopScope {
    /// `all`, `kind/bid`, `brand/nova-drinks`, `market/IT`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("all"),
            Self::Kind(kind) => write!(f, "kind/{kind}"),
            Self::Brand(brand) => write!(f, "brand/{brand}"),
            Self::Market(country) => write!(f, "market/{country}"),
        }
    }
}

/// Somebody pulled the switch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stop {
    /// What it reaches.
    pub scope: StopScope,
    /// Who pulled it.
    pub by: Arc<str>,
    /// Why.
    pub because: Arc<str>,
    /// Since when.
    pub since: Timestamp,
}

impl Stop {
    /// What answers say of it: it acts as a rule of the legal tier that blocks.
    ///
    /// `None` where the scope is no possible name of a rule; no scope that was read is.
    #[must_use]
    pub fn card(&self) -> Option<RuleCard> {
        Some(RuleCard {
            id: RuleId::new(&format!("stop/{}", self.scope)).ok()?,
            tier: Tier::Legal,
            owner: Arc::clone(&self.by),
            because: Arc::clone(&self.because),
            file: Arc::from("stop switch"),
            line: 0,
        })
    }
}

/// Every stop in force, one a scope, in the order of scopes.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct StopSet(Vec<Stop>);

impl StopSet {
    /// With one more stop; one of the same scope is replaced.
    #[must_use]
    pub fn with(&self, stop: Stop) -> Self {
        let mut set = self.without(&stop.scope);
        set.0.push(stop);
        set.0.sort_by(|a, b| a.scope.cmp(&b.scope));
        set
    }

    /// Without the stop of that scope.
    #[must_use]
    pub fn without(&self, scope: &StopScope) -> Self {
        Self(
            self.0
                .iter()
                .filter(|stop| stop.scope != *scope)
                .cloned()
                .collect(),
        )
    }

    /// Every stop.
    pub fn iter(&self) -> std::slice::Iter<'_, Stop> {
        self.0.iter()
    }

    /// Whether nothing is stopped.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The stops that reach a candidate of this campaign.
    pub fn reaching<'a>(
        &'a self,
        kind: Kind,
        facts: &'a Facts,
        campaign: &'a Campaign,
    ) -> impl Iterator<Item = (usize, &'a Stop)> {
        let each = self.0.iter().enumerate();
        each.filter(move |(_, stop)| stop.scope.reaches(kind, facts, campaign))
    }

    /// Names exactly this set: the scopes with who, why and since when; `None` where nothing is stopped.
    #[must_use]
    pub fn digest(&self) -> Option<Arc<str>> {
        if self.is_empty() {
            return None;
        }
        let mut hasher = blake3::Hasher::new();
        for stop in &self.0 {
            for part in [
                &stop.scope.to_string(),
                &*stop.by,
                &*stop.because,
                &stop.since.to_string(),
            ] {
                hasher.update(&(part.len() as u64).to_le_bytes());
                hasher.update(part.as_bytes());
            }
        }
        Some(hasher.finalize().to_hex().as_str().into())
    }
}
