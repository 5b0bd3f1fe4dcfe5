//! How likely an outcome is: a lead's conversion, a customer's loss, that a click is a person's.
//!
//! A subject is a [`Row`] of what is known of it. Subjects whose window has closed gather in a [`History`];
//! [`fit`] makes of it the model that did best on data it had not seen, a line, boosted trees or the mean of both;
//! a [`Fitted`] answers with a calibrated probability and with what each fact added. Libraries fit, and only fit:
//! what answers are flat arrays of our own, checked when they are made, so that no library is asked on the way of a
//! request and a stored model outlives its library.

pub mod fit;
mod fitted;
mod following;
mod history;
mod known;
mod layout;
mod linear;
pub mod maturity;
mod propose;
mod row;
mod trees;

pub use fitted::{Fitted, Form, Origin, Reasons, Tried, calibrated};
pub use following::Following;
pub use history::{History, Seen, Term};
pub use known::{Calibrated, Known, Scores};
pub use layout::{Column, Layout, Reader, Scale};
pub use linear::Linear;
pub use propose::propose;
pub use row::{Cell, Row};
pub use trees::{Node, Trees};
