//! What lies in `deploy/`, held against the program: settings that a container is given, and the line of the unit.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use balustrade::settings::Settings;

use crate::service::{Place, Service, balustrade, ended};

fn file(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy").join(name);
    fs::read_to_string(path).unwrap()
}

/// Every `BALUSTRADE__…` that a text sets, as `KEY: value` or `KEY=value`.
fn variables(text: &str) -> Vec<(String, String)> {
    let lines = text
        .lines()
        .map(|line| line.trim().trim_start_matches("ENV ").trim_end_matches(" \\"));
    let set = lines.filter(|line| line.starts_with("BALUSTRADE__"));
    set.map(|line| {
        let (key, value) = line.split_once([':', '=']).unwrap();
        (key.to_owned(), value.trim().trim_matches('"').to_owned())
    })
    .collect()
}

fn settings_under(variables: &[(String, String)]) -> String {
    let mut command = balustrade();
    command
        .args(["settings", "--format", "json"])
        .envs(variables.iter().cloned());
    // None of this repository's own settings.
    command.current_dir(std::env::temp_dir());
    let output = ended(&mut command);
    let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert!(output.status.success(), "{said}");
    said
}

#[test]
fn the_settings_of_the_container_and_of_compose_are_settings_and_may_be_served_under() {
    let container = variables(&file("Containerfile"));
    let compose = variables(&file("compose.yaml"));
    assert!(container.len() >= 3 && compose.len() >= 4);
    settings_under(&container);
    let told = settings_under(&[container, compose].concat());
    assert!(told.contains("0.0.0.0:50051"), "{told}");
}

#[test]
fn what_compose_and_the_container_file_name_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let compose = file("compose.yaml");
    let value = |key: &str| {
        let line = compose.lines().find(|line| line.trim().starts_with(key)).unwrap();
        line.trim().trim_start_matches(key).trim().to_owned()
    };
    let context = root.join("deploy").join(value("context:"));
    assert!(context.join(value("dockerfile:")).is_file());
    assert!(context.join("Cargo.lock").is_file() && context.join("rules").is_dir());
    // The toolchain of the image is one that the crate builds with.
    let image = file("Containerfile");
    let (_, version) = image.split_once("rust:").unwrap();
    let minor: u32 = version
        .split(['.', '-'])
        .nth(1)
        .and_then(|minor| minor.parse().ok())
        .unwrap();
    assert!(minor >= 90, "{version}");
}

#[test]
fn the_line_of_the_unit_serves_and_ends_in_order() {
    let unit = file("balustrade.service");
    let line = unit
        .lines()
        .find_map(|line| line.strip_prefix("ExecStart="))
        .unwrap();
    let place = Place::with_cap("1.00 EUR");
    let settings = place.data().with_file_name("balustrade.toml");
    fs::write(
        &settings,
        "[admin]\naddress = \"127.0.0.1:0\"\n[grpc]\naddress = \"127.0.0.1:0\"\n",
    )
    .unwrap();
    let there = |path: &str| -> PathBuf {
        match path {
            "/etc/balustrade/balustrade.toml" => settings.clone(),
            "/etc/balustrade/rules" => place.rules(),
            "/var/lib/balustrade" => place.data(),
            other => PathBuf::from(other),
        }
    };
    let mut words = line.split(' ');
    assert_eq!(words.next(), Some("/usr/local/bin/balustrade"));
    let mut command: Command = balustrade();
    command.args(words.map(there));
    let service = Service::of(command, &place);
    service.terminate();
    assert_eq!(service.code(), Some(0));
    let patience = unit.lines().find_map(|line| line.strip_prefix("TimeoutStopSec="));
    let drain = Settings::default().grpc.drain_ms;
    assert!(patience.unwrap().parse::<u64>().unwrap() * 1_000 > drain);
}
