use std::sync::Arc;

use jiff::{civil::Date, tz::TimeZone};

use super::{
    code,
    conditions::Reader,
    effects,
    presence::{known_to_its_kinds, settled},
};
use crate::{
    domain::{RuleCard, RuleId, Timestamp},
    rules::{
        condition::{Condition, Reading},
        draft::{Exemption, RuleDraft},
        syntax::{
            Findings, Spanned,
            ast::{ExceptionDef, IfUnknown, RuleDef, RuleFile},
            say,
        },
    },
};

/// A rule, and the words that findings about it point at.
pub(super) struct Drafted<'f> {
    pub(super) draft: RuleDraft,
    pub(super) def: &'f RuleDef,
}

/// Every rule of a file that is whole.
pub(super) fn rules<'f>(
    file: &'f RuleFile,
    path: &Arc<str>,
    reader: &mut Reader<'_, '_, '_>,
) -> Vec<Drafted<'f>> {
    let zone = zone(file);
    let reader = &mut reader.in_zone(zone.clone());
    let scope = match &file.applies_to {
        Some(scope) => match reader.condition(scope, Reading::Any) {
            Some(scope) => Some(scope),
            None => return Vec::new(),
        },
        None => None,
    };
    let draft = |def: &'f RuleDef| {
        let draft = rule(def, file, path, scope.clone(), &zone, reader)?;
        Some(Drafted { draft, def })
    };
    file.rules.iter().filter_map(draft).collect()
}

/// The zone of a file's dates. The syntax asks for one wherever there is a date.
pub(super) fn zone(file: &RuleFile) -> TimeZone {
    file.time_zone
        .as_ref()
        .map_or(TimeZone::UTC, |zone| zone.value.clone())
}

fn rule(
    def: &RuleDef,
    file: &RuleFile,
    path: &Arc<str>,
    scope: Option<Condition>,
    zone: &TimeZone,
    reader: &mut Reader<'_, '_, '_>,
) -> Option<RuleDraft> {
    let when = match &def.when {
        Some(when) => Some(reader.condition(when, Reading::Any)?),
        None => None,
    };
    let unless = match &def.unless {
        Some(unless) => Some(reader.condition(unless, Reading::Every)?),
        None => None,
    };
    known_to_its_kinds(def, file.applies_to.as_ref(), reader)?;
    let effects: Vec<_> = def
        .then
        .iter()
        .map(|effect| effects::effect(effect, zone, reader))
        .collect();
    let mut draft = RuleDraft {
        card: RuleCard {
            id: RuleId::new(&def.id.value).ok()?,
            tier: file.tier.value,
            owner: Arc::from(def.owner.value.as_str()),
            because: Arc::from(def.because.value.as_str()),
            file: match def.row {
                Some(_) => Arc::from(reader.findings.sources().path(def.id.span.file)),
                None => path.clone(),
            },
            line: def.id.span.line,
        },
        kinds: def.kinds.iter().map(|kind| kind.value).collect(),
        mode: def.mode,
        from: midnight(def.from, zone, reader.findings)?,
        until: midnight_after(def.until, zone, reader.findings)?,
        when: scope.into_iter().chain(when).collect(),
        unless: unless
            .map(|condition| Exemption {
                condition,
                until: None,
            })
            .into_iter()
            .collect(),
        if_unknown: IfUnknown::Apply,
        effects: effects.into_iter().collect::<Option<_>>()?,
    };
    draft.if_unknown = settled(def, &draft, reader)?;
    Some(draft)
}

/// Adds an exception to the rule that it names.
pub(super) fn exception(
    def: &ExceptionDef,
    file: &RuleFile,
    drafts: &mut [Drafted<'_>],
    reader: &mut Reader<'_, '_, '_>,
) -> Option<()> {
    let reader = &mut reader.in_zone(zone(file));
    let scope = match &file.applies_to {
        Some(scope) => Some(reader.condition(scope, Reading::Every)?),
        None => None,
    };
    let when = reader.condition(&def.when, Reading::Every)?;
    let until = midnight_after(Some(def.until), &zone(file), reader.findings)?;
    // What excepts from a rule that names a table excepts from each of its rows.
    let named = |drafted: &&mut Drafted<'_>| {
        [&drafted.def.id.value, &drafted.def.written_id().value].contains(&&def.to.value)
    };
    let mut excepted: Vec<_> = drafts.iter_mut().filter(named).collect();
    let Some(to) = excepted.first() else {
        reader.report_unknown_rule(&def.to);
        return None;
    };
    let (own, tier) = (file.tier.value, to.draft.card.tier);
    reader.are_known_to(&to.draft.kinds, &def.when)?;
    if own < tier {
        let message = say!("a file of tier `{}` cannot except a rule of tier `{}`", own, tier);
        reader
            .findings
            .error(code::EXCEPTION_TIER, def.to.span, message)
            .help(say!("ask {} for the exception", to.draft.card.owner))
            .related(to.def.id.span, say!("the rule"));
        return None;
    }
    let parts = scope.into_iter().chain([when]).collect();
    let exemption = Exemption {
        condition: Condition::All(parts),
        until,
    };
    for to in &mut excepted {
        to.draft.unless.push(exemption.clone());
    }
    Some(())
}

type Day = Option<Spanned<Date>>;

/// The first instant of a day.
#[expect(
    clippy::option_option,
    reason = "outer: whether it can be read; inner: whether it was said"
)]
pub(super) fn midnight(day: Day, zone: &TimeZone, findings: &mut Findings<'_>) -> Option<Option<Timestamp>> {
    let Some(day) = day else {
        return Some(None);
    };
    match day.value.to_zoned(zone.clone()) {
        Ok(start) => Some(Some(start.timestamp().into())),
        Err(_) => {
            let message = say!("`{}` is beyond the calendar", day.value);
            findings.error(code::DATE_RANGE, day.span, message);
            None
        }
    }
}

/// The first instant after a day.
#[expect(
    clippy::option_option,
    reason = "outer: whether it can be read; inner: whether it was said"
)]
pub(super) fn midnight_after(
    day: Day,
    zone: &TimeZone,
    findings: &mut Findings<'_>,
) -> Option<Option<Timestamp>> {
    let next = day.map(|day| day.map(|date| date.tomorrow().unwrap_or(Date::MAX)));
    midnight(next, zone, findings)
}
