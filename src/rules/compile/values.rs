use super::{code, conditions::Reader};
use crate::{
    domain::{Attribute, Risk},
    rules::{
        calendar::{DayKind, LocalWindow},
        canonical::named,
        countries,
        patterns::{InvalidPattern, Patterns},
        syntax::{
            Findings, Message, Spanned, did_you_mean, is_language_tag, quoted, report_language, say, scalar,
            window,
        },
        topics::{Coverage, Family},
        vocabulary::{Entry, FactType},
    },
};

/// The words of a test, in canonical form; a site list stands for its sites.
pub(super) fn words(
    entry: &Entry,
    written: &[Spanned<String>],
    reader: &mut Reader<'_, '_, '_>,
) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut whole = true;
    for value in written {
        let read = if entry.fact_type == FactType::Site && is_path(&value.value) {
            site_list(value, reader)
        } else if let FactType::Topics(family) = entry.fact_type {
            topic(value, family, reader)
        } else {
            is_value(entry, value, reader)
                .then(|| named(reader.vocabulary.taxonomies(), entry.fact_type, &value.value))
        };
        whole &= read.map(|read| words.extend(read)).is_some();
    }
    whole.then_some(words)
}

fn is_path(text: &str) -> bool {
    text.to_ascii_lowercase().ends_with(".csv")
}

fn site_list(path: &Spanned<String>, reader: &mut Reader<'_, '_, '_>) -> Option<Vec<String>> {
    let taxonomies = reader.vocabulary.taxonomies();
    if let Some(list) = reader.names.site_list(&path.value) {
        let sites = list.sites.iter();
        let read: Vec<Option<Vec<String>>> = sites
            .map(|site| {
                is_site(site, reader.findings).then(|| named(taxonomies, FactType::Site, &site.value))
            })
            .collect();
        let read: Option<Vec<Vec<String>>> = read.into_iter().collect();
        return Some(read?.concat());
    }
    let in_its_folder = format!("lists/{}", path.value);
    let near = reader
        .names
        .site_lists()
        .find(|list| *list == in_its_folder)
        .or_else(|| did_you_mean(&path.value, reader.names.site_lists()));
    reader
        .findings
        .error(
            code::UNKNOWN_LIST,
            path.span,
            say!("there is no site list `{}`", path.value),
        )
        .maybe_help(near.map(|near| say!("did you mean `{}`?", near)));
    None
}

/// Whether a fact can have this value; a finding where not.
pub(super) fn is_value(entry: &Entry, written: &Spanned<String>, reader: &mut Reader<'_, '_, '_>) -> bool {
    let text = written.value.as_str();
    if entry.attribute == Attribute::ContactZone {
        return scalar::zone(written.as_ref().map(String::as_str), reader.findings).is_some();
    }
    if matches!(
        entry.attribute,
        Attribute::MarketLanguage | Attribute::PageLanguage
    ) {
        return is_language(written, reader.findings);
    }
    let names = reader.names;
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
        FactType::Chosen => {
            let allowed = || entry.values.iter().map(String::as_str);
            let is_allowed = allowed().any(|word| word.to_lowercase() == text.to_lowercase());
            (is_allowed, Some(near(text, allowed())))
        }
        FactType::Site => return is_site(written, reader.findings),
        FactType::Topics(family) => return topic(written, family, reader).is_some(),
        FactType::Name | FactType::Word | FactType::Prefix => (true, None),
        FactType::Text
        | FactType::Number
        | FactType::Price(_)
        | FactType::Flag
        | FactType::Instant
        | FactType::Labels
        | FactType::Clock => (false, None),
    };
    if !known {
        reader
            .findings
            .error(
                code::UNKNOWN_VALUE,
                written.span,
                say!("`{}` is no value of `{}`", text, entry.attribute),
            )
            .maybe_help(help);
    }
    known
}

fn is_language(written: &Spanned<String>, findings: &mut Findings<'_>) -> bool {
    let is_tag = is_language_tag(&written.value.to_lowercase());
    if !is_tag {
        report_language(
            written.as_ref().map(String::as_str),
            code::UNKNOWN_VALUE,
            findings,
        );
    }
    is_tag
}

fn country(text: &str) -> Option<Message> {
    let several: Vec<&str> = text
        .split([',', ';', '/', ' '])
        .filter(|part| !part.is_empty())
        .collect();
    if several.len() > 1 && several.iter().all(|part| countries::is_code(part)) {
        return Some(say!(
            "write several in brackets: `[{}]`; in a table with `|` between them: `{}`",
            several.join(", "),
            several.join("|")
        ));
    }
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

/// The domain in an address or behind a `*.`.
fn meant_site(text: &str) -> Option<&str> {
    let text = text.split_once("://").map_or(text, |(_, rest)| rest);
    let text = text.trim_start_matches("*.").trim_start_matches('.');
    let host = text.split(['/', '?', '#', ':']).next().unwrap_or(text);
    (host.contains('.') && is_domain(host)).then_some(host)
}

/// Whether it is a domain, and one that somebody can own.
fn is_site(written: &Spanned<String>, findings: &mut Findings<'_>) -> bool {
    let text = written.value.as_str();
    if !is_domain(text) {
        findings
            .error(
                code::UNKNOWN_VALUE,
                written.span,
                say!("`{}` is not a domain", text),
            )
            .help(meant_site(text).map_or_else(
                || say!("write the domain alone, without `https://` and path: `ansa.it`"),
                |meant| {
                    say!(
                        "write the domain alone; its subdomains are meant too: `{}`",
                        meant
                    )
                },
            ));
        return false;
    }
    if !is_public_suffix(text) {
        return true;
    }
    findings
        .error(
            code::PUBLIC_SUFFIX,
            written.span,
            say!("`{}` is a public suffix, not a site", text),
        )
        .help(say!(
            "sites of everybody end in it; write the site: `example.{}`",
            text
        ));
    false
}

/// Whether sites of many owners end in it. Below suffixes that a company hands out (`blogspot.com`) a rule may
/// mean all of them, below a registry's it cannot.
fn is_public_suffix(domain: &str) -> bool {
    let domain = domain.strip_suffix('.').unwrap_or(domain).to_lowercase();
    let ascii = idna::domain_to_ascii(&domain).unwrap_or(domain);
    let suffix = psl::suffix(ascii.as_bytes());
    suffix.is_some_and(|suffix| {
        suffix.as_bytes() == ascii.as_bytes() && suffix.typ() != Some(psl::Type::Private)
    })
}

/// The ids of topics.
pub(super) fn topics(written: &[Spanned<String>], reader: &mut Reader<'_, '_, '_>) -> Option<Vec<String>> {
    let read: Vec<_> = written
        .iter()
        .map(|value| {
            let known = !reader
                .vocabulary
                .taxonomies()
                .of(Family::Content)
                .find(&value.value)
                .is_empty();
            match known {
                true => topic(value, Family::Content, reader),
                false => {
                    report_topic(value, Family::Content, reader);
                    None
                }
            }
        })
        .collect();
    let read: Option<Vec<Vec<String>>> = read.into_iter().collect();
    read.map(|ids| ids.concat())
}

/// The words of a topic: its id, or what is written where no whole table of the family was read.
fn topic(written: &Spanned<String>, family: Family, reader: &mut Reader<'_, '_, '_>) -> Option<Vec<String>> {
    let taxonomies = reader.vocabulary.taxonomies();
    let taxonomy = taxonomies.of(family);
    let found = taxonomy.find(&written.value);
    match (found.as_slice(), taxonomy.coverage()) {
        ([id], _) => Some(vec![(*id).to_owned()]),
        ([], coverage) if coverage == Coverage::Part || is_code(&written.value, family) => {
            Some(named(taxonomies, FactType::Topics(family), &written.value))
        }
        ([], _) => {
            report_topic(written, family, reader);
            None
        }
        (several, _) => {
            let paths = several
                .iter()
                .map(|id| format!("`{id}` ({})", taxonomy.path_of(id).join(" > ")));
            reader
                .findings
                .error(
                    code::UNKNOWN_VALUE,
                    written.span,
                    say!("`{}` is the name of several topics", &written.value),
                )
                .help(say!(
                    "write the id of the one you mean, or several: {}",
                    paths.collect::<Vec<_>>().join(", ")
                ));
            None
        }
    }
}

/// Ad categories of the first Content Taxonomy, which exchanges still send: `IAB8-5`.
fn is_code(text: &str, family: Family) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let code = text.to_ascii_uppercase();
    let parts = || code.strip_prefix("IAB").map(|rest| rest.split('-'));
    family == Family::Product
        && parts().is_some_and(|mut parts| parts.clone().count() <= 2 && parts.all(digits))
}

fn report_topic(written: &Spanned<String>, family: Family, reader: &mut Reader<'_, '_, '_>) {
    let taxonomy = reader.vocabulary.taxonomies().of(family);
    let text = written.value.as_str();
    let message = match (family, taxonomy.coverage()) {
        (Family::Content, Coverage::Part) => say!("`{}` is no sensitive topic of the IAB", text),
        (Family::Content, Coverage::Whole) => say!("`{}` is no topic of the IAB's content taxonomy", text),
        (Family::Product, _) => say!("`{}` is no topic of the IAB's ad product taxonomy", text),
    };
    let lower: Vec<String> = taxonomy.names().map(str::to_lowercase).collect();
    let near = did_you_mean(&text.to_lowercase(), lower.iter().map(String::as_str))
        .and_then(|near| taxonomy.names().find(|name| name.to_lowercase() == near));
    let help = match (near, taxonomy.coverage()) {
        (Some(near), _) => say!("did you mean `{}`?", near),
        (None, Coverage::Part) => say!("known are {}", quoted(taxonomy.names())),
        (None, Coverage::Whole) => say!("write a name or an id as the table of the taxonomy has it"),
    };
    reader
        .findings
        .error(code::UNKNOWN_VALUE, written.span, message)
        .help(help);
}

/// A window of `now`.
pub(super) fn window(written: &Spanned<String>, findings: &mut Findings<'_>) -> Option<LocalWindow> {
    let window = window::window(written.as_ref().map(String::as_str), findings)?;
    match window.days {
        DayKind::Weekdays(_) | DayKind::Dates { .. } => Some(window),
        DayKind::Holidays | DayKind::Eves => {
            findings
                .error(
                    code::WRONG_TEST,
                    written.span,
                    say!("`{}` differ by country, and `now` has none", &written.value),
                )
                .help(say!(
                    "write days or dates; `quiet_hours` and `only_on` know the holidays of the recipient"
                ));
            None
        }
    }
}

/// Says why a regular expression is refused.
pub(super) fn report_pattern(error: InvalidPattern, written: &Spanned<String>, findings: &mut Findings<'_>) {
    let (message, help) = match error {
        InvalidPattern::TooMany => (
            say!("a rulebook has at most {} regular expressions", Patterns::MOST),
            say!("words belong in a list: `{mentions: lists/words.csv}` finds thousands at once"),
        ),
        InvalidPattern::TooLong => (
            say!("a regular expression has at most {} letters", Patterns::LONGEST),
            say!("words belong in a list: `{mentions: lists/words.csv}` finds thousands at once"),
        ),
        InvalidPattern::TooLarge => (
            say!("`{}` takes too much memory", &written.value),
            say!("count fewer repetitions: `{1,20}` in place of `{1,2000}`"),
        ),
        InvalidPattern::Syntax => (
            say!("`{}` is not a regular expression", &written.value),
            say!(
                "look at its brackets, and write `\\` before a sign that stands for itself: `sport\\.html`, `\\?id=`; there is no looking around and no reference back"
            ),
        ),
    };
    findings.error(code::PATTERN, written.span, message).help(help);
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
