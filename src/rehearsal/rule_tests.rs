//! Runs the tests of a rulebook through the guardrail, with the wish that each states.

use std::sync::Arc;

use crate::{
    domain::{
        Bounded, CandidateLimits, Choice, Currency, Maturity, Micros, Money, Proposal, Proposed, RuleId,
        RuleIx, Source, Stage, apply,
    },
    guardrail::{Answer, bound, enforce},
    rules::{Answer as Expected, Message, RuleTest, Rulebook, Wish, say},
};

/// A test that did not come out as its writer expects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Its name.
    pub name: Arc<str>,
    /// Its file.
    pub file: Arc<str>,
    /// Its line, from 1.
    pub line: u32,
    /// What differs, each as `what`: expected …, got ….
    pub differences: Vec<Message>,
}

/// Runs every test; answers those that failed, in their order.
#[must_use]
pub fn run(rulebook: &Rulebook) -> Vec<Failure> {
    rulebook
        .tests()
        .iter()
        .filter_map(|test| failure(rulebook, test))
        .collect()
}

fn failure(rulebook: &Rulebook, test: &RuleTest) -> Option<Failure> {
    let differences = differences_of(rulebook, test, bounded(rulebook, test));
    (!differences.is_empty()).then(|| Failure {
        name: Arc::clone(&test.name),
        file: Arc::clone(&test.file),
        line: test.line,
        differences,
    })
}

/// What differs from what a test expects, under these limits.
pub(super) fn differences_of(rulebook: &Rulebook, test: &RuleTest, bounded: Arc<Bounded>) -> Vec<Message> {
    let enforced = enforce(proposal(bounded, test.wish));
    let answer = enforced.answers().first();
    answer.map_or_else(Vec::new, |answer| differences(rulebook, test, answer))
}

/// The limits of a test's query.
pub(super) fn bounded(rulebook: &Rulebook, test: &RuleTest) -> Arc<Bounded> {
    Arc::new(bound(
        rulebook,
        test.query.clone(),
        test.campaigns.clone(),
        &test.ledger,
    ))
}

/// What the model is taken to say: its wish, and the best choice inside the limits.
fn proposal(bounded: Arc<Bounded>, wish: Wish) -> Proposal {
    let candidates = bounded.limits.iter().map(|limits| match wish {
        Wish::Nothing => None,
        Wish::Says(wish) => stated(limits, wish),
    });
    Proposal {
        candidates: candidates.collect(),
        bounded,
        snapshot: 0,
    }
}

fn stated(limits: &CandidateLimits, wish: Choice) -> Option<Proposed> {
    let choice = apply(limits, wish).choice?;
    let maturity = Maturity {
        stage: Stage::Mature,
        have: 0,
        need: 0,
        window_days: Bounded::EVIDENCE_DAYS,
    };
    Some(Proposed {
        wish,
        relevance: Micros::ZERO,
        choice,
        propensity: 1.0,
        forced: false,
        source: Source::Model,
        maturity,
        estimate: None,
        limited_by: None,
    })
}

fn differences(rulebook: &Rulebook, test: &RuleTest, answer: &Answer) -> Vec<Message> {
    let mut found = Vec::new();
    let mut differ = |what: &str, expected: Message, got: Message| {
        if expected != got {
            found.push(say!("`{}`: expected {}, got {}", what, expected, got));
        }
    };
    if let Some(verdict) = test.expect.verdict {
        differ("verdict", say!("{}", verdict), say!("{}", answer.verdict));
    }
    let currency = test.campaigns.first().map(|campaign| campaign.currency);
    if let (Some(expected), Some(currency)) = (test.expect.answer, currency) {
        differ(
            "bid",
            expected_words(expected, currency),
            answered_words(answer.choice, expected, currency),
        );
    }
    if let Some(rules) = &test.expect.because_of {
        let names = rules.iter().map(RuleId::as_str).collect();
        differ("because_of", listed(names), listed(cause_names(rulebook, answer)));
    }
    found
}

fn cause_names<'a>(rulebook: &'a Rulebook, answer: &Answer) -> Vec<&'a str> {
    let card = |rule: &RuleIx| rulebook.table().get(*rule);
    answer
        .causes
        .because_of
        .iter()
        .filter_map(card)
        .map(|card| card.id.as_str())
        .collect()
}

fn listed(mut names: Vec<&str>) -> Message {
    names.sort_unstable();
    say!("[{}]", names.join(", "))
}

fn expected_words(expected: Expected, currency: Currency) -> Message {
    match expected {
        Expected::Bid(price) => money(price, currency),
        Expected::NoBid => say!("no bid"),
    }
}

fn money(amount: Micros, currency: Currency) -> Message {
    say!("{}", Money { amount, currency })
}

fn answered_words(choice: Option<Choice>, expected: Expected, currency: Currency) -> Message {
    match (choice, expected) {
        (Some(Choice::Bid(price)), _) => money(price, currency),
        (
            Some(
                other @ (Choice::Send(_)
                | Choice::Show(_)
                | Choice::NotShown
                | Choice::Share(_)
                | Choice::Score(_)),
            ),
            _,
        ) => say!("{}", format!("{other:?}")),
        (Some(Choice::NoBid(_)) | None, Expected::NoBid) => say!("no bid"),
        (Some(Choice::NoBid(reason)), Expected::Bid(_)) => say!("no bid ({})", reason.to_string()),
        (None, Expected::Bid(_)) => say!("no value"),
    }
}
