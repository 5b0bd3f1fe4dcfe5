//! Which version of a score, and which market's hand-over, somebody speaks of.

use super::{
    path::At,
    read::{BadInput, Reader},
};
use crate::{
    domain::{CampaignId, Kind, Word},
    learning::Market,
};

/// The campaign whose score is meant, where one is.
pub(in crate::grpc) fn score_campaign(campaign: Option<String>) -> Result<Option<CampaignId>, BadInput> {
    let mut read = Reader::default();
    let named = campaign.map(|campaign| {
        let root = At::ROOT;
        read.name(&root.field("score_campaign_id"), &campaign, CampaignId::new)
    });
    read.finish(named.map_or(Some(None), |named| named.map(Some)))
}

/// The campaign whose score is meant and the version of it, where one is.
pub(in crate::grpc) fn score_named(
    campaign: Option<String>,
    digest: Option<String>,
) -> Result<Option<(CampaignId, String)>, BadInput> {
    let Some(campaign) = score_campaign(campaign)? else {
        return Ok(None);
    };
    let mut read = Reader::default();
    let root = At::ROOT;
    let at = root.field("score_digest");
    let digest = digest.unwrap_or_default().to_ascii_lowercase();
    let named = !digest.is_empty() && digest.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !named {
        read.refuse(
            &at,
            "must be the digest of a version, or its first digits: `ListModels` tells them",
        );
    }
    read.finish(named.then_some(Some((campaign, digest))))
}

/// The market whose hand-over is meant.
pub(in crate::grpc) fn market(
    campaign: Option<&str>,
    kind: Option<&str>,
    country: Option<String>,
    channel: Option<String>,
) -> Result<Market, BadInput> {
    let mut reader = Reader::default();
    let read = &mut reader;
    let root = At::ROOT;
    let campaign = read.required_name(&root.field("campaign_id"), campaign, CampaignId::new);
    let kind = kind.and_then(Kind::from_name);
    if kind.is_none() {
        read.refuse(&root.field("kind"), "must be bid, send_time or score");
    }
    let mut word = |field: &'static str, text: Option<String>| {
        let text = text.filter(|text| !text.is_empty())?;
        read.name(&root.field(field), &text, Word::new)
    };
    let (country, channel) = (word("country", country), word("channel", channel));
    let market = campaign.zip(kind).map(|(campaign, kind)| Market {
        campaign,
        kind,
        country,
        channel,
    });
    reader.finish(market)
}
