//! `balustrade check` as a process: in which language it speaks, and how it ends.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

/// Runs `check` over a folder, with `LANG` as a terminal would have it.
fn check(folder: &Path, lang: &str, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_balustrade"));
    command.arg("check").arg(folder).args(arguments);
    command
        .env_remove("LC_ALL")
        .env_remove("LC_MESSAGES")
        .env("LANG", lang);
    command.current_dir(env!("CARGO_TARGET_TMPDIR")).output().unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn starter() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/rules"))
}

/// A folder whose one file lacks nearly everything.
fn broken() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.yaml"), "rules_of: A\ntier: brnad\n").unwrap();
    folder
}

#[test]
fn check_speaks_the_language_that_is_asked_for_and_else_that_of_the_terminal() {
    let folder = broken();
    let english = out(&check(folder.path(), "C", &[]));
    assert!(english.contains("did you mean `brand`?") && english.contains("these rules would be refused"));
    for (lang, arguments) in [("it_IT.UTF-8", &[][..]), ("es_ES.UTF-8", &["--language", "it"])] {
        let italian = out(&check(folder.path(), lang, arguments));
        assert!(
            italian.contains("forse si intendeva `brand`?")
                && italian.contains("queste regole verrebbero rifiutate"),
            "{italian}"
        );
    }
    let spanish = out(&check(folder.path(), "es_ES.UTF-8", &[]));
    assert!(spanish.contains("¿quería decir `brand`?"), "{spanish}");
    let settings = folder.path().join("settings.toml");
    fs::write(&settings, "[rules]\nlanguage = 'es'\n").unwrap();
    let by_settings = check(
        folder.path(),
        "it_IT.UTF-8",
        &["--settings", settings.to_str().unwrap()],
    );
    assert_eq!(out(&by_settings), spanish, "settings are stated on purpose");
}

#[test]
fn the_json_of_a_finding_has_one_code_and_the_words_of_the_language() {
    let folder = broken();
    let finding = |language: &str| {
        let json = out(&check(
            folder.path(),
            "C",
            &["--format", "json", "--language", language],
        ));
        let json: serde_json::Value = serde_json::from_str(&json).unwrap();
        let tier = json["findings"]
            .as_array()
            .unwrap()
            .iter()
            .find(|finding| finding["code"] == "R014");
        tier.unwrap()["message"].as_str().unwrap().to_owned()
    };
    assert_eq!(finding("en"), "`brnad` is not a value of `tier`");
    assert_eq!(finding("it"), "`brnad` non è un valore di `tier`");
    assert_eq!(finding("es"), "`brnad` no es un valor de `tier`");
}

#[test]
fn the_json_of_a_finding_in_a_sheet_names_its_cell() {
    let folder = tempfile::tempdir().unwrap();
    let lists = folder.path().join("lists");
    fs::create_dir(&lists).unwrap();
    fs::write(lists.join("words.csv"), "term;match\nguerra;word\nbomba;wrod\n").unwrap();
    let json = out(&check(folder.path(), "C", &["--format", "json"]));
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let findings = json["findings"].as_array().unwrap();
    let cells: Vec<_> = findings
        .iter()
        .filter(|finding| finding["file"] == "lists/words.csv")
        .collect();
    assert_eq!(
        cells[0]["cell"],
        serde_json::json!({"row": 3, "column": "B", "name": "match"})
    );
    let others = findings
        .iter()
        .filter(|finding| finding["file"] != "lists/words.csv");
    assert!(others.into_iter().all(|finding| finding.get("cell").is_none()));
}

#[test]
fn check_ends_with_0_1_or_2() {
    let fine = check(starter(), "C", &["--language", "it"]);
    assert_eq!(fine.status.code(), Some(0), "{}", out(&fine));
    assert!(out(&fine).contains("tutto in ordine"), "{}", out(&fine));
    assert_eq!(check(broken().path(), "C", &[]).status.code(), Some(1));
    let nowhere = check(Path::new("no-such-folder"), "C", &["--language", "it"]);
    assert_eq!(nowhere.status.code(), Some(2));
    let why = String::from_utf8(nowhere.stderr).unwrap();
    assert_eq!(
        why.trim(),
        "balustrade: impossibile leggere `no-such-folder`: il file o la cartella non esiste"
    );
    let usage = check(starter(), "C", &["--language", "klingon"]);
    assert_eq!(usage.status.code(), Some(2));
}
