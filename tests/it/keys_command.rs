//! `balustrade keys`, and a server that asks for what it makes.

use serde_json::Value;

use crate::service::{Place, Service, balustrade, ended};

/// Runs `keys` over the keys of that place; what it prints.
fn keys(place: &Place, arguments: &[&str]) -> String {
    let file = place.data().join("keys.json");
    let output = ended(balustrade().arg("keys").args(arguments).arg("--file").arg(file));
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn status(service: &Service, key: Option<&str>) -> (Option<i32>, String) {
    let mut command = balustrade();
    command.args(["maturity", "--address", service.address()]);
    if let Some(key) = key {
        command.env("BALUSTRADE__CLIENT__KEY", key);
    }
    let output = ended(&mut command);
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn a_key_is_made_shown_once_let_in_and_revoked() {
    let place = Place::with_cap("2.00 EUR");
    let key = keys(
        &place,
        &["create", "--name", "anna", "--role", "auditor", "--brand", "shop"],
    );
    let caller = keys(&place, &["create", "--name", "bidder", "--role", "caller"]);
    let file = place.data().join("keys.json");
    let service = Service::start_with(&place, [("BALUSTRADE__IDENTITY__KEYS", file.to_str().unwrap())]);
    assert_eq!(status(&service, Some(&key)).0, Some(0));

    let (code, told) = status(&service, None);
    assert_eq!(code, Some(2));
    assert!(
        told.contains("BALUSTRADE__CLIENT__KEY") && told.contains("--key-file"),
        "{told}"
    );
    let (code, told) = status(&service, Some(&caller));
    assert_eq!(code, Some(1), "known, and not for this: {told}");

    let listed: Value = serde_json::from_str(&keys(&place, &["list", "--format", "json"])).unwrap();
    assert_eq!(listed[0]["name"], "anna");
    assert_eq!(listed[0]["brands"][0], "shop");
    assert!(!listed.to_string().contains(key.rsplit('_').next().unwrap()));
    keys(&place, &["revoke", listed[0]["id"].as_str().unwrap()]);
    assert!(keys(&place, &["list"]).contains("revoked"));
    // The server looks at the file once a second.
    let begun = std::time::Instant::now();
    while status(&service, Some(&key)).0 == Some(0) {
        assert!(begun.elapsed().as_secs() < 30, "a revoked key still opens");
    }
    assert!(place.log().contains("changed keys and certificates are in force"));
}

#[test]
fn a_server_beyond_loopback_has_to_ask_who_calls_even_where_the_address_is_an_argument() {
    let place = Place::with_cap("2.00 EUR");
    let mut command = Service::command(&place.rules(), &place.data(), "0.0.0.0:0");
    let output = ended(command.env("BALUSTRADE__GRPC__PLAINTEXT_BEYOND_LOOPBACK", "true"));
    assert_eq!(output.status.code(), Some(2));
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(
        told.contains("nobody is asked who they are") && told.contains("balustrade keys create"),
        "{told}"
    );
}

#[test]
fn keys_that_are_named_and_not_there_stop_the_start() {
    let place = Place::with_cap("2.00 EUR");
    let mut command = Service::command(&place.rules(), &place.data(), "127.0.0.1:0");
    let output = ended(command.env("BALUSTRADE__IDENTITY__KEYS", "/nowhere/keys.json"));
    assert_eq!(output.status.code(), Some(2));
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(
        told.contains("there is no file of keys") && told.contains("balustrade keys create"),
        "{told}"
    );
}
