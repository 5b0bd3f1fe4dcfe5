//! Versions of models and frozen hand-overs, as the wire says them.

use super::{wire, words};
use crate::{
    domain::{CampaignId, Word},
    learning::{FrozenHandOver, Judged, KeptBy, KeptVersion, RolledBack, Standing, Version},
};

pub(super) fn model_version(version: KeptVersion, in_force: bool) -> wire::ModelVersion {
    let KeptVersion {
        number,
        digest,
        made,
        examples,
        positives,
        held_out,
        kept_by:
            KeptBy {
                by,
                principal: _,
                because,
                at,
            },
        rolled_back: went_back,
    } = version;
    wire::ModelVersion {
        version: number,
        digest,
        made_at: Some(words::instant(made)),
        examples,
        positives,
        log_loss: held_out.map(|held_out| held_out.log_loss),
        base_log_loss: held_out.map(|held_out| held_out.base_log_loss),
        in_force,
        by,
        because,
        since: Some(words::instant(at)),
        rolled_back: went_back.map(rolled_back),
    }
}

pub(super) fn score_version(campaign: &CampaignId, version: Version) -> wire::ScoreVersion {
    let Version {
        digest,
        made,
        form,
        rows,
        positives,
        until: _,
        judged,
        rolled_back: went_back,
        kept_by,
        standing,
    } = version;
    let Judged {
        subjects,
        challenger,
        incumbent,
        verdict,
    } = judged;
    let since = kept_by.as_ref().map(|kept_by| words::instant(kept_by.at));
    let (by, because) = kept_by.map_or_else(Default::default, |kept_by| (kept_by.by, kept_by.because));
    wire::ScoreVersion {
        campaign_id: campaign.to_string(),
        digest,
        made_at: Some(words::instant(made)),
        form: form.to_owned(),
        subjects: rows,
        positives,
        judged_on: subjects as u64,
        log_loss: challenger,
        incumbent_log_loss: incumbent,
        verdict: verdict.to_string(),
        in_force: standing == Standing::InForce,
        rolled_back: went_back.map(rolled_back),
        by,
        because,
        since,
    }
}

fn rolled_back(went_back: RolledBack) -> wire::RolledBack {
    let RolledBack {
        at,
        outcomes,
        worse_by,
    } = went_back;
    wire::RolledBack {
        at: Some(words::instant(at)),
        outcomes,
        worse_by,
    }
}

pub(super) fn frozen_hand_over((market, frozen): &FrozenHandOver) -> wire::FrozenHandOver {
    let word = |word: &Option<Word>| word.as_ref().map(ToString::to_string).unwrap_or_default();
    wire::FrozenHandOver {
        campaign_id: market.campaign.to_string(),
        kind: market.kind.name().to_owned(),
        country: word(&market.country),
        channel: word(&market.channel),
        since: Some(words::instant(frozen.since)),
        decisions: frozen.decisions,
        worse_by: frozen.worse_by,
    }
}
