// error[E0451]
use balustrade::rules::{Compiled, Rulebook};

pub fn make(compiled: Compiled) -> Option<Rulebook> {
    compiled.rulebook.map(|rulebook| Rulebook { table: rulebook.table().clone(), ..rulebook })
}
