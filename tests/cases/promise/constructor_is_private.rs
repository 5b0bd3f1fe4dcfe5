// error[E0624]
use balustrade::{domain::Versions, guardrail::{Decision, Enforced}};

pub fn make(enforced: Enforced, versions: Versions) -> Decision {
    Decision::live(enforced, versions, Vec::new())
}
