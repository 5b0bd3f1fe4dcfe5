//! What people see of the models: how ready each is, and which version decides.

use std::sync::{Arc, MutexGuard, PoisonError};

use super::App;
use crate::{
    domain::{
        Auction, AuctionType, Bounded, Campaign, CampaignId, Candidate, CandidateId, CandidateLimits,
        Changed, DecisionId, Duration, Evidence, EvidenceKey, Facts, Hand, Kind, Ledger as _, Maturity,
        Micros, Query, Question, RuleTable, Sending, Spans, Spend, Timestamp, Total, Word,
    },
    grpc::{ModelsStatus, ModelsView, Readiness},
    learning::{
        FrozenHandOver, KeptBy, KeptVersion, Learner, Market, Quality, RolledBack, Standing, Version,
        VersionsError,
    },
    model::{Snapshot, maturity::Thresholds, propose},
};

impl App {
    fn note(&self, kept_by: KeptBy, what: Changed) {
        let KeptBy {
            by,
            principal,
            because,
            at,
        } = kept_by;
        let hand = Hand {
            by: by.into(),
            principal,
            because: because.into(),
            at,
        };
        self.journal.note(hand.did(what));
    }

    pub(super) fn learner(&self) -> MutexGuard<'_, Learner> {
        self.learner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the gate says of one kind of a campaign: the models are asked as a decision would ask them.
    fn asked(&self, campaign: &Arc<Campaign>, kind: Kind, now: Timestamp) -> Vec<Readiness> {
        let snapshot = self.models.snapshot();
        let key = EvidenceKey::Campaign(campaign.id.clone());
        let evidence = self.journal.ledger().evidence(&key, Bounded::EVIDENCE_DAYS, now);
        let arms = arms(&snapshot, campaign, kind);
        let thresholds = Thresholds::of(kind, campaign);
        let bounded = plain(campaign, kind, &arms, evidence, now);
        let opinions = propose(&snapshot, Arc::new(bounded)).candidates;
        let frozen = self.frozen();
        let unknown = || thresholds.judge(Evidence::default(), now);
        let each = arms.into_iter().zip(opinions).map(|(arm, opinion)| {
            let maturity: Maturity = opinion.map_or_else(unknown, |opinion| opinion.maturity);
            Readiness {
                campaign: campaign.id.clone(),
                brand: campaign.brand.clone(),
                kind,
                arm: (kind == Kind::Budget && arm.as_str() != campaign.id.as_str()).then_some(arm),
                maturity,
                learning_from: thresholds.cold_below,
                counted: thresholds.counted,
                event: campaign.objective.event.clone(),
                source: thresholds.source,
                rolled_back: self.went_back(campaign, kind),
                frozen: frozen
                    .iter()
                    .filter(|(market, _)| market.campaign == campaign.id && market.kind == kind)
                    .cloned()
                    .collect(),
            }
        });
        each.collect()
    }

    /// Hand-overs that are frozen in what decides now.
    fn frozen(&self) -> Vec<FrozenHandOver> {
        let snapshot = self.models.snapshot();
        let frozen = snapshot.knowledge().hand_overs.iter();
        frozen.map(|(market, frozen)| (market.clone(), *frozen)).collect()
    }

    /// Whether what decides is older than a version that went back by itself. Bids are what versions of all models together are
    /// held against; a score has its own.
    fn went_back(&self, campaign: &Campaign, kind: Kind) -> Option<RolledBack> {
        let learner = self.learner();
        match kind {
            Kind::Bid => learner
                .versions()
                .list()
                .filter_map(|version| version.rolled_back)
                .last(),
            Kind::Score => {
                let versions = learner.scores().versions(&campaign.id);
                let newer = versions
                    .into_iter()
                    .rev()
                    .take_while(|version| version.standing != Standing::InForce);
                newer.filter_map(|version| version.rolled_back).next()
            }
            Kind::SendTime | Kind::Recommendation | Kind::Budget => None,
        }
    }
}

impl ModelsView for App {
    fn readiness(&self, now: Timestamp) -> Vec<Readiness> {
        let rules = self.activations.rules().load_full();
        let each = rules.campaigns().flat_map(|campaign| {
            let kinds = campaign.baselines.kinds();
            kinds.flat_map(move |kind| self.asked(campaign, kind, now))
        });
        each.collect()
    }

    fn quality(&self) -> Quality {
        self.learner().quality()
    }

    fn status(&self) -> ModelsStatus {
        let learner = self.learner();
        let versions = learner.versions();
        let snapshot = self.models.snapshot();
        ModelsStatus {
            snapshot: snapshot.number(),
            digest: snapshot.digest(),
            in_force: versions.in_force(),
            versions: versions.list().cloned().collect(),
            damaged: versions.damaged().to_vec(),
            scores: learner
                .scores()
                .campaigns()
                .flat_map(|campaign| {
                    let versions = learner.scores().versions(campaign).into_iter();
                    versions.map(move |version| (campaign.clone(), version))
                })
                .collect(),
            frozen: self.frozen(),
        }
    }

    fn train(&self, kept_by: KeptBy) -> Result<KeptVersion, VersionsError> {
        let hand = kept_by.clone();
        let mut learner = self.learner();
        learner.catch_up(&self.journal)?;
        let kept = learner.keep(kept_by)?;
        drop(learner);
        let what = Changed::ModelsKept {
            version: kept.number,
            digest: kept.digest.as_str().into(),
        };
        self.note(hand, what);
        Ok(kept)
    }

    fn promote(&self, version: Option<u64>, kept_by: KeptBy) -> Result<u64, VersionsError> {
        let (from, hand) = (self.models.snapshot().number(), kept_by.clone());
        let to = self.learner().promote(version, kept_by)?;
        self.note(hand, Changed::ModelsPromoted { from, to });
        Ok(to)
    }

    fn roll_back(&self, kept_by: KeptBy) -> Result<u64, VersionsError> {
        let (from, hand) = (self.models.snapshot().number(), kept_by.clone());
        let to = self.learner().roll_back(kept_by)?;
        self.note(hand, Changed::ModelsRolledBack { from, to });
        Ok(to)
    }

    fn forget(&self, contact: &Word) {
        self.learner().forget(contact);
    }

    fn train_score(&self, campaign: &CampaignId, kept_by: KeptBy) -> Result<Version, VersionsError> {
        let mut learner = self.learner();
        learner.catch_up(&self.journal)?;
        let version = learner.train_score(campaign, kept_by)?;
        self.note_scores(&learner);
        Ok(version)
    }

    fn promote_score(
        &self,
        campaign: &CampaignId,
        digest: &str,
        kept_by: KeptBy,
    ) -> Result<Version, VersionsError> {
        let mut learner = self.learner();
        let version = learner.promote_score(campaign, digest, kept_by)?;
        self.note_scores(&learner);
        Ok(version)
    }

    fn roll_back_score(&self, campaign: &CampaignId, kept_by: KeptBy) -> Result<Version, VersionsError> {
        let mut learner = self.learner();
        let version = learner.roll_back_score(campaign, kept_by)?;
        self.note_scores(&learner);
        Ok(version)
    }

    fn resume_hand_over(&self, market: Market, kept_by: KeptBy) -> Result<(), VersionsError> {
        let what = Changed::HandOverResumed {
            campaign: market.campaign.clone(),
            kind: market.kind,
            country: market.country.clone(),
            channel: market.channel.clone(),
        };
        let hand = kept_by.clone();
        self.learner().resume_hand_over(market, kept_by)?;
        self.note(hand, what);
        Ok(())
    }
}

/// The arms of a split that were tried; of another kind, one candidate named as its campaign.
fn arms(snapshot: &Snapshot, campaign: &Campaign, kind: Kind) -> Vec<CandidateId> {
    let tried = snapshot.knowledge().arms.arms.keys();
    let own = tried.filter(|(of, _)| kind == Kind::Budget && *of == campaign.id);
    let mut arms: Vec<CandidateId> = own.map(|(_, arm)| arm.clone()).collect();
    if arms.is_empty() {
        arms.extend(CandidateId::new(campaign.id.as_str()));
    }
    arms
}

/// The plainest question of a kind, with no limits: what the models say of their maturity does not depend on more.
fn plain(
    campaign: &Arc<Campaign>,
    kind: Kind,
    arms: &[CandidateId],
    evidence: Evidence,
    now: Timestamp,
) -> Bounded {
    let week = now.plus(Duration::from_days(7));
    let candidate = |arm: &CandidateId| Candidate {
        id: arm.clone(),
        campaign: campaign.id.clone(),
        facts: campaign.facts.clone(),
    };
    let limits = CandidateLimits {
        window: (kind == Kind::SendTime).then(|| Spans::of(now, week)),
        ..CandidateLimits::default()
    };
    Bounded {
        query: Query {
            decision: DecisionId::new(now, 0),
            now,
            seed: 0,
            caller: None,
            request: None,
            question: question(campaign, kind, arms.len(), now, week),
            facts: Facts::new(),
            candidates: arms.iter().map(candidate).collect(),
        },
        campaigns: vec![Arc::clone(campaign); arms.len()],
        limits: vec![limits; arms.len()],
        evidence: vec![evidence; arms.len()],
        spend: vec![Spend::default(); arms.len()],
        rules: Arc::new(RuleTable::default()),
    }
}

fn question(campaign: &Campaign, kind: Kind, arms: usize, now: Timestamp, week: Timestamp) -> Question {
    match kind {
        Kind::Bid => Question::Bid(Auction {
            auction_type: AuctionType::SecondPrice,
            floor: Micros::ZERO,
            currency: campaign.currency,
            deals: Vec::new(),
            private: false,
            blocked_categories: Vec::new(),
            blocked_advertisers: Vec::new(),
            blocked_attributes: Vec::new(),
        }),
        Kind::SendTime => Question::SendTime(Sending {
            earliest: now,
            latest: week,
            alternatives: 0,
        }),
        Kind::Recommendation => Question::Recommendation {
            slots: 1,
            context: Vec::new(),
            session: Vec::new(),
        },
        Kind::Budget => Question::Budget(Total {
            amount: Micros::new(1_000_000_000),
            currency: campaign.currency,
            last: vec![None; arms],
            spent: Vec::new(),
            period: None,
        }),
        Kind::Score => Question::Score,
    }
}
