// A record is what may be kept.
use balustrade::{domain::Record, guardrail::Decision};

pub fn keep(decision: &Decision) -> Record {
    decision.record()
}
