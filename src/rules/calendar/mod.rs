//! Local time: what people write of days and hours becomes the instants that it allows.
//!
//! A window is about what a clock on the recipient's wall shows. So an instant lies in it exactly where the
//! local date and time of that instant do. That one sentence settles the hours at which clocks change: where
//! they are put forward, the times that are skipped never show, and an end among them moves to the first time
//! that does; where they are put back, an hour shows twice and lies in the window twice.
//!
//! In between stand readings of the clock, which are the same in every zone: limit and days -> readings ->
//! instants. Only the last step asks what a zone does, once for each change of its clocks.

mod allowed;
mod holidays;
mod limit;
mod shown;
mod wall;
mod zones;

pub use allowed::{HORIZON_DAYS, allowed};
pub use holidays::{DaysOf, Holiday, Holidays};
pub use limit::{DayKind, Edge, Hours, LocalLimit, LocalWindow, Weekdays};
pub use shown::shown_at;
pub use zones::{ZoneKnown, Zones, named, names};
