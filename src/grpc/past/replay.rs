use std::sync::Arc;

use super::{PastView, streamed};
use crate::{
    domain::Record,
    grpc::{decide::Answers, wire},
    journal::Journal,
    rehearsal::{Difference, Differing, ModelAgain, ReplayReport, Within, model_again, replay, replayed},
};

/// One decision, enforced again; and the model, asked again.
pub(in crate::grpc) fn one_replay(record: &Record, past: &dyn PastView) -> wire::ReplayDecisionResponse {
    if record.erased {
        return wire::ReplayDecisionResponse {
            model: "erased".to_owned(),
            ..wire::ReplayDecisionResponse::default()
        };
    }
    let (model, expired, otherwise) = match model_again(record, &past.shelf()) {
        ModelAgain::NotHeard => ("not_heard", String::new(), Vec::new()),
        ModelAgain::Expired(what) => ("expired", what, Vec::new()),
        ModelAgain::Same => ("same", String::new(), Vec::new()),
        ModelAgain::Differs(otherwise) => ("differs", String::new(), otherwise),
    };
    wire::ReplayDecisionResponse {
        differences: replayed(record).into_iter().map(difference).collect(),
        model: model.to_owned(),
        expired,
        model_differences: otherwise.into_iter().map(difference).collect(),
    }
}

/// Every decision of that time.
pub(in crate::grpc) fn replays(
    journal: Arc<Journal>,
    past: &dyn PastView,
    within: Within,
    ask_model: bool,
) -> Answers<wire::ReplayDecisionsResponse> {
    use wire::replay_decisions_response::Step;
    let shelf = ask_model.then(|| past.shelf());
    let step = |step| wire::ReplayDecisionsResponse { step: Some(step) };
    streamed(
        move |told| replay(&journal, within, shelf.as_ref(), told),
        |progress| wire::ReplayDecisionsResponse {
            step: Some(Step::Progress(progress)),
        },
        move |report| step(Step::Result(told(report))),
    )
}

fn told(report: ReplayReport) -> wire::Replay {
    let ReplayReport {
        decisions,
        by_kind,
        erased,
        differing,
        shown,
        model_same,
        model_differing,
        model_expired,
        model_not_heard,
        model_shown,
    } = report;
    wire::Replay {
        decisions,
        by_kind,
        erased,
        differing,
        shown: shown.into_iter().map(one).collect(),
        model_same,
        model_differing,
        model_expired,
        model_not_heard,
        model_shown: model_shown.into_iter().map(one).collect(),
    }
}

fn one(differing: Differing) -> wire::ReplayedDecision {
    let Differing {
        decision_id,
        other_build,
        differences,
    } = differing;
    wire::ReplayedDecision {
        decision_id,
        other_build,
        differences: differences.into_iter().map(difference).collect(),
    }
}

fn difference(difference: Difference) -> wire::ReplayDifference {
    let Difference {
        candidate_id,
        what,
        recorded,
        again,
    } = difference;
    wire::ReplayDifference {
        candidate_id,
        what,
        recorded,
        again,
    }
}
