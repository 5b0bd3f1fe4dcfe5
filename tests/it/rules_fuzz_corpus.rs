//! The kept inputs of the fuzz targets, run as plain tests: what was once found stays found.
//!
//! The bodies of the targets stand beside the fuzz crate and are included here; a new input in
//! `fuzz/corpus/TARGET` needs nothing else.

use std::{fs, path::Path};

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
