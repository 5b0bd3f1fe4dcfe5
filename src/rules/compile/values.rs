use super::{code, names::Names};
use crate::{
    domain::Risk,
    rules::{
        canonical::canonical,
        countries,
        syntax::{Findings, Message, Spanned, did_you_mean, quoted, say},
        topics,
        vocabulary::{Entry, FactType},
    },
};

/// The words of a test, in canonical form; a site list stands for its sites.
pub(super) fn words(
    entry: &Entry,
    written: &[Spanned<String>],
    names: &Names<'_>,
    findings: &mut Findings<'_>,
) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut whole = true;
    for value in written {
        if entry.fact_type == FactType::Site && is_path(&value.value) {
            whole &= site_list(value, names, findings)
                .map(|sites| words.extend(sites))
                .is_some();
        } else if is_value(entry, value, names, findings) {
            words.push(canonical(entry.fact_type, &value.value).to_owned());
        } else {
            whole = false;
        }
    }
    whole.then_some(words)
}

fn is_path(text: &str) -> bool {
    text.to_ascii_lowercase().ends_with(".csv")
}

fn site_list(path: &Spanned<String>, names: &Names<'_>, findings: &mut Findings<'_>) -> Option<Vec<String>> {
    if let Some(list) = names.site_list(&path.value) {
        let sites = list.sites.iter();
        return Some(
            sites
                .map(|site| canonical(FactType::Site, &site.value).to_owned())
                .collect(),
        );
    }
    let near = did_you_mean(&path.value, names.site_lists());
    findings
        .error(
            code::UNKNOWN_LIST,
            path.span,
            say!("there is no site list `{}`", path.value),
        )
        .maybe_help(near.map(|near| say!("did you mean `{}`?", near)));
    None
}

/// Whether a fact can have this value; a finding where not.
pub(super) fn is_value(
    entry: &Entry,
    written: &Spanned<String>,
    names: &Names<'_>,
    findings: &mut Findings<'_>,
) -> bool {
    let text = written.value.as_str();
    let (known, help) = match entry.fact_type {
        FactType::Country => (countries::is_code(text), country(text)),
        FactType::OneOf(words) => (
            words.iter().any(|word| word.eq_ignore_ascii_case(text)),
            Some(near(text, words.iter().copied())),
        ),
        FactType::Declared => {
            let declared = || names.declared(&entry.attribute);
            (declared().any(|name| name == text), Some(near(text, declared())))
        }
        FactType::Site => (
            is_domain(text),
            Some(say!(
                "write the domain alone, without `https://` and path: `ansa.it`"
            )),
        ),
        FactType::Name | FactType::Word | FactType::Prefix => (true, None),
        FactType::Text | FactType::Number | FactType::Flag | FactType::Labels | FactType::Clock => {
            (false, None)
        }
    };
    if !known {
        findings
            .error(
                code::UNKNOWN_VALUE,
                written.span,
                say!("`{}` is no value of `{}`", text, entry.attribute),
            )
            .maybe_help(help);
    }
    known
}

fn country(text: &str) -> Option<Message> {
    Some(countries::meant(text).map_or_else(
        || say!("write the two letters of ISO 3166: `IT`, `ES`"),
        |code| say!("did you mean `{}`?", code),
    ))
}

fn near<'n>(text: &str, known: impl Iterator<Item = &'n str> + Clone) -> Message {
    if let Some(near) = did_you_mean(text, known.clone()) {
        return say!("did you mean `{}`?", near);
    }
    let mut first = known.take(12).peekable();
    match first.peek() {
        None => say!("none is declared yet"),
        Some(_) => say!("known are {}", quoted(first)),
    }
}

fn is_domain(text: &str) -> bool {
    let part =
        |part: &str| !part.is_empty() && part.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '_');
    text.strip_suffix('.').unwrap_or(text).split('.').all(part)
}

/// The ids of topics; the node above them stands for all.
pub(super) fn topics(written: &[Spanned<String>], findings: &mut Findings<'_>) -> Option<Vec<String>> {
    let mut ids = Vec::new();
    let mut whole = true;
    for value in written {
        let Some(topic) = topics::find(&value.value) else {
            whole = false;
            let names = topics::SENSITIVE.iter().map(|topic| topic.name);
            findings
                .error(
                    code::UNKNOWN_VALUE,
                    value.span,
                    say!("`{}` is no sensitive topic of the IAB", value.value),
                )
                .help(near(&value.value, names));
            continue;
        };
        ids.push(topic.id.to_owned());
        if topic == topics::ROOT {
            ids.extend(topics::SENSITIVE.iter().map(|topic| topic.id.to_owned()));
        }
    }
    whole.then_some(ids)
}

/// Levels of risk, by word or id.
pub(super) fn risks(written: &[Spanned<String>], findings: &mut Findings<'_>) -> Option<Vec<Risk>> {
    let read: Vec<_> = written.iter().map(|value| risk(value, findings)).collect();
    read.into_iter().collect()
}

/// A level of risk, by word or id.
pub(super) fn risk(written: &Spanned<String>, findings: &mut Findings<'_>) -> Option<Risk> {
    let found = Risk::from_name(&written.value);
    if found.is_none() {
        let message = say!("`{}` is no level of risk", written.value);
        findings
            .error(code::UNKNOWN_VALUE, written.span, message)
            .help(near(&written.value, Risk::ALL.iter().map(|risk| risk.name())));
    }
    found
}

/// A whole number.
pub(super) fn number(written: &Spanned<String>, findings: &mut Findings<'_>) -> Option<i64> {
    let found = written.value.trim().parse().ok();
    if found.is_none() {
        let message = say!("`{}` is no whole number", written.value);
        findings.error(code::UNKNOWN_VALUE, written.span, message);
    }
    found
}

/// Yes or no.
pub(super) fn flag(written: &Spanned<String>, findings: &mut Findings<'_>) -> Option<bool> {
    let found = match written.value.trim().to_lowercase().as_str() {
        "yes" | "true" => Some(true),
        "no" | "false" => Some(false),
        _ => None,
    };
    if found.is_none() {
        findings
            .error(
                code::UNKNOWN_VALUE,
                written.span,
                say!("`{}` is neither `yes` nor `no`", &written.value),
            )
            .help(say!("write `yes` or `no`"));
    }
    found
}
