use super::{Durability, Journal, JournalError, queue::Job, refusal};
use crate::domain::{Durable, Record, Recorder, RecorderError};

impl Recorder for Journal {
    fn record(&self, record: Record) -> Result<Option<Durable>, RecorderError> {
        let job = Job::Decision(Box::new(record));
        let handed_over = self
            .shared
            .whole()
            .and_then(|()| self.shared.queue.push(job).map_err(refusal));
        handed_over.map_err(|error| {
            self.shared.miss();
            not_recorded(error)
        })?;
        Ok(match self.shared.settings.durability {
            Durability::Memory | Durability::Batch => None,
            Durability::Fsync => {
                let settled = self.settled();
                Some(Box::pin(async move { settled.await.map_err(not_recorded) }))
            }
        })
    }
}

fn not_recorded(error: JournalError) -> RecorderError {
    match error {
        JournalError::Full => RecorderError::Full,
        JournalError::NoSpace => RecorderError::NoSpace,
        JournalError::Broken(why) => RecorderError::Broken(why),
        JournalError::Locked { .. }
        | JournalError::Damaged { .. }
        | JournalError::OfOld(_)
        | JournalError::Io { .. }
        | JournalError::Unreadable { .. } => RecorderError::Broken(error.to_string()),
    }
}
