//! The sentence of a whole slate or split.

use super::{
    Told,
    came::{Came, Subject},
    said,
};
use crate::{
    domain::{Language, Micros, Question, RuleCard, RuleIx, Verdict},
    grpc::whole::Whole,
};

/// For instance: `Showing nova-spritz-6 and glass instead of glass because of shop-only-what-we-have (…).`
pub(in crate::grpc) fn whole(of: &Whole<'_>, because: &[RuleIx], language: Language) -> String {
    // Nothing can be said of nothing.
    let Some(currency) = of.currency() else {
        return String::new();
    };
    let because: Vec<&RuleCard> = because.iter().filter_map(|rule| of.rules.get(*rule)).collect();
    let told = Told {
        came: came(of),
        subject: subject(of.question),
        currency,
        floor: Micros::ZERO,
        zone: None,
        roles: of.roles(),
        fallback: of.fallback(),
        because,
        also: Vec::new(),
    };
    said(&told, language)
}

const fn subject(question: &Question) -> Subject {
    match question {
        Question::Budget(_) => Subject::Split,
        Question::Bid(_) | Question::SendTime(_) | Question::Recommendation { .. } | Question::Score => {
            Subject::Slate
        }
    }
}

fn came<'a>(of: &Whole<'a>) -> Came<'a> {
    match of.verdict() {
        Verdict::Held => return Came::Held,
        Verdict::Blocked => return Came::Blocked,
        Verdict::Allowed | Verdict::Changed => {}
    }
    let source = of.source();
    match of.question {
        Question::Budget(total) => {
            let (parts, wished) = (of.parts(), of.wished_parts());
            Came::Split {
                total: total.amount,
                wished: Some(wished).filter(|wished| !wished.is_empty() && *wished != parts),
                parts,
                source,
            }
        }
        Question::Bid(_) | Question::SendTime(_) | Question::Recommendation { .. } | Question::Score => {
            let (items, wished) = (of.shown(), of.wished());
            let wished = match of.verdict() {
                Verdict::Changed if !wished.is_empty() => Some(other(&items, wished)),
                Verdict::Changed | Verdict::Allowed | Verdict::Held | Verdict::Blocked => None,
            };
            Came::Slate {
                items,
                wished,
                source,
            }
        }
    }
}

/// What was wished, where that is another slate: one from which items were taken out and others moved up is told by its
/// items alone, for what was taken out has no wish to be told.
fn other<'a>(items: &[&str], wished: Vec<&'a str>) -> Vec<&'a str> {
    let mut rest = items.iter();
    let moved_up = wished.iter().all(|wish| rest.any(|item| item == wish));
    if moved_up { Vec::new() } else { wished }
}
