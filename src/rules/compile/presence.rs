//! Which facts a rule reads, held against what its kinds of decision know.

use super::{code, conditions::Reader};
use crate::{
    domain::Kind,
    rules::{
        condition::Condition,
        draft::{EffectDraft, RuleDraft},
        syntax::{
            ast::{AtomDef, Clause, ConditionDef, IfUnknown, RuleDef},
            quoted, say,
        },
        vocabulary::{Entry, Presence, Vocabulary},
    },
};

impl Reader<'_, '_, '_> {
    /// Whether each of these kinds has every fact that a condition asks for; a finding for each it has not.
    ///
    /// A fact that does not exist at all is for whoever reads the condition to tell.
    pub(super) fn are_known_to(&mut self, kinds: &[Kind], def: &ConditionDef) -> Option<()> {
        let vocabulary = self.vocabulary;
        let mut whole = Some(());
        each_atom(def, &mut |atom| {
            let key = vocabulary.key(&atom.key.value);
            let Some(entry) = key.and_then(|key| vocabulary.entry(key.slot)) else {
                return;
            };
            if let Some(kind) = kinds.iter().find(|kind| entry.kinds.presence(**kind).is_none()) {
                self.report_foreign(atom, entry, *kind);
                whole = None;
            }
        });
        whole
    }

    fn report_foreign(&mut self, atom: &AtomDef, entry: &Entry, kind: Kind) {
        let which = quoted(entry.kinds.iter());
        self.findings
            .error(
                code::FOREIGN_FACT,
                atom.key.span,
                say!("a decision about `{}` has no `{}`", kind, &atom.key.value),
            )
            .help(say!(
                "it is known to {}; leave it out here, or make a rule of its own with another `for`",
                which
            ));
    }
}

/// Whether the kinds of a rule have every fact that its conditions ask for.
pub(super) fn known_to_its_kinds(
    def: &RuleDef,
    scope: Option<&ConditionDef>,
    reader: &mut Reader<'_, '_, '_>,
) -> Option<()> {
    let kinds: Vec<Kind> = def.kinds.iter().map(|kind| kind.value).collect();
    let of_effects = def.then.iter().filter_map(|effect| effect.value.condition());
    let conditions = scope.into_iter().chain(&def.when).chain(&def.unless);
    let known: Vec<Option<()>> = conditions
        .chain(of_effects)
        .map(|condition| reader.are_known_to(&kinds, condition))
        .collect();
    known.into_iter().collect()
}

fn each_atom<'d>(def: &'d ConditionDef, see: &mut impl FnMut(&'d AtomDef)) {
    for clause in &def.terms {
        match clause {
            Clause::Atom(atom) => see(atom),
            Clause::Any(parts) | Clause::All(parts) => parts.iter().for_each(|part| each_atom(part, see)),
            Clause::Not(part) => each_atom(part, see),
        }
    }
}

/// What to do with the unknown: what the rule says; it has to say it where it reads what may be unknown.
///
/// A fact that every query states may still be missing, through a fault. Then restrictions and people's values
/// stand, and what merely moves a wish is left out.
pub(super) fn settled(
    def: &RuleDef,
    draft: &RuleDraft,
    reader: &mut Reader<'_, '_, '_>,
) -> Option<IfUnknown> {
    if let Some(said) = def.if_unknown {
        return Some(said.value);
    }
    let optional = optional(draft, reader.vocabulary);
    if !optional.is_empty() {
        let facts = quoted(&optional);
        reader
            .findings
            .error(
                code::UNKNOWN_UNSETTLED,
                def.written_id().span,
                say!("`{}` reads what may be unknown: {}", &def.written_id().value, facts),
            )
            .help(say!("say what then: `if_unknown: apply` (as if it matched), `hold` (ask a person) or `skip` (as if the rule were not there)"));
        return None;
    }
    let stands = |effect: &EffectDraft| effect.action.is_restriction() || effect.action.is_directive();
    Some(if draft.effects.iter().any(stands) {
        IfUnknown::Apply
    } else {
        IfUnknown::Skip
    })
}

/// The attributes that a rule reads and that one of its kinds may not know.
fn optional<'v>(draft: &RuleDraft, vocabulary: &'v Vocabulary) -> Vec<&'v str> {
    let mut optional = Vec::new();
    let mut see = |condition: &Condition| {
        condition.each_atom(&mut |atom| {
            if let Some(entry) = vocabulary.entry(atom.slot)
                && entry.kinds.presence_in(&draft.kinds) == Some(Presence::Optional)
                && !optional.contains(&entry.attribute.name())
            {
                optional.push(entry.attribute.name());
            }
        });
    };
    draft.when.iter().for_each(&mut see);
    draft
        .unless
        .iter()
        .for_each(|exemption| see(&exemption.condition));
    draft
        .effects
        .iter()
        .filter_map(|effect| effect.guard.as_ref())
        .for_each(&mut see);
    optional
}
