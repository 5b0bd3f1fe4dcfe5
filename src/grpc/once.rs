//! A call that changes something is done once: the same caller's same name for it (`request_id`) and the same message
//! give the first answer for 24 hours, and another message under that name is refused.
//!
//! Each answer lies in a file of its own, so that a call that is repeated after a restart is not done again either. Its
//! name and what is kept of the message are keyed hashes: nothing leads from them to what was asked, such as the contact
//! of an erasure. What was refused changed nothing and is not kept. Between the deed and its answer there is no
//! transaction: a process that dies there does it again when it is asked again.
//!
//! What was begun is finished, even if its caller is gone: it runs in a task of its own.

use std::{
    collections::HashSet,
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use prost::Message;
use tokio::task::spawn_blocking;
use tonic::{Response, Status};

use super::{convert, refused::Refused, wire};
use crate::domain::{Duration, Principal, RequestId, Timestamp};

/// How long an answer is given again.
const KEPT: Duration = Duration::from_days(1);
/// How the name of a file ends that holds an answer.
const SUFFIX: &str = "answer";
/// Bytes of a file before the answer: when, and the hash of the message.
const HEADER: usize = 8 + blake3::OUT_LEN;

/// The answers to calls that were done.
#[derive(Debug)]
pub struct Once {
    folder: PathBuf,
    key: [u8; blake3::KEY_LEN],
    under_way: Mutex<HashSet<PathBuf>>,
}

/// A message whose sender may name it.
pub(super) trait Named: Message + Sized + Send + 'static {
    /// The call that it belongs to.
    const CALL: &'static str;

    /// The sender's name for it.
    fn request_id(&self) -> Option<&str>;
}

macro_rules! named {
    ($($message:ident, $call:literal;)*) => {$(
        impl Named for wire::$message {
            const CALL: &'static str = $call;

            fn request_id(&self) -> Option<&str> {
                self.request_id.as_deref()
            }
        }
    )*};
}

named! {
    ActivateRulebookRequest, "RulesService/ActivateRulebook";
    EraseSubjectRequest, "AuditService/EraseSubject";
    PromoteRequest, "ModelsService/Promote";
    ResolveHoldRequest, "RulesService/ResolveHold";
    ResumeDecisionsRequest, "RulesService/ResumeDecisions";
    ResumeHandOverRequest, "ModelsService/ResumeHandOver";
    RollBackModelsRequest, "ModelsService/RollBackModels";
    RollBackRequest, "RulesService/RollBack";
    StopDecisionsRequest, "RulesService/StopDecisions";
    TrainRequest, "ModelsService/Train";
}

/// What a message is known by.
struct Known {
    file: PathBuf,
    said: blake3::Hash,
}

/// A call that is being done; it ends when this is dropped.
struct UnderWay {
    once: Arc<Once>,
    known: Known,
}

// === impl Once ===

impl Once {
    /// Keeps answers in `folder`; `secret` keys what is kept of messages, and has to be the same over restarts.
    ///
    /// # Errors
    /// The folder cannot be made or read.
    pub fn open(folder: PathBuf, secret: &[u8], now: Timestamp) -> io::Result<Self> {
        fs::create_dir_all(&folder)?;
        let once = Self {
            folder,
            key: blake3::derive_key("balustrade 2026 calls that are done once", secret),
            under_way: Mutex::default(),
        };
        once.forget_old(now)?;
        Ok(once)
    }

    /// The first answer to that message where its sender names it and it was given before, else what `work` comes to.
    pub(super) async fn answer<M: Named, A: Message + Default + 'static, F>(
        self: &Arc<Self>,
        caller: &Principal,
        now: Timestamp,
        message: M,
        work: impl FnOnce(M) -> F + Send + 'static,
    ) -> Result<Response<A>, Status>
    where
        F: Future<Output = Result<A, Refused>> + Send + 'static,
    {
        let begun = match self.known(caller, &message).map_err(Refused::into_status)? {
            None => None,
            Some(known) => match self.begin(known, now).map_err(Refused::into_status)? {
                Begun::Answered(answer) => {
                    let answer = decoded(&answer).map_err(Refused::into_status)?;
                    return Ok(Response::new(answer));
                }
                Begun::UnderWay(under_way) => Some(under_way),
            },
        };
        let done = tokio::spawn(async move {
            let answer = work(message).await?;
            if let Some(begun) = begun {
                // It is synced: not on a thread that answers decisions.
                let bytes = answer.encode_to_vec();
                let kept = spawn_blocking(move || begun.keep(&bytes, now)).await;
                kept.map_err(Refused::broken)?;
            }
            Ok(answer)
        });
        let done = done.await.unwrap_or_else(|error| Err(Refused::broken(error)));
        done.map(Response::new).map_err(Refused::into_status)
    }

    fn known<M: Named>(&self, caller: &Principal, message: &M) -> Result<Option<Known>, Refused> {
        let Some(id) = message.request_id() else {
            return Ok(None);
        };
        let id = convert::request_id(id)?;
        Ok(Some(Known {
            file: self.folder.join(format!("{}.{SUFFIX}", self.name(caller, &id))),
            said: self.hash(&[M::CALL.as_bytes(), &message.encode_to_vec()]),
        }))
    }

    fn name(&self, caller: &Principal, id: &RequestId) -> blake3::Hash {
        match &caller.name {
            Some(name) => self.hash(&[b"known", name.as_bytes(), id.as_str().as_bytes()]),
            None => self.hash(&[b"anybody", id.as_str().as_bytes()]),
        }
    }

    fn hash(&self, parts: &[&[u8]]) -> blake3::Hash {
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        for part in parts {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part);
        }
        hasher.finalize()
    }

    fn begin(self: &Arc<Self>, known: Known, now: Timestamp) -> Result<Begun, Refused> {
        let mut under_way = self.under_way();
        if let Some((at, said, answer)) = read(&known.file)
            && now < at.plus(KEPT)
        {
            return if said == known.said {
                Ok(Begun::Answered(answer))
            } else {
                Err(Refused::other_message())
            };
        }
        if !under_way.insert(known.file.clone()) {
            return Err(Refused::under_way());
        }
        let once = Arc::clone(self);
        Ok(Begun::UnderWay(UnderWay { once, known }))
    }

    fn under_way(&self) -> MutexGuard<'_, HashSet<PathBuf>> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn forget_old(&self, now: Timestamp) -> io::Result<()> {
        for entry in fs::read_dir(&self.folder)? {
            let path = entry?.path();
            let is_kept = read(&path).is_some_and(|(at, ..)| now < at.plus(KEPT));
            let is_answer = path.extension().is_some_and(|extension| extension == SUFFIX);
            if is_answer && !is_kept {
                fs::remove_file(path)?;
            }
        }
        Ok(())
    }
}

enum Begun {
    Answered(Vec<u8>),
    UnderWay(UnderWay),
}

// === impl UnderWay ===

impl UnderWay {
    fn keep(&self, answer: &[u8], now: Timestamp) {
        let Known { file, said } = &self.known;
        let bytes = [&now.as_millis().to_le_bytes()[..], said.as_bytes(), answer].concat();
        let forgotten = self.once.forget_old(now);
        if let Err(error) = forgotten.and_then(|()| written(file, &bytes)) {
            tracing::error!(%error, "the answer to a call is not kept: repeated, it is done again");
        }
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.once.under_way().remove(&self.known.file);
    }
}

/// When it was given, the hash of its message, and the answer.
fn read(file: &Path) -> Option<(Timestamp, blake3::Hash, Vec<u8>)> {
    let bytes = fs::read(file).ok()?;
    let (header, answer) = bytes.split_at_checked(HEADER)?;
    let (at, said) = header.split_first_chunk::<8>()?;
    let at = Timestamp::from_millis(i64::from_le_bytes(*at));
    Some((at, blake3::Hash::from_slice(said).ok()?, answer.to_vec()))
}

/// Writes a file whole or not at all.
fn written(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let next = file.with_extension("next");
    let mut written = fs::File::create(&next)?;
    written.write_all(bytes)?;
    written.sync_all()?;
    fs::rename(next, file)
}

fn decoded<A: Message + Default>(answer: &[u8]) -> Result<A, Refused> {
    A::decode(answer).map_err(Refused::broken)
}
