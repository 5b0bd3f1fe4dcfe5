//! What a simulation came to, as plain data: the same over the wire, as JSON and for the words of the command line.

use serde::{Deserialize, Serialize};

/// The whole.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SimulateReport {
    /// Digest of the rulebook that was tried.
    pub rulebook: String,
    /// Decisions that were looked at.
    pub decisions: u64,
    /// Those that come out otherwise.
    pub changed: u64,
    /// Those that were set aside because a new or changed rule looks into a text that is not kept any more.
    pub untold: u64,
    /// Those whose call would be refused.
    pub refused: u64,
    /// Those of which the model was asked afterwards, because a rule had kept the value back.
    pub asked_now: u64,
    /// The number of the model snapshot that was asked afterwards; 0: none was.
    pub snapshot: u64,
    /// What becomes of the changed ones and because of which rule, the most frequent first.
    pub turns: Vec<Turn>,
    /// By kind, market and campaign.
    pub segments: Vec<Segment>,
    /// From which verdict to which.
    pub shifts: Vec<Shift>,
    /// The rules that differ between the rulebooks and made a difference to some limits, or could not be asked.
    pub edits: Vec<Edit>,
    /// The largest changes, the largest first.
    pub largest: Vec<Change>,
    /// What it would have done to money and outcomes of bids, by currency.
    pub worth: Vec<Worth>,
    /// Why calls would be refused.
    pub refusals: Vec<Refused>,
    /// Digests of rulebooks that past decisions were made under and that are not kept any more: of those decisions
    /// every rule was asked anew.
    pub unkept: Vec<String>,
    /// The latest decision that is past its retention, where a rule of the trial counts contacts or outcomes: what was counted until
    /// then is not known any more: RFC 3339. Empty: everything is counted.
    pub uncounted_until: String,
}

/// Decisions that turn out the same way, because of the same rule.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Turn {
    /// `blocked`, `held`, `freed`, `lower`, `higher` or `other`.
    pub turn: String,
    /// The first rule that is a cause of it; of what is freed, the one that is no longer in the way. Empty: none.
    pub rule_id: String,
    /// How many.
    pub decisions: u64,
}

/// A part of the decisions.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Segment {
    /// By what: `kind`, `market` or `campaign`.
    pub by: String,
    /// Which: `bid`, `IT display`, `nova-italy-launch`.
    pub name: String,
    /// Its decisions.
    pub decisions: u64,
    /// Those that come out otherwise.
    pub changed: u64,
}

/// Answers of single candidates that go from one verdict to another, or keep theirs with another value.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Shift {
    /// The recorded verdict.
    pub from: String,
    /// The new one.
    pub to: String,
    /// How many answers.
    pub answers: u64,
}

/// A rule that does something else.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Edit {
    /// The rule.
    pub rule_id: String,
    /// Who answers for it.
    pub owner: String,
    /// Decisions that this edit alone would change.
    pub alone: u64,
    /// Changed decisions of which it is a cause now.
    pub causes: u64,
    /// Decisions that were set aside because of it.
    pub untold: u64,
}

/// One answer that comes out otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Change {
    /// The decision.
    pub decision_id: String,
    /// The candidate.
    pub candidate_id: String,
    /// Its campaign.
    pub campaign_id: String,
    /// The kind of decision.
    pub kind: String,
    /// The market: `IT display`.
    pub market: String,
    /// The recorded verdict and value: `allowed`, `2.40 EUR`.
    pub before_verdict: String,
    /// The recorded value; empty: none left.
    pub before: String,
    /// The new verdict.
    pub after_verdict: String,
    /// The new value; empty: none leaves.
    pub after: String,
    /// The rules that are its causes now.
    pub because_of: Vec<String>,
    /// Whether the model was asked afterwards.
    pub asked_now: bool,
    /// By how much, for the order: money in micros, then the part of the larger value in millionths.
    #[serde(skip)]
    pub size: (i64, i64),
}

/// What it would have done to bids in one currency.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Worth {
    /// The currency.
    pub currency: String,
    /// Bids that left and would not have.
    pub lost_bids: u64,
    /// What had been paid for them, in millionths of the unit (not CPM): told by the log.
    pub lost_spend_micros: i64,
    /// The lower end of an interval that holds it 95 times in 100 when such traffic comes again.
    pub lost_spend_low_micros: i64,
    /// Its upper end.
    pub lost_spend_high_micros: i64,
    /// Outcomes of the objective that had followed.
    pub lost_outcomes: f64,
    /// The lower end of the same interval.
    pub lost_outcomes_low: f64,
    /// Its upper end.
    pub lost_outcomes_high: f64,
    /// What those outcomes were worth, where told, in millionths of the unit.
    pub lost_value_micros: i64,
    /// Bids that would have had another price.
    pub moved_bids: u64,
    /// What a thousand of them had brought, and would bring at the new prices, by the log: outcomes with an interval.
    /// Empty where the log cannot tell.
    pub moved_by_log: String,
    /// Why the log cannot tell.
    pub moved_cannot_tell: String,
    /// Bids that would have left and did not.
    pub gained_bids: u64,
    /// What the model of today expects of them, in millionths of the unit (not CPM): not told by the log.
    pub gained_value_by_model_micros: i64,
    /// Of how many the model could tell.
    pub gained_told_by_model: u64,
}

/// Decisions whose call would be refused.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Refused {
    /// Why.
    pub because: String,
    /// How many.
    pub decisions: u64,
}
