//! Three ways to keep the journal, on the same work: fjall (LSM tree), redb (copy-on-write B-tree), and a plain
//! segment log with an index in memory.
//!
//! The work: `records` values under 16-byte ids that grow with time (48 bits of milliseconds, then random bits),
//! in batches of 1,000; then random look-ups by id; then close and open again until the first look-up answers.
//! `written` hands each batch to the operating system (redb has no such level: its batches are lost with the
//! process until a synced one follows); `synced` waits for fdatasync after each batch.

use std::time::Instant;

use stores::{
    Result, cpu_seconds, folder_bytes, log, mixed,
    stores::{Fjall, Redb, Store, Sync},
};

const BATCH: usize = 1_000;
const LOOK_UPS: u64 = 100_000;

fn main() -> Result<()> {
    let records = match std::env::args().nth(1) {
        Some(number) => number.parse()?,
        None => 500_000,
    };
    println!("{records} records, batches of {BATCH}, {LOOK_UPS} look-ups");
    println!(
        "| store | value bytes | batches | records/s | CPU us/record | bytes/record | look-up us | reopen ms |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    for bytes in [300, 800] {
        for sync in [Sync::Written, Sync::Synced] {
            measure::<log::Log>(records, bytes, sync)?;
            measure::<Fjall>(records, bytes, sync)?;
            measure::<Redb>(records, bytes, sync)?;
        }
    }
    Ok(())
}

fn measure<S: Store>(records: u64, bytes: usize, sync: Sync) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let values = Values::new(bytes);
    let mut store = S::open(folder.path())?;

    let (start, cpu) = (Instant::now(), cpu_seconds());
    let mut next = 0;
    while next < records {
        let batch: Vec<_> = (next..records.min(next + BATCH as u64))
            .map(|n| (id(n), values.of(n)))
            .collect();
        next += batch.len() as u64;
        store.append(&batch, sync)?;
    }
    let (appended, cpu) = (start.elapsed().as_secs_f64(), cpu_seconds() - cpu);

    let start = Instant::now();
    for n in 0..LOOK_UPS {
        let n = mixed(n) % records;
        let found = store.get(id(n))?.ok_or("a record is missing")?;
        if found != values.of(n) {
            return Err("a record differs".into());
        }
    }
    let look_up = start.elapsed().as_secs_f64() / LOOK_UPS as f64;
    drop(store);
    let disk = folder_bytes(folder.path())?;

    let start = Instant::now();
    let mut store = S::open(folder.path())?;
    store.get(id(records - 1))?.ok_or("the last record is missing")?;
    let reopen = start.elapsed().as_secs_f64();

    println!(
        "| {} | {bytes} | {} | {:.0} | {:.2} | {} | {:.2} | {:.0} |",
        S::NAME,
        sync.name(),
        records as f64 / appended,
        cpu * 1e6 / records as f64,
        disk / records,
        look_up * 1e6,
        reopen * 1e3,
    );
    Ok(())
}

/// An id as decisions have them: 60 a millisecond, the rest random.
fn id(n: u64) -> [u8; 16] {
    let millis = u128::from(1_790_000_000_000 + n / 60) << 80;
    let random = u128::from(mixed(n)) | u128::from(mixed(!n) & 0xffff) << 64;
    (millis | random).to_be_bytes()
}

/// Values that compress no better than real records: slices of one random stretch.
struct Values {
    stretch: Vec<u8>,
    bytes: usize,
}

impl Values {
    fn new(bytes: usize) -> Self {
        let stretch = (0..8_192).flat_map(|n| mixed(n).to_le_bytes()).collect();
        Self { stretch, bytes }
    }

    fn of(&self, n: u64) -> &[u8] {
        let start = (mixed(n ^ 0x5bd1) % 60_000) as usize;
        &self.stretch[start..start + self.bytes]
    }
}
