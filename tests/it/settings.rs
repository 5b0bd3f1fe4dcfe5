//! Settings: defaults, then the file, then the environment; a mistake is named.

use std::{fs, process::Command};

use balustrade::{
    domain::Kind,
    guardrail::Recording,
    settings::{Required, Settings},
};

fn refused(text: &str) -> String {
    Settings::from_toml(text).unwrap_err().to_string()
}

#[test]
fn what_is_not_set_is_the_documented_default() {
    let settings = Settings::from_toml("").unwrap();
    assert_eq!(settings, Settings::default());
    assert_eq!(settings.grpc.address.to_string(), "127.0.0.1:50051");
    assert_eq!(settings.rules.folder.to_str(), Some("rules"));
    assert_eq!(settings.journal.folder.to_str(), Some("data"));
}

#[test]
fn what_has_to_be_on_record_is_what_sends_or_spends_unless_somebody_says_otherwise() {
    let Required {
        bid,
        send_time,
        recommendation,
        budget,
        score,
    } = Settings::default().journal.required;
    let set = [bid, send_time, recommendation, budget, score];
    let guarded = Kind::ALL.map(|kind| Recording::default_of(kind) == Recording::Required);
    assert_eq!(set, guarded);
    assert_eq!(set, [false, true, false, true, false]);
    let settings = Settings::from_toml("[journal.required]\nbid = true").unwrap();
    assert!(settings.journal.required.bid && settings.journal.required.send_time);
    assert!(refused("[journal.required]\nbids = true").contains("bids"));
}

#[test]
fn a_mistyped_key_is_refused_by_name() {
    let message = refused("[grpc]\nadress = '127.0.0.1:1'");
    assert!(message.contains("adress"), "{message}");
}

#[test]
fn a_wrong_value_is_refused_by_its_key() {
    let message = refused("[journal]\ndurability = 'sometimes'");
    assert!(message.contains("sometimes"), "{message}");
}

#[test]
fn plain_text_beyond_loopback_must_be_asked_for() {
    let message = refused("[grpc]\naddress = '0.0.0.0:50051'");
    assert!(message.contains("not on loopback"), "{message}");
    let asked = "[grpc]\naddress = '0.0.0.0:50051'\nplaintext_beyond_loopback = true";
    let message = refused(asked);
    assert!(message.contains("nobody is asked who they are"), "{message}");
    let guarded = format!("{asked}\n[identity]\nkeys = 'keys.json'");
    assert!(Settings::from_toml(&guarded).is_ok());
    let tls = "[grpc]\naddress = '0.0.0.0:1'\n[grpc.tls]\ncertificate = 'c'\nkey = 'k'\n[identity]\nkeys = 'keys.json'";
    assert!(Settings::from_toml(tls).is_ok());
}

#[test]
fn holders_of_certificates_that_nobody_is_asked_for_are_a_mistake() {
    let message = refused("[[identity.certificates]]\nname = 'bidder'\nroles = ['caller']");
    assert!(message.contains("grpc.tls.client_authorities"), "{message}");
    let message = refused("[[identity.certificates]]\nname = 'bidder'\nroles = ['king']");
    assert!(message.contains("king"), "{message}");
}

#[test]
fn the_key_of_a_client_is_shown_nowhere() {
    let settings = Settings::from_toml("[client]\nkey = 'bal_secret'").unwrap();
    assert!(!format!("{settings:?}").contains("bal_secret"));
    assert!(!serde_json::to_string(&settings).unwrap().contains("bal_secret"));
}

/// Runs `check` in an empty folder with a settings file; what it says is on standard error.
fn check(file: &str, environment: &[(&str, &str)]) -> String {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("balustrade.toml"), file).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_balustrade"));
    let output = command
        .arg("check")
        .current_dir(&folder)
        .envs(environment.iter().copied())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn the_environment_replaces_the_file_and_the_file_the_defaults() {
    let file = "[rules]\nfolder = 'from-the-file'";
    assert!(check(file, &[]).contains("from-the-file"));
    let environment = [("BALUSTRADE__RULES__FOLDER", "from-the-environment")];
    assert!(check(file, &environment).contains("from-the-environment"));
}

#[test]
fn a_mistyped_variable_of_the_environment_is_refused_by_name() {
    let said = check("", &[("BALUSTRADE__GRPC__ADRESS", "127.0.0.1:1")]);
    assert!(said.contains("adress"), "{said}");
}

#[test]
fn a_mistyped_key_is_told_with_its_line_and_the_one_that_was_meant() {
    for (text, told) in [
        (
            "[grpc]\n\nadress = '127.0.0.1:1'",
            "`grpc.adress` (balustrade.toml:3); did you mean `grpc.address`?",
        ),
        ("[jurnal]\nfolder = 'x'", "did you mean `journal.folder`?"),
        (
            "[[identity.certificates]]\nnam = 'x'\nroles = []",
            "did you mean `identity.certificates[].name`?",
        ),
        (
            "[elsewhere]\nentirely = 1",
            "`elsewhere.entirely` (balustrade.toml:2)",
        ),
    ] {
        let message = refused(text);
        assert!(message.contains(told), "{message}");
    }
}

#[test]
fn settings_are_told_with_who_says_so_and_secrets_are_not() {
    let folder = tempfile::tempdir().unwrap();
    let file = "[grpc]\nworkers = 3\n\n[client]\nkey = 'bal_secret'\n";
    fs::write(folder.path().join("balustrade.toml"), file).unwrap();
    let told = |format: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_balustrade"));
        command
            .args(["settings", "--format", format])
            .current_dir(&folder);
        let output = command.env("BALUSTRADE__GRPC__DRAIN_MS", "7").output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let json: Vec<serde_json::Value> = serde_json::from_str(&told("json")).unwrap();
    let one = |key: &str| json.iter().find(|one| one["key"] == key).unwrap();
    assert_eq!(one("grpc.workers")["value"], 3);
    assert_eq!(one("grpc.workers")["origin"]["file"]["line"], 2);
    assert_eq!(one("grpc.drain_ms")["value"], 7);
    assert_eq!(
        one("grpc.drain_ms")["origin"]["environment"],
        "BALUSTRADE__GRPC__DRAIN_MS"
    );
    assert_eq!(one("journal.folder")["origin"], "default");
    let text = told("text");
    assert!(
        text.lines()
            .any(|line| line.starts_with("grpc.workers ") && line.ends_with("balustrade.toml:2")),
        "{text}"
    );
    for told in [text, told("json")] {
        assert!(
            told.contains("(hidden)") && !told.contains("bal_secret"),
            "{told}"
        );
    }
}
