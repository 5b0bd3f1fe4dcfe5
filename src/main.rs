//! The door: arguments in, exit code out.

use std::process::ExitCode;

// Linked, it stands in for the system allocator. (As the global allocator of this program it would be asked for an alignment each
// time, for which it gives away more room, and more time, than `malloc` needs.)
use mimalloc as _;

fn main() -> ExitCode {
    balustrade::cli::main()
}
