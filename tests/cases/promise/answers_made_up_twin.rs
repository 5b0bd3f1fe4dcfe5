// Reading them is open to all.
use balustrade::guardrail::{Answer, Enforced};

pub fn read(enforced: &Enforced) -> &[Answer] {
    enforced.answers()
}
