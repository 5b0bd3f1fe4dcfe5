//! Random rules, questions and wishes of send times, slates, splits and scores.
//!
//! A rule acts on some of the candidates, as in life.

use balustrade::domain::{
    Active, Attribute, BasisPoints, Bounds, CandidateLimits, Cap, Certainty, Choice, Duration, Effect, Kind,
    Micros, NearTime, PerFact, Question, Reach, RuleIx, SafeDefault, Sending, Span, Spans, Tier, TimeLimit,
    Timestamp, Total, Wish, Word,
};
use proptest::prelude::*;

#[derive(Debug, Clone)]
pub(crate) struct Story {
    pub(crate) question: Question,
    pub(crate) limits: Vec<CandidateLimits>,
    pub(crate) wishes: Vec<Wish>,
}

pub(crate) const fn at(minute: i64) -> Timestamp {
    Timestamp::from_millis(minute * 60_000)
}

/// The end of the instants of every send-time question, in minutes.
pub(crate) const LATEST: i64 = 48;

fn spans() -> impl Strategy<Value = Spans> {
    prop::collection::vec((0..LATEST, 1_i64..12), 0..4).prop_map(|ranges| {
        ranges
            .iter()
            .map(|(from, long)| Span::new(at(*from), at(from + long)))
            .collect()
    })
}

fn of_send_times() -> impl Strategy<Value = Effect> {
    let limits = prop::sample::select(vec![
        TimeLimit::QuietHours,
        TimeLimit::NotBefore,
        TimeLimit::NotAfter,
        TimeLimit::OnlyOn,
    ]);
    prop_oneof![
        6 => (limits, spans()).prop_map(|(limit, allowed)| Effect::Times { limit, allowed }),
        2 => spans().prop_map(|allowed| Effect::Cap(Cap {
            most: 3,
            window: Duration::from_days(7),
            reach: Reach::Channel,
            allowed,
        })),
        2 => spans().prop_map(Effect::ForceAt),
        2 => (spans(), spans()).prop_map(|(human, more)| Effect::BandAt(Box::new(NearTime {
            near: human.union(&more),
            human,
            have: 1,
            need: 9,
        }))),
        1 => of_all(),
    ]
}

fn of_all() -> impl Strategy<Value = Effect> {
    prop_oneof![
        Just(Effect::Block),
        Just(Effect::Hold(Word::new("legal").unwrap())),
        Just(Effect::Note("seen".into())),
    ]
}

fn of_slates() -> impl Strategy<Value = Effect> {
    let values = prop_oneof![
        4 => prop::sample::subsequence(vec!["a", "b", "c"], 1..3).prop_map(Some),
        1 => Just(None),
    ];
    let values = values.prop_map(|values| {
        values.map(|values: Vec<&str>| {
            values
                .into_iter()
                .map(|value| Word::new(value).unwrap())
                .collect()
        })
    });
    prop_oneof![
        2 => Just(Effect::Exclude),
        4 => (values, 0_u16..3).prop_map(|(values, most)| Effect::AtMostPer(Box::new(PerFact {
            attribute: Attribute::Brand,
            values,
            most,
        }))),
        3 => (1_u16..6).prop_map(Effect::Pin),
        2 => (prop::option::of(1_u16..5), 0_u16..5).prop_map(|(place, model_slots)| Effect::StartList {
            place,
            model_slots,
            have: 1,
            need: 9,
        }),
        3 => (-9_000_i32..9_000).prop_map(|by| Effect::Boost(BasisPoints::new(by))),
        1 => of_all(),
    ]
}

fn of_splits() -> impl Strategy<Value = Effect> {
    let ends = || (0_i64..20, 0_i64..20).prop_map(|(a, b)| (Micros::new(a.min(b)), Micros::new(a.max(b))));
    prop_oneof![
        4 => ends().prop_map(|(at_least, at_most)| Effect::Share { at_least, at_most }),
        2 => ends().prop_map(|(at_least, at_most)| Effect::Step { at_least, at_most }),
        1 => (0_i64..20).prop_map(|amount| Effect::Force(Micros::new(amount))),
        1 => (ends(), 0_i64..20).prop_map(|((low, high), human)| Effect::Band {
            human: Micros::new(human),
            low,
            high,
            have: 1,
            need: 9,
        }),
        1 => Just(Effect::Exclude),
        1 => of_all(),
    ]
}

fn of_scores() -> impl Strategy<Value = Effect> {
    let chance = || (0_i64..=10).prop_map(|tenths| Micros::new(tenths * 100_000));
    prop_oneof![
        3 => chance().prop_map(Effect::AtLeast),
        4 => chance().prop_map(Effect::AtMost),
        2 => chance().prop_map(Effect::Force),
        1 => of_all(),
    ]
}

/// Rules over so many candidates: each with a tier, and effects on some of them.
fn ruled(effect: BoxedStrategy<Effect>, candidates: usize) -> impl Strategy<Value = Vec<Bounds>> {
    let tiers = prop::sample::select(Tier::ALL.to_vec());
    let certainties = prop::sample::select(vec![Certainty::Certain, Certainty::Unknown]);
    let rule = (
        tiers,
        certainties,
        prop::collection::vec(prop::option::of(effect), candidates),
    );
    prop::collection::vec(rule, 0..6).prop_map(move |rules| {
        let mut bounds = vec![Bounds::new(); candidates];
        for (ix, (tier, certainty, effects)) in (0..).zip(rules) {
            for (bounds, effect) in bounds.iter_mut().zip(effects) {
                if let Some(effect) = effect {
                    let rule = RuleIx(ix);
                    bounds.insert(Active {
                        certainty,
                        rule,
                        tier,
                        effect,
                    });
                }
            }
        }
        bounds
    })
}

/// The effects, the question and the wish of one candidate, of a kind.
type Parts = (
    BoxedStrategy<Effect>,
    BoxedStrategy<Question>,
    BoxedStrategy<Wish>,
);

fn parts(kind: Kind) -> Parts {
    let of = |question: Question| Just(question).boxed();
    match kind {
        Kind::Bid => unreachable!("the laws of bids stand in `domain_laws`"),
        Kind::SendTime => (
            of_send_times().boxed(),
            of(Question::SendTime(Sending {
                earliest: at(4),
                latest: at(LATEST - 4),
                alternatives: 0,
            })),
            (4..LATEST - 4)
                .prop_map(|minute| Choice::Send(at(minute)).into())
                .boxed(),
        ),
        Kind::Recommendation => (
            of_slates().boxed(),
            (1_u16..5).prop_map(slate_of).boxed(),
            (0_i64..6).prop_map(relevant).boxed(),
        ),
        Kind::Budget => (
            of_splits().boxed(),
            (0_i64..30).prop_map(total).boxed(),
            (0_i64..20)
                .prop_map(|part| Choice::Share(Micros::new(part)).into())
                .boxed(),
        ),
        Kind::Score => (
            of_scores().boxed(),
            of(Question::Score),
            (0_i64..=1_000_000)
                .prop_map(|chance| Choice::Score(Micros::new(chance)).into())
                .boxed(),
        ),
    }
}

const fn relevant(relevance: i64) -> Wish {
    Wish {
        choice: Choice::NotShown,
        relevance: Micros::new(relevance),
    }
}

fn total(amount: i64) -> Question {
    Question::Budget(Total {
        amount: Micros::new(amount),
        currency: "EUR".parse().unwrap(),
        last: Vec::new(),
        spent: Vec::new(),
        period: None,
    })
}

pub(crate) const fn slate_of(slots: u16) -> Question {
    Question::Recommendation {
        slots,
        context: Vec::new(),
        session: Vec::new(),
    }
}

pub(crate) fn story(kind: Kind) -> BoxedStrategy<Story> {
    let (effects, question, wish) = parts(kind);
    let candidates = match kind {
        Kind::Recommendation => 1..7_usize,
        Kind::Budget => 1..4,
        Kind::Bid | Kind::SendTime | Kind::Score => 1..2,
    };
    let stories = candidates.prop_flat_map(move |candidates| {
        let wishes = prop::collection::vec(wish.clone(), candidates);
        (
            question.clone(),
            ruled(effects.clone(), candidates),
            wishes,
            any::<bool>(),
        )
    });
    stories
        .prop_map(move |(question, effects, wishes, held)| {
            let window = (kind == Kind::SendTime).then(|| Spans::of(at(4), at(LATEST - 4)));
            let safe_default = if held {
                SafeDefault::Held
            } else {
                SafeDefault::NoValue
            };
            let limits = effects.into_iter().map(|effects| CandidateLimits {
                effects,
                window: window.clone(),
                safe_default,
                ..CandidateLimits::default()
            });
            Story {
                question,
                limits: limits.collect(),
                wishes,
            }
        })
        .boxed()
}

pub(crate) fn stories() -> impl Strategy<Value = Story> {
    prop_oneof![
        1 => story(Kind::SendTime),
        3 => story(Kind::Recommendation),
        3 => story(Kind::Budget),
        1 => story(Kind::Score),
    ]
}

/// Two stories of one kind and as many candidates.
pub(crate) fn pairs() -> impl Strategy<Value = (Story, Story)> {
    let kinds = prop::sample::select(vec![
        Kind::SendTime,
        Kind::Recommendation,
        Kind::Budget,
        Kind::Score,
    ]);
    kinds
        .prop_flat_map(|kind| (story(kind), story(kind)))
        .prop_map(|(mut one, mut other)| {
            let candidates = one.limits.len().min(other.limits.len());
            for story in [&mut one, &mut other] {
                story.limits.truncate(candidates);
                story.wishes.truncate(candidates);
            }
            (one, other)
        })
}
