//! A file of history counts once, however often and however brokenly it is imported.

use std::{fs, path::Path, process::Command};

use balustrade::{
    domain::Changed,
    journal::{Entry, Journal, Offset, Settings},
};

const MAPPING: &str = r#"
[time]
column = "at"
format = "%Y-%m-%dT%H:%M:%S"
zone = "UTC"

[campaign]
column = "campaign"

[facts]
"market.country" = {column = "country"}
"#;

const ROWS: u64 = 6;

struct Desk(tempfile::TempDir);

impl Desk {
    fn new() -> Self {
        let desk = Self(tempfile::tempdir().unwrap());
        let mut rows = "at,campaign,country\n".to_owned();
        for n in 0..ROWS {
            rows += &format!("2026-01-0{}T10:00:00,nova-spain-summer,ES\n", n + 1);
        }
        fs::write(desk.path("history.csv"), rows).unwrap();
        fs::write(desk.path("map.toml"), MAPPING).unwrap();
        desk
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.0.path().join(name)
    }

    /// Imports a file, and answers what is said on both streams.
    fn import(&self, file: &str, more: &[&str]) -> String {
        let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
        let output = Command::new(env!("CARGO_BIN_EXE_balustrade"))
            .arg("import")
            .arg(self.path(file))
            .arg("--mapping")
            .arg(self.path("map.toml"))
            .arg("--data")
            .arg(self.path("data"))
            .arg("--rules")
            .arg(rules)
            .args(more)
            .output()
            .unwrap();
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8(said).unwrap();
        assert_eq!(output.status.code(), Some(0), "{said}");
        said
    }

    fn journal(&self) -> Journal {
        Journal::open(&self.path("data/journal"), Settings::default()).unwrap()
    }

    /// The days of the rows that are kept.
    fn kept(&self) -> Vec<i64> {
        let journal = self.journal();
        let entries = journal.read_from(Offset::START).map(|read| read.unwrap().1);
        let rows = entries.filter_map(|entry| match entry {
            Entry::Observation(row) => Some(row.at.day()),
            Entry::Decision(_) | Entry::Outcome { .. } | Entry::Change(_) => None,
        });
        rows.collect()
    }
}

#[test]
fn the_same_file_twice_counts_once_and_says_when_it_was_there() {
    let desk = Desk::new();
    let said = desk.import("history.csv", &[]);
    assert!(said.contains("6 rows read, 6 imported"), "{said}");
    let said = desk.import("history.csv", &[]);
    assert!(said.contains("6 rows; nothing is counted twice"), "{said}");
    let said = desk.import("history.csv", &["--format", "json"]);
    assert!(said.contains(r#""rows_before":6"#), "{said}");
    fs::copy(desk.path("history.csv"), desk.path("copy.csv")).unwrap();
    let said = desk.import("copy.csv", &[]);
    assert!(said.contains("nothing is counted twice"), "another name: {said}");
    assert_eq!(desk.kept().len() as u64, ROWS);
    let changes = desk
        .journal()
        .changes()
        .into_iter()
        .map(|(_, change)| change.what);
    let changes: Vec<&str> = changes.map(|what| what.name()).collect();
    assert_eq!(changes, ["import_begun", "import_ended"]);
}

#[test]
fn another_file_or_another_mapping_is_another_import() {
    let desk = Desk::new();
    desk.import("history.csv", &[]);
    fs::write(
        desk.path("more.csv"),
        "at,campaign,country\n2026-01-09T10:00:00,nova-spain-summer,ES\n",
    )
    .unwrap();
    desk.import("more.csv", &[]);
    assert_eq!(desk.kept().len() as u64, ROWS + 1);
    fs::write(desk.path("map.toml"), format!("{MAPPING}# another reading\n")).unwrap();
    desk.import("history.csv", &[]);
    assert_eq!(desk.kept().len() as u64, 2 * ROWS + 1);
}

#[test]
fn an_import_that_broke_off_goes_on_where_it_stopped() {
    let desk = Desk::new();
    desk.import("history.csv", &[]);
    let whole = desk.kept();
    for left in 0..=ROWS {
        let journal = desk.journal();
        let mut entries = journal.read_from(Offset::START).map(Result::unwrap);
        let (mut end, mut rows) = (Offset::START, 0);
        for (next, entry) in entries.by_ref() {
            let ended =
                matches!(&entry, Entry::Change(change) if matches!(change.what, Changed::ImportEnded { .. }));
            let is_row = matches!(entry, Entry::Observation(_));
            if ended || (is_row && rows == left) {
                break;
            }
            (end, rows) = (next, rows + u64::from(is_row));
        }
        drop(entries);
        drop(journal);
        // As if the process had been killed there.
        let segment = desk.path("data/journal/00000000000000000000.seg");
        let bytes = fs::read(&segment).unwrap();
        fs::write(&segment, &bytes[..usize::try_from(end.get()).unwrap()]).unwrap();
        fs::remove_file(desk.path("data/journal/durable")).unwrap();
        assert_eq!(desk.kept().len() as u64, left);

        let said = desk.import("history.csv", &[]);
        assert!(said.contains(&format!("{left} rows are there already")), "{said}");
        assert_eq!(desk.kept(), whole, "{left} rows were there");
        assert!(
            desk.import("history.csv", &[])
                .contains("nothing is counted twice")
        );
    }
}
