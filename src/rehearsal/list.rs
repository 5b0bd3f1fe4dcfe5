//! Past decisions by time, kind, verdict, rule and campaign.

use super::Within;
use crate::{
    domain::{BrandScope, Kind, Record, Verdict},
    journal::{Entry, Journal, JournalError, Offset},
};

/// Which decisions; what is `None` does not matter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    /// Made in this time.
    pub within: Within,
    /// Of this kind.
    pub kind: Option<Kind>,
    /// With an answer of this verdict.
    pub verdict: Option<Verdict>,
    /// With an answer of which the rule of this id is a cause.
    pub rule: Option<String>,
    /// With a candidate of this campaign.
    pub campaign: Option<String>,
    /// Whose candidates are all of these brands.
    pub brands: BrandScope,
}

impl Filter {
    /// Whether a decision is one of them: of several candidates one must fit in every respect.
    #[must_use]
    pub fn fits(&self, record: &Record) -> bool {
        let of_kind = self.kind.is_none_or(|kind| kind == record.question.kind());
        let mut brands = record.candidates.iter().map(|candidate| &candidate.brand);
        let theirs = brands.all(|brand| self.brands.covers(brand));
        if !of_kind || !theirs || !self.within.holds(record.now) {
            return false;
        }
        let is_cause = |because_of: &[crate::domain::RuleIx], id: &str| {
            let mut cards = because_of.iter().filter_map(|rule| record.rules.get(*rule));
            cards.any(|card| card.id.as_str() == id)
        };
        record.candidates.iter().any(|candidate| {
            let campaign = self.campaign.as_deref();
            let rule = self.rule.as_deref();
            self.verdict.is_none_or(|verdict| verdict == candidate.verdict)
                && campaign.is_none_or(|campaign| campaign == candidate.campaign.as_str())
                && rule.is_none_or(|rule| is_cause(&candidate.causes.because_of, rule))
        })
    }
}

/// At most so many of them, the oldest first, from that offset of the journal on; and where to go on, if there may be
/// more.
///
/// # Errors
/// The journal cannot be read.
pub fn list(
    journal: &Journal,
    filter: &Filter,
    from: Offset,
    most: usize,
) -> Result<(Vec<Record>, Option<Offset>), JournalError> {
    let mut found = Vec::new();
    let Within { since, until } = filter.within;
    for read in journal.decisions_of(filter.kind, since, until, from) {
        let (next, entry) = read?;
        if let Entry::Decision(record) = entry
            && filter.fits(&record)
        {
            found.push(*record);
            if found.len() >= most {
                return Ok((found, Some(next)));
            }
        }
    }
    Ok((found, None))
}
