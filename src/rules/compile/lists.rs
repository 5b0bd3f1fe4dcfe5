//! What is questionable about word lists: rows that add nothing, and rows that hit the innocent.

use jiff::civil::Date;

use super::code;
use crate::rules::{
    condition::Truth,
    mentions::{Lists, fits},
    syntax::{
        FileId, Findings, Message, Span, Spanned,
        ast::{Match, TermDef, WordList},
        say,
    },
    text::{Found, Hit, normalise, safe_words, spellings},
};

/// A letter that no list holds: what stands beside it goes on as a word.
const MORE_LETTERS: char = '\u{a66e}';

/// The most innocent words that are named for one term.
const NAMED: usize = 3;

/// Warnings about the rows of word lists.
pub(super) fn lints(lists: &[WordList], index: &Lists, findings: &mut Findings<'_>) {
    for (place, list) in (0..).zip(lists) {
        report_covered(place, list, index, findings);
    }
    report_innocents(lists, index, findings);
}

/// The term with which the lists are too large to be searched at once.
pub(super) fn report_too_many(lists: &[WordList], at: Hit, findings: &mut Findings<'_>) {
    let list = lists.get(at.list as usize);
    let term = list.and_then(|list| list.terms.get(at.term as usize));
    let (span, word) = term.map_or((Span::start_of(FileId(0)), ""), |def| {
        (def.term.span, def.term.value.as_str())
    });
    findings
        .error(
            code::LISTS,
            span,
            say!(
                "with `{}` the lists hold too many terms that begin words or stand anywhere",
                word
            ),
        )
        .help(say!(
            "write `word` in the column `match` where a whole word is meant: of those there may be any number"
        ));
}

/// Warnings about the dates of rows, of which only somebody with a clock can tell.
pub(super) fn report_dates(list: &WordList, today: Date, findings: &mut Findings<'_>) {
    for def in &list.terms {
        let term = &def.term.value;
        if let Some(since) = later_than(def.since, today) {
            findings
                .warning(
                    code::TERM_SINCE,
                    since.span,
                    say!(
                        "`{}` cannot stand in the list since {}: that day is yet to come",
                        term,
                        since.value
                    ),
                )
                .help(say!(
                    "write the day on which it was added; a term counts as soon as it stands in the list"
                ));
        }
        let review = def.review_by.filter(|day| day.value < today);
        if let Some(day) = review {
            findings
                .warning(
                    code::TERM_REVIEW,
                    day.span,
                    say!("`{}` was to be looked at again by {}", term, day.value),
                )
                .help(say!(
                    "it still counts; keep it and write a later `review_by`, or delete the row"
                ));
        }
    }
}

fn later_than(day: Option<Spanned<Date>>, today: Date) -> Option<Spanned<Date>> {
    day.filter(|day| day.value > today)
}

// === rows that add nothing ===

fn report_covered(place: u32, list: &WordList, index: &Lists, findings: &mut Findings<'_>) {
    let covers: Vec<Vec<u32>> = (0..)
        .zip(&list.terms)
        .map(|(term, def)| covering(Hit { list: place, term }, def, list, index))
        .collect();
    for (term, (def, others)) in (0..).zip(list.terms.iter().zip(&covers)) {
        let mutual = |other: &u32| {
            covers
                .get(*other as usize)
                .is_some_and(|back| back.contains(&term))
        };
        let twin = others.iter().copied().filter(|other| mutual(other)).min();
        match twin {
            Some(first) if first < term => report_twin(def, list, first, findings),
            // The later row of the two is told of.
            Some(_) => {}
            None => {
                if let Some(other) = others.first().and_then(|other| list.terms.get(*other as usize)) {
                    report_lesser(def, other, findings);
                }
            }
        }
    }
}

fn report_twin(def: &TermDef, list: &WordList, first: u32, findings: &mut Findings<'_>) {
    let Some(first) = list.terms.get(first as usize) else {
        return;
    };
    findings
        .warning(
            code::TERM_TWICE,
            def.term.span,
            say!("`{}` stands in this list twice", def.term.value),
        )
        .help(say!("delete one of the two rows: both find the same"))
        .related(first.term.span, say!("the first row"));
}

fn report_lesser(def: &TermDef, other: &TermDef, findings: &mut Findings<'_>) {
    let (term, other_term) = (&def.term.value, &other.term.value);
    findings
        .warning(
            code::TERM_COVERED,
            def.term.span,
            say!(
                "wherever `{}` is found, `{}` of this list is found as well",
                term,
                other_term
            ),
        )
        .help(say!(
            "delete the row of `{}`, or make the row of `{}` narrower",
            term,
            other_term
        ))
        .related(other.term.span, say!("the row of `{}`", other_term));
}

/// The other terms of the list that are found wherever this one is.
fn covering(own: Hit, def: &TermDef, list: &WordList, index: &Lists) -> Vec<u32> {
    let mut covering: Option<Vec<u32>> = None;
    for spelling in spellings(def) {
        let text = in_the_least(spelling.as_str(), def.matching);
        let mut found: Vec<u32> = Vec::new();
        index.search(&text, &mut |other| {
            let other = other.hit;
            if other.list == own.list && other.term != own.term && !found.contains(&other.term) {
                found.push(other.term);
            }
        });
        covering = Some(match covering {
            None => found,
            Some(so_far) => so_far.into_iter().filter(|term| found.contains(term)).collect(),
        });
    }
    let mut covering = covering.unwrap_or_default();
    covering.retain(|other| {
        list.terms
            .get(*other as usize)
            .is_some_and(|other| is_as_wide(other, def))
    });
    covering.sort_unstable();
    covering
}

/// A text that holds a term and as little else as can be.
fn in_the_least(term: &str, matching: Match) -> String {
    match matching {
        Match::Word | Match::Phrase => term.to_owned(),
        Match::Starts => format!("{term}{MORE_LETTERS}"),
        Match::Anywhere => format!("{MORE_LETTERS}{term}{MORE_LETTERS}"),
    }
}

/// Whether a term counts in all languages of another and sees through as much.
fn is_as_wide(wide: &TermDef, narrow: &TermDef) -> bool {
    let speaks = match (&wide.language, &narrow.language) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(wide), Some(narrow)) => fits(&wide.value, &narrow.value) == Truth::True,
    };
    speaks && wide.evasion >= narrow.evasion
}

// === rows that hit the innocent ===

fn report_innocents(lists: &[WordList], index: &Lists, findings: &mut Findings<'_>) {
    let mut hits: Vec<(Hit, &str)> = Vec::new();
    for safe in safe_words() {
        index.search(safe.word, &mut |found: Found<'_>| {
            let speaks = found
                .language
                .is_none_or(|term| fits(term, safe.language) != Truth::False);
            if speaks {
                hits.push((found.hit, safe.word));
            }
        });
    }
    hits.sort_unstable();
    hits.dedup();
    for of_one in hits.chunk_by(|(one, _), (next, _)| one == next) {
        let term = of_one.first().and_then(|(hit, _)| {
            let list = lists.get(hit.list as usize)?;
            list.terms.get(hit.term as usize)
        });
        if let Some(def) = term {
            let named: Vec<String> = of_one
                .iter()
                .take(NAMED)
                .map(|(_, word)| format!("`{word}`"))
                .collect();
            let term = normalise(&def.term.value);
            let own = of_one.iter().any(|(_, word)| normalise(word) == term);
            let help = if own { is_innocent() } else { narrower(def) };
            findings
                .warning(
                    code::TERM_HITS_INNOCENT,
                    def.term.span,
                    say!("`{}` also hits the innocent {}", def.term.value, named.join(", ")),
                )
                .help(help);
        }
    }
}

/// What to do with a term that is an innocent word itself.
fn is_innocent() -> Message {
    say!("it mostly means nothing bad: delete the row, or write a longer phrase that says what is meant")
}

/// How a term hits less.
fn narrower(def: &TermDef) -> Message {
    match def.matching {
        Match::Starts | Match::Anywhere => say!(
            "write `word` in the column `match`: then `{}` is found as a whole word alone",
            def.term.value
        ),
        Match::Word | Match::Phrase => say!(
            "write a longer phrase that says what is meant, or less in the columns `forms` and `evasion`"
        ),
    }
}
