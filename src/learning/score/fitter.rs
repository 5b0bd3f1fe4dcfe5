use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::mpsc::{self, Receiver, Sender},
    thread,
};

use crate::model::score::{
    History,
    fit::{self, Fit},
};

/// Fits one after the other, on a thread of its own: never on the way of a request, and never two at once, so that
/// the other cores go on answering. Where the system has cores to give it runs at once; where it has none, whatever
/// answers goes first ([`YIELDS`]).
#[derive(Debug, Default)]
pub(super) struct Fitter {
    jobs: Option<Sender<Job>>,
}

#[derive(Debug)]
struct Job {
    history: History,
    reply: Sender<Option<Fit>>,
}

/// How much a fit yields to what answers: the most there is.
#[cfg(target_os = "linux")]
const YIELDS: i32 = 19;

/// A fit under way.
#[derive(Debug)]
pub(super) struct Pending(Receiver<Option<Fit>>);

impl Fitter {
    /// Begins a fit, after those that were asked for before.
    pub(super) fn begin(&mut self, history: History) -> Pending {
        let (reply, pending) = mpsc::channel();
        let job = Job { history, reply };
        let refused = match &self.jobs {
            Some(jobs) => jobs.send(job).err().map(|refused| refused.0),
            None => Some(job),
        };
        if let Some(job) = refused {
            self.jobs = Some(started(job));
        }
        Pending(pending)
    }
}

impl Pending {
    /// What came of it; waits for it. `None` if nothing could be fitted.
    pub(super) fn wait(self) -> Option<Fit> {
        self.0.recv().ok().flatten()
    }
}

/// A new thread with its first job; it ends with its last sender. Where no thread can be had, the job is done here.
fn started(job: Job) -> Sender<Job> {
    let (jobs, receiver) = mpsc::channel::<Job>();
    let work = move || {
        yielding();
        receiver.into_iter().for_each(done);
    };
    let spawned = thread::Builder::new().name("score-fit".to_owned()).spawn(work);
    match spawned {
        Ok(_) => {
            if let Err(refused) = jobs.send(job) {
                done(refused.0);
            }
        }
        Err(_) => done(job),
    }
    jobs
}

/// This thread alone goes behind all others. On other systems niceness is the whole process's, so nothing is asked there.
fn yielding() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::nice(YIELDS) {
        tracing::warn!(%error, "fits of scores do not yield to decisions");
    }
}

/// The libraries may panic on data that nobody thought of: then nothing is fitted, and the model in force stays.
fn done(job: Job) {
    let fitted = catch_unwind(AssertUnwindSafe(|| fit::fit(&job.history)));
    // Nobody may be waiting any more: the trainer is gone.
    let _ = job.reply.send(fitted.ok().flatten());
}
