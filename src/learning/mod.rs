//! From what the journal holds to what the model knows.
//!
//! A [`Trainer`] follows decisions, outcomes and imported history in the journal's order and in the journal's
//! time, never a clock of its own. An example trains the response model once, when its attribution window has
//! closed, positive and negative alike, and only if the impression was shown; what is corrected afterwards is
//! taken back with the opposite weight and learnt anew. Wins and losses train the win curves, spend the
//! controllers, at once. What the other kinds learn stands in a module each; they are taught the same way. The
//! [`Learner`] reads a journal and publishes snapshots. The same journal gives the
//! same snapshot, to the last bit.
//!
//! [`evaluation`] measures what was learnt against data that it has not seen.

mod acts;
mod budget;
mod distrusted;
mod due;
mod engagement;
pub mod evaluation;
mod example;
mod hand_over;
mod kinds;
mod learner;
mod progress;
mod quality;
mod recommendation;
mod response;
mod score;
mod send_time;
mod sequence;
mod snapshots;
mod trainer;
mod trial;
mod unheard;
mod version;
mod versions;

pub use crate::model::hand_over::{Frozen, Market};
pub use learner::{CaughtUp, FrozenHandOver, Learner};
pub use quality::Quality;
pub use response::Response;
pub use score::{GateVerdict, Judged, ScoreLearning, Standing, Version, VersionError};
pub use trainer::{Heard, MOST_OPEN, Trainer};
pub use version::{HeldOut, KeptBy, KeptVersion, RolledBack, VersionsError};
pub use versions::Versions;
