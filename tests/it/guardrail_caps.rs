//! A cap holds although every query read its limits before any other had answered.

use std::{
    convert::Infallible,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use arc_swap::ArcSwap;
use balustrade::{
    domain::{
        Attribute, Bounded, Choice, DecisionId, FactValue, Maturity, Micros, Proposal, Proposed, Query,
        Question, Sending, Source, Stage, Verdict,
    },
    guardrail::{Asked, Guardrail, Parts, Recording, Recordings},
    journal::{Journal, Settings},
    rules::{Rulebook, Sources, compile},
};
use tokio::sync::Barrier;
use tower::{Service, ServiceExt};

use crate::journal_samples::{DAY_MS, at, query_of, record, word};

/// How many ask at once.
const ASKING: u64 = 10;

const RULES: [(&str, &str); 4] = [
    (
        "campaigns.yaml",
        "campaigns:
  - {id: spring, brand: nova, objective: click, goal: manual, baseline: {bid: 2.00 EUR, send_at: \"10:00\"}}
",
    ),
    (
        "objectives.yaml",
        "objectives:\n  - {id: click, event: click, window: 30 min, for: [bid, send_time]}\n",
    ),
    (
        "defaults.yaml",
        "owner: ops@nova.example\nbecause: nothing is done by accident\nsafe_default: {bid: no_bid, send_time: blocked}\n",
    ),
    (
        "company.yaml",
        "rules_of: Nova
tier: company
owner: anna@nova.example
time_zone: Europe/Rome
rules:
  - id: not-too-often
    for: [bid, send_time]
    then: {at_most: 2 in 7 days}
    because: Our promise
",
    ),
];

fn rulebook() -> Rulebook {
    let compiled = compile(&Sources::from_texts(RULES));
    compiled
        .rulebook
        .unwrap_or_else(|| panic!("{:?}", compiled.findings))
}

/// Answers its wish once everybody has asked.
#[derive(Clone)]
struct Together {
    all: Arc<Barrier>,
    wish: Choice,
}

impl Service<Arc<Bounded>> for Together {
    type Response = Proposal;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Proposal, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, bounded: Arc<Bounded>) -> Self::Future {
        let Self { all, wish } = self.clone();
        Box::pin(async move {
            all.wait().await;
            let opinion = Proposed {
                wish,
                relevance: Micros::ZERO,
                choice: wish,
                propensity: 1.0,
                forced: false,
                source: Source::Model,
                maturity: Maturity {
                    stage: Stage::Mature,
                    have: 60,
                    need: 50,
                    window_days: 30,
                },
                estimate: None,
                limited_by: None,
                grounds: None,
            };
            Ok(Proposal {
                bounded,
                candidates: vec![Some(opinion)],
                snapshot: 1,
            })
        })
    }
}

fn query(n: u64, question: Question) -> Query {
    let mut query = query_of(&record(n, at(0), &[("spring", None)]));
    query.question = question;
    query.decision = DecisionId::new(at(0), u128::from(n));
    query.facts.set(Attribute::Contact, FactValue::Word(word("p-1")));
    query
}

/// The verdicts, with the rules that made them so, when so many ask at once.
async fn asked(question: Question, wish: Choice) -> Vec<(Verdict, Option<Choice>, usize)> {
    let folder = tempfile::tempdir().unwrap();
    let journal = Arc::new(Journal::open(folder.path(), Settings::default()).unwrap());
    let parts = Parts {
        rules: Arc::new(ArcSwap::from_pointee(rulebook())),
        stops: Arc::default(),
        ledger: journal.ledger(),
        recorder: Arc::clone(&journal) as _,
        recordings: Recordings {
            bid: Recording::Required,
            ..Recordings::default()
        },
        simulation: None,
    };
    let all = Arc::new(Barrier::new(usize::try_from(ASKING).unwrap()));
    let guardrail = Guardrail::new(Together { all, wish }, parts);
    let asking = (0..ASKING).map(|n| {
        let query = query(n, question.clone());
        tokio::spawn(guardrail.clone().oneshot(Asked {
            query,
            deadline: None,
            brands: balustrade::domain::BrandScope::Every,
            approvals: Vec::new(),
            known_of: None,
        }))
    });
    let mut told = Vec::new();
    for decision in asking.collect::<Vec<_>>() {
        let decision = decision.await.unwrap().unwrap();
        let answer = &decision.answers()[0];
        told.push((answer.verdict, answer.choice, answer.causes.because_of.len()));
    }
    told
}

fn of_ten(told: &[(Verdict, Option<Choice>, usize)], verdict: Verdict) -> usize {
    told.iter().filter(|(of, ..)| *of == verdict).count()
}

#[tokio::test]
async fn of_many_bids_for_one_person_only_so_many_leave_as_the_cap_allows() {
    let question = crate::journal_samples::auction();
    let told = asked(question, Choice::Bid(Micros::new(2_000_000))).await;
    assert_eq!(
        (of_ten(&told, Verdict::Allowed), of_ten(&told, Verdict::Blocked)),
        (2, 8),
        "{told:?}"
    );
    let blocked = told.iter().filter(|(verdict, ..)| *verdict == Verdict::Blocked);
    assert!(
        blocked
            .clone()
            .all(|(_, choice, causes)| choice.is_none() && *causes == 1),
        "{told:?}"
    );
}

#[tokio::test]
async fn of_many_messages_for_one_person_only_so_many_are_sent_as_the_cap_allows() {
    let question = Question::SendTime(Sending {
        earliest: at(DAY_MS),
        latest: at(2 * DAY_MS),
        alternatives: 0,
    });
    let told = asked(question, Choice::Send(at(DAY_MS + 5))).await;
    assert_eq!(
        (of_ten(&told, Verdict::Allowed), of_ten(&told, Verdict::Held)),
        (2, 8),
        "{told:?}"
    );
}
