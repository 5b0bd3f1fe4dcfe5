use std::sync::Arc;

use super::{Bounded, Campaign, Candidate, CandidateId, Query};

/// Knows what there is to show where a question names nothing, and what of it is worth a closer look.
pub trait Assortment: Send + Sync {
    /// The items known of a campaign: those of its declared list, then those that were shown or taken for it lately.
    fn items(&self, campaign: &Campaign) -> Vec<CandidateId>;

    /// An item of a campaign as a candidate. It states what was told of it last and does not change from hour to hour;
    /// everything else is unknown.
    fn candidates(&self, campaign: &Campaign, items: &[CandidateId]) -> Vec<Candidate>;

    /// How relevant each of these items is to a query, in their order, limits aside and where no rule hands a new market
    /// over; `None` is one that is not to be shown.
    fn relevances_of(
        &self,
        query: &Query,
        campaign: &Arc<Campaign>,
        items: &[CandidateId],
    ) -> Vec<Option<f64>>;

    /// How relevant each candidate is, in their order, limits aside; `None` is one that is not to be shown.
    fn relevances(&self, bounded: &Bounded) -> Vec<Option<f64>>;
}
