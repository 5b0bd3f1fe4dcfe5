//! The kept inputs of the fuzz targets, run as plain tests: what was once found stays found.
//!
//! The bodies of the targets stand beside the fuzz crate and are included here; a new input in
//! `fuzz/corpus/TARGET` needs nothing else.

use std::{fs, path::Path};

use proptest::prelude::*;

use crate::rules_random::cases;

#[allow(
    unreachable_pub,
    reason = "the fuzz crate calls the same functions from outside"
)]
#[path = "../../fuzz/src/targets.rs"]
mod targets;

/// Runs every kept input of a target, in order of name.
fn replay(target: &str, run: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fuzz/corpus")
        .join(target);
    let mut inputs: Vec<_> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    inputs.sort();
    assert!(!inputs.is_empty(), "no inputs in {}", folder.display());
    for input in inputs {
        // The name of the input that fails stands above the message of the panic.
        println!("{}", input.display());
        run(&fs::read(&input).unwrap());
    }
}

#[test]
fn every_kept_file_of_rules_is_read_without_a_panic() {
    replay("yaml", targets::yaml);
}

#[test]
fn every_term_of_every_kept_list_is_found_in_itself() {
    replay("csv", targets::csv);
}

#[test]
fn every_kept_text_is_searched_to_its_end() {
    replay("text", targets::text);
}

#[test]
fn every_kept_address_is_judged_alike_by_matcher_and_interpreter() {
    replay("url", targets::url);
}

#[test]
fn every_kept_rulebook_is_judged_alike_by_matcher_and_interpreter() {
    replay("conditions", targets::conditions);
}

/// The kept inputs of a target.
fn kept(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fuzz/corpus")
        .join(target);
    let mut inputs: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    inputs.sort();
    inputs.iter().map(|path| fs::read(path).unwrap()).collect()
}

/// A kept input with a few places overwritten, taken out or doubled.
fn mangled(target: &str) -> impl Strategy<Value = Vec<u8>> {
    let edit = (
        any::<prop::sample::Index>(),
        0..12_usize,
        0..3_u8,
        prop::collection::vec(any::<u8>(), 0..4),
    );
    (
        prop::sample::select(kept(target)),
        prop::collection::vec(edit, 1..5),
    )
        .prop_map(|(mut bytes, edits)| {
            for (at, length, sort, with) in edits {
                let from = at.index(bytes.len() + 1);
                let until = bytes.len().min(from + length);
                let with = match sort {
                    0 => with,
                    1 => Vec::new(),
                    _ => bytes[from..until].repeat(2),
                };
                bytes.splice(from..until, with);
            }
            bytes
        })
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn no_bytes_make_the_reading_of_rules_panic(bytes in mangled("yaml")) {
        targets::yaml(&bytes);
    }

    #[test]
    fn no_bytes_make_the_reading_of_a_list_panic(bytes in mangled("csv")) {
        targets::csv(&bytes);
    }
}
