use super::{Extent, Plain, inflected};
use crate::rules::syntax::ast::{Forms, TermDef};

/// Everything that a term is looked for as, in plain form: itself, and then the forms it asks for.
#[must_use]
pub fn spellings(def: &TermDef) -> Vec<Plain> {
    let language = def.language.as_ref().map_or("", |tag| tag.value.as_str());
    let forms = match &def.forms {
        Forms::None => Vec::new(),
        Forms::Plural => inflected(&def.term.value, language, Extent::Plural),
        Forms::All => inflected(&def.term.value, language, Extent::Gender),
        Forms::Listed(forms) => forms.clone(),
    };
    let mut spellings = vec![Plain::of(&def.term.value)];
    for form in forms {
        let form = Plain::of(&form);
        if !spellings.contains(&form) {
            spellings.push(form);
        }
    }
    spellings
}
