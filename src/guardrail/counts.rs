//! How often what happened, since the start.
//!
//! Counting takes no lock and nothing from the heap: every count is an atomic that stands ready, in an array by its
//! labels, or, of a rule, in a table that is made anew when the rulebook changes.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use arc_swap::ArcSwap;

use super::Decision;
use crate::domain::{FallbackReason, Kind, RuleId, RuleIx, RuleTable, Source, Verdict};

const SOURCES: [Source; 4] = [Source::Model, Source::Human, Source::Blend, Source::Fallback];
const REASONS: [FallbackReason; 6] = [
    FallbackReason::Deadline,
    FallbackReason::ModelFailed,
    FallbackReason::NoOpinion,
    FallbackReason::Conflict,
    FallbackReason::Contradiction,
    FallbackReason::CheckFailed,
];
const ANSWERS: usize = Kind::ALL.len() * Verdict::ALL.len() * SOURCES.len();

/// How often what happened, since the start.
#[derive(Debug)]
pub struct Counts {
    /// Decisions answered.
    pub decisions: AtomicU64,
    /// Answers of one candidate by a fallback.
    pub fallbacks: AtomicU64,
    /// Answers of one candidate that did not pass the independent check. Not zero means a fault of ours.
    pub alarms: AtomicU64,
    /// Decisions answered and not recorded.
    pub gaps: AtomicU64,
    answers: [AtomicU64; ANSWERS],
    reasons: [AtomicU64; REASONS.len()],
    hits: RuleHits,
}

impl Default for Counts {
    fn default() -> Self {
        Self {
            decisions: AtomicU64::default(),
            fallbacks: AtomicU64::default(),
            alarms: AtomicU64::default(),
            gaps: AtomicU64::default(),
            answers: [const { AtomicU64::new(0) }; ANSWERS],
            reasons: [const { AtomicU64::new(0) }; REASONS.len()],
            hits: RuleHits::default(),
        }
    }
}

// === impl Counts ===

impl Counts {
    /// Counts a decision made by the rules of `rulebook`.
    pub(super) fn count(&self, decision: &Decision, rulebook: &Arc<RuleTable>) {
        add(&self.decisions);
        self.hits.follow(rulebook);
        let bounded = decision.bounded();
        let kind = bounded.query.question.kind();
        for answer in decision.answers() {
            if let Some(count) = self.answers.get(place(kind, answer.verdict, answer.source)) {
                add(count);
            }
            if let Some(reason) = answer.fallback {
                add(&self.fallbacks);
                self.reasons.get(reason as usize).into_iter().for_each(add);
            }
            if answer.alarm.is_some() {
                add(&self.alarms);
            }
            let causes = &answer.causes;
            for rule in causes.because_of.iter().chain(&causes.also) {
                self.hits.count(&bounded.rules, *rule);
            }
        }
    }

    /// Answers of one candidate, by kind of decision, verdict and whose value it is; those that never were left out.
    pub fn answers(&self) -> impl Iterator<Item = (Kind, Verdict, Source, u64)> {
        let each = Kind::ALL.into_iter().flat_map(|kind| {
            let verdicts = Verdict::ALL.into_iter();
            verdicts.flat_map(move |verdict| SOURCES.map(|source| (kind, verdict, source)))
        });
        each.zip(&self.answers)
            .map(|((kind, verdict, source), count)| (kind, verdict, source, read(count)))
            .filter(|(.., count)| *count > 0)
    }

    /// Answers of one candidate by a fallback, by its reason.
    pub fn fallbacks_by_reason(&self) -> impl Iterator<Item = (FallbackReason, u64)> {
        REASONS.into_iter().zip(self.reasons.iter().map(read))
    }

    /// How often each rule in force made an answer what it was, alone or with others, since the start; rules that
    /// never did left out.
    #[must_use]
    pub fn rule_hits(&self) -> Vec<(RuleId, u64)> {
        self.hits.read()
    }
}

fn add(count: &AtomicU64) {
    count.fetch_add(1, Ordering::Relaxed);
}

fn read(count: &AtomicU64) -> u64 {
    count.load(Ordering::Relaxed)
}

const fn place(kind: Kind, verdict: Verdict, source: Source) -> usize {
    (kind as usize * Verdict::ALL.len() + verdict as usize) * SOURCES.len() + source as usize
}

/// Counts of rules, by their places in the rulebook in force.
#[derive(Debug, Default)]
struct RuleHits {
    table: ArcSwap<HitTable>,
}

#[derive(Debug, Default)]
struct HitTable {
    rules: Arc<RuleTable>,
    in_order: Vec<Arc<AtomicU64>>,
    by_id: HashMap<RuleId, Arc<AtomicU64>>,
}

// === impl RuleHits ===

impl RuleHits {
    /// Takes the rules of another rulebook; those of both keep their counts.
    fn follow(&self, rules: &Arc<RuleTable>) {
        if Arc::ptr_eq(&self.table.load().rules, rules) {
            return;
        }
        self.table.rcu(|known| known.over(rules));
    }

    /// While decisions are stopped they have a table of their own, with the stops in it: then a rule is looked up by
    /// its name. A stop is no rule, and is not counted.
    fn count(&self, rules: &Arc<RuleTable>, rule: RuleIx) {
        let known = self.table.load();
        let count = if Arc::ptr_eq(&known.rules, rules) {
            known.in_order.get(rule.0 as usize)
        } else {
            rules.get(rule).and_then(|card| known.by_id.get(&card.id))
        };
        if let Some(count) = count {
            add(count);
        }
    }

    fn read(&self) -> Vec<(RuleId, u64)> {
        let known = self.table.load();
        let each = known.rules.iter().zip(&known.in_order);
        let each = each.map(|(card, count)| (card.id.clone(), read(count)));
        each.filter(|(_, count)| *count > 0).collect()
    }
}

impl HitTable {
    fn over(&self, rules: &Arc<RuleTable>) -> Self {
        let kept = |id: &RuleId| self.by_id.get(id).cloned().unwrap_or_default();
        let in_order: Vec<_> = rules.iter().map(|card| kept(&card.id)).collect();
        let ids = rules.iter().map(|card| card.id.clone());
        Self {
            rules: Arc::clone(rules),
            by_id: ids.zip(in_order.iter().cloned()).collect(),
            in_order,
        }
    }
}
