//! Whether a changed rule permits less, more, or something else.

use std::collections::BTreeSet;

use serde::Serialize;

use super::{
    Change, How, KeyChange, Sort, Version,
    entries::terms,
    limits::limits,
    set::{Side, Sides, implies},
};
use crate::rules::{
    condition::Condition,
    draft::{Action, Exemption, RuleDraft},
    syntax::{
        Findings, Sort as EffectSort, Sources,
        ast::{IfUnknown, Mode},
        effect_row, parse,
    },
};

/// What a rule permits now, compared with before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Permits {
    /// Exactly as much.
    Same,
    /// Less, and nothing that was not permitted before.
    Tighter,
    /// More, and everything that was permitted before.
    Looser,
    /// Something else: it chooses or moves values, or is tighter in one way and looser in another.
    Different,
    /// It cannot be told from the shape of the rules.
    CannotBeTold,
}

impl Permits {
    /// Of two parts of a rule together.
    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Same, same) | (same, Self::Same) => same,
            (Self::CannotBeTold, _) | (_, Self::CannotBeTold) => Self::CannotBeTold,
            (Self::Different, _) | (_, Self::Different) => Self::Different,
            (Self::Tighter, Self::Tighter) => Self::Tighter,
            (Self::Looser, Self::Looser) => Self::Looser,
            (Self::Tighter, Self::Looser) | (Self::Looser, Self::Tighter) => Self::Different,
        }
    }

    /// Of a reach that shrank or grew: what a restriction reaches it forbids.
    pub(super) const fn of_reach(in_new: bool, in_old: bool) -> Self {
        match (in_new, in_old) {
            (true, true) => Self::Same,
            (true, false) => Self::Tighter,
            (false, true) => Self::Looser,
            (false, false) => Self::CannotBeTold,
        }
    }

    const fn turned(self) -> Self {
        match self {
            Self::Tighter => Self::Looser,
            Self::Looser => Self::Tighter,
            Self::Same | Self::Different | Self::CannotBeTold => self,
        }
    }
}

/// Says of every changed rule, and of every changed exception, what the rule now permits.
pub(super) fn judge(changes: &mut [Change], old: Version<'_>, new: Version<'_>) {
    let (before, after) = (terms_of(old.sources), terms_of(new.sources));
    let sides = Sides {
        left: Side {
            rulebook: old.rulebook,
            lists: &before,
        },
        right: Side {
            rulebook: new.rulebook,
            lists: &after,
        },
    };
    for change in changes {
        let id = match change.sort {
            Sort::Rule => change.name.as_str(),
            Sort::Exception => change.name.trim_end_matches('\''),
            Sort::Test | Sort::Campaign | Sort::Objective | Sort::Attribute | Sort::File | Sort::List => {
                continue;
            }
        };
        let find = |version: Version<'_>| {
            let mut drafts = version.rulebook.drafts().iter();
            drafts.find(|draft| draft.card.id.as_str() == id).cloned()
        };
        change.permits = match (find(old), find(new)) {
            (Some(old), Some(new)) => Some(compared(&old, &new, &change.how, sides)),
            (None, Some(new)) => Some(alone(&new)),
            (Some(old), None) => Some(alone(&old).turned()),
            (None, None) => of_rows(id, &change.how, sides),
        };
    }
}

/// Of what the rows of a table share, the rows that were there before and are there still taken together; what came
/// and went is told of each row.
fn of_rows(table: &str, how: &How, sides: Sides<'_>) -> Option<Permits> {
    let drafts = sides.left.rulebook.drafts().iter();
    let is_row = |id: &str| id.strip_prefix(table).is_some_and(|rest| rest.starts_with('/'));
    drafts
        .filter(|old| is_row(old.card.id.as_str()))
        .filter_map(|old| {
            let mut drafts = sides.right.rulebook.drafts().iter();
            let new = drafts.find(|new| new.card.id == old.card.id)?;
            Some(compared(old, new, how, sides))
        })
        .reduce(Permits::and)
}

/// The terms of each word list, in the order of the lists.
pub(super) fn terms_of(sources: &Sources) -> Vec<BTreeSet<String>> {
    let files = parse(sources, &mut Findings::new(sources));
    files.word_lists.iter().map(terms).collect()
}

/// Of a rule that is there on one side only: as if it were new.
fn alone(rule: &RuleDraft) -> Permits {
    if rule.mode != Mode::Enforce || rule.effects.iter().all(|effect| is_note(&effect.action)) {
        return Permits::Same;
    }
    if only_restricts(rule) {
        Permits::Tighter
    } else {
        Permits::Different
    }
}

fn only_restricts(rule: &RuleDraft) -> bool {
    let mut effects = rule.effects.iter();
    effects.all(|effect| effect.action.is_restriction() || is_note(&effect.action))
}

const fn is_note(action: &Action) -> bool {
    matches!(action, Action::Note(_))
}

fn compared(old: &RuleDraft, new: &RuleDraft, how: &How, sides: Sides<'_>) -> Permits {
    match (old.mode == Mode::Enforce, new.mode == Mode::Enforce) {
        (false, false) => return Permits::Same,
        (true, false) => return alone(old).turned(),
        (false, true) => return alone(new),
        (true, true) => {}
    }
    let keys: &[KeyChange] = match how {
        How::Changed(keys) => keys,
        How::New(_) | How::Gone(_) | How::List { .. } => &[],
    };
    if !only_restricts(old) || !only_restricts(new) {
        return other_sorts(old, new);
    }
    conditions(old, new, sides)
        .and(exemptions(&old.unless, &new.unless, sides))
        .and(effects(old, new, keys, sides))
        .and(kinds(old, new))
        .and(times(old, new))
        .and(unknown(old.if_unknown, new.if_unknown))
        .and(if old.card.tier == new.card.tier {
            Permits::Same
        } else {
            Permits::CannotBeTold
        })
}

/// Rules that choose or move values are the same, or different.
fn other_sorts(old: &RuleDraft, new: &RuleDraft) -> Permits {
    let mut told_alike = old.clone();
    told_alike.card = new.card.clone();
    if told_alike == *new && old.card.tier == new.card.tier {
        return Permits::Same;
    }
    Permits::Different
}

fn conditions(old: &RuleDraft, new: &RuleDraft, sides: Sides<'_>) -> Permits {
    let (old, new) = (Condition::All(old.when.clone()), Condition::All(new.when.clone()));
    Permits::of_reach(implies(&old, &new, sides), implies(&new, &old, sides.swapped()))
}

/// More exemptions are looser; so the other way round.
fn exemptions(old: &[Exemption], new: &[Exemption], sides: Sides<'_>) -> Permits {
    let covered = |narrow: &[Exemption], wide: &[Exemption], sides: Sides<'_>| {
        narrow.iter().all(|one| {
            let longer = |other: &Exemption| {
                other
                    .until
                    .is_none_or(|until| one.until.is_some_and(|one| one <= until))
            };
            wide.iter()
                .any(|other| longer(other) && implies(&one.condition, &other.condition, sides))
        })
    };
    Permits::of_reach(covered(old, new, sides), covered(new, old, sides.swapped())).turned()
}

fn kinds(old: &RuleDraft, new: &RuleDraft) -> Permits {
    let within = |a: &RuleDraft, b: &RuleDraft| a.kinds.iter().all(|kind| b.kinds.contains(kind));
    Permits::of_reach(within(old, new), within(new, old))
}

fn times(old: &RuleDraft, new: &RuleDraft) -> Permits {
    let within = |a: &RuleDraft, b: &RuleDraft| {
        let begins = b.from.is_none_or(|b| a.from.is_some_and(|a| b <= a));
        let ends = b.until.is_none_or(|b| a.until.is_some_and(|a| a <= b));
        begins && ends
    };
    Permits::of_reach(within(old, new), within(new, old))
}

fn unknown(old: IfUnknown, new: IfUnknown) -> Permits {
    match (old, new) {
        (IfUnknown::Skip, IfUnknown::Apply | IfUnknown::Hold) => Permits::Tighter,
        (IfUnknown::Apply | IfUnknown::Hold, IfUnknown::Skip) => Permits::Looser,
        (IfUnknown::Apply, IfUnknown::Hold) | (IfUnknown::Hold, IfUnknown::Apply) => Permits::Different,
        (IfUnknown::Skip, IfUnknown::Skip)
        | (IfUnknown::Apply, IfUnknown::Apply)
        | (IfUnknown::Hold, IfUnknown::Hold) => Permits::Same,
    }
}

/// Effects are compared as they are written; who is excluded, by what it means.
fn effects(old: &RuleDraft, new: &RuleDraft, keys: &[KeyChange], sides: Sides<'_>) -> Permits {
    let mut together = guards(old, new, sides);
    for key in keys {
        let Some(name) = key.key.strip_prefix("then.") else {
            continue;
        };
        if !["exclude", "only"].contains(&name) {
            let written = || effect(name, key.old.as_deref(), key.new.as_deref());
            together = together.and(limits(name, old, new).unwrap_or_else(written));
        }
    }
    together
}

fn guards(old: &RuleDraft, new: &RuleDraft, sides: Sides<'_>) -> Permits {
    let of = |rule: &RuleDraft| -> Vec<Condition> {
        rule.effects
            .iter()
            .filter_map(|effect| effect.guard.clone())
            .collect()
    };
    let (old, new) = (Condition::Any(of(old)), Condition::Any(of(new)));
    Permits::of_reach(implies(&old, &new, sides), implies(&new, &old, sides.swapped()))
}

fn effect(name: &str, old: Option<&str>, new: Option<&str>) -> Permits {
    if effect_row(name).is_none_or(|row| row.sort != EffectSort::Restriction) {
        return Permits::Same;
    }
    match (old, new) {
        (None, Some(_)) => Permits::Tighter,
        (Some(_), None) => Permits::Looser,
        (Some(old), Some(new)) => amounts(name, old, new),
        (None, None) => Permits::Same,
    }
}

/// Of two amounts in one unit: a lower `at_most` is tighter, a higher `at_least` likewise.
fn amounts(name: &str, old: &str, new: &str) -> Permits {
    let (Some((before, unit)), Some((after, new_unit))) = (amount(old), amount(new)) else {
        return Permits::CannotBeTold;
    };
    if unit != new_unit {
        return Permits::CannotBeTold;
    }
    let less = Permits::of_reach(after <= before, before <= after);
    match name {
        "at_most" | "step_at_most" => less,
        "at_least" => less.turned(),
        _ => Permits::CannotBeTold,
    }
}

/// `1.80 EUR` is 1,800,000 of ` EUR`.
fn amount(text: &str) -> Option<(u64, &str)> {
    let end = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(end)?;
    let (whole, decimals) = number.split_once('.').unwrap_or((number, ""));
    if decimals.len() > 6 || unit.contains(|c: char| c.is_ascii_digit() && unit.contains('-')) {
        return None;
    }
    Some((format!("{whole}{decimals:0<6}").parse().ok()?, unit))
}
