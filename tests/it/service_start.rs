//! What the program refuses to begin, by exit code and words.

use std::fs;

use crate::service::{Place, Service, ended};

/// What a start came to that has to be refused.
fn refused(place: &Place, data: &str, address: &str) -> String {
    let data = place.data().with_file_name(data);
    let output = ended(&mut Service::command(&place.rules(), &data, address));
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(output.stdout.is_empty(), "{output:?}");
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn a_second_server_on_the_same_data_is_refused_and_told_who_has_it() {
    let place = Place::with_cap("2.00 EUR");
    let first = Service::start(&place);
    let why = refused(&place, "data", "127.0.0.1:0");
    assert!(
        why.contains("in use by another process (process ") && why.contains("choose another data folder"),
        "{why}"
    );
    drop(first);
    // Its death, even by SIGKILL, frees the folder.
    Service::start(&place);
}

#[test]
fn a_second_server_on_the_same_address_is_refused_though_listeners_could_share_it() {
    let place = Place::with_cap("2.00 EUR");
    let first = Service::start(&place);
    let why = refused(&place, "other", first.address());
    assert!(
        why.contains("cannot serve on") && why.contains(first.address()),
        "{why}"
    );
    assert!(why.contains("in use"), "{why}");
}

#[test]
fn an_empty_or_missing_rules_folder_is_refused_with_the_remedy() {
    let place = Place::with_cap("2.00 EUR");
    for file in fs::read_dir(place.rules()).unwrap() {
        fs::remove_file(file.unwrap().path()).unwrap();
    }
    let why = refused(&place, "data", "127.0.0.1:0");
    assert!(
        why.contains("no rule files") && why.contains("starter set"),
        "{why}"
    );
    fs::remove_dir(place.rules()).unwrap();
    let why = refused(&place, "data", "127.0.0.1:0");
    assert!(
        why.contains("there is no such file or folder") && why.contains("starter set"),
        "{why}"
    );
}

#[test]
fn broken_rules_without_an_earlier_rulebook_are_refused_by_file_and_line() {
    let place = Place::with_cap("2.00 EURO");
    let why = refused(&place, "data", "127.0.0.1:0");
    assert!(
        why.contains("caps.yaml:11:") && why.contains("balustrade check"),
        "{why}"
    );
}
