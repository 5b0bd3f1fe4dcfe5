//! Rules that an edit leaves as they were: what such a rule did to a past decision it does again.

use std::collections::{BTreeMap, BTreeSet};

use super::{Version, permits::terms_of};
use crate::{
    domain::{Attribute, RuleId},
    rules::{
        Rulebook,
        condition::{Atom, Condition, Test},
        draft::RuleDraft,
        syntax::Sources,
    },
};

/// The rules that read the same and do the same in both versions, whatever else was edited: the same conditions over
/// the same words, the same effects, tier and dates. Owner, reason and place may differ.
///
/// A rule that is left out may still be the same; one that is named is.
#[must_use]
pub fn same_rules(old: Version<'_>, new: Version<'_>) -> BTreeSet<RuleId> {
    let own = |version: Version<'_>| version.rulebook.vocabulary().own().to_vec();
    if own(old) != own(new) || tables_of_facts(old.sources) != tables_of_facts(new.sources) {
        return BTreeSet::new();
    }
    let (before, after) = (plain(old), plain(new));
    let same = after.iter().filter(|(id, draft)| before.get(*id) == Some(*draft));
    same.map(|(id, _)| id.clone()).collect()
}

/// The texts that a rule looks into.
#[must_use]
pub fn texts_read(rulebook: &Rulebook, draft: &RuleDraft) -> Vec<Attribute> {
    let mut found = Vec::new();
    let mut see = |atom: &Atom| {
        if matches!(atom.test, Test::Mentions(_) | Test::Matches(_))
            && let Some(entry) = rulebook.vocabulary().entry(atom.slot)
            && !found.contains(&entry.attribute)
        {
            found.push(entry.attribute.clone());
        }
    };
    let guards = draft.effects.iter().filter_map(|effect| effect.guard.as_ref());
    let unless = draft.unless.iter().map(|exemption| &exemption.condition);
    for condition in draft.when.iter().chain(unless).chain(guards) {
        condition.each_atom(&mut see);
    }
    found
}

/// What rules are read with beside themselves: holidays and taxonomies.
fn tables_of_facts(sources: &Sources) -> BTreeMap<&str, &[u8]> {
    let each = sources.iter().map(|(_, source)| (&*source.path, &*source.bytes));
    each.filter(|(path, _)| {
        let of_rules = [".yaml", ".md", ".json"].iter().any(|end| path.ends_with(end));
        !of_rules && !path.starts_with("lists/") && !path.starts_with("tables/")
    })
    .collect()
}

/// Every rule without what does not decide, and with words in place of the places of lists.
fn plain(version: Version<'_>) -> BTreeMap<RuleId, RuleDraft> {
    let lists = terms_of(version.sources);
    let of = |draft: &RuleDraft| {
        let mut plain = draft.clone();
        plain.card.owner = "".into();
        plain.card.because = "".into();
        plain.card.file = "".into();
        plain.card.line = 0;
        let unless = plain.unless.iter_mut().map(|exemption| &mut exemption.condition);
        let guards = plain
            .effects
            .iter_mut()
            .filter_map(|effect| effect.guard.as_mut());
        for condition in plain.when.iter_mut().chain(unless).chain(guards) {
            spell_out(condition, version.rulebook, &lists);
        }
        (plain.card.id.clone(), plain)
    };
    version.rulebook.drafts().iter().map(of).collect()
}

fn spell_out(condition: &mut Condition, rulebook: &Rulebook, lists: &[BTreeSet<String>]) {
    match condition {
        Condition::All(parts) | Condition::Any(parts) => {
            parts.iter_mut().for_each(|part| spell_out(part, rulebook, lists));
        }
        Condition::Not(part) => spell_out(part, rulebook, lists),
        Condition::Fact(atom) => {
            let words: Vec<String> = match &atom.test {
                Test::Mentions(places) => {
                    let terms = places.iter().filter_map(|place| lists.get(*place)).flatten();
                    terms.map(|term| format!("mentions {term}")).collect()
                }
                Test::Matches(places) => {
                    let texts = places
                        .iter()
                        .filter_map(|place| rulebook.lexicon().patterns.text(*place));
                    texts.map(|text| format!("matches {text}")).collect()
                }
                Test::Words(_) | Test::Label { .. } | Test::Between(..) | Test::Is(_) | Test::Clock(_) => {
                    return;
                }
            };
            atom.test = Test::Words(words);
        }
    }
}
