//! Who may know whom, read from the sources.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

/// The table of the house: which rooms a room may use.
const MAY_USE: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("settings", &["domain", "journal"]),
    ("rules", &["domain"]),
    ("model", &["domain"]),
    ("journal", &["domain"]),
    ("simulator", &["domain"]),
    ("guardrail", &["domain", "rules"]),
    ("learning", &["domain", "model", "journal"]),
    (
        "rehearsal",
        &["domain", "rules", "model", "guardrail", "journal", "learning"],
    ),
    (
        "grpc",
        &["domain", "guardrail", "rehearsal", "journal", "learning"],
    ),
];

/// Outside crates that live in one place only.
const HOMES: &[(&str, &[&str])] = &[
    ("smartcore", &["model", "learning"]),
    ("forust_ml", &["model"]),
    ("regex", &["rules"]),
    ("aho_corasick", &["rules"]),
    ("granit_parser", &["rules"]),
    ("tonic", &["grpc"]),
    ("prost", &["grpc"]),
    ("config", &["settings"]),
    ("prometheus_client", &["app"]),
    ("jsonwebtoken", &["grpc"]),
    ("postcard", &["journal", "learning"]),
    ("chacha20poly1305", &["journal"]),
];

/// Rooms that may use everything.
const ROOFS: &[&str] = &["app", "cli", "main", "lib"];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// Each source file below `src/`: its room and its text.
fn rooms() -> Vec<(String, PathBuf, String)> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&src, &mut files);
    let room = |path: &Path| {
        let first = path
            .strip_prefix(&src)
            .unwrap()
            .iter()
            .next()
            .unwrap()
            .to_str()
            .unwrap()
            .to_owned();
        first.trim_end_matches(".rs").to_owned()
    };
    files
        .into_iter()
        .map(|path| (room(&path), path.clone(), fs::read_to_string(&path).unwrap()))
        .collect()
}

/// The rooms that a source names: `crate::room`, also inside `use crate::{room::…, other}`.
fn named_rooms(text: &str) -> Vec<String> {
    let code: String = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect::<Vec<_>>()
        .join("\n");
    let mut named = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        if let Some(group) = rest.strip_prefix('{') {
            named.extend(top_level_names(group));
        } else {
            named.push(word(rest));
        }
    }
    named
}

fn word(text: &str) -> String {
    text.trim_start()
        .chars()
        .take_while(|c| c.is_alphanumeric() || *c == '_')
        .collect()
}

/// The first words at depth one of a `use` group, whose opening brace is already read.
fn top_level_names(group: &str) -> Vec<String> {
    let (mut depth, mut names) = (1, vec![word(group)]);
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 1 => names.push(word(&group[at + 1..])),
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    names.retain(|name| !name.is_empty());
    names
}

#[test]
fn the_reader_of_uses_sees_groups_and_nested_groups() {
    let text =
        "use crate::{domain::{A, rules}, guardrail, model::x};\nlet y = crate::journal::z; // crate::app\n";
    let named = named_rooms(text);
    for room in ["domain", "guardrail", "model", "journal"] {
        assert!(named.contains(&room.to_owned()), "{room} in {named:?}");
    }
    assert!(
        !named.contains(&"rules".to_owned()),
        "an item inside a room is not a room: {named:?}"
    );
}

#[test]
fn a_room_uses_only_the_rooms_it_may_know() {
    let table: BTreeMap<_, _> = MAY_USE.iter().copied().collect();
    let mut wrong = Vec::new();
    for (room, path, text) in rooms() {
        if ROOFS.contains(&room.as_str()) {
            continue;
        }
        let allowed = table
            .get(room.as_str())
            .unwrap_or_else(|| panic!("{room} is not in the table of rooms"));
        for used in named_rooms(&text) {
            let is_room = table.contains_key(used.as_str()) || ROOFS.contains(&used.as_str());
            if is_room && used != room && !allowed.contains(&used.as_str()) {
                wrong.push(format!("{}: {room} may not use {used}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn an_outside_crate_has_one_home() {
    let mut wrong = Vec::new();
    for (room, path, text) in rooms() {
        for (name, homes) in HOMES {
            let used = text.contains(&format!("use {name}::")) || text.contains(&format!(" {name}::"));
            if used && !homes.contains(&room.as_str()) {
                wrong.push(format!("{}: {name} belongs to {homes:?}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn there_is_no_way_around_the_guardrail() {
    for (_, path, text) in rooms() {
        for word in ["unchecked", "bypass", "for_tests"] {
            assert!(!text.contains(word), "{}: `{word}`", path.display());
        }
    }
}
