//! What goes on behind the requests: learning from the journal, and watching the rules folder.

use std::{
    io,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use notify::{RecommendedWatcher, RecursiveMode, Watcher as _};

use super::{App, retention::LOOK_EVERY};
use crate::{journal::Retention, rehearsal::Status};

/// How often the journal is read for something to learn: so often that what was written meanwhile is still in memory. (For the
/// same reason the learner does not go behind what answers: who falls behind reads and decodes each entry again, which takes more
/// from the others than it gives way.)
const LEARN_EVERY: Duration = Duration::from_millis(100);
/// How often the rules folder is read although no edit was told: a network share tells none.
const READ_EVERY: Duration = Duration::from_secs(10);
/// How soon the rules folder is looked for again while it cannot be watched: it is gone, or being replaced.
const LOOK_AGAIN: Duration = Duration::from_millis(500);
/// How many times the settling time a folder may go on changing before it is read all the same.
const SETTLE_AT_MOST: u32 = 4;

/// The threads behind the requests; they end when this is dropped.
pub struct Followers {
    stop: Arc<AtomicBool>,
    wake: Vec<Sender<()>>,
    threads: Vec<JoinHandle<()>>,
}

/// Starts to learn and to watch. Edits are read once the folder has been still for `settle`, or has kept changing
/// for four times that; `reloaded` is told what each reading came to.
///
/// # Errors
/// The folder cannot be watched, or a thread cannot be started.
pub fn follow(
    app: &Arc<App>,
    settle: Duration,
    retention: Retention,
    reloaded: impl Fn(&Status) + Send + 'static,
) -> io::Result<Followers> {
    let stop = Arc::new(AtomicBool::new(false));
    let (edited, edits) = channel();
    let (learn, learning) = channel();
    let (look, looking) = channel();
    let wake = vec![edited.clone(), learn, look];
    let mut folder = Watched::new(app.activations.folder().to_owned(), edited)?;
    let (watched, stopped) = (Arc::clone(app), Arc::clone(&stop));
    let rules = thread::Builder::new().name("rules".to_owned()).spawn(move || {
        while !stopped.load(Ordering::Acquire) {
            match edits.recv_timeout(folder.patience) {
                Ok(()) => settled(&edits, settle),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            if !stopped.load(Ordering::Acquire) {
                folder.watch_again();
                watched.reload();
                reloaded(&watched.activations.status());
            }
        }
    })?;
    let (taught, stopped) = (Arc::clone(app), Arc::clone(&stop));
    let learner = thread::Builder::new().name("learner".to_owned()).spawn(move || {
        while !stopped.load(Ordering::Acquire) {
            if let Err(error) = taught.catch_up() {
                tracing::error!(%error, "the journal could not be read for learning");
            }
            if matches!(
                learning.recv_timeout(LEARN_EVERY),
                Err(RecvTimeoutError::Disconnected)
            ) {
                return;
            }
        }
    })?;
    let (kept, stopped) = (Arc::clone(app), Arc::clone(&stop));
    let keeper = thread::Builder::new().name("keeper".to_owned()).spawn(move || {
        while !stopped.load(Ordering::Acquire) {
            if let Err(error) = kept.look_after_what_is_kept(&retention) {
                tracing::error!(%error, "what is kept could not be looked after; it is tried again");
            }
            if matches!(
                looking.recv_timeout(LOOK_EVERY),
                Err(RecvTimeoutError::Disconnected)
            ) {
                return;
            }
        }
    })?;
    Ok(Followers {
        stop,
        wake,
        threads: vec![rules, learner, keeper],
    })
}

/// A folder whose edits are told, and how long to wait for one.
struct Watched {
    folder: PathBuf,
    watcher: RecommendedWatcher,
    patience: Duration,
}

impl Watched {
    fn new(folder: PathBuf, edited: Sender<()>) -> io::Result<Self> {
        let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            let matters = event.is_ok_and(|event| !event.kind.is_access());
            if matters {
                // The receiver is gone only when the server ends.
                let _ = edited.send(());
            }
        })
        .map_err(io::Error::other)?;
        watcher
            .watch(&folder, RecursiveMode::Recursive)
            .map_err(io::Error::other)?;
        Ok(Self {
            folder,
            watcher,
            patience: READ_EVERY,
        })
    }

    /// What is watched is the folder itself, not its name. A deployment may have put another one in its place, so
    /// the name is looked up again before each reading.
    fn watch_again(&mut self) {
        let watched = self.watcher.watch(&self.folder, RecursiveMode::Recursive);
        self.patience = if watched.is_ok() { READ_EVERY } else { LOOK_AGAIN };
    }
}

/// Waits until no edit was told for `settle`.
fn settled(edits: &Receiver<()>, settle: Duration) {
    let begun = Instant::now();
    while edits.recv_timeout(settle).is_ok() {
        if begun.elapsed() >= settle * SETTLE_AT_MOST {
            return;
        }
    }
}

impl Drop for Followers {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        for waiting in &self.wake {
            // A thread that is gone needs no waking.
            let _ = waiting.send(());
        }
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                tracing::error!("a thread behind the requests panicked");
            }
        }
    }
}
