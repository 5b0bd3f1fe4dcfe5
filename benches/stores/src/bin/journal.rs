//! The journal itself, measured with real records: what appending costs beside bare stores, and how long a start takes.
//!
//! ```text
//! balustrade market --days 2 --data DIR      # real records to repeat
//! journal append DIR 500000                  # appended a second, bytes and CPU a record
//! journal fill DIR FOLDER 5000000            # a journal of so many decisions, and an outcome of each bid
//! journal open FOLDER                        # how long a start takes, and what it needs
//! ```

use std::{path::Path, time::Instant};

use stores::{
    Result, cpu_seconds,
    domain::{
        Attribute, Choice, DecisionId, Duration, Event, FactValue, Micros, Outcome, Record, Recorder as _,
        RecorderError, Signs, Timestamp, Word,
    },
    folder_bytes,
    journal::{Entry, Journal, Offset, Settings},
    log::Log,
    mixed,
    stores::{Sqlite, Store, Sync},
};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const BATCH: usize = 1_000;
/// So many different records are repeated.
const TEMPLATES: usize = 10_000;

fn main() -> Result<()> {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["append", data, records] => append(Path::new(data), records.parse()?),
        ["fill", data, folder, records] => fill(Path::new(data), Path::new(folder), records.parse()?),
        ["open", folder] => open(Path::new(folder)),
        _ => Err("append DATA RECORDS | fill DATA FOLDER RECORDS | open FOLDER".into()),
    }
}

/// Records that were really made.
fn templates(data: &Path) -> Result<Vec<Record>> {
    let journal = Journal::open(&data.join("journal"), Settings::default())?;
    let mut found = Vec::new();
    for read in journal.read_from(Offset::START) {
        if let (_, Entry::Decision(record)) = read? {
            found.push(*record);
            if found.len() == TEMPLATES {
                break;
            }
        }
    }
    if found.is_empty() {
        return Err("that journal holds no decision".into());
    }
    Ok(found)
}

/// So many people are asked about in a journal that is filled.
const PEOPLE: u64 = 1_000_000;

/// So many decisions are made a second, by the time of a journal that is filled: its caps remember the bids of an hour, and all wins.
const A_SECOND: i64 = 200;

/// The `n`-th record: another decision, 20,000 a second.
fn made(templates: &[Record], n: u64) -> Record {
    let mut record = templates[n as usize % templates.len()].clone();
    let now = Timestamp::from_millis(1_790_000_000_000).plus(Duration::from_millis(n as i64 / 20));
    record.decision = DecisionId::new(now, u128::from(mixed(n)) << 32);
    record.now = now;
    record.request = None;
    record
}

fn settled(journal: &Journal) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    Ok(runtime.block_on(journal.settled())?)
}

fn record(journal: &Journal, mut record: Record) -> Result<()> {
    loop {
        let again = record.clone();
        match journal.record(record) {
            Ok(_) => return Ok(()),
            Err(RecorderError::Full) => settled(journal)?,
            Err(error) => return Err(error.into()),
        }
        record = again;
    }
}

fn append(data: &Path, records: u64) -> Result<()> {
    let templates = templates(data)?;
    println!("| store | batches | records/s | CPU us/record | bytes/record |");
    println!("|---|---|---|---|---|");
    for sync in [Sync::Written, Sync::Synced] {
        bare::<Log>(&templates, records, sync)?;
        bare::<Sqlite>(&templates, records, sync)?;
    }
    // What is encoded on another thread is cloned here first: its cost alone, to be taken off.
    let (begun, cpu) = (Instant::now(), cpu_seconds());
    for n in 0..records {
        std::hint::black_box(made(&templates, n));
    }
    told("making the records", "-", records, begun, cpu, 0);
    let folder = tempfile::tempdir()?;
    let journal = Journal::open(folder.path(), Settings::default())?;
    let (begun, cpu) = (Instant::now(), cpu_seconds());
    for n in 0..records {
        record(&journal, made(&templates, n))?;
        if n % 8_000 == 7_999 {
            settled(&journal)?;
        }
    }
    settled(&journal)?;
    told(
        "the journal",
        "fsync every 5 ms",
        records,
        begun,
        cpu,
        folder_bytes(folder.path())?,
    );
    Ok(())
}

/// The same records, encoded beforehand, in a store that only keeps bytes.
fn bare<S: Store>(templates: &[Record], records: u64, sync: Sync) -> Result<()> {
    let encoded: std::result::Result<Vec<Vec<u8>>, _> = templates.iter().map(postcard::to_stdvec).collect();
    let encoded = encoded?;
    let folder = tempfile::tempdir()?;
    let mut store = S::open(folder.path())?;
    let (begun, cpu) = (Instant::now(), cpu_seconds());
    let mut next = 0;
    while next < records {
        let batch = next..records.min(next + BATCH as u64);
        let batch: Vec<_> = batch
            .map(|n| {
                let now = Timestamp::from_millis(1_790_000_000_000 + n as i64 / 20);
                let id = DecisionId::new(now, u128::from(mixed(n)) << 32);
                (id.to_bytes(), encoded[n as usize % encoded.len()].as_slice())
            })
            .collect();
        next += batch.len() as u64;
        store.append(&batch, sync)?;
    }
    told(
        S::NAME,
        sync.name(),
        records,
        begun,
        cpu,
        folder_bytes(folder.path())?,
    );
    Ok(())
}

fn told(name: &str, batches: &str, records: u64, begun: Instant, cpu: f64, bytes: u64) {
    println!(
        "| {name} | {batches} | {:.0} | {:.2} | {} |",
        records as f64 / begun.elapsed().as_secs_f64(),
        (cpu_seconds() - cpu) * 1e6 / records as f64,
        bytes / records,
    );
}

/// The `n`-th record of a journal that is filled: of one of many people, at the pace of a busy house.
fn lived(templates: &[Record], n: u64) -> Result<Record> {
    let mut record = made(templates, n);
    record.now =
        Timestamp::from_millis(1_790_000_000_000).plus(Duration::from_millis(n as i64 * 1_000 / A_SECOND));
    record.decision = DecisionId::new(record.now, u128::from(mixed(n)) << 32);
    let contact = Word::new(&format!("contact-{}", mixed(n) % PEOPLE))?;
    record.facts.set(Attribute::Contact, FactValue::Word(contact));
    Ok(record)
}

/// What came of a decision: of its first bid, a third of them won.
fn outcome(record: &Record) -> Option<Outcome> {
    let of_bid = record
        .candidates
        .iter()
        .find_map(|candidate| match candidate.choice {
            Some(Choice::Bid(price)) => Some((candidate, price)),
            _ => None,
        });
    let (candidate, price) = of_bid?;
    let is_won = record.now.as_millis() % 3 == 0;
    let paid = Micros::new(price.get() / 2);
    let event = if is_won {
        Event::Win { price: paid }
    } else {
        Event::Loss {
            reason: None,
            min_to_win: Some(paid),
        }
    };
    Some(Outcome {
        decision: record.decision,
        candidate: candidate.id.clone(),
        event_id: Word::new("auction").ok()?,
        revision: 0,
        at: record.now,
        event,
        withdrawn: false,
        signs: Signs::NONE,
    })
}

fn fill(data: &Path, folder: &Path, decisions: u64) -> Result<()> {
    let templates = templates(data)?;
    let journal = Journal::open(folder, Settings::default())?;
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let (begun, mut reports, mut told) = (Instant::now(), Vec::new(), 0);
    for n in 0..decisions {
        let lived = lived(&templates, n)?;
        let now = lived.now;
        reports.extend(outcome(&lived));
        record(&journal, lived)?;
        if reports.len() == BATCH || n + 1 == decisions {
            told += reports.len();
            runtime.block_on(journal.outcomes(std::mem::take(&mut reports), now))?;
        }
    }
    settled(&journal)?;
    println!(
        "{decisions} decisions and {told} outcomes in {:.1} s",
        begun.elapsed().as_secs_f64()
    );
    Ok(())
}

fn open(folder: &Path) -> Result<()> {
    let begun = Instant::now();
    let journal = Journal::open(folder, Settings::default())?;
    let took = begun.elapsed().as_secs_f64();
    println!(
        "open: {took:.2} s, {:.2} s of CPU; journal of {} bytes",
        cpu_seconds(),
        journal.end().get()
    );
    println!(
        "{} contacts are remembered",
        journal.ledger().contacts_remembered()
    );
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "state") {
            println!("state: {} bytes in `{}`", path.metadata()?.len(), path.display());
        }
    }
    for line in std::fs::read_to_string("/proc/self/status")?.lines() {
        if line.starts_with("VmRSS") || line.starts_with("VmHWM") {
            println!("{line}");
        }
    }
    Ok(())
}
