use super::{Bounded, Campaign, Candidate};

/// Knows what there is to show where a question names nothing, and what of it is worth a closer look.
pub trait Assortment: Send + Sync {
    /// The items known of a campaign: those of its declared list, then those that were shown or taken for it lately.
    /// Each states what was told of it last and does not change from hour to hour; everything else is unknown.
    fn items(&self, campaign: &Campaign) -> Vec<Candidate>;

    /// How relevant each candidate is, in their order, limits aside; `None` is one that is not to be shown.
    fn relevances(&self, bounded: &Bounded) -> Vec<Option<f64>>;
}
