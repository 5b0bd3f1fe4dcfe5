// What a stranger may have is the checked answer, as plain data.
use balustrade::{domain::Proposal, guardrail::{enforce, Enforced}};

pub fn make(proposal: Proposal) -> Enforced {
    enforce(proposal)
}
