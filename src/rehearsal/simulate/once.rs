//! One decision under the rulebook that is tried.

use std::{collections::BTreeSet, sync::Arc};

use super::{
    Simulator,
    joined::{Joined, OF_CAMPAIGN},
};
use crate::{
    domain::{
        Applied, Bounded, Budget, Campaign, CampaignId, CandidateLimits, CapKey, Certainty, Choice, Contacts,
        Evidence, EvidenceKey, FactValue, Facts, FallbackReason, Frequency, Ledger, LedgerView, Micros,
        Proposal, Proposed, Query, Question, Record, RuleId, RuleIx, RuleTable, Span, Spend, Standing,
        Timestamp, Wish, apply_all, permits, permits_all,
    },
    guardrail::{Answer, asked_before, bound, enforce, heard_before, read_before},
    journal::LiveLedger,
    model::propose,
};

/// What became of a decision.
pub(super) enum Came {
    /// The same.
    Unchanged,
    /// The call would be refused, for this reason.
    Refused(String),
    /// These rules look into a text that is not kept any more.
    Untold(Vec<RuleId>),
    /// Something else.
    Changed(Box<Changed>),
}

/// A decision that comes out otherwise.
pub(super) struct Changed {
    /// The rules that its limits speak of, old and new.
    pub(super) rules: Arc<RuleTable>,
    /// The places of the candidates that are answered otherwise, with the new answers.
    pub(super) answers: Vec<(usize, Answer)>,
    /// The rules that do something else now.
    pub(super) edited: BTreeSet<RuleIx>,
    /// Those of them that alone would change the decision.
    pub(super) alone: Vec<RuleIx>,
    /// The places of the bids whose price the limits set otherwise now, with the new one; that may be the recorded
    /// one, where it was drawn by chance.
    pub(super) moved: Vec<(usize, Choice)>,
    /// The candidates of which the model was asked afterwards.
    pub(super) asked_now: Vec<usize>,
}

impl Simulator<'_> {
    /// Takes a record through the tried rulebook, of which these rules are as they were.
    pub(super) fn once(&self, record: &Record, same: &BTreeSet<RuleId>) -> Came {
        let campaigns = match self.campaigns(record) {
            Ok(campaigns) => campaigns,
            Err(why) => return Came::Refused(why),
        };
        if *record.versions.rulebook == **self.trial.rulebook().name() {
            return Came::Unchanged;
        }
        let ledger = AsThen {
            views: views(record),
            past: self.ledger.counts(),
        };
        let fresh = bound(self.trial.rulebook(), question_of(record), campaigns, &ledger);
        let untold = self.untold(record, &fresh, same);
        if !untold.is_empty() {
            return Came::Untold(untold);
        }
        let joined = Joined::of(record, fresh, same);
        if joined.is_unchanged() {
            return Came::Unchanged;
        }
        self.answered(record, joined)
    }

    /// The campaign of each candidate, if each would be answered.
    fn campaigns(&self, record: &Record) -> Result<Vec<Arc<Campaign>>, String> {
        let kind = record.question.kind();
        let each = record.candidates.iter().map(|candidate| {
            let known = self.trial.rulebook().campaign(&candidate.campaign);
            let campaign = known.ok_or_else(|| format!("`{}` is not declared", candidate.campaign))?;
            if !campaign.baselines.serve(kind) {
                return Err(format!(
                    "`{}` declares no baseline for {kind}",
                    candidate.campaign
                ));
            }
            Ok(Arc::clone(campaign))
        });
        each.collect()
    }

    /// The rules, new or changed, that would have to look into a text of which only the digest is kept.
    fn untold(&self, record: &Record, fresh: &Bounded, same: &BTreeSet<RuleId>) -> Vec<RuleId> {
        let is_gone = |facts: &Facts, rule: RuleIx| {
            let texts = self.trial.texts.get(rule.0 as usize);
            let mut texts = texts.into_iter().flatten();
            texts.any(|text| matches!(facts.get(text), Some(FactValue::Digest(_))))
        };
        let mut found = BTreeSet::new();
        for (limits, candidate) in fresh.limits.iter().zip(&record.candidates) {
            let unknown = limits
                .effects
                .iter()
                .filter(|active| active.certainty == Certainty::Unknown)
                .map(|active| active.rule)
                .chain(limits.skipped.iter().copied());
            for rule in unknown {
                if is_gone(&record.facts, rule) || is_gone(&candidate.facts, rule) {
                    found.extend(fresh.rules.get(rule).map(|card| card.id.clone()));
                }
            }
        }
        found.into_iter().filter(|rule| !same.contains(rule)).collect()
    }

    fn answered(&self, record: &Record, joined: Joined) -> Came {
        let question = &record.question;
        let (mut opinions, baselines): (Vec<_>, Vec<_>) = heard_before(record).into_iter().unzip();
        let asked_now = self.ask_now(&joined, &mut opinions);
        let wishes = wishes(&opinions, &baselines);
        let before = apply_all(question, &joined.old, &wishes);
        let after = apply_all(question, &joined.bounded.limits, &wishes);
        let recorded: Vec<Option<Choice>> = record.candidates.iter().map(|of| of.choice).collect();
        let mut stays = stays(
            question,
            (&before, &after),
            (&joined.old, &joined.bounded.limits),
            &recorded,
        );
        stay_as_they_fell(record, &after, &mut stays);
        if stays.iter().all(|stays| *stays) {
            return Came::Unchanged;
        }
        let alone = joined.edited.iter().copied().filter(|rule| {
            let limits = joined.with_edit(*rule);
            let now = apply_all(question, &limits, &wishes);
            let same = self::stays(question, (&before, &now), (&joined.old, &limits), &recorded);
            !same.iter().all(|stays| *stays)
        });
        let alone = alone.collect();
        let moved = moved(&before, &after);
        for ((opinion, stays), after) in opinions.iter_mut().zip(&stays).zip(&after) {
            if let (Some(opinion), false, Some(choice)) = (opinion, *stays, after.choice) {
                opinion.choice = choice;
            }
        }
        let (edited, bounded) = (joined.edited, Arc::new(joined.bounded));
        let proposal = Proposal {
            bounded: Arc::clone(&bounded),
            candidates: opinions,
            snapshot: record.versions.snapshot,
        };
        let answers = enforce(proposal);
        let each = answers.answers().iter().cloned().enumerate();
        let answers = each.filter(|(place, answer)| {
            let then = record.candidates.get(*place);
            let same =
                then.is_some_and(|then| (then.verdict, then.choice) == (answer.verdict, answer.choice));
            !same && stays.get(*place) == Some(&false)
        });
        let answers: Vec<_> = answers.collect();
        Came::Changed(Box::new(Changed {
            rules: Arc::clone(&bounded.rules),
            answers,
            edited,
            alone,
            moved,
            asked_now,
        }))
    }

    /// Asks the model of today about the candidates that were kept back and are free now; answers their places.
    fn ask_now(&self, joined: &Joined, opinions: &mut [Option<Proposed>]) -> Vec<usize> {
        let limits = joined.old.iter().zip(&joined.bounded.limits);
        let freed = limits.map(|(old, new)| !old.is_free() && new.is_free());
        let unasked: Vec<usize> = freed
            .zip(opinions.iter())
            .enumerate()
            .filter_map(|(place, (freed, opinion))| (freed && opinion.is_none()).then_some(place))
            .collect();
        let Some(snapshot) = self.shelf.latest().filter(|_| !unasked.is_empty()) else {
            return Vec::new();
        };
        let said = propose(snapshot, Arc::new(joined.bounded.clone())).candidates;
        for place in &unasked {
            if let (Some(opinion), Some(said)) = (opinions.get_mut(*place), said.get(*place)) {
                opinion.clone_from(said);
            }
        }
        unasked
    }
}

fn wishes(opinions: &[Option<Proposed>], baselines: &[Wish]) -> Vec<Wish> {
    let pairs = opinions.iter().zip(baselines);
    pairs
        .map(|(opinion, baseline)| {
            opinion.as_ref().map_or(*baseline, |opinion| Wish {
                choice: opinion.wish,
                relevance: opinion.relevance,
            })
        })
        .collect()
}

/// Of each candidate, whether its answer stays: the wish meets the same fate, and what left is still permitted. A slate
/// and a split stay as a whole.
fn stays(
    question: &Question,
    (before, after): (&[Applied], &[Applied]),
    (old, new): (&[CandidateLimits], &[CandidateLimits]),
    recorded: &[Option<Choice>],
) -> Vec<bool> {
    let fate = |applied: &Applied| (applied.choice, applied.standing, applied.fallback);
    let pairs = before.iter().zip(after);
    let alike = pairs.map(|(before, after)| fate(before) == fate(after));
    match question {
        Question::Recommendation { .. } | Question::Budget(_) => {
            let whole = alike.clone().all(|alike| alike)
                && (permits_all(question, new, recorded) || !permits_all(question, old, recorded));
            vec![whole; recorded.len()]
        }
        Question::Bid(_) | Question::SendTime(_) | Question::Score => {
            let may = |limits: &CandidateLimits, choice: &Option<Choice>| {
                choice.is_none_or(|choice| permits(limits, choice))
            };
            let limits = old.iter().zip(new).zip(recorded);
            alike
                .zip(limits)
                .map(|(alike, ((old, new), choice))| alike && (may(new, choice) || !may(old, choice)))
                .collect()
        }
    }
}

/// What no rule decided then is no other now, unless the candidate is kept back: what was no longer to be had when it
/// was to be reserved, and the safe default because time ran out or the model's answer was rejected.
fn stay_as_they_fell(record: &Record, after: &[Applied], stays: &mut [bool]) {
    for ((stays, candidate), after) in stays.iter_mut().zip(&record.candidates).zip(after) {
        let by_chance = match candidate.fallback {
            Some(FallbackReason::Deadline | FallbackReason::CheckFailed) => true,
            Some(
                FallbackReason::ModelFailed
                | FallbackReason::NoOpinion
                | FallbackReason::Conflict
                | FallbackReason::Contradiction,
            )
            | None => candidate.taken.is_some(),
        };
        *stays |= by_chance && after.standing == Standing::Allowed;
    }
}

/// The bids whose price the limits set otherwise now.
fn moved(before: &[Applied], after: &[Applied]) -> Vec<(usize, Choice)> {
    let pairs = before.iter().zip(after).enumerate();
    pairs
        .filter_map(|(place, (before, after))| {
            let (then, now) = (before.choice?, after.choice?);
            (then != now && then.price().is_some() && now.price().is_some()).then_some((place, now))
        })
        .collect()
}

/// What was asked, without the facts that campaigns give: the tried rulebook's campaigns give theirs.
fn question_of(record: &Record) -> Query {
    let mut query = asked_before(record);
    for candidate in &mut query.candidates {
        let own = candidate
            .facts
            .iter()
            .filter(|(name, _)| !OF_CAMPAIGN.contains(name));
        candidate.facts = own.map(|(name, value)| (name.clone(), value.clone())).collect();
    }
    query
}

fn views(record: &Record) -> Vec<(CampaignId, LedgerView)> {
    let each = record.candidates.iter().zip(read_before(record));
    each.map(|(candidate, view)| (candidate.campaign.clone(), view))
        .collect()
}

/// The ledger as that decision saw it: what the record holds of it, and the rest folded again.
struct AsThen<'l> {
    views: Vec<(CampaignId, LedgerView)>,
    past: &'l LiveLedger,
}

impl AsThen<'_> {
    fn view(&self, campaign: &CampaignId) -> Option<LedgerView> {
        let mut views = self.views.iter();
        views.find(|(known, _)| known == campaign).map(|(_, view)| *view)
    }
}

impl Ledger for AsThen<'_> {
    fn evidence(&self, key: &EvidenceKey, window_days: u32, now: Timestamp) -> Evidence {
        let recorded = match key {
            EvidenceKey::Campaign(campaign) if window_days == Bounded::EVIDENCE_DAYS => self.view(campaign),
            EvidenceKey::Campaign(_) | EvidenceKey::Market { .. } => None,
        };
        recorded.map_or_else(|| self.past.evidence(key, window_days, now), |view| view.evidence)
    }

    fn spend(&self, campaign: &CampaignId, now: Timestamp) -> Spend {
        self.view(campaign)
            .map_or_else(|| self.past.spend(campaign, now), |view| view.spend)
    }

    /// Nothing is reserved for what is only looked at.
    fn reserve(&self, _: &Query, _: usize, _: Budget, _: Micros) -> Result<(), Spend> {
        Ok(())
    }

    fn contacts(&self, query: &Query, candidate: usize, key: &CapKey, during: Span) -> Option<Contacts> {
        self.past.contacts(query, candidate, key, during)
    }

    fn reserve_contact(
        &self,
        _: &Query,
        _: usize,
        _: Timestamp,
        _: &[(CapKey, Frequency)],
    ) -> Result<(), Frequency> {
        Ok(())
    }
}
