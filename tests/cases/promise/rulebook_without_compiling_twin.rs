// A rulebook comes from sources, through `compile`.
use balustrade::rules::{compile, Rulebook, Sources};

pub fn make(sources: &Sources) -> Option<Rulebook> {
    compile(sources).rulebook
}
