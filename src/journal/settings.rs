use serde::{Deserialize, Serialize};

/// What an acknowledgement promises.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Durability {
    /// Nothing. For measurements only.
    Memory,
    /// What was acknowledged survives the death of the process; a loss of power may cost the last
    /// [`Settings::sync_every_ms`].
    #[default]
    Batch,
    /// What was acknowledged survives a loss of power. Who answers a decision waits for
    /// [`Journal::settled`](super::Journal::settled) first.
    Fsync,
}

/// Whether to start although durable entries are damaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Damage {
    /// Refuse, and name the file and the byte.
    #[default]
    Refuse,
    /// Go on without everything from the damage on; what is cut is kept beside the journal as `*.lost`.
    AcceptLoss,
}

/// How the journal writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// What an acknowledgement promises.
    pub durability: Durability,
    /// Whether to start although durable entries are damaged.
    pub damage: Damage,
    /// How many entries may wait to be written.
    pub queue_entries: usize,
    /// Bytes after which a new segment file begins.
    pub segment_bytes: u64,
    /// Bytes after which the state is stored anew, where a file begins; never more often than once for as many bytes as it
    /// has itself. A start reads what came after.
    pub state_bytes: u64,
    /// The longest time between two fsyncs under [`Durability::Batch`], in milliseconds.
    pub sync_every_ms: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            durability: Durability::default(),
            damage: Damage::default(),
            queue_entries: 16_384,
            segment_bytes: 64 << 20,
            state_bytes: 128 << 20,
            sync_every_ms: 5,
        }
    }
}
