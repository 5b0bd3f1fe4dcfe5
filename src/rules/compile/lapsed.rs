//! What has ended, or waits for somebody to look at it: what a rulebook says only together with a date.

use jiff::{
    civil::Date,
    tz::{Offset, TimeZone},
};

use super::{code, lists, rules::zone};
use crate::{
    domain::{Duration, Timestamp},
    rules::{
        calendar::{Holiday, Holidays},
        syntax::{
            Diagnostic, Findings, Sources, Spanned,
            ast::{ExceptionDef, HolidayFile, RuleDef, RuleFile},
            parse, say,
        },
    },
};

/// How long before the holidays of a country run out it is told.
const NOTICE_DAYS: i32 = 60;

/// How long before the end of a rule or an exception it is told.
const ENDS_SOON_DAYS: i64 = 14;

/// Warnings about rules and exceptions that have ended by `now` or will within 14 days, and about reviews that are overdue.
///
/// [`compile`](super::compile) never looks at the clock, so that one folder is always one rulebook; who has a
/// clock asks here too. Files that are wrong are told of there.
#[must_use]
pub fn lapsed(sources: &Sources, now: Timestamp) -> Vec<Diagnostic> {
    let files = parse(sources, &mut Findings::new(sources));
    let mut findings = Findings::new(sources);
    for file in &files.rules {
        report(file, now, &mut findings);
    }
    for file in &files.holidays {
        report_holidays(file, now, &mut findings);
    }
    // A list names no zone; of its days a few hours make no difference.
    let today = now.to_jiff().to_zoned(TimeZone::UTC).date();
    for list in &files.word_lists {
        lists::report_dates(list, today, &mut findings);
    }
    findings.into_sorted()
}

fn report(file: &RuleFile, now: Timestamp, findings: &mut Findings<'_>) {
    let zone = zone(file);
    for rule in &file.rules {
        if let Some(until) = rule.until.filter(|until| is_over(*until, &zone, now)) {
            let message = say!("the rule `{}` ended with {}", rule.id.value, until.value);
            findings
                .warning(code::ENDED, until.span, message)
                .help(say!("delete the rule and its tests, or write a later `until`"));
            continue;
        }
        if let Some(until) = rule.until.filter(|until| ends_soon(*until, &zone, now)) {
            let message = say!("the rule `{}` ends with {}", rule.id.value, until.value);
            findings
                .warning(code::ENDS_SOON, until.span, message)
                .help(say!("write a later `until` if it is still wanted then"));
        }
        report_review(rule, &zone, now, findings);
    }
    for exception in &file.exceptions {
        report_exception(exception, &zone, now, findings);
    }
}

fn report_exception(exception: &ExceptionDef, zone: &TimeZone, now: Timestamp, findings: &mut Findings<'_>) {
    let (to, until) = (&exception.to.value, exception.until);
    if is_over(until, zone, now) {
        findings
            .warning(
                code::ENDED,
                until.span,
                say!("the exception to `{}` ended with {}", to, until.value),
            )
            .help(say!(
                "delete the exception and its tests, or write a later `until`"
            ));
    } else if ends_soon(until, zone, now) {
        let message = say!("the exception to `{}` ends with {}", to, until.value);
        findings
            .warning(code::ENDS_SOON, until.span, message)
            .help(say!("write a later `until` if it is still wanted then"));
    }
}

fn report_review(rule: &RuleDef, zone: &TimeZone, now: Timestamp, findings: &mut Findings<'_>) {
    if let Some(day) = rule.review_by.filter(|day| is_over(*day, zone, now)) {
        let (id, owner) = (&rule.id.value, &rule.owner.value);
        findings
            .warning(
                code::REVIEW,
                day.span,
                say!("`{}` was to be looked at again by {}", id, day.value),
            )
            .help(say!(
                "it still counts; ask {} whether it should, and write a later `review_by`",
                owner
            ));
    }
}

/// The days of a year of which no row tells may all be holidays, so quiet hours on holidays would then hold
/// everything back.
fn report_holidays(file: &HolidayFile, now: Timestamp, findings: &mut Findings<'_>) {
    let today = Offset::UTC.to_datetime(now.to_jiff()).date();
    let holidays: Holidays = file.days.iter().map(|day| day.value.clone()).collect();
    for country in holidays.countries() {
        let known_until = holidays.known_until(country, today);
        let is_soon = |end: Date| today.until(end).is_ok_and(|left| left.get_days() < NOTICE_DAYS);
        let of_country = |day: &&Spanned<Holiday>| day.value.country == country;
        let Some(last) = file
            .days
            .iter()
            .filter(of_country)
            .max_by_key(|day| day.value.date)
        else {
            continue;
        };
        if known_until.is_none_or(is_soon) {
            let message = say!("the holidays of `{}` end with {}", country, last.value.date);
            findings.warning(code::HOLIDAYS_END, last.span, message).help(say!(
                "add those of the next year; until then each of its days may be one, and messages wait that keep clear of holidays"
            ));
        }
    }
}

/// Whether the day is over before `now` and the notice after it.
fn ends_soon(day: Spanned<Date>, zone: &TimeZone, now: Timestamp) -> bool {
    is_over(day, zone, now.plus(Duration::from_days(ENDS_SOON_DAYS)))
}

fn is_over(day: Spanned<Date>, zone: &TimeZone, now: Timestamp) -> bool {
    let next = day.value.tomorrow().and_then(|next| next.to_zoned(zone.clone()));
    next.is_ok_and(|next| Timestamp::from(next.timestamp()) <= now)
}
