//! What a model says beside its choice leaves only with a choice that leaves, and only where it is what it claims to
//! be: a further instant satisfies every limit, a number is one.

use std::sync::Arc;

use balustrade::{
    domain::{
        Active, Alternative, Bounded, CandidateLimits, Certainty, Choice, Contribution, Effect,
        FallbackReason, Grounds, Micros, Proposal, Proposed, Question, RuleIx, Sending, Span, Spans, Tier,
        TimeLimit, Timestamp, Word, permits,
    },
    guardrail::{Answer, enforce},
};
use proptest::prelude::*;

use crate::{
    domain_laws::cases,
    guardrail_laws::{campaign, proposed, query},
};

const fn at(minute: i64) -> Timestamp {
    Timestamp::from_millis(minute * 60_000)
}

fn spans(ranges: &[(i64, i64)]) -> Spans {
    let each = ranges
        .iter()
        .map(|(from, until)| Span::new(at(*from), at(*until)));
    each.collect()
}

/// An hour of which a rule leaves two parts.
fn limits(allowed: &[(i64, i64)]) -> CandidateLimits {
    let times = Effect::Times {
        limit: TimeLimit::QuietHours,
        allowed: spans(allowed),
    };
    CandidateLimits {
        window: Some(Spans::of(at(0), at(60))),
        effects: [Active {
            rule: RuleIx(0),
            tier: Tier::Brand,
            certainty: Certainty::Certain,
            effect: times,
        }]
        .into_iter()
        .collect(),
        ..CandidateLimits::default()
    }
}

fn answer(question: Question, limits: CandidateLimits, opinion: Proposed) -> Answer {
    let mut query = query();
    query.question = question;
    let bounded = Bounded {
        query,
        campaigns: vec![Arc::new(campaign())],
        limits: vec![limits],
        evidence: Vec::new(),
        spend: Vec::new(),
        rules: Arc::default(),
    };
    let proposal = Proposal {
        bounded: Arc::new(bounded),
        candidates: vec![Some(opinion)],
        snapshot: 1,
    };
    enforce(proposal).answers()[0].clone()
}

/// Sent after a quarter of an hour, with these further instants.
fn sent(allowed: &[(i64, i64)], further: &[(i64, Option<f64>)]) -> Answer {
    let choice = Choice::Send(at(15));
    let alternatives = further.iter().map(|(minute, outcome_probability)| Alternative {
        at: at(*minute),
        outcome_probability: *outcome_probability,
    });
    let alternatives = alternatives.collect();
    let opinion = Proposed {
        grounds: Some(Box::new(Grounds::SendTime { alternatives })),
        ..proposed(choice, choice)
    };
    let question = Question::SendTime(Sending {
        earliest: at(0),
        latest: at(60),
        alternatives: 2,
    });
    answer(question, limits(allowed), opinion)
}

const PARTS: &[(i64, i64)] = &[(10, 20), (30, 40)];

#[test]
fn further_instants_inside_the_limits_leave_with_the_choice() {
    let answer = sent(PARTS, &[(35, Some(0.2)), (12, None)]);
    assert_eq!(answer.choice, Some(Choice::Send(at(15))));
    assert_eq!(answer.alarm, None);
    assert!(answer.proposed.unwrap().grounds.is_some());
}

/// Fault tried: alternatives that are not checked.
#[test]
fn a_further_instant_outside_the_limits_is_an_alarm_and_nothing_of_the_opinion_leaves() {
    for wrong in [25, 20, 40, 61, -1] {
        let answer = sent(PARTS, &[(12, None), (wrong, None)]);
        assert!(answer.alarm.is_some(), "minute {wrong}");
        assert_eq!(
            answer.fallback,
            Some(FallbackReason::CheckFailed),
            "minute {wrong}"
        );
        assert_eq!((answer.choice, answer.proposed), (None, None), "minute {wrong}");
    }
}

#[test]
fn an_instant_is_named_once_and_no_more_than_were_asked_for() {
    for further in [
        &[(35, None), (35, None)][..],
        &[(15, None)],
        &[(35, None), (36, None), (37, None)],
    ] {
        assert!(sent(PARTS, further).alarm.is_some(), "{further:?}");
    }
}

#[test]
fn what_is_no_number_is_no_opinion() {
    for wrong in [f64::NAN, f64::INFINITY, -0.1, 1.1] {
        let answer = sent(PARTS, &[(35, Some(wrong))]);
        assert_eq!(answer.fallback, Some(FallbackReason::NoOpinion), "{wrong}");
        assert_eq!(answer.proposed, None, "{wrong}");
    }
    let reason = |contribution| Contribution {
        fact: Word::new("age").unwrap(),
        value: Word::new("22").unwrap(),
        contribution,
    };
    let scored = |contribution| {
        let choice = Choice::Score(Micros::new(200_000));
        let grounds = Grounds::Score {
            up: vec![reason(0.1)],
            down: vec![reason(contribution)],
        };
        let opinion = Proposed {
            grounds: Some(Box::new(grounds)),
            ..proposed(choice, choice)
        };
        answer(Question::Score, CandidateLimits::default(), opinion)
    };
    assert!(scored(-0.1).proposed.is_some());
    for wrong in [f64::NAN, -1.5] {
        assert_eq!(scored(wrong).fallback, Some(FallbackReason::NoOpinion), "{wrong}");
    }
}

#[test]
fn grounds_of_another_kind_are_no_opinion() {
    let choice = Choice::Score(Micros::new(200_000));
    let opinion = Proposed {
        grounds: Some(Box::new(Grounds::Arm { marginal_return: 1.0 })),
        ..proposed(choice, choice)
    };
    let answer = answer(Question::Score, CandidateLimits::default(), opinion);
    assert_eq!(answer.fallback, Some(FallbackReason::NoOpinion));
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn a_further_instant_leaves_exactly_where_it_might_have_been_the_choice(
        mut allowed in prop::collection::vec((0_i64..60, 1_i64..15).prop_map(|(from, long)| (from, from + long)), 0..4),
        minute in -5_i64..70,
    ) {
        prop_assume!(minute != 15);
        allowed.push((15, 16));
        let answer = sent(&allowed, &[(minute, None)]);
        let permitted = permits(&limits(&allowed), Choice::Send(at(minute)));
        prop_assert_eq!(answer.alarm.is_none(), permitted);
        prop_assert_eq!(answer.choice.is_some(), permitted);
    }
}
