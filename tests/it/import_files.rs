//! `balustrade import`: files as they lie on a disk.

use std::{fs, io::Write, path::Path};

use balustrade::{
    cli::import::{Args, Input, Reason, Report, Summary, run},
    domain::{Attribute, Event, Micros, Observation},
};
use flate2::{Compression, write::GzEncoder};

use crate::import_history::{GOOD, SHOP, gate, shop, word};

fn args(file: &Path, mapping: &Path) -> Args {
    Args {
        file: file.to_owned(),
        mapping: mapping.to_owned(),
        data: None,
        input: Input::Auto,
        format: Report::Json,
        dry_run: false,
    }
}

fn imported(args: &Args) -> (Summary, Vec<Observation>) {
    let mut kept = Vec::new();
    let summary = run(args, gate(), &mut |observation| {
        kept.push(observation);
        Ok(())
    });
    (summary.unwrap(), kept)
}

#[test]
fn a_packed_file_is_unpacked_and_a_dry_run_keeps_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (file, mapping) = (
        folder.path().join("history.csv.gz"),
        folder.path().join("map.toml"),
    );
    let mut packed = GzEncoder::new(fs::File::create(&file).unwrap(), Compression::fast());
    packed
        .write_all(shop(&format!("{GOOD}{GOOD}")).as_bytes())
        .unwrap();
    packed.finish().unwrap();
    fs::write(&mapping, SHOP).unwrap();
    let wet = args(&file, &mapping);
    let (summary, kept) = imported(&wet);
    assert_eq!(
        (summary.rows, summary.imported, summary.refused, kept.len()),
        (2, 1, 1, 1)
    );
    assert_eq!(summary.by_reason.get(&Reason::Duplicate), Some(&1));
    let (dry, kept) = imported(&Args { dry_run: true, ..wet });
    assert_eq!((dry, kept.len()), (summary, 0));
}

#[test]
fn a_file_that_breaks_off_is_an_error_and_not_a_short_file() {
    let folder = tempfile::tempdir().unwrap();
    let (file, mapping) = (
        folder.path().join("history.csv.gz"),
        folder.path().join("map.toml"),
    );
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    let rows: String = (0..2_000)
        .map(|second| {
            GOOD.replace(
                "20:15:00",
                &format!("{:02}:{:02}:{:02}", second / 3600, second / 60 % 60, second % 60),
            )
        })
        .collect();
    packed.write_all(shop(&rows).as_bytes()).unwrap();
    let whole = packed.finish().unwrap();
    fs::write(&file, &whole[..whole.len() / 2]).unwrap();
    fs::write(&mapping, SHOP).unwrap();
    let error = run(&args(&file, &mapping), gate(), &mut |_| Ok(())).unwrap_err();
    assert!(error.to_string().contains("broke off after"), "{error:#}");
}

#[test]
fn the_shipped_mapping_reads_an_invented_log() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let args = args(
        &root.join("tests/cases/import/ipinyou_invented.tsv"),
        &root.join("deploy/mappings/ipinyou.toml"),
    );
    let (summary, kept) = imported(&args);
    assert_eq!((summary.rows, summary.imported), (4, 2));
    assert_eq!(
        summary.by_reason.into_iter().collect::<Vec<_>>(),
        [(Reason::Campaign, 1), (Reason::Contradiction, 1)]
    );
    assert_eq!(kept[0].market_price, Some(Micros::new(2_050_000)));
    assert_eq!(kept[0].facts.word(&Attribute::SlotSize), Some(&word("300x250")));
    assert_eq!(kept[0].facts.get(&Attribute::ContactSegment), None);
    assert_eq!(kept[0].facts.word(&Attribute::DeviceOs), Some(&word("windows")));
    assert_eq!(
        kept[0].facts.word(&Attribute::DeviceBrowser),
        Some(&word("chrome"))
    );
    assert_eq!(kept[1].events.len(), 2);
}

#[test]
fn the_real_log_is_imported_whole() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let shared = std::env::var_os("BALUSTRADE_DATA").map_or_else(|| root.join("../shared/data"), Into::into);
    let file = shared.join("bids/ipinyou_2259.train.log.txt.gz");
    if !file.exists() {
        println!("skipped: {} is absent", file.display());
        return;
    }
    let (summary, kept) = imported(&args(&file, &root.join("deploy/mappings/ipinyou.toml")));
    println!("{summary}");
    assert_eq!(
        (summary.rows, summary.imported, summary.refused),
        (8_355, 8_355, 0)
    );
    let clicks = kept
        .iter()
        .flat_map(|row| &row.events)
        .filter(|(event, _)| *event == Event::Click);
    assert_eq!(clicks.count(), 5);
    assert!(kept.iter().all(|row| row.market_price <= row.bid));
}
