//! The bodies of the fuzz targets stand in [`targets`]; the test binary of the house includes the same file and
//! runs it over the kept corpus.

#[allow(dead_code, reason = "the laws use the rest")]
#[path = "../../tests/it/rules_random.rs"]
pub(crate) mod rules_random;
pub mod targets;
