// error[E0451]
use std::sync::Arc;
use balustrade::{domain::Bounded, guardrail::{Answer, Enforced}};

pub fn make(bounded: Arc<Bounded>, answers: Vec<Answer>) -> Enforced {
    Enforced { bounded, answers, snapshot: 1, heard: todo!() }
}
