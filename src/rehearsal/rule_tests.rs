//! Runs the tests of a rulebook through the guardrail, with the wish that each states.

use std::sync::Arc;

use crate::{
    domain::{
        BasisPoints, Bounded, Choice, Currency, Maturity, Micros, Money, Proposal, Proposed, Question,
        RuleId, RuleIx, Source, Stage, Wish, apply_all,
    },
    guardrail::{Answer, Enforced, bound, enforce},
    rules::{Answer as Expected, Message, RuleTest, Rulebook, say},
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
    /// What to do about it.
    pub advice: Message,
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
    let enforced = answered(test, bounded(rulebook, test));
    let differences = differences(rulebook, test, enforced.answers());
    (!differences.is_empty()).then(|| Failure {
        advice: advice(rulebook, test, enforced.answers()),
        name: Arc::clone(&test.name),
        file: Arc::clone(&test.file),
        line: test.line,
        differences,
    })
}

/// What differs from what a test expects, under these limits.
pub(super) fn differences_of(rulebook: &Rulebook, test: &RuleTest, bounded: Arc<Bounded>) -> Vec<Message> {
    differences(rulebook, test, answered(test, bounded).answers())
}

/// What a test is answered under these limits.
pub(super) fn answered(test: &RuleTest, bounded: Arc<Bounded>) -> Enforced {
    enforce(proposal(bounded, &test.wishes))
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

/// What the model is taken to say: its wishes, and the best choices inside the limits.
fn proposal(bounded: Arc<Bounded>, wishes: &[Option<Wish>]) -> Proposal {
    let silent = Wish::from(Choice::NotShown);
    let stated: Vec<Wish> = wishes.iter().map(|wish| wish.unwrap_or(silent)).collect();
    let applied = apply_all(&bounded.query.question, &bounded.limits, &stated);
    let candidates = wishes.iter().zip(&applied).map(|(wish, applied)| {
        let (wish, choice) = ((*wish)?, applied.choice?);
        Some(proposed(wish, choice))
    });
    Proposal {
        candidates: candidates.collect(),
        bounded,
        snapshot: 0,
    }
}

const fn proposed(wish: Wish, choice: Choice) -> Proposed {
    Proposed {
        wish: wish.choice,
        relevance: wish.relevance,
        choice,
        propensity: 1.0,
        forced: false,
        source: Source::Model,
        maturity: Maturity {
            stage: Stage::Mature,
            have: 0,
            need: 0,
            window_days: Bounded::EVIDENCE_DAYS,
        },
        estimate: None,
        limited_by: None,
        grounds: None,
    }
}

/// What differs, each said once; where there are several candidates, of which.
fn differences(rulebook: &Rulebook, test: &RuleTest, answers: &[Answer]) -> Vec<Message> {
    let mut found = Vec::new();
    let alone = answers.len() == 1;
    let pairs = answers.iter().zip(&test.query.candidates).zip(&test.campaigns);
    for (at, ((answer, candidate), campaign)) in pairs.enumerate() {
        let mut differ = |what: &str, expected: Message, got: Message| {
            if expected == got {
                return;
            }
            found.push(if alone {
                say!("`{}`: expected {}, got {}", what, expected, got)
            } else {
                say!(
                    "`{}` of `{}`: expected {}, got {}",
                    what,
                    candidate.id.as_str(),
                    expected,
                    got
                )
            });
        };
        if let Some(verdict) = test.expect.verdicts.get(at).copied().flatten() {
            differ("verdict", say!("{}", verdict), say!("{}", answer.verdict));
        }
        if let Some(expected) = test.expect.answers.get(at).copied().flatten() {
            let unit = Unit {
                currency: campaign.currency,
                question: &test.query.question,
            };
            differ(
                key_of(expected),
                unit.expected(expected),
                unit.answered(answer.choice, expected),
            );
        }
        if let Some(Some(rules)) = test.expect.causes_of.get(at) {
            differ(
                "because_of",
                listed(rules.iter().map(RuleId::as_str)),
                listed(cause_names(rulebook, answer)),
            );
        }
    }
    if let Some(rules) = &test.expect.because_of {
        let expected = listed(rules.iter().map(RuleId::as_str));
        let got = listed(answers.iter().flat_map(|answer| cause_names(rulebook, answer)));
        if expected != got {
            found.push(say!("`{}`: expected {}, got {}", "because_of", expected, got));
        }
    }
    found
}

/// What to do: state what was left open, else look at the rules that decided.
fn advice(rulebook: &Rulebook, test: &RuleTest, answers: &[Answer]) -> Message {
    let names = |rules: Vec<RuleIx>| {
        let cards = rules.iter().filter_map(|rule| rulebook.table().get(*rule));
        let mut names: Vec<String> = cards.map(|card| format!("`{}`", card.id)).collect();
        names.sort_unstable();
        names.dedup();
        (!names.is_empty()).then(|| Message::all_of(names))
    };
    let deciding = || {
        answers
            .iter()
            .flat_map(|answer| answer.causes.because_of.iter().map(move |rule| (answer, *rule)))
    };
    let left_open = deciding().filter(|(answer, rule)| answer.unknown.contains(rule));
    if let Some(rules) = names(left_open.map(|(_, rule)| rule).collect()) {
        return say!(
            "`given` leaves open what {} asks about, so it counts; state it, or change what the test expects",
            rules
        );
    }
    let stated = test.expect.because_of.is_some() || test.expect.causes_of.iter().any(Option::is_some);
    let decided = (!stated)
        .then(|| names(deciding().map(|(_, rule)| rule).collect()))
        .flatten();
    decided.map_or_else(
        || say!("change the rule or what the test expects, whichever is wrong"),
        |rules| {
            say!(
                "it comes of {}; change the rule or what the test expects, whichever is wrong",
                rules
            )
        },
    )
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

fn listed<'a>(names: impl IntoIterator<Item = &'a str>) -> Message {
    let mut names: Vec<&str> = names.into_iter().collect();
    names.sort_unstable();
    names.dedup();
    say!("[{}]", names.join(", "))
}

/// The key at which an answer is written.
const fn key_of(answer: Expected) -> &'static str {
    match answer {
        Expected::Bid(_) | Expected::NoBid => "bid",
        Expected::SendAt(_) => "send_at",
        Expected::Slot(_) | Expected::NotShown => "items",
        Expected::Share(_) => "shares",
        Expected::Probability(_) => "probability",
    }
}

/// In what an answer is written.
struct Unit<'q> {
    currency: Currency,
    question: &'q Question,
}

impl Unit<'_> {
    fn expected(&self, answer: Expected) -> Message {
        match answer {
            Expected::Bid(price) => self.choice(Choice::Bid(price)),
            Expected::NoBid => say!("no bid"),
            Expected::SendAt(at) => self.choice(Choice::Send(at)),
            Expected::Slot(slot) => self.choice(Choice::Show(slot)),
            Expected::NotShown => self.choice(Choice::NotShown),
            Expected::Share(part) => self.choice(Choice::Share(part)),
            Expected::Probability(share) => self.choice(Choice::Score(share)),
        }
    }

    fn answered(&self, choice: Option<Choice>, expected: Expected) -> Message {
        match (choice, expected) {
            (Some(Choice::NoBid(_)) | None, Expected::NoBid) => say!("no bid"),
            // What is kept back is not shown either.
            (None, Expected::NotShown) => self.choice(Choice::NotShown),
            (Some(choice), _) => self.choice(choice),
            (None, _) => say!("no value"),
        }
    }

    fn choice(&self, choice: Choice) -> Message {
        match choice {
            Choice::Bid(price) => say!(
                "{}",
                Money {
                    amount: price,
                    currency: self.currency,
                }
            ),
            Choice::NoBid(reason) => say!("no bid ({})", reason.to_string()),
            Choice::Send(at) => say!("{}", at.to_string()),
            Choice::Show(slot) => say!("slot {}", slot),
            Choice::NotShown => say!("not shown"),
            Choice::Share(part) => say!("{}", self.share(part)),
            Choice::Score(share) => say!("{}", percent(share, Micros::new(1_000_000))),
        }
    }

    /// As a share of the total.
    fn share(&self, part: Micros) -> String {
        match self.question {
            Question::Budget(total) => percent(part, total.amount),
            Question::Bid(_) | Question::SendTime(_) | Question::Recommendation { .. } | Question::Score => {
                part.to_string()
            }
        }
    }
}

/// A part as a percentage, to the hundredth of a per cent, where the rest falls.
fn percent(part: Micros, whole: Micros) -> String {
    let hundredths = i128::from(part.get()) * 10_000 / i128::from(whole.get().max(1));
    BasisPoints::new(i32::try_from(hundredths).unwrap_or(i32::MAX)).to_string()
}
