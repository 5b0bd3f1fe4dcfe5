use crate::domain::Kind;

/// What happens to a decision that the journal does not accept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recording {
    /// It is refused.
    Required,
    /// It is answered, and the gap is counted.
    BestEffort,
}

impl Recording {
    /// The default of each kind: what spends or sends at once must be on record.
    #[must_use]
    pub const fn default_of(kind: Kind) -> Self {
        match kind {
            Kind::SendTime | Kind::Budget => Self::Required,
            Kind::Bid | Kind::Recommendation | Kind::Score => Self::BestEffort,
        }
    }
}

/// What happens to decisions that the journal does not accept, of each kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recordings {
    /// Of bids.
    pub bid: Recording,
    /// Of send times.
    pub send_time: Recording,
    /// Of recommendations.
    pub recommendation: Recording,
    /// Of budgets.
    pub budget: Recording,
    /// Of scores.
    pub score: Recording,
}

impl Recordings {
    /// Of that kind.
    #[must_use]
    pub const fn of(self, kind: Kind) -> Recording {
        match kind {
            Kind::Bid => self.bid,
            Kind::SendTime => self.send_time,
            Kind::Recommendation => self.recommendation,
            Kind::Budget => self.budget,
            Kind::Score => self.score,
        }
    }
}

impl Default for Recordings {
    /// [`Recording::default_of`] each kind.
    fn default() -> Self {
        Self {
            bid: Recording::default_of(Kind::Bid),
            send_time: Recording::default_of(Kind::SendTime),
            recommendation: Recording::default_of(Kind::Recommendation),
            budget: Recording::default_of(Kind::Budget),
            score: Recording::default_of(Kind::Score),
        }
    }
}
