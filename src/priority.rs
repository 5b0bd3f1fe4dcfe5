//! Threads that go behind those that answer.

/// How far work goes behind that has to keep up with what is answered.
pub(crate) const BEHIND: i32 = 5;

/// How far work goes behind that nobody waits for: the most there is.
pub(crate) const LAST: i32 = 19;

/// The calling thread alone goes behind all others. On other systems niceness is the whole process's, so nothing is asked
/// there; `what` names its work should it be refused.
pub(crate) fn go_behind(steps: i32, what: &str) {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::nice(steps) {
        tracing::warn!(%error, "{what} does not yield to decisions");
    }
    #[cfg(not(target_os = "linux"))]
    let _ = (steps, what);
}
