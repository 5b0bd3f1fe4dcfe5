//! Local time: what people write of days and hours becomes the instants that it allows.
//!
//! A window is about what a clock on the recipient's wall shows. So an instant lies in it exactly where the
//! local date and time of that instant do. That one sentence settles the hours at which clocks change: where
//! they are put forward, the times that are skipped never show, and an end among them moves to the first time
//! that does; where they are put back, an hour shows twice and lies in the window twice.

mod limit;

pub use limit::{DayKind, Edge, Hours, LocalLimit, LocalWindow, Weekdays};
