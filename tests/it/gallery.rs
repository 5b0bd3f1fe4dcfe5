//! Galleries of mistakes: one folder a mistake, with the files as written and what is said of them.

use std::{
    fs,
    path::{Path, PathBuf},
};

use balustrade::domain::Language;

/// The languages of the snapshots, and their files.
const TOLD: [(Language, &str); 2] = [
    (Language::English, "expected.txt"),
    (Language::Italian, "expected.it.txt"),
];

/// The cases of a gallery below `tests/cases`, in order.
fn cases(gallery: &str) -> Vec<PathBuf> {
    let gallery = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/cases")
        .join(gallery);
    let mut cases: Vec<_> = fs::read_dir(gallery)
        .unwrap()
        .map(|case| case.unwrap().path())
        .collect();
    cases.sort();
    cases
}

/// Compares what `told` says of each case with the snapshots beside it; answers how many cases there are.
/// `BALUSTRADE_BLESS=1` writes the snapshots anew.
pub(crate) fn compare(gallery: &str, told: impl Fn(&Path, Language) -> String) -> usize {
    let bless = std::env::var_os("BALUSTRADE_BLESS").is_some();
    let cases = cases(gallery);
    let mut wrong = String::new();
    for case in &cases {
        for (language, file) in TOLD {
            let told = told(case, language);
            let golden = case.join(file);
            if bless {
                fs::write(&golden, &told).unwrap();
            }
            if fs::read_to_string(&golden).unwrap_or_default() != told || told.is_empty() {
                wrong += &format!("{}:\n{told}\n", golden.display());
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "told otherwise than the snapshot says:\n{wrong}"
    );
    cases.len()
}
