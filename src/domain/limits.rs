use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use super::{Active, Bounds, Choice, Kind, Merged, Micros, NoBid, RuleIx, Spans, timed::Timed};

/// How free a candidate is, the mildest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Standing {
    /// A value may leave.
    #[default]
    Allowed,
    /// Somebody must approve first.
    Held,
    /// No value may leave.
    Blocked,
}

/// What is answered when the limits leave nothing, or nobody proposes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum SafeDefault {
    /// No value leaves; the verdict is blocked.
    #[default]
    NoValue,
    /// No value leaves; the verdict is held.
    Held,
    /// This answer, if every restriction permits it.
    Answer(Choice),
}

/// What people declare for the case that the limits leave nothing, or nobody proposes; from `rules/defaults.yaml`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum DeclaredDefault {
    /// No value leaves; the verdict is blocked.
    #[default]
    Blocked,
    /// No value leaves; somebody has to look.
    Held,
    /// This answer.
    Answer(Choice),
    /// The campaign's list, of a slate.
    Baseline,
    /// The last split, where there was one; else held.
    LastSplit,
}

impl DeclaredDefault {
    /// The safe default as far as it is known without the query.
    #[must_use]
    pub const fn settled(self) -> SafeDefault {
        match self {
            Self::Blocked | Self::Baseline => SafeDefault::NoValue,
            Self::Held | Self::LastSplit => SafeDefault::Held,
            Self::Answer(choice) => SafeDefault::Answer(choice),
        }
    }
}

/// What is declared for each kind of decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SafeDefaults {
    /// Of bids.
    pub bid: DeclaredDefault,
    /// Of send times.
    pub send_time: DeclaredDefault,
    /// Of recommendations.
    pub recommendation: DeclaredDefault,
    /// Of budgets.
    pub budget: DeclaredDefault,
    /// Of scores.
    pub score: DeclaredDefault,
}

impl SafeDefaults {
    /// Of that kind.
    #[must_use]
    pub const fn of(&self, kind: Kind) -> DeclaredDefault {
        match kind {
            Kind::Bid => self.bid,
            Kind::SendTime => self.send_time,
            Kind::Recommendation => self.recommendation,
            Kind::Budget => self.budget,
            Kind::Score => self.score,
        }
    }
}

/// Everything that bounds one candidate, known before a model is asked.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CandidateLimits {
    /// Effects in force.
    pub effects: Bounds,
    /// Effects of rules in shadow: reported, never applied.
    pub shadow: Bounds,
    /// Rules whose condition is unknown and that accept that risk (`if_unknown: skip`).
    pub skipped: SmallVec<[RuleIx; 2]>,
    /// Why the auction itself admits no bid of this candidate.
    pub auction: Option<NoBid>,
    /// The lowest price that the auction accepts for this candidate; zero where there is none.
    pub floor: Micros,
    /// What is left of the campaign's budget, in CPM micros; `None` where there is no budget.
    pub budget_left: Option<Micros>,
    /// The instants at which the caller can send; `None` where nothing is sent.
    pub window: Option<Spans>,
    /// The declared safe default.
    pub safe_default: SafeDefault,
}

impl CandidateLimits {
    /// Whether a value may leave: no rule blocks, excludes or holds the candidate, no cap is reached, and an instant
    /// is left where one is asked for.
    #[must_use]
    pub fn is_free(&self) -> bool {
        let unruled = self.effects.is_empty() && self.window.is_none();
        unruled || self.standing(self.effects.iter()) == Standing::Allowed
    }

    /// Whether no value may leave of it, whoever approves.
    #[must_use]
    pub fn is_blocked(&self) -> bool {
        !self.effects.is_empty() && self.standing(self.effects.iter()) == Standing::Blocked
    }

    /// The declared answer of an item; not shown where none is declared.
    pub(super) const fn declared_or_not_shown(&self) -> Choice {
        match self.safe_default {
            SafeDefault::Answer(choice) => choice,
            SafeDefault::NoValue | SafeDefault::Held => Choice::NotShown,
        }
    }

    /// How free some of its effects leave it.
    pub(super) fn standing<'a>(&self, effects: impl Iterator<Item = &'a Active> + Clone) -> Standing {
        self.standing_of(&Merged::of(effects.clone()), effects)
    }

    /// The same, where they are merged already.
    pub(super) fn standing_of<'a>(
        &self,
        merged: &Merged,
        effects: impl Iterator<Item = &'a Active> + Clone,
    ) -> Standing {
        match &self.window {
            _ if merged.standing != Standing::Allowed => merged.standing,
            Some(window) if Timed::of(window, effects).allowed.is_empty() => Standing::Held,
            None if merged.capped => Standing::Blocked,
            Some(_) | None => Standing::Allowed,
        }
    }
}
