//! What was seen of the decisions, counted; each hand counts for itself.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

use super::{
    Shelf, Trial,
    once::{Came, Changed},
    report::{Change, Edit, Refused, Segment, Shift, SimulateReport, Turn},
    said::{Way, change, ids, market},
    worth::Bids,
};
use crate::domain::{Outcome, OutcomeReply, Record, RuleIx, Verdict};

/// How many of the largest changes are shown.
const LARGEST: usize = 20;

/// The counts.
#[derive(Debug, Default)]
pub(super) struct Counted {
    decisions: u64,
    changed: u64,
    untold: u64,
    refused: u64,
    asked_now: u64,
    turns: BTreeMap<(Way, String), u64>,
    segments: BTreeMap<(&'static str, String), (u64, u64)>,
    shifts: BTreeMap<(Verdict, Verdict), u64>,
    edits: BTreeMap<String, Edit>,
    largest: Vec<Change>,
    refusals: BTreeMap<String, u64>,
    pub(super) unkept: BTreeSet<String>,
    pub(super) worth: Bids,
}

impl Counted {
    /// Counts one decision.
    pub(super) fn note(&mut self, record: &Record, came: Came) {
        self.decisions += 1;
        let nobody = BTreeSet::new();
        let changed = match came {
            Came::Unchanged => nobody,
            Came::Refused(why) => {
                self.refused += 1;
                *self.refusals.entry(why).or_default() += 1;
                nobody
            }
            Came::Untold(rules) => {
                self.untold += 1;
                for rule in rules {
                    self.edit(rule.as_str()).untold += 1;
                }
                nobody
            }
            Came::Changed(changed) => {
                self.differ(record, &changed);
                changed.answers.iter().map(|(place, _)| *place).collect()
            }
        };
        for (segment, differs) in segments(record, &changed) {
            let (decisions, differing) = self.segments.entry(segment).or_default();
            *decisions += 1;
            *differing += u64::from(differs);
        }
    }

    /// An outcome that stands in the journal.
    pub(super) fn hear(&mut self, outcome: &Outcome, reply: OutcomeReply) {
        match reply {
            OutcomeReply::Accepted | OutcomeReply::Late | OutcomeReply::Corrected => self.worth.hear(outcome),
            OutcomeReply::Duplicate
            | OutcomeReply::Conflict
            | OutcomeReply::UnknownCandidate
            | OutcomeReply::Quarantined(_)
            | OutcomeReply::Expired => {}
        }
    }

    fn edit(&mut self, rule: &str) -> &mut Edit {
        self.edits.entry(rule.to_owned()).or_insert_with(|| Edit {
            rule_id: rule.to_owned(),
            ..Edit::default()
        })
    }

    fn differ(&mut self, record: &Record, changed: &Changed) {
        for rule in &changed.edited {
            let Some(card) = changed.rules.get(*rule) else {
                continue;
            };
            let alone = changed.alone.contains(rule);
            let mut causes = changed
                .answers
                .iter()
                .map(|(_, answer)| &answer.causes.because_of);
            let causes = causes.any(|because_of| because_of.contains(rule));
            let edit = self.edit(card.id.as_str());
            edit.owner = card.owner.to_string();
            edit.alone += u64::from(alone);
            edit.causes += u64::from(causes);
        }
        let ways = changed.answers.iter().filter_map(|(place, answer)| {
            let then = record.candidates.get(*place)?;
            Some((Way::of(then, answer), *place))
        });
        let Some((way, place)) = ways.min() else { return };
        self.changed += 1;
        self.asked_now += u64::from(!changed.asked_now.is_empty());
        *self
            .turns
            .entry((way, cause(record, changed, place)))
            .or_default() += 1;
        for (place, answer) in &changed.answers {
            if let Some(then) = record.candidates.get(*place) {
                *self.shifts.entry((then.verdict, answer.verdict)).or_default() += 1;
            }
            self.largest.extend(change(record, changed, *place, answer));
        }
        if self.largest.len() > 64 * LARGEST {
            self.rank();
        }
    }

    fn rank(&mut self) {
        self.largest.sort_by(|a, b| {
            let name = |of: &Change| (of.decision_id.clone(), of.candidate_id.clone());
            b.size.cmp(&a.size).then_with(|| name(a).cmp(&name(b)))
        });
        self.largest.truncate(LARGEST);
    }

    /// Both together.
    pub(super) fn and(mut self, other: Self) -> Self {
        self.decisions += other.decisions;
        self.changed += other.changed;
        self.untold += other.untold;
        self.refused += other.refused;
        self.asked_now += other.asked_now;
        add(&mut self.turns, other.turns);
        add(&mut self.shifts, other.shifts);
        add(&mut self.refusals, other.refusals);
        for (segment, (decisions, changed)) in other.segments {
            let own = self.segments.entry(segment).or_default();
            own.0 += decisions;
            own.1 += changed;
        }
        for (rule, edit) in other.edits {
            let own = self.edit(&rule);
            own.alone += edit.alone;
            own.causes += edit.causes;
            own.untold += edit.untold;
            if own.owner.is_empty() {
                own.owner = edit.owner;
            }
        }
        self.largest.extend(other.largest);
        self.unkept.extend(other.unkept);
        self.worth.take(other.worth);
        self
    }

    /// The whole, told.
    pub(super) fn report(mut self, trial: &Trial, shelf: &Shelf) -> SimulateReport {
        self.rank();
        let mut turns: Vec<Turn> = self
            .turns
            .into_iter()
            .map(|((way, rule_id), decisions)| Turn {
                turn: way.name().to_owned(),
                rule_id,
                decisions,
            })
            .collect();
        turns.sort_by_key(|turn| Reverse(turn.decisions));
        let mut segments: Vec<Segment> = self
            .segments
            .into_iter()
            .map(|((by, name), (decisions, changed))| Segment {
                by: by.to_owned(),
                name,
                decisions,
                changed,
            })
            .collect();
        segments.sort_by(|a, b| a.by.cmp(&b.by).then(b.changed.cmp(&a.changed)));
        let snapshot = shelf.latest().filter(|_| self.asked_now > 0);
        SimulateReport {
            rulebook: trial.rulebook().name().to_string(),
            decisions: self.decisions,
            changed: self.changed,
            untold: self.untold,
            refused: self.refused,
            asked_now: self.asked_now,
            snapshot: snapshot.map_or(0, |snapshot| snapshot.number()),
            turns,
            segments,
            shifts: shifts(self.shifts),
            edits: self.edits.into_values().collect(),
            largest: self.largest,
            worth: self.worth.told(self.decisions),
            refusals: refusals(self.refusals),
            unkept: self.unkept.into_iter().collect(),
            uncounted_until: String::new(),
        }
    }
}

fn shifts(counted: BTreeMap<(Verdict, Verdict), u64>) -> Vec<Shift> {
    let each = counted.into_iter().map(|((from, to), answers)| Shift {
        from: from.name().to_owned(),
        to: to.name().to_owned(),
        answers,
    });
    each.collect()
}

fn refusals(counted: BTreeMap<String, u64>) -> Vec<Refused> {
    let each = counted
        .into_iter()
        .map(|(because, decisions)| Refused { because, decisions });
    each.collect()
}

fn add<K: Ord>(own: &mut BTreeMap<K, u64>, other: BTreeMap<K, u64>) {
    for (key, count) in other {
        *own.entry(key).or_default() += count;
    }
}

/// The rule that stands for a change: the first cause that was edited, else the first; of what is free now, the first
/// recorded cause that is gone.
fn cause(record: &Record, changed: &Changed, place: usize) -> String {
    let answer = changed.answers.iter().find(|(at, _)| *at == place);
    let now: Vec<RuleIx> = answer.map_or_else(Vec::new, |(_, answer)| answer.causes.because_of.to_vec());
    let edited = now.iter().copied().find(|rule| changed.edited.contains(rule));
    if let Some(rule) = edited {
        return ids(&changed.rules, &[rule]).pop().unwrap_or_default();
    }
    let then = record.candidates.get(place);
    let then = then.map_or_else(Vec::new, |then| ids(&record.rules, &then.causes.because_of));
    let named: Vec<RuleIx> = changed.edited.iter().copied().collect();
    let edited = ids(&changed.rules, &named);
    let gone = then.iter().find(|rule| edited.contains(rule));
    let first = || ids(&changed.rules, &now).into_iter().next();
    gone.cloned().or_else(first).unwrap_or_default()
}

/// The parts of the whole to which a decision belongs, and whether it changed there: for a campaign only where the answer
/// about one of its own candidates did.
fn segments(record: &Record, changed: &BTreeSet<usize>) -> BTreeMap<(&'static str, String), bool> {
    let kind = ("kind", record.question.kind().name().to_owned());
    let any = !changed.is_empty();
    let mut all = BTreeMap::from([(kind, any), (("market", market(record)), any)]);
    for (place, candidate) in record.candidates.iter().enumerate() {
        let own = all
            .entry(("campaign", candidate.campaign.to_string()))
            .or_default();
        *own |= changed.contains(&place);
    }
    all
}
