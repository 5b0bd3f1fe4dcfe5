use super::{
    Places,
    solve::{Goal, Missing, Outcome, Tree, Undeclared, Wants, World, solve},
    terms::{Members, Terms},
    witness::Witness,
};
use crate::{
    domain::{Baselines, CampaignId, Kind, RuleIx, Timestamp},
    rules::{
        Rulebook,
        condition::Condition,
        draft::{Action, Exemption, RuleDraft},
        syntax::ast::{IfUnknown, Mode},
    },
};

/// Where no date matters.
const A_DAY: Timestamp = Timestamp::from_millis(1_793_613_600_000);

/// A rulebook whose conditions are ready to be asked about.
pub(super) struct Book<'r> {
    pub(super) rulebook: &'r Rulebook,
    pub(super) places: &'r Places,
    pub(super) terms: Terms<'r>,
    cases: Vec<Cases>,
    /// By kind: the campaigns that serve it.
    serving: Vec<(Kind, Members)>,
    /// The latest instant of a test.
    tests_at: Option<Timestamp>,
}

/// When a rule applies.
struct Cases {
    /// All of it: dates, conditions, exemptions.
    whole: Tree,
    /// By effect: the same and the effect's own condition, where it has one.
    guarded: Vec<Option<Tree>>,
    /// By exemption: its condition.
    exempted: Vec<Tree>,
    /// What its file demands of every rule, and its own `when`, where it has one.
    own: Option<(Tree, Tree)>,
}

/// One effect of one rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct EffectAt {
    /// The rule.
    pub rule: RuleIx,
    /// The effect's place in the rule.
    pub effect: usize,
}

impl<'r> Book<'r> {
    pub(super) fn new(rulebook: &'r Rulebook, places: &'r Places) -> Self {
        let mut terms = Terms::new(rulebook.vocabulary(), rulebook.campaigns());
        let drafts = rulebook.drafts().iter();
        let cases = drafts.map(|draft| cases(draft, places, &mut terms)).collect();
        terms.complete();
        Self {
            rulebook,
            places,
            serving: Kind::ALL
                .into_iter()
                .map(|kind| (kind, serving(kind, &terms)))
                .collect(),
            tests_at: rulebook.tests().iter().map(|test| test.query.now).max(),
            terms,
            cases,
        }
    }

    /// Every rule that is evaluated.
    pub(super) fn live(&self) -> impl Iterator<Item = (RuleIx, &'r RuleDraft)> {
        let drafts = (0..).map(RuleIx).zip(self.rulebook.drafts());
        drafts.filter(|(_, draft)| draft.mode != Mode::Off)
    }

    /// Every rule that counts.
    pub(super) fn enforced(&self) -> impl Iterator<Item = (RuleIx, &'r RuleDraft)> {
        self.live().filter(|(_, draft)| draft.mode == Mode::Enforce)
    }

    pub(super) fn draft(&self, rule: RuleIx) -> Option<&'r RuleDraft> {
        self.rulebook.drafts().get(rule.0 as usize)
    }

    /// The goal that an effect is in force for certain.
    pub(super) fn certain(&self, at: EffectAt) -> Option<Goal<'_>> {
        let cases = self.cases.get(at.rule.0 as usize)?;
        let guarded = cases.guarded.get(at.effect)?.as_ref();
        Some((guarded.unwrap_or(&cases.whole), Wants::True))
    }

    /// The goal that a rule does anything at all.
    pub(super) fn acts(&self, rule: RuleIx) -> Option<Goal<'_>> {
        let wants = match self.draft(rule)?.if_unknown {
            IfUnknown::Apply | IfUnknown::Hold => Wants::NotFalse,
            IfUnknown::Skip => Wants::True,
        };
        Some((&self.cases.get(rule.0 as usize)?.whole, wants))
    }

    /// The goal that an effect is in force, be it because facts are missing.
    pub(super) fn in_force(&self, at: EffectAt) -> Option<Goal<'_>> {
        let (tree, certain) = self.certain(at)?;
        let wants = match self.draft(at.rule)?.if_unknown {
            IfUnknown::Apply => Wants::NotFalse,
            IfUnknown::Hold | IfUnknown::Skip => certain,
        };
        Some((tree, wants))
    }

    /// The goal that an effect is not in force.
    pub(super) fn idle(&self, at: EffectAt) -> Option<Goal<'_>> {
        let (tree, wants) = self.in_force(at)?;
        Some((
            tree,
            if wants == Wants::NotFalse {
                Wants::False
            } else {
                Wants::NotTrue
            },
        ))
    }

    /// By exemption: the condition that takes a query out of the rule's reach.
    pub(super) fn exempted(&self, rule: RuleIx) -> &[Tree] {
        let cases = self.cases.get(rule.0 as usize);
        cases.map_or(&[], |cases| cases.exempted.as_slice())
    }

    /// What the file demands of every rule, and the rule's own `when`.
    pub(super) fn own(&self, rule: RuleIx) -> Option<&(Tree, Tree)> {
        self.cases.get(rule.0 as usize)?.own.as_ref()
    }

    /// When each rule applies, in their order.
    pub(super) fn wholes(&self) -> impl Iterator<Item = &Tree> {
        self.cases.iter().map(|cases| &cases.whole)
    }

    pub(super) fn action(&self, at: EffectAt) -> Option<&'r Action> {
        let effect = self.draft(at.rule)?.effects.get(at.effect)?;
        Some(&effect.action)
    }

    /// When a rule would apply without one of its exemptions, while that one counts.
    pub(super) fn reach_without(&self, rule: RuleIx, place: usize) -> Option<Tree> {
        let Tree::All(parts) = &self.cases.get(rule.0 as usize)?.whole else {
            return None;
        };
        let draft = self.draft(rule)?;
        // The exemptions stand last.
        let gone = parts.len().checked_sub(draft.unless.len())? + place;
        let kept = parts.iter().enumerate().filter(|(at, _)| *at != gone);
        let mut kept: Vec<Tree> = kept.map(|(_, part)| part.clone()).collect();
        let until = draft.unless.get(place)?.until;
        let ended = until.and_then(|until| self.terms.instant(until));
        kept.extend(ended.map(|ended| Tree::Not(Box::new(Tree::Term(ended)))));
        Some(Tree::All(kept))
    }

    /// Every campaign that declares a market: that it is this campaign, and that it is in its market.
    pub(super) fn markets(&self) -> impl Iterator<Item = (CampaignId, (&Tree, &Tree))> {
        let rules = self.rulebook.drafts().iter().zip(&self.cases);
        rules.filter_map(|(draft, cases)| {
            let campaign = CampaignId::new(draft.card.id.as_str().strip_prefix("market-of-")?).ok()?;
            self.places.is_market(&draft.card.id).then_some(())?;
            let (Tree::All(parts), [market]) = (&cases.whole, cases.exempted.as_slice()) else {
                return None;
            };
            Some((campaign, (parts.first()?, market)))
        })
    }

    /// A query that meets the goals; its kind is one that all these rules speak of.
    pub(super) fn find(&self, kind: Kind, goals: &[Goal<'_>]) -> Sought {
        let serving = self.serving.iter().find(|(known, _)| *known == kind);
        let world = World {
            within: serving.map(|(_, members)| members),
            ..self.world(Undeclared::Left)
        };
        if let Outcome::Found(found) = solve(world, goals, Missing::None) {
            let witness = Witness::new(self, kind, &found).map(Box::new);
            return witness.map_or(Sought::Unsure, Sought::Found);
        }
        // A rule for campaigns that do not serve the kind yet is no mistake.
        match solve(self.world(Undeclared::Left), goals, Missing::None) {
            Outcome::Never => Sought::Never,
            Outcome::Found(_) | Outcome::Unsure => Sought::Unsure,
        }
    }

    /// Whether surely no query meets the goals, whatever it leaves out.
    pub(super) fn is_never(&self, goals: &[Goal<'_>], undeclared: Undeclared) -> bool {
        matches!(solve(self.world(undeclared), goals, Missing::Any), Outcome::Never)
    }

    fn world(&self, undeclared: Undeclared) -> World<'_, 'r> {
        World {
            terms: &self.terms,
            lexicon: self.rulebook.lexicon(),
            day: self.tests_at.unwrap_or(A_DAY),
            samples: &self.places.terms,
            undeclared,
            within: None,
        }
    }
}

/// What a search for a query came to.
pub(super) enum Sought {
    Found(Box<Witness>),
    Never,
    Unsure,
}

impl Sought {
    pub(super) fn found(self) -> Option<Witness> {
        match self {
            Self::Found(witness) => Some(*witness),
            Self::Never | Self::Unsure => None,
        }
    }
}

/// The campaigns that declare a baseline of that kind; without one a query is refused.
fn serving(kind: Kind, terms: &Terms<'_>) -> Members {
    let serves = |baselines: &Baselines| match kind {
        Kind::Bid => baselines.bid.is_some(),
        Kind::SendTime => baselines.send_at.is_some(),
        Kind::Recommendation => baselines.list.is_some(),
        Kind::Budget => baselines.share.is_some(),
        Kind::Score => baselines.probability.is_some(),
    };
    Members::of(
        terms
            .campaigns()
            .iter()
            .map(|campaign| serves(&campaign.baselines)),
    )
}

fn cases<'r>(draft: &'r RuleDraft, places: &Places, terms: &mut Terms<'r>) -> Cases {
    let mut parts = Vec::new();
    parts.extend(draft.from.map(|from| Tree::Term(terms.since(from))));
    parts.extend(
        draft
            .until
            .map(|until| Tree::Not(Box::new(Tree::Term(terms.since(until))))),
    );
    let when: Vec<Tree> = draft.when.iter().map(|part| tree(part, terms)).collect();
    let own = places.has_when(&draft.card.id).then(|| {
        let mut scope = when.clone();
        let when = scope.pop().unwrap_or_else(|| Tree::All(Vec::new()));
        (Tree::All(scope), when)
    });
    parts.extend(when);
    let exempted: Vec<Tree> = draft
        .unless
        .iter()
        .map(|exemption| tree(&exemption.condition, terms))
        .collect();
    let remaining = draft.unless.iter().zip(&exempted);
    parts.extend(remaining.map(|(exemption, tree)| spared(exemption, tree.clone(), terms)));
    let whole = Tree::All(parts);
    let guarded = draft.effects.iter().map(|effect| {
        let guard = effect.guard.as_ref()?;
        Some(Tree::All(vec![whole.clone(), tree(guard, terms)]))
    });
    Cases {
        guarded: guarded.collect(),
        whole,
        exempted,
        own,
    }
}

/// That an exemption does not take a query out: it does not hold, or has ended.
fn spared(exemption: &Exemption, tree: Tree, terms: &mut Terms<'_>) -> Tree {
    let spared = Tree::Not(Box::new(tree));
    match exemption.until {
        Some(until) => Tree::Any(vec![spared, Tree::Term(terms.since(until))]),
        None => spared,
    }
}

fn tree<'r>(condition: &'r Condition, terms: &mut Terms<'r>) -> Tree {
    let mut all = |parts: &'r [Condition]| parts.iter().map(|part| tree(part, terms)).collect();
    match condition {
        Condition::All(parts) => Tree::All(all(parts)),
        Condition::Any(parts) => Tree::Any(all(parts)),
        Condition::Fact(atom) => Tree::Term(terms.term(atom)),
        Condition::Not(part) => Tree::Not(Box::new(tree(part, terms))),
    }
}
