//! What has ended, or waits for somebody to look at it: what a rulebook says only together with a date.

use jiff::{civil::Date, tz::TimeZone};

use super::{code, rules::zone};
use crate::{
    domain::Timestamp,
    rules::syntax::{
        Diagnostic, Findings, Sources, Spanned,
        ast::{RuleDef, RuleFile},
        parse, say,
    },
};

/// Warnings about rules and exceptions that have ended by `now`, and about reviews that are overdue.
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
        report_review(rule, &zone, now, findings);
    }
    for exception in &file.exceptions {
        if is_over(exception.until, &zone, now) {
            let (to, until) = (&exception.to.value, exception.until.value);
            findings
                .warning(
                    code::ENDED,
                    exception.until.span,
                    say!("the exception to `{}` ended with {}", to, until),
                )
                .help(say!(
                    "delete the exception and its tests, or write a later `until`"
                ));
        }
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

fn is_over(day: Spanned<Date>, zone: &TimeZone, now: Timestamp) -> bool {
    let next = day.value.tomorrow().and_then(|next| next.to_zoned(zone.clone()));
    next.is_ok_and(|next| Timestamp::from(next.timestamp()) <= now)
}
