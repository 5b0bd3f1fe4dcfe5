//! From the files of a rules folder to a rulebook, or to everything that is wrong with them.
//!
//! The syntax has read the files and knows nothing of meaning. Here words meet the vocabulary and what is
//! declared; rules become data, dates become instants, exceptions find their rules, amounts meet the currencies
//! of the campaigns they reach. A finding never stops the search for others.

mod attributes;
mod campaigns;
mod clashes;
pub(super) mod code;
mod conditions;
mod defaults;
mod effects;
mod example_answers;
mod example_campaigns;
mod example_names;
mod examples;
mod given;
mod given_kind;
mod hand_over;
mod holidays;
mod intervals;
mod lapsed;
mod lists;
mod names;
mod places;
mod presence;
mod rules;
mod values;

use std::{collections::BTreeMap, sync::Arc};

use jiff::tz::TimeZone;

pub(super) use self::defaults::Defaults;
pub(super) use self::places::Sample;
use self::{
    conditions::Reader,
    names::Names,
    rules::{Drafted, exception},
};
pub use self::{lapsed::lapsed, places::Places};
use super::{
    Lexicon, RuleTest, Rulebook,
    draft::RuleDraft,
    mentions::Lists,
    patterns::Patterns,
    rulebook::Contents,
    syntax::{Diagnostic, FileId, Findings, Severity, Sources, Span, ast::Files, parse, say},
    text::TooManyTerms,
    topics::{Family, Taxonomies},
    vocabulary::Vocabulary,
};

/// What became of the files of a rules folder.
#[derive(Debug)]
pub struct Compiled {
    /// The rulebook; `None` exactly where a finding is an error.
    pub rulebook: Option<Rulebook>,
    /// Every finding, by file and place.
    pub findings: Vec<Diagnostic>,
    /// Where the rules were written.
    pub places: Places,
}

/// Reads the files of a rules folder and makes a rulebook of them, or says everything that is wrong.
///
/// The order of files, and of rules in a file, makes no difference to what the rulebook does.
#[must_use]
pub fn compile(sources: &Sources) -> Compiled {
    let mut findings = Findings::new(sources);
    let files = parse(sources, &mut findings);
    let contents = contents(sources, &files, &mut findings);
    let findings = findings.into_sorted();
    let refused = findings.iter().any(|finding| finding.severity == Severity::Error);
    Compiled {
        rulebook: (!refused).then(|| Rulebook::new(contents)),
        findings,
        places: Places::of(&files),
    }
}

fn contents(sources: &Sources, files: &Files, findings: &mut Findings<'_>) -> Contents {
    let campaigns = campaigns::campaigns(files, findings);
    let safe_defaults = defaults::defaults(files, &campaigns, findings);
    missing_files(sources, files, findings);
    let names = Names::of(files);
    let vocabulary = vocabulary(files, findings);
    let mut patterns = Patterns::default();
    let mut reader = Reader {
        vocabulary: &vocabulary,
        names: &names,
        patterns: &mut patterns,
        zone: TimeZone::UTC,
        findings,
    };
    let mut drafts = drafted(sources, files, &mut reader);
    drafts.extend(markets(sources, files, &mut reader));
    drafts.sort_by(|a, b| {
        b.card
            .tier
            .cmp(&a.card.tier)
            .then_with(|| a.card.id.cmp(&b.card.id))
    });
    let tests = tests(sources, files, &campaigns, &drafts, &mut reader);
    let lexicon = Lexicon {
        vocabulary,
        lists: lists(files, findings),
        patterns,
    };
    clashes::report(files, &lexicon, &drafts, &campaigns, findings);
    hand_over::report(files, &lexicon, &drafts, &campaigns, findings);
    let holidays = holidays::told(files);
    holidays::report(files, &drafts, &holidays, findings);
    Contents {
        digest: sources.digest(),
        drafts,
        campaigns,
        safe_defaults,
        tests,
        lexicon,
        holidays,
    }
}

/// What may be asked about: every built-in attribute, the folder's own, and the topics of its tables.
fn vocabulary(files: &Files, findings: &mut Findings<'_>) -> Vocabulary {
    let own = attributes::own(files, findings);
    let rows = |family| {
        let tables = files
            .taxonomies
            .iter()
            .filter(move |table| table.family == family);
        tables.flat_map(|table| table.topics.iter().cloned()).collect()
    };
    let taxonomies = Taxonomies::new(rows(Family::Content), rows(Family::Product));
    Vocabulary::new(own, taxonomies)
}

fn lists(files: &Files, findings: &mut Findings<'_>) -> Lists {
    let prepared = Lists::new(&files.word_lists);
    if let Ok(prepared) = &prepared {
        lists::lints(&files.word_lists, prepared, findings);
    }
    prepared.unwrap_or_else(|TooManyTerms { at }| {
        lists::report_too_many(&files.word_lists, at, findings);
        Lists::default()
    })
}

/// The rules of every file, each with its exceptions; of two with one id the first counts.
fn drafted(sources: &Sources, files: &Files, reader: &mut Reader<'_, '_, '_>) -> Vec<RuleDraft> {
    let mut drafts: Vec<Drafted<'_>> = Vec::new();
    let mut first: BTreeMap<&str, Span> = BTreeMap::new();
    for file in &files.rules {
        let path = path_of(sources, file.file);
        for drafted in rules::rules(file, &path, reader) {
            let (id, written) = (&drafted.def.id, drafted.def.written_id());
            // All rows of a table share the id of one rule.
            if let Some(earlier) = first
                .insert(&written.value, written.span)
                .filter(|earlier| *earlier != written.span)
            {
                campaigns::reused(&say!("the rule"), written, earlier, reader.findings);
                continue;
            }
            if written == id {
                drafts.push(drafted);
                continue;
            }
            match first.insert(&id.value, id.span) {
                Some(earlier) => campaigns::reused(&say!("the rule"), id, earlier, reader.findings),
                None => drafts.push(drafted),
            }
        }
    }
    for file in &files.rules {
        for def in &file.exceptions {
            exception(def, file, &mut drafts, reader);
        }
    }
    drafts.into_iter().map(|drafted| drafted.draft).collect()
}

fn markets(sources: &Sources, files: &Files, reader: &mut Reader<'_, '_, '_>) -> Vec<RuleDraft> {
    let Some(file) = &files.campaigns else {
        return Vec::new();
    };
    let path = path_of(sources, file.file);
    let markets = file.campaigns.iter();
    markets
        .filter_map(|def| campaigns::market(def, &path, reader))
        .collect()
}

fn tests(
    sources: &Sources,
    files: &Files,
    campaigns: &campaigns::Campaigns,
    drafts: &[RuleDraft],
    reader: &mut Reader<'_, '_, '_>,
) -> Vec<RuleTest> {
    let mut tests = Vec::new();
    for file in &files.rules {
        let path = path_of(sources, file.file);
        for def in &file.tests {
            let declared = examples::Declared { campaigns, drafts };
            tests.extend(examples::test(def, file, &path, declared, reader));
        }
    }
    tests
}

fn path_of(sources: &Sources, file: FileId) -> Arc<str> {
    Arc::from(sources.path(file))
}

/// Every rulebook has these files, so that nothing is answered that nobody declared.
fn missing_files(sources: &Sources, files: &Files, findings: &mut Findings<'_>) {
    let wanted = [
        (
            files.campaigns.is_none(),
            "campaigns.yaml",
            say!("it declares each campaign with its baseline"),
        ),
        (
            files.objectives.is_none(),
            "objectives.yaml",
            say!("it declares the events that count"),
        ),
        (
            files.defaults.is_none(),
            "defaults.yaml",
            say!("it declares what is answered when nothing else may be"),
        ),
    ];
    for (_, name, what) in wanted.iter().filter(|(missing, ..)| *missing) {
        // Of a file that is there and wrong its own findings say enough.
        if sources.find(name).is_some() && !findings.is_empty() {
            continue;
        }
        findings
            .error(
                code::MISSING_FILE,
                Span::start_of(FileId(u32::MAX)),
                say!("the rules folder has no file `{}`", name),
            )
            .help(say!(
                "{}; the starter set in `rules/` has one to begin with",
                what
            ));
    }
}
