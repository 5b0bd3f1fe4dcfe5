use std::sync::{Arc, atomic::Ordering};

use prost::Message;
use tokio::task::spawn_blocking;
use tonic::{Request, Response, Status};

use super::{
    Once, OutcomeCounts, Stamper,
    convert::{self, Calling},
    identity::caller,
    language::language_of,
    model_versions::{frozen_hand_over, model_version, score_version},
    once::Named,
    readiness,
    refused::Refused,
    wire::{self, models_service_server::ModelsService},
};
use crate::{
    domain::{
        BrandId, CampaignId, CandidateId, Counted, Hand, Kind, Language, Maturity, Principal,
        ThresholdSource, Timestamp, Word,
    },
    learning::{FrozenHandOver, KeptBy, KeptVersion, Market, Quality, RolledBack, Version, VersionsError},
};

/// How ready one model is.
#[derive(Debug, Clone, PartialEq)]
pub struct Readiness {
    /// The campaign.
    pub campaign: CampaignId,
    /// Whose it is.
    pub brand: BrandId,
    /// The kind of decision.
    pub kind: Kind,
    /// The arm, of a split.
    pub arm: Option<CandidateId>,
    /// What the gate says of it.
    pub maturity: Maturity,
    /// People lead alone below this.
    pub learning_from: u32,
    /// What is counted.
    pub counted: Counted,
    /// The event of the campaign's objective.
    pub event: Word,
    /// Whose threshold it is.
    pub source: ThresholdSource,
    /// Whether its latest version did worse than the one before it, and went back.
    pub rolled_back: Option<RolledBack>,
    /// The markets whose hand-over is frozen.
    pub frozen: Vec<FrozenHandOver>,
}

/// What decides, and what is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelsStatus {
    /// The number of the snapshot that decides.
    pub snapshot: u64,
    /// Its digest.
    pub digest: String,
    /// The version that was put in force; `None` while the journal is followed.
    pub in_force: Option<u64>,
    /// The kept versions, the oldest first.
    pub versions: Vec<KeptVersion>,
    /// What cannot be used, and why.
    pub damaged: Vec<String>,
    /// The kept versions of scores, by campaign, the oldest first.
    pub scores: Vec<(CampaignId, Version)>,
    /// Hand-overs that are frozen.
    pub frozen: Vec<FrozenHandOver>,
}

/// Shows the models; the learner stands behind it.
pub trait ModelsView: Send + Sync {
    /// How ready each is at `now`: by campaign, kind and arm.
    fn readiness(&self, now: Timestamp) -> Vec<Readiness>;

    /// What came in, and what of it was not learnt from.
    fn quality(&self) -> Quality;

    /// What decides, and what is kept.
    fn status(&self) -> ModelsStatus;

    /// Learns what the journal holds by now, and keeps it.
    ///
    /// # Errors
    /// The journal cannot be read, or the version not be written.
    fn train(&self, kept_by: KeptBy) -> Result<KeptVersion, VersionsError>;

    /// Puts a kept version in force, or follows the journal again; the number of what decides now.
    ///
    /// # Errors
    /// Why that cannot be.
    fn promote(&self, version: Option<u64>, kept_by: KeptBy) -> Result<u64, VersionsError>;

    /// Forgets what is learnt of a contact that was erased.
    fn forget(&self, contact: &Word);

    /// Puts the version before the one that decides in force; its number.
    ///
    /// # Errors
    /// Why that cannot be.
    fn roll_back(&self, kept_by: KeptBy) -> Result<u64, VersionsError>;

    /// Fits a campaign's score to what the journal holds by now.
    ///
    /// # Errors
    /// The journal cannot be read, or there is nothing to fit it to.
    fn train_score(&self, campaign: &CampaignId, kept_by: KeptBy) -> Result<Version, VersionsError>;

    /// Puts a kept version of a campaign's score in force, by the beginning of its digest.
    ///
    /// # Errors
    /// Why that cannot be.
    fn promote_score(
        &self,
        campaign: &CampaignId,
        digest: &str,
        kept_by: KeptBy,
    ) -> Result<Version, VersionsError>;

    /// Puts the version of a campaign's score before the one that answers in force.
    ///
    /// # Errors
    /// Why that cannot be.
    fn roll_back_score(&self, campaign: &CampaignId, kept_by: KeptBy) -> Result<Version, VersionsError>;

    /// Lets a frozen hand-over go on.
    ///
    /// # Errors
    /// It is not frozen, or that cannot be written down.
    fn resume_hand_over(&self, market: Market, kept_by: KeptBy) -> Result<(), VersionsError>;
}

/// `ModelsService` of the contract.
#[derive(Clone)]
pub(super) struct Readers {
    pub(super) view: Arc<dyn ModelsView>,
    pub(super) stamper: Arc<Stamper>,
    pub(super) counts: Arc<OutcomeCounts>,
    pub(super) once: Arc<Once>,
    /// In which sentences are told where the caller does not say.
    pub(super) language: Language,
}

// === impl Readers ===

impl Readers {
    fn maturity(
        &self,
        message: &wire::GetMaturityRequest,
        caller: &Principal,
        language: Language,
    ) -> wire::GetMaturityResponse {
        let wire::GetMaturityRequest { campaign_id, kind } = message;
        let asked = |of: &Readiness| {
            caller.brands.covers(&of.brand)
                && campaign_id.as_ref().is_none_or(|id| id == of.campaign.as_str())
                && kind.as_ref().is_none_or(|kind| kind == of.kind.name())
        };
        let every = self.view.readiness(self.stamper.now()).into_iter();
        wire::GetMaturityResponse {
            models: every
                .filter(asked)
                .map(|of| model_maturity(&of, language))
                .collect(),
            quality: Some(self.quality()),
        }
    }

    fn quality(&self) -> wire::DataQuality {
        let Quality {
            taken,
            late,
            corrected,
            imported,
            decision_lost,
            before_decision,
            impossible_value,
            burst,
        } = self.view.quality();
        let set_aside = [
            ("decision_lost", decision_lost),
            ("before_decision", before_decision),
            ("impossible_value", impossible_value),
            ("burst", burst),
        ];
        let set_aside = set_aside.into_iter().filter(|(_, count)| *count > 0);
        wire::DataQuality {
            taken,
            late,
            corrected,
            imported,
            set_aside: set_aside
                .map(|(reason, count)| wire::SetAside {
                    reason: reason.to_owned(),
                    count,
                })
                .collect(),
            duplicates: self.counts.duplicates.load(Ordering::Relaxed),
            conflicts: self.counts.conflicts.load(Ordering::Relaxed),
            unknown_candidates: self.counts.unknown_candidates.load(Ordering::Relaxed),
            bad_tokens: self.counts.bad_tokens.load(Ordering::Relaxed),
        }
    }

    fn trained(
        &self,
        message: wire::TrainRequest,
        calling: &Calling,
    ) -> Result<wire::TrainResponse, Refused> {
        let wire::TrainRequest {
            by,
            because,
            score_campaign_id,
            request_id: _,
        } = message;
        let hand = kept_by(by, because, calling)?;
        if let Some(campaign) = convert::score_campaign(score_campaign_id)? {
            let version = self.view.train_score(&campaign, hand)?;
            tracing::info!(%campaign, digest = version.digest, "a score is fitted");
            return Ok(wire::TrainResponse {
                version: None,
                score: Some(score_version(&campaign, version)),
            });
        }
        let version = self.view.train(hand)?;
        tracing::info!(version = version.number, "a version of the models is kept");
        let in_force = self.view.status().snapshot == version.number;
        Ok(wire::TrainResponse {
            version: Some(model_version(version, in_force)),
            score: None,
        })
    }

    fn promoted(
        &self,
        message: wire::PromoteRequest,
        calling: &Calling,
    ) -> Result<wire::PromoteResponse, Refused> {
        let wire::PromoteRequest {
            version,
            by,
            because,
            score_campaign_id,
            score_digest,
            request_id: _,
        } = message;
        let hand = kept_by(by, because, calling)?;
        let (by, because) = (hand.by.clone(), hand.because.clone());
        if let Some((campaign, digest)) = convert::score_named(score_campaign_id, score_digest)? {
            let version = self.view.promote_score(&campaign, &digest, hand)?;
            let digest = &version.digest;
            tracing::warn!(%campaign, digest, by, because, "another version of a score is in force");
            return Ok(wire::PromoteResponse {
                snapshot: self.view.status().snapshot,
                score: Some(score_version(&campaign, version)),
            });
        }
        let snapshot = self.view.promote(version, hand)?;
        tracing::warn!(snapshot, by, because, "another version of the models is in force");
        let score = None;
        Ok(wire::PromoteResponse { snapshot, score })
    }

    fn rolled_back(
        &self,
        message: wire::RollBackModelsRequest,
        calling: &Calling,
    ) -> Result<wire::RollBackModelsResponse, Refused> {
        let wire::RollBackModelsRequest {
            by,
            because,
            score_campaign_id,
            request_id: _,
        } = message;
        let hand = kept_by(by, because, calling)?;
        let (by, because) = (hand.by.clone(), hand.because.clone());
        if let Some(campaign) = convert::score_campaign(score_campaign_id)? {
            let version = self.view.roll_back_score(&campaign, hand)?;
            let digest = &version.digest;
            tracing::warn!(%campaign, digest, by, because, "an older version of a score is in force");
            return Ok(wire::RollBackModelsResponse {
                snapshot: self.view.status().snapshot,
                score: Some(score_version(&campaign, version)),
            });
        }
        let snapshot = self.view.roll_back(hand)?;
        tracing::warn!(
            snapshot,
            by,
            because,
            "an older version of the models is in force"
        );
        let score = None;
        Ok(wire::RollBackModelsResponse { snapshot, score })
    }

    fn resumed(
        &self,
        message: wire::ResumeHandOverRequest,
        calling: &Calling,
    ) -> Result<wire::ResumeHandOverResponse, Refused> {
        let wire::ResumeHandOverRequest {
            campaign_id,
            kind,
            country,
            channel,
            by,
            because,
            request_id: _,
        } = message;
        let hand = kept_by(by, because, calling)?;
        let (by, because) = (hand.by.clone(), hand.because.clone());
        let market = convert::market(campaign_id.as_deref(), kind.as_deref(), country, channel)?;
        let campaign = market.campaign.clone();
        self.view.resume_hand_over(market, hand)?;
        tracing::warn!(%campaign, by, because, "a hand-over goes on");
        Ok(wire::ResumeHandOverResponse {})
    }
}

fn kept_by(by: Option<String>, because: Option<String>, calling: &Calling) -> Result<KeptBy, Refused> {
    let Hand {
        by,
        principal,
        because,
        at,
    } = convert::by_hand(by, because, calling)?;
    Ok(KeptBy {
        by: by.to_string(),
        principal,
        because: because.to_string(),
        at,
    })
}

impl Readers {
    /// Does once what changes the models. It learns, writes and waits for a lock: not on a thread that answers decisions.
    async fn done<M: Named, A: Message + Default + 'static>(
        &self,
        request: Request<M>,
        work: fn(&Self, M, &Calling) -> Result<A, Refused>,
    ) -> Result<Response<A>, Status> {
        let (caller, now) = (caller(request.extensions()), self.stamper.now());
        let (this, calling) = (self.clone(), Calling::new(&caller, now));
        let work = move |message| async move {
            let done = spawn_blocking(move || work(&this, message, &calling)).await;
            done.unwrap_or_else(|error| Err(Refused::broken(error)))
        };
        self.once.answer(&caller, now, request.into_inner(), work).await
    }
}

#[tonic::async_trait]
impl ModelsService for Readers {
    async fn get_maturity(
        &self,
        request: Request<wire::GetMaturityRequest>,
    ) -> Result<Response<wire::GetMaturityResponse>, Status> {
        let language = language_of(request.metadata(), self.language);
        let caller = caller(request.extensions());
        let maturity = self.maturity(&request.into_inner(), &caller, language);
        Ok(Response::new(maturity))
    }

    async fn list_models(
        &self,
        _: Request<wire::ListModelsRequest>,
    ) -> Result<Response<wire::ListModelsResponse>, Status> {
        let ModelsStatus {
            snapshot,
            digest,
            in_force,
            versions,
            damaged,
            scores,
            frozen,
        } = self.view.status();
        let versions = versions.into_iter().map(|version| {
            let in_force = version.number == snapshot;
            model_version(version, in_force)
        });
        Ok(Response::new(wire::ListModelsResponse {
            snapshot,
            digest,
            follows: in_force.is_none(),
            versions: versions.collect(),
            damaged,
            scores: scores
                .into_iter()
                .map(|(campaign, version)| score_version(&campaign, version))
                .collect(),
            frozen: frozen.iter().map(frozen_hand_over).collect(),
        }))
    }

    async fn train(
        &self,
        request: Request<wire::TrainRequest>,
    ) -> Result<Response<wire::TrainResponse>, Status> {
        self.done(request, Self::trained).await
    }

    async fn promote(
        &self,
        request: Request<wire::PromoteRequest>,
    ) -> Result<Response<wire::PromoteResponse>, Status> {
        self.done(request, Self::promoted).await
    }

    async fn roll_back_models(
        &self,
        request: Request<wire::RollBackModelsRequest>,
    ) -> Result<Response<wire::RollBackModelsResponse>, Status> {
        self.done(request, Self::rolled_back).await
    }

    async fn resume_hand_over(
        &self,
        request: Request<wire::ResumeHandOverRequest>,
    ) -> Result<Response<wire::ResumeHandOverResponse>, Status> {
        self.done(request, Self::resumed).await
    }
}

fn model_maturity(of: &Readiness, language: Language) -> wire::ModelMaturity {
    let Maturity {
        stage,
        have,
        need,
        window_days,
    } = of.maturity;
    wire::ModelMaturity {
        campaign_id: of.campaign.to_string(),
        kind: of.kind.name().to_owned(),
        arm_id: of.arm.as_ref().map(ToString::to_string),
        stage: stage.name().to_owned(),
        have,
        need,
        window_days,
        missing: readiness::missing(of, language),
        threshold_from: readiness::threshold_from(of.source, language).to_owned(),
        look_at: readiness::look_at(of, language),
    }
}
