//! Candidates that are answered together: one of a bid, a send time or a score; all of a slate or a split.

use smallvec::SmallVec;

use super::{check, enforce::Answer};
use crate::domain::{
    Applied, CandidateLimits, Causes, Certainty, Choice, Effect, FallbackReason, Grounds, Proposed, Question,
    RuleIx, SafeDefault, Source, Standing, Verdict, Wish, apply_all, causes_all, permits_all, shadowed_all,
};

/// Candidates that are answered together, with what is known of each, in one order.
#[derive(Clone, Copy)]
pub(super) struct Group<'a> {
    question: &'a Question,
    limits: &'a [CandidateLimits],
    /// What people would do without limits.
    baselines: &'a [Wish],
    /// What the model says, where it is usable.
    opinions: &'a [Option<Proposed>],
}

impl<'a> Group<'a> {
    /// The groups of a query. The slices have one entry a candidate.
    pub(super) fn each(
        question: &'a Question,
        limits: &'a [CandidateLimits],
        baselines: &'a [Wish],
        opinions: &'a [Option<Proposed>],
    ) -> impl Iterator<Item = Self> {
        let size = match question {
            Question::Bid(_) | Question::SendTime(_) | Question::Score => 1,
            Question::Recommendation { .. } | Question::Budget(_) => limits.len().max(1),
        };
        let parts = limits.chunks(size).zip(baselines.chunks(size));
        parts
            .zip(opinions.chunks(size))
            .map(move |((limits, baselines), opinions)| Self {
                question,
                limits,
                baselines,
                opinions,
            })
    }

    /// How many candidates it has.
    pub(super) const fn len(self) -> usize {
        self.limits.len()
    }

    /// What is wished: by the model, else by people.
    fn wishes(self) -> SmallVec<[Wish; 1]> {
        let pairs = self.opinions.iter().zip(self.baselines);
        pairs
            .map(|(opinion, baseline)| {
                opinion.as_ref().map_or(*baseline, |proposed| Wish {
                    choice: proposed.wish,
                    relevance: proposed.relevance,
                })
            })
            .collect()
    }

    /// Whether the model said enough to be followed: of a slate something, of all else everything.
    fn is_spoken(self) -> bool {
        let free = self
            .opinions
            .iter()
            .zip(self.limits)
            .filter(|(_, limits)| limits.is_free());
        let mut spoken = free.map(|(opinion, _)| opinion.is_some());
        match self.question {
            Question::Recommendation { .. } => spoken.any(|spoken| spoken),
            Question::Bid(_) | Question::SendTime(_) | Question::Budget(_) | Question::Score => {
                spoken.all(|spoken| spoken)
            }
        }
    }

    /// The checked answers; `silence` says why a model that has no opinion has none.
    pub(super) fn answers(self, silence: FallbackReason) -> Vec<Answer> {
        let wishes = self.wishes();
        let human = apply_all(self.question, self.limits, &wishes);
        let free = human.iter().any(|applied| applied.standing == Standing::Allowed);
        let fallback = human.iter().any(|applied| applied.fallback.is_some());
        if !free || fallback {
            return unwished(self.resolved(&wishes, human));
        }
        if !self.is_spoken() {
            return match silence {
                FallbackReason::Deadline => self.safe_default(silence),
                FallbackReason::ModelFailed
                | FallbackReason::NoOpinion
                | FallbackReason::Conflict
                | FallbackReason::Contradiction
                | FallbackReason::CheckFailed => self.unspoken(silence),
            };
        }
        let mut chosen = human;
        for (applied, opinion) in chosen.iter_mut().zip(self.opinions) {
            let said = opinion
                .as_ref()
                .map_or(Choice::NotShown, |proposed| proposed.choice);
            applied.choice = applied.choice.and(Some(said));
        }
        let choices: SmallVec<[Option<Choice>; 1]> = chosen.iter().map(|applied| applied.choice).collect();
        match self.unfit(&choices).or_else(|| self.unfit_alternative()) {
            None => self.resolved(&wishes, chosen),
            Some(alarm) => {
                let mut answers = self.safe_default(FallbackReason::CheckFailed);
                if let Some(first) = answers.first_mut() {
                    first.alarm = Some(alarm);
                }
                answers
            }
        }
    }

    /// People's baseline inside the limits.
    fn unspoken(self, silence: FallbackReason) -> Vec<Answer> {
        let human = apply_all(self.question, self.limits, self.baselines);
        let silent = vec![None; self.limits.len()];
        let group = Group {
            opinions: &silent,
            ..self
        };
        let mut answers = group.resolved(self.baselines, human);
        // What a rule keeps back nobody's silence does.
        for answer in answers.iter_mut().filter(|answer| answer.choice.is_some()) {
            answer.fallback = answer.fallback.or(Some(silence));
        }
        unwished(answers)
    }

    /// What is wrong with choices, by the merged limits or by each of them alone.
    fn unfit(self, choices: &[Option<Choice>]) -> Option<String> {
        let infeasible = || {
            (!permits_all(self.question, self.limits, choices))
                .then(|| "the limits do not permit the choice".to_owned())
        };
        check::violated(self.question, self.limits, choices).or_else(infeasible)
    }

    /// What is wrong with a further instant that the model names: each is checked as if it were the choice, and named
    /// once.
    fn unfit_alternative(self) -> Option<String> {
        let Question::SendTime(sending) = self.question else {
            return None;
        };
        let opinion = self.opinions.first()?.as_ref()?;
        let Some(Grounds::SendTime { alternatives }) = opinion.grounds.as_deref() else {
            return None;
        };
        if alternatives.len() > usize::from(sending.alternatives) {
            return Some(format!(
                "it names more than {} alternatives",
                sending.alternatives
            ));
        }
        let mut named = vec![opinion.choice];
        alternatives.iter().find_map(|alternative| {
            let choice = Choice::Send(alternative.at);
            if named.contains(&choice) {
                return Some(format!("it names {} twice", alternative.at));
            }
            named.push(choice);
            let problem = self.unfit(&[Some(choice)])?;
            Some(format!("of an alternative: {problem}"))
        })
    }

    /// What is declared for the case that nobody's value may be used, if every limit permits it.
    fn safe_default(self, reason: FallbackReason) -> Vec<Answer> {
        let declared = |limits: &CandidateLimits| match limits.safe_default {
            SafeDefault::Answer(choice) if limits.is_free() => Some(choice),
            SafeDefault::Answer(_) | SafeDefault::NoValue | SafeDefault::Held => None,
        };
        let mut choices: SmallVec<[Option<Choice>; 1]> = self.limits.iter().map(declared).collect();
        if self.unfit(&choices).is_some() {
            choices.fill(None);
        }
        let pairs = self.limits.iter().zip(&choices);
        pairs
            .map(|(limits, choice)| Answer {
                verdict: match choice {
                    Some(_) => Verdict::Changed,
                    None if limits.safe_default == SafeDefault::Held => Verdict::Held,
                    None => Verdict::Blocked,
                },
                choice: *choice,
                wish: None,
                explained_by: None,
                source: Source::Fallback,
                causes: Causes::default(),
                shadow: Vec::new(),
                unknown: settled_unknown(limits),
                tickets: Vec::new(),
                proposed: None,
                fallback: Some(reason),
                taken: None,
                alarm: None,
            })
            .collect()
    }

    /// The answers that leave, explained; `applied` is what leaves of each.
    fn resolved(self, wishes: &[Wish], applied: Vec<Applied>) -> Vec<Answer> {
        let unruled = self.unruled(wishes);
        let verdicts = applied.iter().zip(&unruled);
        let verdicts = verdicts.map(|(applied, unruled)| match applied.standing {
            Standing::Blocked => Verdict::Blocked,
            Standing::Held => Verdict::Held,
            Standing::Allowed if applied.choice == unruled.choice => Verdict::Allowed,
            Standing::Allowed => Verdict::Changed,
        });
        let verdicts: SmallVec<[Verdict; 1]> = verdicts.collect();
        let mut answers = self.explained_by(wishes, &verdicts, &unruled);
        for (answer, applied) in answers.iter_mut().zip(applied) {
            answer.choice = applied.choice;
            answer.wish = applied.choice.and(answer.wish);
            answer.fallback = applied.fallback;
            if applied.fallback.is_some() {
                answer.source = Source::Fallback;
            }
        }
        answers
    }

    /// Explains answers that were given before, as `verdicts` say.
    pub(super) fn explained(self, verdicts: &[Verdict]) -> Vec<Answer> {
        let wishes = self.wishes();
        let unruled = self.unruled(&wishes);
        self.explained_by(&wishes, verdicts, &unruled)
    }

    fn explained_by(self, wishes: &[Wish], verdicts: &[Verdict], unruled: &[Applied]) -> Vec<Answer> {
        let causes = causes_all(self.question, self.limits, wishes);
        let shadows = shadowed_all(self.question, self.limits, wishes);
        let known = self.limits.iter().zip(self.opinions).zip(verdicts).zip(unruled);
        let known = known.zip(wishes);
        known
            .zip(causes.into_iter().zip(shadows))
            .map(
                |(((((limits, opinion), verdict), unruled), explained_by), (causes, shadow))| {
                    let source = opinion
                        .as_ref()
                        .map_or(Source::Fallback, |proposed| proposed.source);
                    Answer {
                        verdict: *verdict,
                        choice: None,
                        wish: unruled.choice,
                        explained_by: Some(*explained_by),
                        source,
                        causes: by_hand(causes, limits, *verdict, source),
                        shadow,
                        unknown: settled_unknown(limits),
                        tickets: Vec::new(),
                        proposed: opinion.clone(),
                        fallback: None,
                        taken: None,
                        alarm: None,
                    }
                },
            )
            .collect()
    }

    /// The wishes in this auction or window, with no rule and no budget in force: a bid below the floor is no bid.
    fn unruled(self, wishes: &[Wish]) -> Vec<Applied> {
        let asked = |limits: &CandidateLimits| CandidateLimits {
            auction: limits.auction,
            floor: limits.floor,
            window: limits.window.clone(),
            ..CandidateLimits::default()
        };
        let limits: SmallVec<[CandidateLimits; 1]> = self.limits.iter().map(asked).collect();
        apply_all(self.question, &limits, wishes)
    }
}

/// Where no model was followed there is no wish to tell.
fn unwished(mut answers: Vec<Answer>) -> Vec<Answer> {
    for answer in &mut answers {
        answer.wish = None;
        answer.proposed = None;
        answer.source = Source::Fallback;
    }
    answers
}

/// Where the human value was taken exactly although the wish lay in the band, the band is the cause: without it
/// nobody would have taken that value.
fn by_hand(mut causes: Causes, limits: &CandidateLimits, verdict: Verdict, source: Source) -> Causes {
    if verdict == Verdict::Changed && source == Source::Human && causes.because_of.is_empty() {
        let bands = limits.effects.iter().filter(|active| {
            matches!(
                active.effect,
                Effect::Band { .. } | Effect::BandAt(_) | Effect::StartList { .. }
            )
        });
        causes.because_of.extend(bands.map(|active| active.rule));
    }
    causes
}

fn settled_unknown(limits: &CandidateLimits) -> SmallVec<[RuleIx; 2]> {
    let applied = limits
        .effects
        .iter()
        .filter(|active| active.certainty == Certainty::Unknown);
    let mut rules: SmallVec<[RuleIx; 2]> = applied
        .map(|active| active.rule)
        .chain(limits.skipped.iter().copied())
        .collect();
    rules.sort_unstable();
    rules.dedup();
    rules
}
