//! Nothing leaves unguarded: a fact of the types.
//!
//! Each case in `tests/cases/promise` must fail to compile with the error it names, and its twin must compile;
//! else a misspelt path would pass for a guarded door.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use balustrade::guardrail::Decision;

/// Has an ambiguous `holds` for a type that implements one of the traits below, which does not compile.
trait NoneOf<Marker> {
    fn holds() {}
}
struct IsClone;
struct IsDefault;
struct IsDeserialize;
impl<T> NoneOf<()> for T {}
impl<T: Clone> NoneOf<IsClone> for T {}
impl<T: Default> NoneOf<IsDefault> for T {}
impl<T: serde::de::DeserializeOwned> NoneOf<IsDeserialize> for T {}

#[test]
fn a_decision_cannot_be_copied_defaulted_or_read_back() {
    <Decision as NoneOf<_>>::holds();
}

/// The newest build of this library beside the test binary.
fn library(folder: &Path) -> PathBuf {
    let is_library = |path: &PathBuf| {
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default();
        name.starts_with("libbalustrade-") && name.ends_with(".rlib")
    };
    let found = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(is_library);
    found
        .max_by_key(|path| fs::metadata(path).unwrap().modified().unwrap())
        .expect("the library is built")
}

/// What the compiler says of a case; `Ok` if it compiles.
fn compiled(case: &Path, scratch: &Path) -> Result<(), String> {
    let folder = std::env::current_exe().unwrap().parent().unwrap().to_owned();
    let output = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()))
        .args([
            "--edition=2024",
            "--crate-type=lib",
            "--emit=metadata",
            "--out-dir",
        ])
        .arg(scratch)
        .arg("--extern")
        .arg(format!("balustrade={}", library(&folder).display()))
        .arg("-L")
        .arg(format!("dependency={}", folder.display()))
        .arg(case)
        .output()
        .unwrap();
    if output.status.success() {
        Ok(())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

#[test]
fn no_way_around_the_guardrail_compiles_and_each_twin_does() {
    let scratch = tempfile::tempdir().unwrap();
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/promise");
    let mut names: Vec<PathBuf> = fs::read_dir(cases)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    names.sort();
    assert!(names.len() >= 12);
    for case in names {
        let text = fs::read_to_string(&case).unwrap();
        let expected = text.lines().next().and_then(|line| line.strip_prefix("// error"));
        match (expected, compiled(&case, scratch.path())) {
            (None, Ok(())) => {}
            (None, Err(message)) => panic!("{} must compile:\n{message}", case.display()),
            (Some(code), Ok(())) => panic!("{} must fail with {code}", case.display()),
            (Some(code), Err(message)) => {
                assert!(
                    message.contains(code),
                    "{} fails for another reason:\n{message}",
                    case.display()
                );
            }
        }
    }
}
