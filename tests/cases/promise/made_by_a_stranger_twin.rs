// Reading a decision is open to all.
use balustrade::{domain::DecisionId, guardrail::Decision};

pub fn read(decision: Decision) -> DecisionId {
    decision.id()
}
