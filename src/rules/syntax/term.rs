//! One row of a list of words.

use jiff::civil::Date;

use super::{
    Findings, Spanned,
    ast::{Evasion, Forms, Match, TermDef},
    code,
    list_file::Columns,
    quoted, say, scalar,
    sheet::Row,
    words::{EVASIONS, MATCHES},
};
use crate::rules::text::{INFLECTED_LANGUAGES, Plain};

const MAX_TERM_BYTES: usize = 256;

/// The term of a row, or everything that is wrong with it.
pub(super) fn term(row: &Row, columns: &Columns, findings: &mut Findings<'_>) -> Option<TermDef> {
    let before = findings.len();
    let written = columns.cell(row, "term");
    let matching = columns
        .cell(row, "match")
        .and_then(|cell| matching(cell, findings));
    let tag = columns.cell(row, "language");
    let language = tag.and_then(|cell| language(cell, findings));
    // Of a tag that is wrong its own finding says enough.
    let forms = columns
        .cell(row, "forms")
        .filter(|_| tag.is_some() == language.is_some())
        .and_then(|cell| forms(cell, language.as_ref(), findings));
    let evasion = columns
        .cell(row, "evasion")
        .and_then(|cell| evasion(cell, findings));
    let since = columns.cell(row, "since").and_then(|cell| day(cell, findings));
    let review_by = columns
        .cell(row, "review_by")
        .and_then(|cell| day(cell, findings));
    let Some(written) = written else {
        let at = row.first()?.span.to(row.last()?.span);
        findings
            .error(code::ROW, at, say!("this row has no term"))
            .help(say!("write the term, or delete the row"));
        return None;
    };
    if !is_term(written.value) {
        findings
            .error(
                code::ROW,
                written.span,
                say!("a term has at least one letter or digit, and at most 256 bytes"),
            )
            .help(say!("write a word or a phrase"));
    }
    let matching = matching.unwrap_or(if written.value.contains(char::is_whitespace) {
        Match::Phrase
    } else {
        Match::Word
    });
    report_short(matching, written, findings);
    (findings.len() == before).then(|| TermDef {
        term: written.map(str::to_owned),
        matching,
        language,
        forms: forms.unwrap_or_default(),
        evasion: evasion.unwrap_or_default(),
        since,
        review_by,
        note: columns.cell(row, "note").map(|cell| cell.map(str::to_owned)),
    })
}

fn is_term(text: &str) -> bool {
    text.len() <= MAX_TERM_BYTES && !Plain::of(text).as_str().is_empty()
}

fn matching(cell: Spanned<&str>, findings: &mut Findings<'_>) -> Option<Match> {
    scalar::one_of(cell, &say!("a way to match"), &MATCHES, findings)
}

/// `anywhere` with one or two letters would hit nearly every text.
fn report_short(matching: Match, term: Spanned<&str>, findings: &mut Findings<'_>) {
    let loose = matches!(matching, Match::Anywhere | Match::Starts);
    let plain = Plain::of(term.value);
    if loose && plain.as_str().chars().filter(|c| *c != ' ').count() < 3 {
        findings
            .error(
                code::ROW,
                term.span,
                say!("`{}` is too short to be found inside of words", term.value),
            )
            .help(say!("match it as a `word`, or write at least three letters"));
    }
}

/// A language tag in lower case: `it`, `pt-br`.
fn language(cell: Spanned<&str>, findings: &mut Findings<'_>) -> Option<Spanned<String>> {
    let tag = cell.value.to_lowercase();
    if is_language_tag(&tag) {
        return Some(Spanned::new(tag, cell.span));
    }
    report_language(cell, code::ROW, findings);
    None
}

/// Whether a text in lower case is the tag of a language, as BCP 47 writes them.
pub(in crate::rules) fn is_language_tag(tag: &str) -> bool {
    let mut parts = tag.split('-');
    let primary = parts.next().unwrap_or_default();
    matches!(primary.len(), 2 | 3)
        && primary.bytes().all(|byte| byte.is_ascii_lowercase())
        && parts
            .all(|part| matches!(part.len(), 2..=8) && part.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

/// What is no tag of a language.
pub(in crate::rules) fn report_language(
    written: Spanned<&str>,
    code: &'static str,
    findings: &mut Findings<'_>,
) {
    findings
        .error(
            code,
            written.span,
            say!("`{}` is not the tag of a language", written.value),
        )
        .help(say!(
            "write the two letters that web pages use, such as `it`, `es` or `pt-br`"
        ));
}

fn forms(
    cell: Spanned<&str>,
    language: Option<&Spanned<String>>,
    findings: &mut Findings<'_>,
) -> Option<Forms> {
    let forms = match cell.value {
        "no" => return Some(Forms::None),
        "plural" => Forms::Plural,
        "all" | "yes" => Forms::All,
        listed => return listed_forms(listed, cell, findings),
    };
    let primary = language.and_then(|tag| tag.value.split('-').next());
    if primary.is_some_and(|tag| INFLECTED_LANGUAGES.contains(&tag)) {
        return Some(forms);
    }
    let known = quoted(INFLECTED_LANGUAGES);
    let message = match primary {
        Some(tag) => say!("the forms of words of `{}` are not known", tag),
        None => say!("forms are made by the rules of a language, and this row names none"),
    };
    findings.error(code::ROW, cell.span, message).help(say!(
        "write one of {} in the column `language`, or list the forms: `bomba|bombe`",
        known
    ));
    None
}

fn listed_forms(listed: &str, cell: Spanned<&str>, findings: &mut Findings<'_>) -> Option<Forms> {
    let forms: Vec<String> = listed.split('|').map(|form| form.trim().to_owned()).collect();
    if forms.iter().all(|form| is_term(form)) {
        return Some(Forms::Listed(forms));
    }
    findings
        .error(
            code::ROW,
            cell.span,
            say!("`{}` is not a list of forms", cell.value),
        )
        .help(say!(
            "write the forms with `|` between them: `bomba|bombe`; or `plural`, `all`, `no`"
        ));
    None
}

fn evasion(cell: Spanned<&str>, findings: &mut Findings<'_>) -> Option<Evasion> {
    scalar::one_of(cell, &say!("a degree of `evasion`"), &EVASIONS, findings)
}

fn day(cell: Spanned<&str>, findings: &mut Findings<'_>) -> Option<Spanned<Date>> {
    scalar::date(cell, findings).map(|date| Spanned::new(date, cell.span))
}
