//! What the questions of all kinds have in common.

use std::collections::HashSet;

use super::{path::At, read::Reader};
use crate::domain::{CampaignId, Candidate, CandidateId, Facts, Question, RequestId, TicketKey};

/// The longest `tmax_ms`.
const LONGEST_TMAX_MS: u32 = 60_000;

/// What a caller asks, before it is stamped with a name, an instant and a seed.
#[derive(Debug)]
pub(in crate::grpc) struct Asked {
    /// The caller's name for it.
    pub(in crate::grpc) request: Option<RequestId>,
    /// The question.
    pub(in crate::grpc) question: Question,
    /// What is known.
    pub(in crate::grpc) facts: Facts,
    /// What to choose among.
    pub(in crate::grpc) candidates: Vec<Candidate>,
    /// How long the caller can wait.
    pub(in crate::grpc) tmax_ms: Option<u32>,
    /// Tickets that were approved.
    pub(in crate::grpc) approvals: Vec<TicketKey>,
    /// Where each candidate stands in the request.
    pub(in crate::grpc) places: Places,
    /// Where there are none: those that are known of this campaign.
    pub(in crate::grpc) known_of: Option<CampaignId>,
}

/// The most tickets that one call may name.
const MOST_APPROVALS: usize = 64;

/// The tickets that a call names as approved.
pub(super) fn approvals(read: &mut Reader, at: &At<'_>, named: &[String]) -> Vec<TicketKey> {
    if !read.at_most(&at.field("approvals"), named.len(), MOST_APPROVALS) {
        return Vec::new();
    }
    let mut tickets = Vec::with_capacity(named.len());
    for (index, text) in named.iter().enumerate() {
        match text.parse() {
            Ok(ticket) => tickets.push(ticket),
            Err(problem) => read.refuse(&at.item("approvals", index), problem),
        }
    }
    tickets
}

/// Where the candidates of a query stand in the request that it came from, for what is found wrong with them later.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::grpc) struct Places {
    sort: Sort,
    /// Candidates that go by the campaign of the whole request.
    by_default: Vec<usize>,
    /// Where the candidates stood among those of the request, where some of them were left out.
    kept: Option<Vec<usize>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sort {
    /// One candidate, a field of the request.
    One(&'static str),
    /// A list field.
    Listed(&'static str),
    /// Not in the request: what is known of the campaign that it names.
    Known,
}

// === impl Places ===

impl Places {
    /// The items of a list field.
    pub(super) const fn listed(field: &'static str) -> Self {
        Self::of(Sort::Listed(field))
    }

    /// What the request does not name.
    pub(super) const fn known() -> Self {
        Self::of(Sort::Known)
    }

    /// One field.
    pub(super) const fn one(field: &'static str) -> Self {
        Self::of(Sort::One(field))
    }

    const fn of(sort: Sort) -> Self {
        Self {
            sort,
            by_default: Vec::new(),
            kept: None,
        }
    }

    pub(super) fn with_default(self, by_default: Vec<usize>) -> Self {
        Self { by_default, ..self }
    }

    pub(super) fn with_kept(self, kept: Vec<usize>) -> Self {
        Self {
            kept: Some(kept),
            ..self
        }
    }

    /// The path of the candidate in that place of the query: `candidates[3]`.
    pub(in crate::grpc) fn candidate(&self, place: usize) -> String {
        match self.sort {
            Sort::One(field) => field.to_owned(),
            Sort::Listed(field) => format!("{field}[{}]", self.asked_at(place)),
            Sort::Known => "campaign_id".to_owned(),
        }
    }

    /// The path of the field that names its campaign.
    pub(in crate::grpc) fn campaign(&self, place: usize) -> String {
        if self.sort == Sort::Known || self.by_default.contains(&self.asked_at(place)) {
            return "campaign_id".to_owned();
        }
        format!("{}.campaign_id", self.candidate(place))
    }

    /// Where the candidate stood in the request.
    fn asked_at(&self, place: usize) -> usize {
        let kept = self.kept.as_ref().and_then(|kept| kept.get(place));
        kept.copied().unwrap_or(place)
    }
}

/// The campaign of each candidate: its own, else that of the request.
pub(super) struct Campaigns {
    /// What the request says for all; `None` inside where it said what is no name.
    default: Option<Option<CampaignId>>,
    /// Candidates that went by the default.
    pub(super) by_default: Vec<usize>,
}

// === impl Campaigns ===

impl Campaigns {
    /// With what the request says for all.
    pub(super) fn of(read: &mut Reader, at: &At<'_>, default: Option<&str>) -> Self {
        let named = |id: &str| read.name(&at.field("campaign_id"), id, CampaignId::new);
        Self {
            default: default.map(named),
            by_default: Vec::new(),
        }
    }

    /// The campaign of one candidate.
    pub(super) fn one(
        &mut self,
        read: &mut Reader,
        at: &At<'_>,
        place: usize,
        own: Option<&str>,
    ) -> Option<CampaignId> {
        if let Some(id) = own {
            return read.name(&at.field("campaign_id"), id, CampaignId::new);
        }
        if self.default.is_none() {
            read.refuse(
                &at.field("campaign_id"),
                "must be set, here or for the whole request",
            );
        }
        self.by_default.push(place);
        // What is wrong with the campaign of all was said once.
        self.default.clone().flatten()
    }

    /// The campaign of the request, of which everything that is known is a candidate.
    pub(super) fn of_all(self, read: &mut Reader, at: &At<'_>) -> Option<CampaignId> {
        if self.default.is_none() {
            read.refuse(
                &at.field("campaign_id"),
                "must be set where no candidates are named",
            );
        }
        self.default.flatten()
    }
}

/// How long the caller can wait.
pub(super) fn at_most_tmax(read: &mut Reader, at: &At<'_>, tmax_ms: Option<u32>) -> Option<u32> {
    tmax_ms.and_then(|tmax| read.within(&at.field("tmax_ms"), tmax, 1, LONGEST_TMAX_MS))
}

/// A list field of candidates, each with a name of its own.
pub(super) struct Listed {
    /// The list.
    pub(super) field: &'static str,
    /// The field of each that names it.
    pub(super) name: &'static str,
    /// What a caller calls them, in the plural.
    pub(super) what: &'static str,
    /// How many there are at least.
    pub(super) least: usize,
    /// And at most.
    pub(super) most: usize,
}

// === impl Listed ===

impl Listed {
    /// What `one` reads from each message. What it cannot read is left out: it said why.
    pub(super) fn each<Message, Read>(
        &self,
        read: &mut Reader,
        at: &At<'_>,
        messages: Vec<Message>,
        mut one: impl FnMut(&mut Reader, &At<'_>, usize, Message) -> Option<Read>,
        id: impl Fn(&Read) -> &CandidateId,
    ) -> Vec<Read> {
        let Self {
            least, most, what, ..
        } = self;
        let list = at.field(self.field);
        if messages.len() < *least {
            read.refuse(&list, format_args!("must hold {least} to {most} {what}"));
        }
        if !read.at_most(&list, messages.len(), *most) {
            return Vec::new();
        }
        // A slate has up to a thousand: looking each name up keeps reading linear.
        let mut names = HashSet::with_capacity(messages.len());
        let mut all = Vec::with_capacity(messages.len());
        for (index, message) in messages.into_iter().enumerate() {
            let at = at.item(self.field, index);
            let Some(candidate) = one(read, &at, index, message) else {
                continue;
            };
            let name = id(&candidate);
            if !names.insert(name.clone()) {
                let problem = format_args!("`{name}` names an earlier candidate; each needs its own");
                read.refuse(&at.field(self.name), problem);
            }
            all.push(candidate);
        }
        all
    }
}
