use std::sync::Arc;

use super::{PastView, streamed};
use crate::{
    grpc::{decide::Answers, wire},
    journal::Journal,
    rehearsal::{Change, Edit, Refused, Scope, Segment, Shift, SimulateReport, Trial, Turn, Worth, simulate},
};

/// Takes the decisions of that scope through rules that are to be tried.
pub(in crate::grpc) fn simulation(
    journal: Arc<Journal>,
    past: &dyn PastView,
    trial: Trial,
    scope: Scope,
) -> Answers<wire::SimulateRulesResponse> {
    use wire::simulate_rules_response::Step;
    let shelf = past.shelf();
    streamed(
        move |told| simulate(&journal, &trial, &shelf, scope, told),
        |progress| wire::SimulateRulesResponse {
            step: Some(Step::Progress(progress)),
        },
        |report| wire::SimulateRulesResponse {
            step: Some(Step::Result(told(report))),
        },
    )
}

fn told(of: SimulateReport) -> wire::Simulation {
    let SimulateReport {
        rulebook,
        decisions,
        changed,
        untold,
        refused,
        asked_now,
        snapshot,
        turns,
        segments,
        shifts,
        edits,
        largest,
        worth,
        refusals,
        unkept,
        uncounted_until,
    } = of;
    wire::Simulation {
        rulebook,
        decisions,
        changed,
        untold,
        refused,
        asked_now,
        snapshot,
        turns: turns.into_iter().map(turn).collect(),
        segments: segments.into_iter().map(segment).collect(),
        shifts: shifts.into_iter().map(shift).collect(),
        edits: edits.into_iter().map(edit).collect(),
        largest: largest.into_iter().map(change).collect(),
        worth: worth.into_iter().map(of_currency).collect(),
        refusals: refusals.into_iter().map(refusal).collect(),
        unkept,
        uncounted_until,
    }
}

fn turn(of: Turn) -> wire::SimulatedTurn {
    let Turn {
        turn,
        rule_id,
        decisions,
    } = of;
    wire::SimulatedTurn {
        turn,
        rule_id,
        decisions,
    }
}

fn segment(of: Segment) -> wire::SimulatedSegment {
    let Segment {
        by,
        name,
        decisions,
        changed,
    } = of;
    wire::SimulatedSegment {
        by,
        name,
        decisions,
        changed,
    }
}

fn shift(of: Shift) -> wire::SimulatedShift {
    let Shift { from, to, answers } = of;
    wire::SimulatedShift { from, to, answers }
}

fn edit(of: Edit) -> wire::SimulatedEdit {
    let Edit {
        rule_id,
        owner,
        alone,
        causes,
        untold,
    } = of;
    wire::SimulatedEdit {
        rule_id,
        owner,
        alone,
        causes,
        untold,
    }
}

fn change(of: Change) -> wire::SimulatedChange {
    let Change {
        decision_id,
        candidate_id,
        campaign_id,
        kind,
        market,
        before_verdict,
        before,
        after_verdict,
        after,
        because_of,
        asked_now,
        size: _,
    } = of;
    wire::SimulatedChange {
        decision_id,
        candidate_id,
        campaign_id,
        kind,
        market,
        before_verdict,
        before,
        after_verdict,
        after,
        because_of,
        asked_now,
    }
}

fn of_currency(of: Worth) -> wire::SimulatedWorth {
    let Worth {
        currency,
        lost_bids,
        lost_spend_micros,
        lost_spend_low_micros,
        lost_spend_high_micros,
        lost_outcomes,
        lost_outcomes_low,
        lost_outcomes_high,
        lost_value_micros,
        moved_bids,
        moved_by_log,
        moved_cannot_tell,
        gained_bids,
        gained_value_by_model_micros,
        gained_told_by_model,
    } = of;
    wire::SimulatedWorth {
        currency,
        lost_bids,
        lost_spend_micros,
        lost_spend_low_micros,
        lost_spend_high_micros,
        lost_outcomes,
        lost_outcomes_low,
        lost_outcomes_high,
        lost_value_micros,
        moved_bids,
        moved_by_log,
        moved_cannot_tell,
        gained_bids,
        gained_value_by_model_micros,
        gained_told_by_model,
    }
}

fn refusal(of: Refused) -> wire::SimulatedRefusal {
    let Refused { because, decisions } = of;
    wire::SimulatedRefusal { because, decisions }
}
