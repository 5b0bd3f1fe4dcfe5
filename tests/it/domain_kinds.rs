//! Laws of send times, slates, splits and scores, over random rules and wishes.
//!
//! A plain reading of every effect stands beside the answers.

use std::sync::Arc;

use balustrade::{
    domain::{
        Active, Applied, Attribute, Bounded, CandidateId, CandidateLimits, Certainty, Choice, Effect, Kind,
        Micros, PerFact, Proposal, Question, RuleIx, RuleTable, Sort, Standing, Tier, Timestamp, Wish, Word,
        apply, apply_all, causes_all, permits_all, shadowed_all,
    },
    guardrail::enforce,
};
use proptest::prelude::*;

use crate::{
    domain_laws::{cases, plain_causes},
    domain_stories::{LATEST, Story, at, pairs, slate_of, stories, story},
    guardrail_laws::{campaign, proposed, query},
};

impl Story {
    fn answers(&self) -> Vec<Applied> {
        apply_all(&self.question, &self.limits, &self.wishes)
    }

    fn choices(&self) -> Vec<Option<Choice>> {
        self.answers().iter().map(|applied| applied.choice).collect()
    }

    /// The same with only the effects that `keep` says.
    fn with(&self, keep: impl Fn(&Active) -> bool) -> Self {
        let mut story = self.clone();
        for limits in &mut story.limits {
            limits.effects = limits
                .effects
                .iter()
                .filter(|active| keep(active))
                .cloned()
                .collect();
        }
        story
    }

    /// Every restriction, read one by one.
    fn satisfies_restrictions(&self, choices: &[Option<Choice>]) -> bool {
        let each = self.limits.iter().zip(choices);
        let answered = each.filter_map(|(limits, choice)| Some((limits, (*choice)?)));
        let alone = answered.clone().all(|(limits, choice)| {
            limits
                .effects
                .iter()
                .all(|active| plainly_satisfied(&active.effect, choice))
        });
        alone && self.uncrowded(choices) && self.adds_up(choices)
    }

    /// Of no limit stand more items than it lets.
    fn uncrowded(&self, choices: &[Option<Choice>]) -> bool {
        let shown: Vec<&CandidateLimits> = self
            .limits
            .iter()
            .zip(choices)
            .filter(|(_, choice)| matches!(choice, Some(Choice::Show(_))))
            .map(|(limits, _)| limits)
            .collect();
        let groups = |limits: &CandidateLimits| -> Vec<PerFact> {
            let each = limits.effects.iter();
            each.filter_map(|active| {
                if let Effect::AtMostPer(group) = &active.effect {
                    Some((**group).clone())
                } else {
                    None
                }
            })
            .collect()
        };
        shown.iter().flat_map(|limits| groups(limits)).all(|group| {
            let together = |other: &PerFact| match (&group.values, &other.values) {
                (Some(a), Some(b)) => a.iter().any(|value| b.contains(value)),
                _ => true,
            };
            shown
                .iter()
                .filter(|limits| groups(limits).iter().any(together))
                .count()
                <= usize::from(group.most)
        })
    }

    fn adds_up(&self, choices: &[Option<Choice>]) -> bool {
        match &self.question {
            Question::Budget(total) => {
                let parts: i64 = choices
                    .iter()
                    .flatten()
                    .filter_map(|choice| choice.amount())
                    .map(Micros::get)
                    .sum();
                choices.iter().all(Option::is_none) || parts == total.amount.get()
            }
            Question::Recommendation { slots, .. } => {
                let mut shown: Vec<u16> = choices
                    .iter()
                    .flatten()
                    .filter_map(|choice| choice.slot())
                    .collect();
                shown.sort_unstable();
                shown.iter().copied().eq(1..=u16::try_from(shown.len()).unwrap())
                    && shown.len() <= usize::from(*slots)
            }
            Question::Bid(_) | Question::SendTime(_) | Question::Score => true,
        }
    }

    fn bounded(&self) -> Bounded {
        let mut query = query();
        let only = query.candidates[0].clone();
        query.question = self.question.clone();
        query.candidates = (0..self.limits.len())
            .map(|at| balustrade::domain::Candidate {
                id: CandidateId::new(&format!("c{at}")).unwrap(),
                ..only.clone()
            })
            .collect();
        Bounded {
            query,
            campaigns: std::iter::repeat_n(Arc::new(campaign()), self.limits.len()).collect(),
            limits: self.limits.clone(),
            evidence: Vec::new(),
            spend: Vec::new(),
            rules: Arc::new(RuleTable::default()),
        }
    }
}

fn plainly_satisfied(effect: &Effect, choice: Choice) -> bool {
    match (effect, choice) {
        (Effect::Block | Effect::Exclude | Effect::Hold(_), _) => false,
        (Effect::AtLeast(bound), Choice::Score(chance)) => chance >= *bound,
        (Effect::AtMost(bound), Choice::Score(chance)) => chance <= *bound,
        (Effect::Times { allowed, .. }, Choice::Send(at)) => allowed.contains(at),
        (Effect::Cap(cap), Choice::Send(at)) => cap.allowed.contains(at),
        (Effect::Share { at_least, at_most } | Effect::Step { at_least, at_most }, Choice::Share(part)) => {
            *at_least <= part && part <= *at_most
        }
        _ => true,
    }
}

proptest! {
    #![proptest_config(cases())]

    /// Fault tried: a pin placed without looking at the limits of its sort.
    #[test]
    fn what_leaves_satisfies_every_restriction_and_all_else_is_kept_back(story in stories()) {
        let answers = story.answers();
        let choices: Vec<Option<Choice>> = answers.iter().map(|applied| applied.choice).collect();
        prop_assert!(story.satisfies_restrictions(&choices), "{answers:?}");
        for applied in &answers {
            prop_assert_eq!(applied.choice.is_some(), applied.standing == Standing::Allowed);
        }
    }

    /// Fault tried: the highest `at_least` left out of a split's intervals.
    #[test]
    fn what_the_limits_answer_they_permit_and_the_independent_check_agrees(story in stories()) {
        let answers = story.answers();
        if answers.iter().any(|applied| applied.fallback.is_some()) {
            return Ok(());
        }
        let choices: Vec<Option<Choice>> = answers.iter().map(|applied| applied.choice).collect();
        prop_assert!(permits_all(&story.question, &story.limits, &choices), "{choices:?}");
        let opinions = story.wishes.iter().zip(&choices).map(|(wish, choice)| {
            let said = choice.map(|choice| proposed(wish.choice, choice))?;
            Some(balustrade::domain::Proposed { relevance: wish.relevance, ..said })
        });
        let proposal = Proposal { bounded: Arc::new(story.bounded()), candidates: opinions.collect(), snapshot: 1 };
        for (answer, choice) in enforce(proposal).answers().iter().zip(&choices) {
            prop_assert_eq!(&answer.alarm, &None);
            prop_assert_eq!(answer.choice, *choice);
        }
    }

    /// Fault tried: an independent check that reads no caps.
    #[test]
    fn an_answer_that_breaks_a_restriction_never_leaves((story, other) in pairs()) {
        let choices = other.with(|_| false).choices();
        let opinions = choices.iter().map(|choice| choice.map(|choice| proposed(choice, choice)));
        let proposal = Proposal { bounded: Arc::new(story.bounded()), candidates: opinions.collect(), snapshot: 1 };
        let left: Vec<Option<Choice>> = enforce(proposal).answers().iter().map(|answer| answer.choice).collect();
        prop_assert!(story.satisfies_restrictions(&left), "{left:?}");
    }

    /// Fault tried: causes of a slate found per candidate.
    #[test]
    fn the_named_causes_suffice_and_each_is_needed(story in stories()) {
        let joint = matches!(story.question, Question::Recommendation { .. } | Question::Budget(_));
        let told = causes_all(&story.question, &story.limits, &story.wishes);
        let whole: Vec<_> = story.answers().iter().map(|applied| (applied.choice, applied.standing, applied.fallback)).collect();
        let answer = |kept: &[RuleIx]| -> Vec<_> {
            let some = story.with(|active| kept.contains(&active.rule)).answers();
            some.iter().map(|applied| (applied.choice, applied.standing, applied.fallback)).collect()
        };
        for (at, causes) in told.iter().enumerate() {
            let kept_back = whole[at].1 != Standing::Allowed && whole[at].2.is_none();
            let same = |kept: &[RuleIx]| match (joint, kept_back) {
                (true, false) => answer(kept) == whole,
                (true, true) => {
                    let alone = story.with(|active| kept.contains(&active.rule));
                    apply(&alone.limits[at], Choice::NotShown).standing == whole[at].1
                }
                (false, _) => answer(kept)[at] == whole[at],
            };
            if !joint {
                let plain = plain_causes(&story.limits[at], story.wishes[at].choice);
                prop_assert_eq!(causes.because_of.to_vec(), plain);
            }
            if causes.because_of.is_empty() {
                continue;
            }
            prop_assert!(same(&causes.because_of), "{causes:?} do not suffice");
            for needed in &causes.because_of {
                let rest: Vec<RuleIx> = causes.because_of.iter().copied().filter(|rule| rule != needed).collect();
                prop_assert!(!same(&rest), "{needed:?} of {causes:?} is not needed");
            }
        }
    }

    /// Fault tried: a share of a new restriction widening the interval.
    #[test]
    fn a_restriction_only_tightens(story in stories(), dropped in 0_u32..6) {
        let restrictions = story.with(|active| active.effect.sort() == Sort::Restriction);
        let looser = restrictions.with(|active| active.rule != RuleIx(dropped));
        let choices = restrictions.choices();
        if choices.iter().any(Option::is_some) {
            prop_assert!(looser.satisfies_restrictions(&choices));
            let standing = |story: &Story| story.answers().iter().map(|applied| applied.standing).max();
            let fell_back = |story: &Story| story.answers().iter().any(|applied| applied.fallback.is_some());
            prop_assert!(!fell_back(&looser) || fell_back(&restrictions));
            prop_assert!(standing(&looser) <= standing(&restrictions));
        }
    }

    /// Fault tried: the effects of the shadow merged into those in force.
    #[test]
    fn a_rule_in_shadow_cannot_interfere((story, shadow) in pairs()) {
        let mut shady = story.clone();
        for (limits, shadow) in shady.limits.iter_mut().zip(&shadow.limits) {
            limits.shadow = shadow.effects.clone();
        }
        prop_assert_eq!(shady.answers(), story.answers());
        let told = shadowed_all(&shady.question, &shady.limits, &shady.wishes);
        prop_assert_eq!(told.len(), story.limits.len());
    }

    /// Fault tried: the shift rounded up.
    #[test]
    fn a_split_is_the_nearest_to_the_wish_of_all_that_are_permitted(story in story(Kind::Budget)) {
        let Question::Budget(total) = &story.question else { unreachable!() };
        let answers = story.answers();
        if answers.iter().any(|applied| applied.choice.is_none() || applied.fallback.is_some()) {
            return Ok(());
        }
        let wish = |at: usize| story.wishes[at].choice.amount().unwrap().get();
        let distance = |parts: &[i64]| -> i64 { parts.iter().enumerate().map(|(at, part)| (part - wish(at)).pow(2)).sum() };
        let ours: Vec<i64> = answers.iter().filter_map(|applied| applied.choice?.amount()).map(Micros::get).collect();
        for parts in every_split(total.amount.get(), story.limits.len()) {
            let choices: Vec<Option<Choice>> = parts.iter().map(|part| Some(Choice::Share(Micros::new(*part)))).collect();
            if permits_all(&story.question, &story.limits, &choices) {
                prop_assert!(distance(&ours) <= distance(&parts), "{parts:?} is nearer than {ours:?}");
            }
        }
    }

    /// Fault tried: the last instant preferred to the first one after the wish.
    #[test]
    fn a_message_waits_for_the_first_allowed_instant(story in story(Kind::SendTime)) {
        let restrictions = story.with(|active| active.effect.sort() == Sort::Restriction);
        let wish = story.wishes[0].choice.instant().unwrap();
        let permitted = |minute: &i64| restrictions.satisfies_restrictions(&[Some(Choice::Send(at(*minute)))]);
        let minutes: Vec<i64> = (4..LATEST - 4).filter(permitted).collect();
        let answer = restrictions.choices()[0].and_then(Choice::instant);
        match minutes.iter().find(|minute| at(**minute) >= wish) {
            Some(first) => prop_assert_eq!(answer, Some(at(*first).max(wish))),
            // Before the wish the last millisecond of the last minute that is allowed.
            None => prop_assert_eq!(answer, minutes.last().map(|last| Timestamp::from_millis(at(last + 1).as_millis() - 1))),
        }
    }
}

fn every_split(total: i64, arms: usize) -> Vec<Vec<i64>> {
    if arms == 1 {
        return vec![vec![total]];
    }
    let first = 0..=total;
    first
        .flat_map(|part| {
            every_split(total - part, arms - 1).into_iter().map(move |rest| {
                let mut parts = vec![part];
                parts.extend(rest);
                parts
            })
        })
        .collect()
}

/// One item a letter, with what is in force for each.
fn slate(slots: u16, effects: &[&[Effect]]) -> Vec<Option<u16>> {
    let limits: Vec<CandidateLimits> = effects
        .iter()
        .map(|effects| CandidateLimits {
            effects: (0..)
                .zip(*effects)
                .map(|(rule, effect)| Active {
                    certainty: Certainty::Certain,
                    rule: RuleIx(rule),
                    tier: Tier::Brand,
                    effect: effect.clone(),
                })
                .collect(),
            ..CandidateLimits::default()
        })
        .collect();
    let wishes: Vec<Wish> = (0..limits.len())
        .map(|at| Wish {
            choice: Choice::NotShown,
            relevance: Micros::new(i64::try_from(limits.len() - at).unwrap()),
        })
        .collect();
    let answers = apply_all(&slate_of(slots), &limits, &wishes);
    answers
        .iter()
        .map(|applied| applied.choice.and_then(Choice::slot))
        .collect()
}

#[test]
fn an_excluded_candidate_cannot_be_pinned_and_the_next_moves_up() {
    let pinned = slate(2, &[&[], &[Effect::Pin(1)], &[]]);
    assert_eq!(pinned, [Some(2), Some(1), None]);
    let excluded = slate(2, &[&[], &[Effect::Exclude, Effect::Pin(1)], &[]]);
    assert_eq!(excluded, [Some(1), None, Some(2)]);
}

#[test]
fn a_list_of_people_comes_first_and_leaves_the_model_its_slots() {
    let list = |place| Effect::StartList {
        place,
        model_slots: 1,
        have: 0,
        need: 50,
    };
    let slots = slate(
        3,
        &[&[list(None)], &[list(Some(2))], &[list(None)], &[list(Some(1))]],
    );
    assert_eq!(slots, [Some(3), Some(2), None, Some(1)]);
}

#[test]
fn at_most_two_of_a_sort_leaves_the_third_out() {
    let of = |value: &str| {
        Effect::AtMostPer(Box::new(PerFact {
            attribute: Attribute::Brand,
            values: Some(vec![Word::new(value).unwrap()]),
            most: 2,
        }))
    };
    let slots = slate(3, &[&[of("nova")], &[of("nova")], &[of("nova")], &[of("lago")]]);
    assert_eq!(slots, [Some(1), Some(2), None, Some(3)]);
}
