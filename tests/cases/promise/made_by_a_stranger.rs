// error[E0451]
use balustrade::{domain::Versions, guardrail::{Decision, Enforced, Gap}};

pub fn make(enforced: Enforced, versions: Versions) -> Decision {
    Decision { enforced, versions, approvals: Vec::new(), gap: Gap::None }
}
