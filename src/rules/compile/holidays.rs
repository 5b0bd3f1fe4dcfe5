//! The holidays that the files tell of, and rules that need others.

use std::collections::BTreeSet;

use super::{clashes::span_of, code};
use crate::{
    domain::Attribute,
    rules::{
        calendar::Holidays,
        condition::{Condition, Test},
        draft::{Action, RuleDraft},
        syntax::{Findings, ast::Files, say},
        vocabulary::slot,
    },
};

/// Every row of every file.
pub(super) fn told(files: &Files) -> Holidays {
    let days = files.holidays.iter().flat_map(|file| &file.days);
    days.map(|day| day.value.clone()).collect()
}

/// Reports rules that speak of holidays and name a country of which no file tells. Each of its days may be a
/// holiday, so quiet hours on holidays hold every message there.
pub(super) fn report(files: &Files, drafts: &[RuleDraft], holidays: &Holidays, findings: &mut Findings<'_>) {
    let known: BTreeSet<&str> = holidays.countries().collect();
    for draft in drafts.iter().filter(|draft| reads_holidays(draft)) {
        let mut named = BTreeSet::new();
        draft.when.iter().for_each(|when| countries(when, &mut named));
        for country in named.iter().filter(|country| !known.contains(country.as_str())) {
            let message = say!(
                "`{}` speaks of holidays, and no file tells those of `{}`",
                draft.card.id,
                country
            );
            findings
                .warning(code::HOLIDAYS_UNKNOWN, span_of(files, draft), message)
                .help(say!(
                    "add `holidays/{}.csv` with the columns `country;region;date;name`; until then each day there may be one",
                    country
                ));
        }
    }
}

fn reads_holidays(draft: &RuleDraft) -> bool {
    draft
        .effects
        .iter()
        .any(|effect| matches!(&effect.action, Action::Times(times) if times.limit.reads_holidays()))
}

/// The countries that a condition asks for, in capitals; not those that it rules out.
fn countries(condition: &Condition, named: &mut BTreeSet<String>) {
    match condition {
        Condition::Fact(atom) => {
            if let Test::Words(words) = &atom.test
                && slot(&Attribute::MarketCountry) == Some(atom.slot)
            {
                named.extend(words.iter().map(|word| word.to_uppercase()));
            }
        }
        Condition::All(parts) | Condition::Any(parts) => {
            parts.iter().for_each(|part| countries(part, named));
        }
        Condition::Not(_) => {}
    }
}
