//! One sentence a person can read out: what was answered, what was wished, because of whom.
//!
//! What is to be said comes first ([`Told`], in no language), how it is said comes after (`english`, `italian`,
//! `spanish`): each language is a function of [`Told`], for a sentence is more than its words put side by side.
//! The values of the kinds of decision are written in one place (`words`).

mod came;
mod english;
mod italian;
mod shadow;
mod spanish;
mod whole;
mod words;

use self::came::{Came, Subject, came, does_the_same};
pub(super) use self::{shadow::would_have, whole::whole};
use super::{explanation::Speaker, zone::Zone};
use crate::domain::{
    CandidateLimits, Currency, Effect, FallbackReason, Language, LimitedBy, Micros, RuleCard, RuleIx, Word,
};

/// What a sentence says, in no language.
struct Told<'a> {
    came: Came<'a>,
    subject: Subject,
    currency: Currency,
    floor: Micros,
    /// Where the message arrives.
    zone: Option<&'a Zone>,
    /// Who has to approve.
    roles: Vec<&'a Word>,
    fallback: Option<FallbackReason>,
    because: Vec<&'a RuleCard>,
    /// Rules that alone would have had the same consequence.
    also: Vec<&'a RuleCard>,
}

/// For instance: `Bid lowered from 2.40 to 1.95 EUR because of italy-cap (Anna Rossi: no data before March);
/// company-max-bid would have done it too.`
pub(super) fn sentence(speaker: &Speaker<'_>) -> String {
    let Speaker {
        question,
        rules,
        limits,
        answer,
        currency,
        zone,
        language,
    } = *speaker;
    let came = came(question, answer, limits);
    let cards = |rules_named: &[RuleIx]| {
        let each = rules_named.iter().filter_map(|rule| rules.get(*rule));
        each.collect::<Vec<_>>()
    };
    let also: Vec<RuleIx> = answer
        .causes
        .also
        .iter()
        .copied()
        .filter(|rule| does_the_same(*rule, &came, answer.wish, limits))
        .collect();
    let mut text = said(
        &Told {
            came,
            subject: Subject::of(question),
            currency,
            floor: limits.floor,
            zone,
            roles: roles(limits),
            fallback: answer.fallback,
            because: cards(&answer.causes.because_of),
            also: cards(&also),
        },
        language,
    );
    let proposed = answer.proposed.as_ref().filter(|_| answer.choice.is_some());
    if proposed.is_some_and(|proposed| proposed.limited_by == Some(LimitedBy::Freeze)) {
        text.push(' ');
        text.push_str(frozen(language));
    }
    text
}

/// Why a person's value decides where the model was to take over.
const fn frozen(language: Language) -> &'static str {
    match language {
        Language::English => {
            "The hand-over of this market is frozen: the model did worse there than the person's value, which decides \
             until somebody has looked."
        }
        Language::Italian => {
            "Il passaggio di questo mercato al modello è sospeso: lì il modello ha reso meno del valore umano, che decide \
             finché qualcuno non avrà controllato."
        }
        Language::Spanish => {
            "El traspaso de este mercado al modelo está congelado: allí el modelo rindió menos que el valor humano, que \
             decide hasta que alguien lo revise."
        }
    }
}

fn said(told: &Told<'_>, language: Language) -> String {
    match language {
        Language::English => english::said(told),
        Language::Italian => italian::said(told),
        Language::Spanish => spanish::said(told),
    }
}

fn roles(limits: &CandidateLimits) -> Vec<&Word> {
    let mut roles: Vec<&Word> = limits
        .effects
        .iter()
        .filter_map(|active| {
            if let Effect::Hold(role) = &active.effect {
                return Some(role);
            }
            None
        })
        .collect();
    roles.dedup();
    roles
}
