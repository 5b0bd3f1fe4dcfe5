use crate::{
    domain::{CampaignId, Currency, Kind},
    rules::vocabulary::Misstated,
};

/// Why a query is not answered at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Candidates name campaigns that `rules/campaigns.yaml` does not declare: their places, and the names.
    #[error("unknown campaign")]
    UnknownCampaigns(Vec<(usize, CampaignId)>),
    /// Candidates name campaigns that are of no brand that the caller may speak of, declared or not: their places, and
    /// the names.
    #[error("a campaign of another brand")]
    NotTheirs(Vec<(usize, CampaignId)>),
    /// The question names nothing to show, and nothing is known of its campaign.
    #[error("nothing is known to show for `{0}`")]
    NothingKnown(CampaignId),
    /// Candidates of campaigns that declare no baseline of this kind: their places, and the names.
    #[error("no baseline is declared for {kind}")]
    NotServed {
        /// The kind of decision.
        kind: Kind,
        /// Which candidates.
        campaigns: Vec<(usize, CampaignId)>,
    },
    /// A total is split among campaigns of another currency: their places, their names and their currencies.
    #[error("{asked} cannot be split among campaigns of another currency")]
    OtherCurrency {
        /// The currency of the total.
        asked: Currency,
        /// Which candidates.
        campaigns: Vec<(usize, CampaignId, Currency)>,
    },
    /// Attributes of the deployment's own are not stated as `rules/attributes.yaml` declares them, or the zone of the
    /// contact is none.
    #[error("attributes are not stated as declared")]
    Attributes(Vec<Misstated>),
    /// The journal must hold decisions of this kind before they are answered, and does not accept this one.
    #[error("the decision could not be recorded: {0}")]
    NotRecorded(crate::domain::RecorderError),
}
