//! Rules that apply in the same cases and cannot both be obeyed.
//!
//! At run time a tie of values, or bounds that leave nothing, are answered with the safe default. Where two rules
//! have the same conditions that would happen each time, so it is told at load. Conditions are compared as they
//! are written, apart from order; rules that merely overlap are not found here.

use std::collections::BTreeMap;

use super::{clashes::span_of, code};
use crate::{
    domain::{Kind, Timestamp},
    rules::{
        condition::{Condition, Test},
        draft::{Action, Amount, RuleDraft},
        syntax::{
            Findings,
            ast::{Files, Mode},
            say,
        },
    },
};

/// Reports values that tie and bounds that exclude each other, under the same conditions.
pub(super) fn report(files: &Files, drafts: &[RuleDraft], findings: &mut Findings<'_>) {
    let mut alike: BTreeMap<Cases, Vec<&RuleDraft>> = BTreeMap::new();
    for draft in drafts.iter().filter(|draft| draft.mode == Mode::Enforce) {
        if draft.effects.iter().any(|effect| chooses(&effect.action)) {
            alike.entry(Cases::of(draft)).or_default().push(draft);
        }
    }
    for rules in alike.values() {
        for (at, later) in rules.iter().enumerate() {
            let earlier = rules.iter().take(at + 1);
            let mut together = earlier.filter(|earlier| at_once(earlier, later));
            let clash = together.find_map(|earlier| Some((*earlier, clash(earlier, later)?)));
            if let Some((earlier, clash)) = clash {
                tell(files, earlier, later, &clash, findings);
            }
        }
    }
}

fn chooses(action: &Action) -> bool {
    action.is_directive() || matches!(action, Action::AtLeast(_) | Action::AtMost(_))
}

/// When a rule applies, in one order whatever the order of writing.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Cases {
    kinds: Vec<Kind>,
    when: Vec<Condition>,
    unless: Vec<(Condition, Option<Timestamp>)>,
}

impl Cases {
    fn of(draft: &RuleDraft) -> Self {
        let mut when = Vec::new();
        draft.when.iter().for_each(|part| flatten(part, &mut when));
        when.sort();
        when.dedup();
        let exemptions = draft.unless.iter();
        let mut unless: Vec<_> = exemptions
            .map(|exemption| (in_order(&exemption.condition), exemption.until))
            .collect();
        unless.sort();
        Self {
            kinds: draft.kinds.clone(),
            when,
            unless,
        }
    }
}

fn flatten(condition: &Condition, parts: &mut Vec<Condition>) {
    match condition {
        Condition::All(all) => all.iter().for_each(|part| flatten(part, parts)),
        Condition::Fact(_) | Condition::Any(_) | Condition::Not(_) => parts.push(in_order(condition)),
    }
}

fn in_order(condition: &Condition) -> Condition {
    match condition {
        Condition::Fact(atom) => {
            let mut atom = atom.clone();
            if let Test::Words(words) = &mut atom.test {
                words.sort();
            }
            Condition::Fact(atom)
        }
        Condition::All(parts) => Condition::All(sorted(parts)),
        Condition::Any(parts) => Condition::Any(sorted(parts)),
        Condition::Not(part) => Condition::Not(Box::new(in_order(part))),
    }
}

fn sorted(parts: &[Condition]) -> Vec<Condition> {
    let mut parts: Vec<_> = parts.iter().map(in_order).collect();
    parts.sort();
    parts
}

/// Whether there is an instant at which both are in force.
fn at_once(a: &RuleDraft, b: &RuleDraft) -> bool {
    let from = a.from.max(b.from);
    let ends = [a.until, b.until];
    let mut ends = ends.iter().flatten();
    from.is_none_or(|from| ends.all(|until| from < *until))
}

/// What two rules, or one with itself, cannot both have.
enum Clash {
    Values(String, String),
    Bounds { least: Amount, most: Amount },
}

fn clash(a: &RuleDraft, b: &RuleDraft) -> Option<Clash> {
    let pairs = || {
        let ours = a.effects.iter().map(|effect| &effect.action);
        ours.flat_map(|ours| b.effects.iter().map(move |effect| (ours, &effect.action)))
    };
    let same_tier = a.card.tier == b.card.tier;
    let values = pairs()
        .filter(|_| same_tier)
        .find_map(|(ours, theirs)| tie(ours, theirs));
    values.or_else(|| pairs().find_map(|(ours, theirs)| apart(ours, theirs).or_else(|| apart(theirs, ours))))
}

fn tie(ours: &Action, theirs: &Action) -> Option<Clash> {
    if ours == theirs || ours.currency() != theirs.currency() {
        return None;
    }
    Some(Clash::Values(value(ours)?, value(theirs)?))
}

fn value(action: &Action) -> Option<String> {
    match action {
        Action::Force(value) => Some(format!("`force: {value}`")),
        Action::ForceAt(at) => Some(format!("`force: {}`", at.strftime("%H:%M"))),
        Action::StartAt(start) => Some(format!("`start_at: {}`", start.human)),
        Action::Block
        | Action::Exclude
        | Action::Hold(_)
        | Action::AtLeast(_)
        | Action::AtMost(_)
        | Action::Cap(_)
        | Action::AtMostPer(_)
        | Action::Times(_)
        | Action::Share(_)
        | Action::StepAtMost(_)
        | Action::Pin(_)
        | Action::Adjust(_)
        | Action::Boost(_)
        | Action::Note(_) => None,
    }
}

fn apart(lower: &Action, upper: &Action) -> Option<Clash> {
    let (Action::AtLeast(least), Action::AtMost(most)) = (lower, upper) else {
        return None;
    };
    let exceeds = match (least, most) {
        (Amount::Price(least), Amount::Price(most)) => {
            least.currency == most.currency && least.value > most.value
        }
        (Amount::Part(least), Amount::Part(most)) => least > most,
        (Amount::Price(_), Amount::Part(_)) | (Amount::Part(_), Amount::Price(_)) => false,
    };
    exceeds.then_some(Clash::Bounds {
        least: *least,
        most: *most,
    })
}

fn tell(files: &Files, earlier: &RuleDraft, later: &RuleDraft, clash: &Clash, findings: &mut Findings<'_>) {
    let (first, second) = (&earlier.card.id, &later.card.id);
    let alone = first == second;
    let (code, message, help) = match clash {
        Clash::Values(a, b) if alone => (
            code::TIE,
            say!("`{}` chooses two values: {} and {}", first, a, b),
            say!("keep one of them"),
        ),
        Clash::Values(a, b) => (
            code::TIE,
            say!(
                "`{}` and `{}` apply in the same cases and choose different values: {} and {}",
                first,
                second,
                a,
                b
            ),
            say!(
                "keep one of them, or let their `when` differ; neither is stronger, since both are of the same tier"
            ),
        ),
        Clash::Bounds { least, most } if alone => (
            code::NO_VALUE_LEFT,
            say!(
                "`{}` wants at least {} and at most {}: no bid is both",
                first,
                least,
                most
            ),
            say!("put the smaller amount at `at_least`"),
        ),
        Clash::Bounds { least, most } => (
            code::NO_VALUE_LEFT,
            say!(
                "`{}` and `{}` apply in the same cases; one wants at least {}, the other at most {}: no bid is both",
                first,
                second,
                least,
                most
            ),
            say!("change one of the amounts, or let their `when` differ; a restriction of any tier counts"),
        ),
    };
    let finding = findings.error(code, span_of(files, later), message).help(help);
    if !alone {
        finding.related(span_of(files, earlier), say!("the other rule"));
    }
}
