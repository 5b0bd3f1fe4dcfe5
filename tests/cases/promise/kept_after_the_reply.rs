// error[E0277]
use balustrade::guardrail::Decision;

pub fn keep(decision: &Decision) -> Decision {
    Decision::clone(decision)
}
