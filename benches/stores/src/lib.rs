//! What the measurements of stores share.

#[path = "../../../src/domain/mod.rs"]
pub mod domain;
#[path = "../../../src/journal/mod.rs"]
pub mod journal;
pub mod log;
pub mod stores;

use std::{error::Error, path::Path};

/// Anything may go wrong, and ends the measurement.
pub type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// SplitMix64: a fixed stream, the same in every run.
pub fn mixed(n: u64) -> u64 {
    let mut z = n.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Bytes of all files below a folder.
pub fn folder_bytes(folder: &Path) -> Result<u64> {
    let mut sum = 0;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let kind = entry.metadata()?;
        sum += if kind.is_dir() {
            folder_bytes(&entry.path())?
        } else {
            kind.len()
        };
    }
    Ok(sum)
}

/// User and system time of every thread so far, in seconds; the clock ticks a hundred times a second.
pub fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let ticks: u64 = after_name
        .split_whitespace()
        .skip(11)
        .take(2)
        .filter_map(|field| field.parse::<u64>().ok())
        .sum();
    ticks as f64 / 100.0
}
