//! How likely it is that a person did what was reported: the weight of its reward in every model.
//!
//! Where a score of genuine engagement of the brand has passed its gate, it says so from the signs that were reported; else the
//! signs themselves do ([`Signs::human`]). That a message was opened or clicked within seconds of its delivery is seen
//! here, whether or not it was reported.

use super::{example::Example, score::ScoreLearning};
use crate::{
    domain::{Duration, Event, Outcome, Sign, Signs},
    model::score::Row,
};

/// The attribute under which a score of genuine engagement reads signs.
pub(super) const ATTRIBUTE: &str = "engagement_sign";
/// Nobody reads a message and acts on it sooner than this.
const SOONEST: Duration = Duration::from_secs(2);

/// The chance that a person did it, 0 to 1.
pub(super) fn human(scores: &ScoreLearning, example: &Example, outcome: &Outcome) -> f64 {
    let by_hand = match outcome.event {
        Event::Click | Event::Open | Event::Unsubscribe => true,
        Event::Conversion { .. } => !outcome.signs.is_empty(),
        Event::Win { .. } | Event::Loss { .. } | Event::Impression | Event::Sent | Event::Cancelled => false,
    };
    if !by_hand {
        return 1.0;
    }
    let signs = signs(example, outcome);
    let mut row = Row::new();
    for sign in signs.iter() {
        row.word(ATTRIBUTE, sign.name());
    }
    scores
        .genuine(&example.brand, &row)
        .unwrap_or_else(|| signs.human())
}

fn signs(example: &Example, outcome: &Outcome) -> Signs {
    let soon = example
        .sent_at()
        .is_some_and(|sent| sent <= outcome.at && outcome.at.since(sent) <= SOONEST);
    if soon {
        outcome.signs.with(Sign::WithinSeconds)
    } else {
        outcome.signs
    }
}
