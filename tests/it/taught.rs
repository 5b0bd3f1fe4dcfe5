//! A trainer beside what was decided and told, as the learner stands beside its journal.

use std::{
    collections::HashMap,
    ops::{Deref, DerefMut},
};

use balustrade::{
    domain::{DecisionId, Outcome, OutcomeReply, Record, Timestamp},
    learning::{Heard, Trainer},
};

/// Recalls every decision that the trainer has not at hand.
#[derive(Default)]
pub(crate) struct Taught {
    trainer: Trainer,
    made: HashMap<DecisionId, Record>,
    told: Vec<(Outcome, OutcomeReply)>,
}

impl Taught {
    /// By a trainer that keeps at most so many decisions at hand.
    pub(crate) fn with_most_open(most: usize) -> Self {
        Self {
            trainer: Trainer::default().with_most_open(most),
            ..Self::default()
        }
    }

    pub(crate) fn decision(&mut self, record: &Record) {
        self.trainer.decision(record);
        self.made.insert(record.decision, record.clone());
    }

    pub(crate) fn outcome(&mut self, outcome: &Outcome, when: Timestamp, reply: OutcomeReply) -> Heard {
        let heard = self.trainer.outcome(outcome, when, reply);
        if heard == Heard::NotAtHand
            && let Some(record) = self.made.get(&outcome.decision)
        {
            let of_it = self.told.iter();
            let of_it = of_it.filter(|(known, _)| known.decision == outcome.decision);
            let before: Vec<_> = of_it.cloned().collect();
            self.trainer.recall(record, &before, outcome, reply);
        }
        self.told.push((outcome.clone(), reply));
        heard
    }
}

impl Deref for Taught {
    type Target = Trainer;

    fn deref(&self) -> &Trainer {
        &self.trainer
    }
}

impl DerefMut for Taught {
    fn deref_mut(&mut self) -> &mut Trainer {
        &mut self.trainer
    }
}
