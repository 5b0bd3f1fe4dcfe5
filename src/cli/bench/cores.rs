//! Cores of its own for the server, and others for the load: only so does a load that is more than the server can take leave
//! the server what it had.

use std::{io, thread};

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// The cores of this process in two halves.
#[derive(Debug)]
pub(super) struct Halves {
    server: CpuSet,
    load: CpuSet,
}

impl Halves {
    /// The server's is the smaller one where the number is odd; `None` where there is one core only.
    pub(super) fn of_this_process() -> io::Result<Option<Self>> {
        let mine = sched_getaffinity(None)?;
        let cores: Vec<usize> = (0..CpuSet::MAX_CPU).filter(|core| mine.is_set(*core)).collect();
        let (server, load) = cores.split_at(cores.len() / 2);
        let set = |cores: &[usize]| {
            let mut set = CpuSet::new();
            cores.iter().for_each(|core| set.set(*core));
            set
        };
        Ok((!server.is_empty()).then(|| Self {
            server: set(server),
            load: set(load),
        }))
    }

    /// Does that on the server's cores; so do the threads and processes that it starts.
    pub(super) fn on_the_servers<T: Send>(&self, work: impl FnOnce() -> T + Send) -> io::Result<T> {
        confined(&self.server, work)
    }

    /// Does that on the other ones.
    pub(super) fn on_the_others<T: Send>(&self, work: impl FnOnce() -> T + Send) -> io::Result<T> {
        confined(&self.load, work)
    }
}

fn confined<T: Send>(cores: &CpuSet, work: impl FnOnce() -> T + Send) -> io::Result<T> {
    let confined = || {
        sched_setaffinity(None, cores)?;
        Ok(work())
    };
    thread::scope(|scope| {
        let done = scope.spawn(confined).join();
        done.unwrap_or_else(|_| Err(io::Error::other("a thread of the bench panicked")))
    })
}
