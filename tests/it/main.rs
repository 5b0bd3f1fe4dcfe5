//! Behaviour through public doors: one binary, one module a subject.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "clippy allows them in test functions; the stories' own helpers are tests too"
)]

mod contract;
