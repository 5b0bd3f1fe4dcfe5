//! What the analyser claims, held against the plain interpreter: every example shows what is said, and no query
//! whatever contradicts it.

use std::fmt::Write as _;

use balustrade::{
    domain::{
        Active, CandidateLimits, Certainty, Effect, Kind, Micros, Query, Question, RuleIx, Sort, Spans,
    },
    rules::{
        Compiled, Rulebook, Severity, Sources, StatedLedger, Style,
        analyse::{Claim, EffectAt, Found, conflicts, oddities},
        compile, interpreter, render,
    },
};
use proptest::{prelude::*, sample::select};

use balustrade::{domain::Language, rehearsal::reviewed};

use crate::{
    rules_kinds,
    rules_random::{
        Order, QUERIES, RandomRule, any_rule, campaigns, cases, named, query, rulebook, rulebooks, sources,
    },
};

/// Everything that is found of these rules.
fn found(compiled: &Compiled) -> Vec<Found> {
    let rulebook = compiled.rulebook.as_ref().unwrap();
    let mut found = conflicts(rulebook, &compiled.places);
    found.extend(oddities(rulebook, &compiled.places, &[]));
    found
}

fn plain(rulebook: &Rulebook, query: &Query) -> Vec<CandidateLimits> {
    let campaigns = campaigns(rulebook, query);
    interpreter::limits(rulebook, query, &campaigns, &StatedLedger::default())
}

/// The rulebook once more, with every example pasted into a test of a file of its own.
fn with_tests(sources: &Sources, found: &[Found]) -> Rulebook {
    let mut texts: Vec<(String, Vec<u8>)> = sources
        .iter()
        .map(|(_, source)| (source.path.clone(), source.bytes.to_vec()))
        .collect();
    for (at, witness) in found
        .iter()
        .filter_map(|found| found.witness.as_ref())
        .enumerate()
    {
        let mut text = "rules_of: W\ntier: company\nowner: o@o.example\ntime_zone: Europe/Rome\n".to_owned();
        writeln!(
            text,
            "tests_at: {}\ntests:\n  - name: example {at}",
            witness.query.now
        )
        .unwrap();
        writeln!(
            text,
            "    given: {}\n    expect: {{verdict: allowed}}",
            witness.given()
        )
        .unwrap();
        texts.push((format!("zz{at:04}.yaml"), text.into_bytes()));
    }
    let sources = Sources::from_texts(texts);
    let compiled = compile(&sources);
    let said: Vec<String> = compiled
        .findings
        .iter()
        .filter(|finding| finding.severity == Severity::Error)
        .map(|finding| render(finding, &sources, Style::Plain, Language::English))
        .collect();
    assert!(said.is_empty(), "{}", said.concat());
    compiled.rulebook.unwrap()
}

fn of(limits: &CandidateLimits, rule: RuleIx) -> impl Iterator<Item = &Active> {
    let active = limits.effects.iter().chain(limits.shadow.iter());
    active.filter(move |active| active.rule == rule)
}

fn certainly(limits: &CandidateLimits, rule: RuleIx) -> Vec<&Effect> {
    of(limits, rule)
        .filter(|active| active.certainty == Certainty::Certain)
        .map(|active| &active.effect)
        .collect()
}

fn is_block(effect: &Effect) -> bool {
    matches!(effect, Effect::Block | Effect::Exclude)
}

/// Whether a bound keeps out at least what another keeps out, as far as both are amounts.
fn is_within(tight: &Effect, loose: &Effect) -> bool {
    let low = low(loose).is_none_or(|loose| low(tight).is_some_and(|tight| tight >= loose));
    let high = high(loose).is_none_or(|loose| high(tight).is_some_and(|tight| tight <= loose));
    is_amount(loose) && low && high
}

fn is_amount(effect: &Effect) -> bool {
    low(effect).is_some() || high(effect).is_some()
}

fn low(effect: &Effect) -> Option<Micros> {
    if let Effect::AtLeast(least) | Effect::Share { at_least: least, .. } = effect {
        return Some(*least);
    }
    None
}

fn high(effect: &Effect) -> Option<Micros> {
    if let Effect::AtMost(most) | Effect::Share { at_most: most, .. } = effect {
        return Some(*most);
    }
    None
}

/// The instants that an effect allows or people chose.
fn instants(effect: &Effect) -> Option<&Spans> {
    if let Effect::Times { allowed, .. } | Effect::ForceAt(allowed) = effect {
        return Some(allowed);
    }
    if let Effect::BandAt(band) = effect {
        return Some(&band.human);
    }
    None
}

/// Whether the instants of all these effects have none in common.
fn shut<'e>(effects: impl Iterator<Item = &'e Effect>) -> bool {
    let each = effects.filter_map(instants).cloned();
    each.reduce(|left, next| left.intersection(&next))
        .is_some_and(|left| left.is_empty())
}

/// Whether the example shows what is claimed.
fn shows(claim: &Claim, all: &[CandidateLimits]) -> bool {
    let limits = &all[0];
    let certain = |at: &EffectAt| certainly(limits, at.rule);
    let pair = |a: &EffectAt, b: &EffectAt, odds: fn(&Effect, &Effect) -> bool| {
        certain(a).iter().any(|a| certain(b).iter().any(|b| odds(a, b)))
    };
    let blocks = |by: &RuleIx| of(limits, *by).any(|active| is_block(&active.effect));
    match claim {
        Claim::Tie { first, second } => pair(first, second, |a, b| a != b && is_value(a) && is_value(b)),
        Claim::NothingLeft { least, most } => pair(least, most, |a, b| {
            low(a).zip(high(b)).is_some_and(|(least, most)| least > most)
        }),
        Claim::CutOff { value, bound } => pair(value, bound, |value, bound| match chosen(value) {
            Some(value) => {
                low(bound).is_some_and(|least| value < least) || high(bound).is_some_and(|most| value > most)
            }
            None => shut([value, bound].into_iter()),
        }),
        Claim::SameSlot { first, second } => is_one_slot(all, [first, second]),
        Claim::CrowdedSlot(pin) => is_one_slot(all, [pin, pin]),
        Claim::LessThanAll(shares) => leave_less(all, shares),
        Claim::MoreThanAll(shares) => demand_more(all, shares),
        Claim::NoInstant(hours) => {
            let certain: Vec<Vec<&Effect>> = hours.iter().map(certain).collect();
            certain.iter().all(|effects| !effects.is_empty()) && shut(certain.into_iter().flatten())
        }
        Claim::NeverMatches(rule) => certainly(limits, *rule).is_empty(),
        Claim::AlwaysMatches(rule) => !certainly(limits, *rule).is_empty(),
        Claim::Covered { rule, by } => !certainly(limits, *rule).is_empty() && blocks(by),
        Claim::CoveredTogether { rule, by } => {
            !certainly(limits, *rule).is_empty() && by.len() > 1 && by.iter().any(blocks)
        }
        Claim::Dominated { bound, by } => certain(bound).iter().any(|loose| {
            of(limits, by.rule).any(|active| !is_amount(loose) || is_within(&active.effect, loose))
        }),
        Claim::IdleExemption { rule, .. } => !certainly(limits, *rule).is_empty(),
        Claim::Untested(_) | Claim::NoStart(_) => true,
    }
}

/// Whether these pins are certain of two candidates and mean one slot.
fn is_one_slot(all: &[CandidateLimits], pins: [&EffectAt; 2]) -> bool {
    let pinned = all.iter().zip(pins).map(|(limits, at)| {
        let mut certain = certainly(limits, at.rule).into_iter();
        certain.find(|effect| matches!(effect, Effect::Pin(_)))
    });
    let slots: Vec<_> = pinned.collect();
    slots.len() == 2 && slots[0].is_some() && slots[0] == slots[1]
}

/// Whether these rules bound every arm, and in total below the whole.
fn leave_less(all: &[CandidateLimits], shares: &[EffectAt]) -> bool {
    let most = all.iter().map(|limits| {
        let rules = shares.iter().map(|at| at.rule);
        let certain = rules.flat_map(|rule| certainly(limits, rule));
        certain.filter_map(high).min().map(Micros::get)
    });
    most.sum::<Option<i64>>().is_some_and(|most| most < WITNESSED)
}

/// Whether these rules demand more than the whole, each for its own arm.
fn demand_more(all: &[CandidateLimits], shares: &[EffectAt]) -> bool {
    let pairs = all.iter().zip(shares);
    let least = pairs.map(|(limits, at)| certainly(limits, at.rule).into_iter().filter_map(low).max());
    let sum: Option<i64> = least.map(|least| least.map(Micros::get)).sum();
    all.len() == shares.len() && sum.is_some_and(|sum| sum > WITNESSED)
}

/// The total of the budget of a test that states none, in micros.
const WITNESSED: i64 = 100_000_000;

fn chosen(effect: &Effect) -> Option<Micros> {
    if let Effect::Force(price) = effect {
        return Some(*price);
    }
    if let Effect::Band { human, .. } = effect {
        return Some(*human);
    }
    None
}

fn is_value(effect: &Effect) -> bool {
    effect.sort() == Sort::Directive
}

/// Whether a candidate contradicts what is claimed; `other` holds the limits of the rulebook that the claim asks for.
fn contradicts(claim: &Claim, limits: &CandidateLimits) -> bool {
    match claim {
        Claim::NeverMatches(rule) => !certainly(limits, *rule).is_empty(),
        Claim::Covered { rule, by } => {
            of(limits, *rule).next().is_some() && !of(limits, *by).any(|active| is_block(&active.effect))
        }
        Claim::CoveredTogether { rule, by } => {
            let blocked = by
                .iter()
                .any(|by| of(limits, *by).any(|active| is_block(&active.effect)));
            of(limits, *rule).next().is_some() && !blocked
        }
        Claim::Dominated { bound, by } => {
            let bounds = of(limits, bound.rule).filter(|active| is_within(&active.effect, &active.effect));
            let mut bounds = bounds.map(|active| &active.effect);
            bounds.any(|loose| !of(limits, by.rule).any(|active| is_within(&active.effect, loose)))
        }
        Claim::Tie { .. }
        | Claim::NothingLeft { .. }
        | Claim::SameSlot { .. }
        | Claim::CrowdedSlot(_)
        | Claim::MoreThanAll(_)
        | Claim::LessThanAll(_)
        | Claim::NoInstant(_)
        | Claim::CutOff { .. }
        | Claim::AlwaysMatches(_)
        | Claim::IdleExemption { .. }
        | Claim::Untested(_)
        | Claim::NoStart(_) => false,
    }
}

/// Whether two rules of one tier are at odds over a value, or bounds leave nothing, in this candidate.
fn is_at_odds(limits: &CandidateLimits) -> bool {
    let certain: Vec<&Active> = limits
        .effects
        .iter()
        .filter(|active| active.certainty == Certainty::Certain)
        .collect();
    certain.iter().any(|a| {
        certain.iter().any(|b| match (&a.effect, &b.effect) {
            (Effect::AtLeast(least), Effect::AtMost(most)) => least > most,
            (a_value, b_value) => {
                a.tier == b.tier && a_value != b_value && is_value(a_value) && is_value(b_value)
            }
        })
    })
}

/// The rules with one of them made to say when its `when` holds, whatever its exemptions.
fn bared(rules: &[RandomRule], place: usize) -> Rulebook {
    let mut rules = rules.to_vec();
    let rule = &mut rules[place];
    (rule.unless, rule.except) = (Vec::new(), None);
    (rule.then, rule.if_unknown, rule.mode) = ("{note: seen}", "apply", "enforce");
    rulebook(&named(&rules), Order::Written)
}

/// The rules with one of them freed of an exemption.
fn freed(rules: &[RandomRule], place: usize, exemption: usize) -> Rulebook {
    let mut rules = rules.to_vec();
    let rule = &mut rules[place];
    if exemption == 0 && !rule.unless.is_empty() {
        rule.unless = Vec::new();
    } else {
        rule.except = None;
    }
    rulebook(&named(&rules), Order::Written)
}

/// The place at which a rule was written: `r7` is the seventh.
fn written_at(rulebook: &Rulebook, rule: RuleIx) -> usize {
    let card = rulebook.table().get(rule).unwrap();
    card.id.as_str()[1..].parse().unwrap()
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn every_example_shows_what_is_claimed_and_no_query_contradicts_it(
        rules in prop::collection::vec(any_rule(), 1..8), queries in prop::collection::vec(query(), 8),
    ) {
        let written = sources(&named(&rules), Order::Written);
        let compiled = compile(&written);
        let found = found(&compiled);
        let rulebook = compiled.rulebook.unwrap();
        let with_tests = with_tests(&written, &found);
        let mut tests = with_tests.tests().iter();
        for claimed in &found {
            if claimed.witness.is_none() {
                prop_assert!(matches!(claimed.claim, Claim::NeverMatches(_)), "{:?}", claimed.claim);
                continue;
            }
            let test = tests.next().unwrap();
            let limits = with_tests.limits(&test.query, &test.campaigns, &test.ledger);
            prop_assert!(shows(&claimed.claim, &limits), "{:?}\n{:?}\n{:?}", claimed.claim, test.query, limits);
        }
        for query in &queries {
            let limits = plain(&rulebook, query);
            for claimed in &found {
                for limits in &limits {
                    prop_assert!(!contradicts(&claimed.claim, limits), "{:?}\n{:?}\n{:?}", claimed.claim, query, limits);
                }
            }
            if limits.iter().any(is_at_odds) {
                let told = found.iter().any(|found| matches!(found.claim, Claim::Tie { .. } | Claim::NothingLeft { .. }));
                prop_assert!(told, "{query:?}\n{limits:?}");
            }
        }
    }

    #[test]
    fn what_is_said_to_rule_nothing_out_never_does(
        rules in prop::collection::vec(any_rule(), 1..4), queries in prop::collection::vec(query(), 8),
    ) {
        let compiled = compile(&sources(&named(&rules), Order::Written));
        let found = found(&compiled);
        let rulebook = compiled.rulebook.unwrap();
        for claimed in &found {
            if let Claim::AlwaysMatches(rule) = claimed.claim {
                let place = written_at(&rulebook, rule);
                let bare = bared(&rules, place);
                let own = bare.table().find(&format!("r{place}")).unwrap();
                for query in &queries {
                    for (limits, candidate) in plain(&bare, query).iter().zip(&query.candidates) {
                        let in_scope = rules[place].tier < 2 || candidate.campaign.as_str() == "c1";
                        prop_assert!(!in_scope || of(limits, own).next().is_some(), "{query:?}");
                    }
                }
            }
            if let Claim::IdleExemption { rule, place } = claimed.claim {
                let free = freed(&rules, written_at(&rulebook, rule), place);
                // In shadow nothing tells a rule that was skipped.
                let told = rules[written_at(&rulebook, rule)].mode == "enforce";
                for query in &queries {
                    for (free, whole) in plain(&free, query).iter().zip(&plain(&rulebook, query)) {
                        let acts = of(free, rule).next().is_some();
                        let remains = of(whole, rule).next().is_some() || whole.skipped.contains(&rule);
                        prop_assert!(!acts || remains || !told, "{query:?}");
                    }
                }
            }
        }
    }
}

/// Rules of one kind of decision, and queries of it.
fn world() -> impl Strategy<Value = (Vec<String>, Vec<Query>)> {
    let rules = |kind| prop::collection::vec(rules_kinds::rule(kind), 1..7);
    let queries = |kind| prop::collection::vec(rules_kinds::query(kind), QUERIES);
    select(Kind::ALL.as_slice()).prop_flat_map(move |kind| (rules(kind), queries(kind)))
}

/// A step says nothing of an arm that had no part; an example leaves that open.
fn with_a_last_split(query: &Query) -> Query {
    let mut query = query.clone();
    if let Question::Budget(total) = &mut query.question {
        total.last.fill(Some(Micros::new(WITNESSED / 2)));
    }
    query
}

proptest! {
    #![proptest_config(rulebooks())]

    #[test]
    fn of_every_kind_an_example_shows_what_is_claimed_and_no_query_contradicts_it((rules, queries) in world()) {
        let written = rules_kinds::sources(&rules);
        let compiled = compile(&written);
        let found = found(&compiled);
        let rulebook = compiled.rulebook.unwrap();
        let with_tests = with_tests(&written, &found);
        let witnessed = found.iter().filter(|found| found.witness.is_some());
        for (claimed, test) in witnessed.zip(with_tests.tests()) {
            let limits = with_tests.limits(&with_a_last_split(&test.query), &test.campaigns, &test.ledger);
            prop_assert!(shows(&claimed.claim, &limits), "{:?}\n{:?}\n{:?}", claimed.claim, test.query, limits);
        }
        for query in &queries {
            for limits in &plain(&rulebook, query) {
                for claimed in &found {
                    prop_assert!(!contradicts(&claimed.claim, limits), "{:?}\n{:?}\n{:?}", claimed.claim, query, limits);
                }
            }
        }
    }
}

#[test]
fn the_starter_set_has_nothing_to_look_at() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
    let sources = Sources::read(&folder).unwrap();
    let now = "2026-11-22T12:00:00Z".parse::<jiff::Timestamp>().unwrap().into();
    let said: Vec<String> = reviewed(&sources, now)
        .findings
        .iter()
        .map(|finding| render(finding, &sources, Style::Plain, Language::English))
        .collect();
    assert!(said.is_empty(), "{}", said.join("\n"));
}
