//! Is there a query of which all this is true?
//!
//! A condition is taken apart into demands on single facts: "and" adds demands, "or" tries one branch after the
//! other. Facts can be chosen apart from each other, so that a set of demands can be met exactly where those on
//! each fact can. The search is exhaustive within a bound of steps; beyond it the answer is "unsure", on which
//! nobody is told anything.

use super::{
    clocks,
    terms::{Ask, Members, Term, TermIx, Terms, Variable},
    texts,
    values::{self, Element, UnknownRisks},
};
use crate::{
    domain::Timestamp,
    rules::{Lexicon, compile::Sample, condition::Truth, mentions::language_of, vocabulary::Slot},
};

/// Demands that one question may try.
const STEPS: u32 = 4_000;

/// A condition over terms.
#[derive(Debug, Clone)]
pub(super) enum Tree {
    Term(TermIx),
    All(Vec<Self>),
    Any(Vec<Self>),
    Not(Box<Self>),
}

/// What a condition is demanded to answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wants {
    True,
    NotFalse,
    False,
    NotTrue,
}

impl Wants {
    /// Whether this is an answer as demanded.
    pub(super) fn is_met_by(self, truth: Truth) -> bool {
        match self {
            Self::True => truth == Truth::True,
            Self::NotFalse => truth != Truth::False,
            Self::False => truth == Truth::False,
            Self::NotTrue => truth != Truth::True,
        }
    }

    /// Whether it is against the condition.
    pub(super) const fn is_denied(self) -> bool {
        match self {
            Self::True | Self::NotFalse => false,
            Self::False | Self::NotTrue => true,
        }
    }

    /// What the opposite condition is then demanded to answer.
    pub(super) const fn of_the_opposite(self) -> Self {
        match self {
            Self::True => Self::False,
            Self::NotFalse => Self::NotTrue,
            Self::False => Self::True,
            Self::NotTrue => Self::NotFalse,
        }
    }
}

/// A condition and what it is demanded to answer.
pub(super) type Goal<'t> = (&'t Tree, Wants);

/// Which facts may be missing in the queries that are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Missing {
    /// None that is asked for: such a query can be shown.
    None,
    /// Any but those of the campaign.
    Any,
}

/// What a search came to.
#[derive(Debug)]
pub(super) enum Outcome {
    /// This.
    Found(Assignment),
    /// There is none.
    Never,
    /// There may be one.
    Unsure,
}

/// Values that answer as demanded.
#[derive(Debug, Clone)]
pub(super) struct Assignment {
    /// The place of the campaign.
    pub(super) campaign: usize,
    /// When it is asked.
    pub(super) now: Timestamp,
    /// What else is known; a fact that nobody asks for is not there.
    pub(super) facts: Vec<(Slot, Chosen)>,
}

/// The value of one fact.
#[derive(Debug, Clone)]
pub(super) enum Chosen {
    Elements(Vec<Element>),
    Text(String),
    /// The language that a text needs.
    Language(String),
}

/// What questions are asked of.
#[derive(Debug, Clone, Copy)]
pub(super) struct World<'w, 'r> {
    pub(super) terms: &'w Terms<'r>,
    pub(super) lexicon: &'w Lexicon,
    /// Some terms of each list.
    pub(super) samples: &'w [Vec<Sample>],
    pub(super) undeclared: Undeclared,
    /// The instant to which those of examples are near.
    pub(super) day: Timestamp,
    /// The campaigns that are looked at; all of them where nothing is said.
    pub(super) within: Option<&'w Members>,
}

/// Whether campaigns that nobody has declared yet are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Undeclared {
    Left,
    Seen,
}

/// Whether a query meets every goal.
pub(super) fn solve(world: World<'_, '_>, goals: &[Goal<'_>], missing: Missing) -> Outcome {
    let mut search = Search {
        world,
        missing,
        demands: Vec::new(),
        steps: 0,
    };
    search.run(goals.to_vec(), Vec::new())
}

struct Search<'w, 'r> {
    world: World<'w, 'r>,
    missing: Missing,
    demands: Vec<(&'w Term, Wants)>,
    steps: u32,
}

impl<'w> Search<'w, '_> {
    /// Meets the open goals, and one branch of each choice.
    fn run<'t>(&mut self, mut open: Vec<Goal<'t>>, mut choices: Vec<Goal<'t>>) -> Outcome {
        let mark = self.demands.len();
        while let Some((tree, wants)) = open.pop() {
            match tree {
                Tree::Term(ix) => {
                    if let Some(refused) = self.demand(*ix, wants) {
                        self.demands.truncate(mark);
                        return refused;
                    }
                }
                Tree::Not(inner) => open.push((inner, wants.of_the_opposite())),
                Tree::All(parts) | Tree::Any(parts) => {
                    if is_choice(tree, wants) && parts.len() != 1 {
                        choices.push((tree, wants));
                    } else {
                        open.extend(parts.iter().map(|part| (part, wants)));
                    }
                }
            }
        }
        let outcome = self.choose(choices);
        self.demands.truncate(mark);
        outcome
    }

    /// Tries the branches of the smallest choice.
    fn choose(&mut self, mut choices: Vec<Goal<'_>>) -> Outcome {
        let smallest = choices
            .iter()
            .enumerate()
            .min_by_key(|(_, (tree, _))| parts(tree).len())
            .map(|(at, _)| at);
        let Some(smallest) = smallest else {
            return self.assign();
        };
        let (tree, wants) = choices.swap_remove(smallest);
        let mut outcome = Outcome::Never;
        for part in parts(tree) {
            match self.run(vec![(part, wants)], choices.clone()) {
                Outcome::Found(found) => return Outcome::Found(found),
                Outcome::Unsure => outcome = Outcome::Unsure,
                Outcome::Never => {}
            }
        }
        outcome
    }

    /// Adds a demand; answers why the search ends here, if it does.
    fn demand(&mut self, ix: TermIx, wants: Wants) -> Option<Outcome> {
        self.steps += 1;
        if self.steps > STEPS {
            return Some(Outcome::Unsure);
        }
        let Some(term) = self.world.terms.get(ix) else {
            return Some(Outcome::Unsure);
        };
        self.demands.push((term, wants));
        (!self.agree(term.variable)).then_some(Outcome::Never)
    }

    /// Whether the demands on a variable can be met together.
    fn agree(&self, variable: Variable) -> bool {
        match variable {
            Variable::Campaign => self.campaign().is_some(),
            Variable::Now => clocks::agree(&self.clocks(), self.period()),
            Variable::Fact(slot) => {
                if self.may_be_missing(slot) {
                    return true;
                }
                let texts = self.of_text(slot);
                if texts.is_empty() {
                    self.elements(slot).is_some()
                } else {
                    texts::agree(&texts)
                }
            }
        }
    }

    fn of(&self, variable: Variable) -> impl Iterator<Item = (&'w Term, Wants)> {
        let demands = self.demands.iter().copied();
        demands.filter(move |(term, _)| term.variable == variable)
    }

    fn may_be_missing(&self, slot: Slot) -> bool {
        let content = |wants| matches!(wants, Wants::NotFalse | Wants::NotTrue);
        self.missing == Missing::Any && self.of(Variable::Fact(slot)).all(|(_, wants)| content(wants))
    }

    /// The first campaign of which the demands hold.
    fn campaign(&self) -> Option<usize> {
        let undeclared = usize::from(self.world.undeclared == Undeclared::Seen);
        let mut members = match self.world.within {
            Some(within) => within.clone(),
            None => Members::all(self.world.terms.campaigns().len() + undeclared),
        };
        for (term, wants) in self.of(Variable::Campaign) {
            if let Ask::Campaigns(asked) = &term.ask {
                if wants.is_denied() {
                    members.remove(asked);
                } else {
                    members.keep(asked);
                }
            }
        }
        members.first()
    }

    fn period(&self) -> clocks::Period {
        let (mut from, mut until) = (None, None);
        for (term, wants) in self.of(Variable::Now) {
            if let Ask::Since(instant) = term.ask {
                if wants.is_denied() {
                    until = Some(until.map_or(instant, |until: Timestamp| until.min(instant)));
                } else {
                    from = from.max(Some(instant));
                }
            }
        }
        (from, until)
    }

    fn clocks(&self) -> Vec<clocks::Demand<'w>> {
        let clocks = self.of(Variable::Now).filter_map(|(term, wants)| {
            let Ask::Clock(hours) = &term.ask else {
                return None;
            };
            let holds = !wants.is_denied();
            Some(clocks::Demand { hours, holds })
        });
        clocks.collect()
    }

    /// What is demanded of a text; nothing where the fact is none.
    fn of_text(&self, slot: Slot) -> Vec<texts::Demand<'w>> {
        let demands = self.of(Variable::Fact(slot)).filter_map(|(term, wants)| {
            let asked = match &term.ask {
                Ask::Mentions(lists) => texts::Asked::Lists(lists, term.reading),
                Ask::Matches(patterns) => texts::Asked::Patterns(patterns),
                Ask::Campaigns(_)
                | Ask::Since(_)
                | Ask::Words(_)
                | Ask::Label(..)
                | Ask::Is(_)
                | Ask::Between(..)
                | Ask::Clock(_) => return None,
            };
            Some(texts::Demand { asked, wants })
        });
        demands.collect()
    }

    fn elements(&self, slot: Slot) -> Option<Vec<Element>> {
        let demands: Vec<_> = self.of(Variable::Fact(slot)).collect();
        let risks = match self.missing {
            Missing::None => UnknownRisks::None,
            Missing::Any => UnknownRisks::Allowed,
        };
        let entry = self.world.terms.vocabulary().entry(slot)?;
        values::meet(self.world.terms, slot, entry, &demands, risks)
    }

    /// Values for every demand.
    fn assign(&self) -> Outcome {
        let mut slots: Vec<Slot> = self
            .demands
            .iter()
            .filter_map(|(term, _)| match term.variable {
                Variable::Fact(slot) => Some(slot),
                Variable::Campaign | Variable::Now => None,
            })
            .collect();
        slots.sort_unstable();
        slots.dedup();
        slots.retain(|slot| !self.may_be_missing(*slot));
        let Some(facts) = self.values(&slots) else {
            return Outcome::Unsure;
        };
        let Some(now) = clocks::find(&self.clocks(), self.period(), self.world.day) else {
            return Outcome::Unsure;
        };
        match self.campaign() {
            Some(campaign) => Outcome::Found(Assignment { campaign, now, facts }),
            None => Outcome::Never,
        }
    }

    /// Values of all these facts, texts last: what language they are in may be demanded too.
    fn values(&self, slots: &[Slot]) -> Option<Vec<(Slot, Chosen)>> {
        let mut facts = Vec::with_capacity(slots.len());
        let (texts, others): (Vec<Slot>, Vec<Slot>) =
            slots.iter().partition(|slot| !self.of_text(**slot).is_empty());
        for slot in others {
            facts.push((slot, Chosen::Elements(self.elements(slot)?)));
        }
        for slot in texts {
            let vocabulary = self.world.terms.vocabulary();
            let attribute = &vocabulary.entry(slot)?.attribute;
            let of_language = language_of(attribute).and_then(|language| vocabulary.slot(&language));
            let stated = facts.iter().find(|(known, _)| Some(*known) == of_language);
            let stated = stated.map(|(_, chosen)| self.language(chosen));
            let text = texts::find(
                self.world.lexicon,
                self.world.samples,
                attribute,
                &self.of_text(slot),
                stated.as_deref(),
            )?;
            facts.push((slot, Chosen::Text(text.text)));
            if let (None, Some(slot), Some(language)) = (stated, of_language, text.language) {
                facts.push((slot, Chosen::Language(language)));
            }
        }
        Some(facts)
    }

    /// The language that was chosen; what no rule names is no term's language either.
    fn language(&self, chosen: &Chosen) -> String {
        match chosen {
            Chosen::Elements(elements) => match elements.first() {
                Some(Element::Word(symbol)) => self.world.terms.text(*symbol).to_owned(),
                Some(Element::Other | Element::Label(..) | Element::Number(_) | Element::Flag(_)) | None => {
                    "other".to_owned()
                }
            },
            Chosen::Text(language) | Chosen::Language(language) => language.clone(),
        }
    }
}

/// Whether one part is enough.
const fn is_choice(tree: &Tree, wants: Wants) -> bool {
    match tree {
        Tree::Any(_) => !wants.is_denied(),
        Tree::All(_) => wants.is_denied(),
        Tree::Term(_) | Tree::Not(_) => false,
    }
}

fn parts(tree: &Tree) -> &[Tree] {
    match tree {
        Tree::All(parts) | Tree::Any(parts) => parts,
        Tree::Term(_) | Tree::Not(_) => &[],
    }
}
