//! Amounts that effects are written with: how often, how many of each, from where to where, how far.

use super::{
    Findings, Spanned,
    ast::{CapDef, FreedomDef, PerFactDef, RangeDef, ReachDef, StepDef},
    code,
    message::say,
    scalar,
};
use crate::domain::{BasisPoints, Frequency};

/// The most that a counted limit may allow.
const MOST: u32 = 1_000_000;

/// How often in which time: `3 in 7 days`, `3 in 7 days across channels`.
pub(super) fn cap(written: Spanned<&str>, findings: &mut Findings<'_>) -> Option<CapDef> {
    let read = often(written.value);
    if read.is_none() {
        let help = match meant_cap(written.value) {
            Some(meant) => say!("did you mean `{}`?", meant),
            None => {
                say!("write how often in which time, such as `3 in 7 days` or `3 in 7 days across channels`")
            }
        };
        findings
            .error(
                code::COUNT,
                written.span,
                say!("`{}` does not say how often in which time", written.value),
            )
            .help(help);
    }
    read.filter(|cap| is_remembered(cap, written, findings))
}

/// Contacts are remembered for a year: a limit over a longer time could not be kept.
fn is_remembered(cap: &CapDef, written: Spanned<&str>, findings: &mut Findings<'_>) -> bool {
    let fits = cap.window <= Frequency::LONGEST;
    if !fits {
        let days = Frequency::LONGEST.as_millis() / 86_400_000;
        findings
            .error(
                code::COUNT,
                written.span,
                say!(
                    "`{}` looks further back than contacts are remembered",
                    written.value
                ),
            )
            .help(say!(
                "write at most {} days: `{} in {} days`",
                days,
                cap.most,
                days
            ));
    }
    fits
}

fn often(text: &str) -> Option<CapDef> {
    let (text, reach) = match text.trim().strip_suffix("across channels") {
        Some(rest) => (rest.trim_end(), ReachDef::AcrossChannels),
        None => (text.trim(), ReachDef::Channel),
    };
    let (most, window) = text.split_once(" in ")?;
    Some(CapDef {
        most: whole(most)?,
        window: scalar::length_of_time(window)?,
        reach,
    })
}

/// What somebody meant by `3 per week`, `3/7 days` or `max 3 in a day`.
fn meant_cap(text: &str) -> Option<String> {
    let text = text.to_lowercase();
    let most: String = text
        .chars()
        .skip_while(|c| !c.is_ascii_digit())
        .take_while(char::is_ascii_digit)
        .collect();
    let (_, time) = text
        .rsplit_once(" per ")
        .or_else(|| text.rsplit_once('/'))
        .or_else(|| text.rsplit_once(" in "))?;
    let time = time.replace("across channels", "");
    let window = match time.trim().trim_start_matches("a ").trim_start_matches("one ") {
        "hour" => "1 h",
        "day" => "1 day",
        "week" => "7 days",
        "month" => "30 days",
        "year" => "365 days",
        other => other,
    };
    let meant = format!("{most} in {window}");
    often(&meant).is_some().then_some(meant)
}

/// How many of each value of a fact: `2 per item.category`.
pub(super) fn per_fact(written: Spanned<&str>, findings: &mut Findings<'_>) -> Option<PerFactDef> {
    let read = written.value.split_once(" per ").and_then(|(most, fact)| {
        let fact = fact.trim();
        (!fact.is_empty() && !fact.contains(char::is_whitespace)).then_some(())?;
        let at = written.value.len() - fact.len();
        Some(PerFactDef {
            most: u16::try_from(whole(most)?).ok()?,
            fact: Spanned::new(fact.to_owned(), written.span.from_byte(at)),
        })
    });
    if read.is_none() {
        findings
            .error(
                code::COUNT,
                written.span,
                say!("`{}` does not say how many of each", written.value),
            )
            .help(say!(
                "write how many may share which fact, such as `2 per item.category`"
            ));
    }
    read
}

/// A whole number from 0.
fn whole(text: &str) -> Option<u32> {
    let text = text.trim();
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok())?.filter(|count| *count <= MOST)
}

/// A whole number from 1.
pub(super) fn count(written: Spanned<&str>, findings: &mut Findings<'_>) -> Option<u16> {
    let read = whole(written.value)
        .and_then(|count| u16::try_from(count).ok())
        .filter(|count| *count > 0);
    if read.is_none() {
        findings
            .error(
                code::COUNT,
                written.span,
                say!("`{}` is not a whole number from 1", written.value),
            )
            .help(say!("write a number such as `1`; the first slot is 1"));
    }
    read
}

/// A share of a whole, from 0% to 100%.
pub(super) fn part(written: Spanned<&str>, findings: &mut Findings<'_>) -> Option<BasisPoints> {
    let share = scalar::percent(written, findings)?;
    if (0..=10_000).contains(&share.get()) {
        return Some(share);
    }
    findings
        .error(
            code::PERCENT,
            written.span,
            say!("`{}` is not between 0% and 100%", written.value),
        )
        .help(say!("write a share of the whole, such as `25%`"));
    None
}

/// From one share to another: `10%-40%`.
pub(super) fn range(written: Spanned<&str>, findings: &mut Findings<'_>) -> Option<RangeDef> {
    let text = written.value.replace(['–', '—'], "-").replace(" to ", "-");
    let Some((least, most)) = text.split_once('-') else {
        findings
            .error(code::RANGE, written.span, say!("`{}` does not say from where to where", written.value))
            .help(say!("write the least and the most, such as `10%-40%`; `0%-40%` is at most 40%, `10%-100%` at least 10%"));
        return None;
    };
    // `10-40%` means per cent on both sides.
    let least = least.trim();
    let least = if least.ends_with('%') {
        least.to_owned()
    } else {
        format!("{least}%")
    };
    let most = most.trim();
    if most.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        findings
            .error(
                code::PERCENT,
                written.span,
                say!("`{}` is not a percentage", written.value),
            )
            .help(say!("write the per cent sign: `{}%`", format!("{least}-{most}")));
        return None;
    }
    let at_least = part(Spanned::new(&least, written.span), findings)?;
    let at_most = part(Spanned::new(most, written.span), findings)?;
    if at_least > at_most {
        findings
            .error(
                code::RANGE,
                written.span,
                say!("`{}` ends before it begins", written.value),
            )
            .help(say!(
                "write the smaller share first: `{}-{}`",
                at_most.to_string(),
                at_least.to_string()
            ));
        return None;
    }
    Some(RangeDef { at_least, at_most })
}

/// How far an arm may move: a share of what it had, or points of the total.
pub(super) fn step(written: Spanned<&str>, findings: &mut Findings<'_>) -> Option<StepDef> {
    if let Some(points) = points(written.value) {
        return Some(StepDef::Points(points));
    }
    part(written, findings).map(StepDef::OfItsLast)
}

/// How far a model may move from a person's value: `20%`, `1 h`, `2 slots`, `5 points`.
pub(super) fn freedom(written: Spanned<&str>, findings: &mut Findings<'_>) -> Option<FreedomDef> {
    let text = written.value.trim();
    if let Some(points) = points(text) {
        return Some(FreedomDef::Points(points));
    }
    if let Some(slots) = text
        .strip_suffix("slots")
        .or_else(|| text.strip_suffix("slot"))
        .and_then(whole)
    {
        return u16::try_from(slots).ok().map(FreedomDef::Slots);
    }
    if let Some(time) = scalar::length_of_time(text) {
        return Some(FreedomDef::Time(time));
    }
    let share = scalar::percent(written, findings)?;
    if share.get() < 0 {
        findings
            .error(
                code::PERCENT,
                written.span,
                say!("`{}` is negative", written.value),
            )
            .help(say!("write how far the model may go up or down, such as `20%`"));
        return None;
    }
    Some(FreedomDef::Share(share))
}

/// `5 points`: hundredths of the whole.
fn points(text: &str) -> Option<BasisPoints> {
    let text = text.trim();
    let number = text
        .strip_suffix("points")
        .or_else(|| text.strip_suffix("point"))?;
    let points = scalar::basis_points(number.trim())?;
    (0..=10_000).contains(&points.get()).then_some(points)
}
