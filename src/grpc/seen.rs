//! What the listener saw, since the start: how long decisions took, and who was not let in.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use tonic::Code;

use crate::domain::Kind;

/// Upper ends of the latencies that are told apart, in microseconds; above the last one is one more.
const UP_TO_MICROS: [u64; 14] = [
    50, 100, 250, 500, 1_000, 2_000, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000,
];

/// Latencies, counted by their size.
#[derive(Debug, Default)]
struct Latencies {
    up_to: [AtomicU64; UP_TO_MICROS.len()],
    above: AtomicU64,
    sum_micros: AtomicU64,
}

/// Latencies as they stand at one moment.
#[derive(Debug, Clone, PartialEq)]
pub struct LatencyHistogram {
    /// Upper end in seconds, infinity last, and how many lie between the end before and it.
    pub buckets: Vec<(f64, u64)>,
    /// All of them together, in seconds.
    pub sum_secs: f64,
}

/// What the listener saw, since the start.
#[derive(Debug, Default)]
pub struct Seen {
    latencies: [Latencies; Kind::ALL.len()],
    overloaded: AtomicU64,
    unauthenticated: AtomicU64,
    not_allowed: AtomicU64,
}

// === impl Seen ===

impl Seen {
    /// A question was answered or refused, that long after it came.
    pub(super) fn decided(&self, kind: Kind, after: Duration) {
        if let Some(latencies) = self.latencies.get(kind as usize) {
            latencies.count(after);
        }
    }

    /// A request was not let in.
    pub(super) fn refused(&self, code: Code) {
        let count = [
            (Code::ResourceExhausted, &self.overloaded),
            (Code::Unauthenticated, &self.unauthenticated),
            (Code::PermissionDenied, &self.not_allowed),
        ];
        for (_, count) in count.into_iter().filter(|(of, _)| *of == code) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// How long decisions took from their arrival to their answer, refusals after reading included.
    pub fn latencies(&self) -> impl Iterator<Item = (Kind, LatencyHistogram)> {
        let each = Kind::ALL.into_iter().zip(&self.latencies);
        each.map(|(kind, latencies)| (kind, latencies.read()))
    }

    /// Requests that were not let in, by why: `overloaded`, `unauthenticated`, `not_allowed`.
    #[must_use]
    pub fn not_let_in(&self) -> [(&'static str, u64); 3] {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        [
            ("overloaded", read(&self.overloaded)),
            ("unauthenticated", read(&self.unauthenticated)),
            ("not_allowed", read(&self.not_allowed)),
        ]
    }
}

// === impl Latencies ===

impl Latencies {
    fn count(&self, latency: Duration) {
        let micros = u64::try_from(latency.as_micros()).unwrap_or(u64::MAX);
        let place = UP_TO_MICROS.partition_point(|end| *end < micros);
        let count = self.up_to.get(place).unwrap_or(&self.above);
        count.fetch_add(1, Ordering::Relaxed);
        self.sum_micros.fetch_add(micros, Ordering::Relaxed);
    }

    fn read(&self) -> LatencyHistogram {
        let ends = UP_TO_MICROS.iter().map(|micros| seconds(*micros));
        let counts = self.up_to.iter().chain([&self.above]);
        let counts = counts.map(|count| count.load(Ordering::Relaxed));
        LatencyHistogram {
            buckets: ends.chain([f64::INFINITY]).zip(counts).collect(),
            sum_secs: seconds(self.sum_micros.load(Ordering::Relaxed)),
        }
    }
}

fn seconds(micros: u64) -> f64 {
    Duration::from_micros(micros).as_secs_f64()
}
