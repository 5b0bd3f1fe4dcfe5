//! From a query to the effects in force: the index, the predicates, and the way through them.
//!
//! A query's facts are looked up once and become symbols. The index leads from each symbol to the rules that
//! demand it; these alone are judged, first on the query, then on each candidate, texts last and once.

mod effect;
mod index;
mod predicate;
mod rule;
mod symbols;
mod view;

use std::sync::Arc;

use smallvec::SmallVec;

pub(super) use self::rule::Setting;
use self::{
    effect::Target,
    index::Index,
    predicate::Sight,
    rule::Rule,
    symbols::{Preparing, Read, Symbol, Symbols},
    view::View,
};
use super::{
    Lexicon,
    condition::Truth,
    draft::RuleDraft,
    syntax::ast::Mode,
    vocabulary::{Scope, Slot, Vocabulary},
};
use crate::domain::{Attribute, Bounded, Campaign, CandidateLimits, EvidenceKey, Ledger, RuleIx, Timestamp};

/// Every rule, prepared.
#[derive(Debug)]
pub(super) struct Matcher {
    symbols: Symbols,
    read: Read,
    rules: Vec<Rule>,
    index: Index,
    /// Where `evidence` and `now` stand, if some rule asks for them.
    evidence: Option<Slot>,
    now: Option<Slot>,
}

/// A rule that the query alone does not rule out, with what it says.
type Opened = SmallVec<[(u32, Truth); 32]>;

/// The rules opened for a word of a candidate, as a range; candidates often share their brand.
type Remembered = SmallVec<[(Symbol, usize, usize); 16]>;

impl Matcher {
    /// Prepares rules that stand in the order of their table.
    pub(super) fn new(drafts: &[RuleDraft], vocabulary: &Vocabulary) -> Self {
        let mut preparing = Preparing::new(vocabulary);
        let live: Vec<(RuleIx, &RuleDraft)> = (0..)
            .map(RuleIx)
            .zip(drafts)
            .filter(|(_, draft)| draft.mode != Mode::Off)
            .collect();
        let prepared = live
            .iter()
            .map(|(ix, draft)| Rule::new(*ix, draft, &mut preparing));
        let rules = prepared.collect();
        let drafts: Vec<&RuleDraft> = live.iter().map(|(_, draft)| *draft).collect();
        let index = Index::new(&drafts, &mut preparing);
        let Preparing { symbols, read, .. } = preparing;
        let asked = |attribute| vocabulary.slot(&attribute).filter(|slot| read.has(*slot));
        Self {
            evidence: asked(Attribute::Evidence),
            now: asked(Attribute::Now),
            symbols,
            read,
            rules,
            index,
        }
    }

    const fn known<'q>(&'q self, lexicon: &'q Lexicon) -> view::Index<'q> {
        view::Index {
            vocabulary: &lexicon.vocabulary,
            symbols: &self.symbols,
            read: &self.read,
        }
    }

    /// The effects in force for each candidate; what `answer` held before is cleared, its room used again.
    pub(super) fn limits(
        &self,
        setting: Setting<'_>,
        campaigns: &[Arc<Campaign>],
        answer: &mut Vec<CandidateLimits>,
    ) {
        let (query, lexicon) = (setting.query, setting.lexicon);
        let mut view = View::new(self.known(lexicon), Scope::Query, &[&query.facts]);
        if let Some(slot) = self.now {
            view.stamped(slot, query.now);
        }
        let mut run = Run {
            matcher: self,
            setting,
            sight: Sight {
                lexicon,
                query: &view,
                candidate: None,
            },
            opened: Opened::new(),
            remembered: Remembered::new(),
        };
        run.open_query();
        let shared = run.opened.len();
        answer.resize_with(
            query.candidates.len().min(campaigns.len()),
            CandidateLimits::default,
        );
        let pairs = query.candidates.iter().zip(campaigns);
        for (place, ((candidate, campaign), limits)) in pairs.zip(answer).enumerate() {
            cleared(limits);
            let target = Target {
                setting,
                place,
                candidate,
                campaign,
            };
            run.candidate(shared, target, limits);
        }
    }
}

/// Empties limits and keeps the room that they had taken.
fn cleared(limits: &mut CandidateLimits) {
    let CandidateLimits {
        mut effects,
        mut shadow,
        mut skipped,
        ..
    } = std::mem::take(limits);
    effects.clear();
    shadow.clear();
    skipped.clear();
    *limits = CandidateLimits {
        effects,
        shadow,
        skipped,
        ..CandidateLimits::default()
    };
}

/// One way through the rules.
struct Run<'v, 'q> {
    matcher: &'q Matcher,
    setting: Setting<'q>,
    sight: Sight<'v, 'q>,
    opened: Opened,
    remembered: Remembered,
}

impl<'q> Run<'_, 'q> {
    /// Opens the rules that the query's own facts lead to.
    fn open_query(&mut self) {
        let matcher = self.matcher;
        self.open(&matcher.index.always);
        for symbol in self.sight.query.symbols() {
            self.open(matcher.index.under(*symbol));
        }
        for (slot, rules) in matcher.index.if_unknown(Scope::Query) {
            if self.sight.query.is_unknown(slot) {
                self.open(rules);
            }
        }
    }

    fn open(&mut self, rules: &[u32]) {
        for at in rules {
            let Some(rule) = self.matcher.rules.get(*at as usize) else {
                continue;
            };
            let truth = rule.opened(self.sight, self.setting.query);
            if truth != Truth::False {
                self.opened.push((*at, truth));
            }
        }
    }

    /// The rules opened for a candidate's word, as a range of `opened`.
    fn opened_for(&mut self, symbol: Symbol) -> (usize, usize) {
        if let Some((_, start, end)) = self.remembered.iter().find(|(known, ..)| *known == symbol) {
            return (*start, *end);
        }
        let start = self.opened.len();
        self.open(self.matcher.index.under(symbol));
        self.remembered.push((symbol, start, self.opened.len()));
        (start, self.opened.len())
    }

    /// States the evidence of a campaign, where some rule asks for it.
    fn count_evidence(&self, campaign: &Campaign, view: &mut View<'_>) {
        if let Some(slot) = self.matcher.evidence {
            let counted = evidence_of(campaign, self.setting.ledger, self.setting.query.now);
            view.counted(slot, counted);
        }
    }

    fn candidate(&mut self, shared: usize, target: Target<'q>, limits: &mut CandidateLimits) {
        let matcher = self.matcher;
        let (candidate, campaign) = (target.candidate, target.campaign);
        let facts = [&campaign.facts, &candidate.facts];
        let mut view = View::new(matcher.known(self.sight.lexicon), Scope::Candidate, &facts);
        self.count_evidence(campaign, &mut view);
        let mut ranges: SmallVec<[(usize, usize); 16]> = SmallVec::new();
        ranges.push((0, shared));
        for symbol in view.symbols() {
            ranges.push(self.opened_for(*symbol));
        }
        let start = self.opened.len();
        for (slot, rules) in matcher.index.if_unknown(Scope::Candidate) {
            if view.is_unknown(slot) {
                self.open(rules);
            }
        }
        ranges.push((start, self.opened.len()));
        let sight = Sight {
            candidate: Some(&view),
            ..self.sight
        };
        let opened = ranges
            .iter()
            .filter_map(|(start, end)| self.opened.get(*start..*end))
            .flatten();
        for (at, truth) in opened {
            if let Some(rule) = matcher.rules.get(*at as usize) {
                rule.act(*truth, sight, target, limits);
            }
        }
    }
}

/// What `evidence` means: outcomes of the campaign's objective in the days that a model's maturity looks at.
fn evidence_of(campaign: &Campaign, ledger: &dyn Ledger, now: Timestamp) -> i64 {
    let key = EvidenceKey::Campaign(campaign.id.clone());
    i64::from(ledger.evidence(&key, Bounded::EVIDENCE_DAYS, now).current)
}
