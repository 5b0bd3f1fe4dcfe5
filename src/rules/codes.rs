//! Every code that a finding about rules may have.

use super::{
    analyse, compile,
    syntax::{self, CodeRow},
};

/// Every finding code and what it stands for, in the order of the codes.
#[must_use]
pub fn finding_codes() -> Vec<&'static CodeRow> {
    let mut rows: Vec<&CodeRow> = syntax::code::ALL
        .iter()
        .chain(compile::code::ALL)
        .chain(analyse::code::ALL)
        .collect();
    rows.sort();
    rows
}
