//! How an edited rulebook comes into force: received, parsed, checked, tested, active.
//!
//! The first failure keeps the rulebook in force and says so. The last good one is kept on disk, file by file
//! under its digest, so that a start with a broken folder still has rules.

use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use arc_swap::{ArcSwap, ArcSwapOption};

use super::{
    Failure,
    kept::{SetAside, forget_set_aside, keep, kept, last_good, set_aside},
    run,
    untested::untested,
};
use crate::{
    domain::{Language, Timestamp},
    guardrail::Rules,
    rules::{
        Compiled, Diagnostic, Digest, Message, Places, ReadError, Rulebook, Severity, Sources,
        analyse::{conflicts, oddities, told},
        compile, lapsed, say,
    },
};

/// What a rules folder came to.
#[derive(Debug)]
pub struct Checked {
    /// The rulebook; `None` where a finding is an error or a test fails.
    pub rulebook: Option<Rulebook>,
    /// Every finding, failed tests included, by file and place.
    pub findings: Vec<Diagnostic>,
    /// How many tests ran.
    pub tests: usize,
}

/// Parses, checks and tests a rules folder.
#[must_use]
pub fn checked(sources: &Sources) -> Checked {
    review(sources, |_, _, _| Vec::new())
}

/// The same, and everything that somebody should look at: `check` says it, an activation does not wait for it.
#[must_use]
pub fn reviewed(sources: &Sources, now: Timestamp) -> Checked {
    let mut checked = review(sources, |rulebook, places, so_far| {
        // Who has errors to mend will write tests afterwards.
        let untested = if is_refused(so_far) {
            Vec::new()
        } else {
            untested(rulebook)
        };
        let odd = oddities(rulebook, places, &untested);
        told(&odd, rulebook, places, sources)
    });
    checked.findings.extend(lapsed(sources, now));
    checked
}

fn review(
    sources: &Sources,
    more: impl FnOnce(&Rulebook, &Places, &[Diagnostic]) -> Vec<Diagnostic>,
) -> Checked {
    let Compiled {
        rulebook,
        mut findings,
        places,
    } = compile(sources);
    let Some(rulebook) = rulebook else {
        return Checked {
            rulebook: None,
            findings,
            tests: 0,
        };
    };
    findings.extend(told(&conflicts(&rulebook, &places), &rulebook, &places, sources));
    let failures = run(&rulebook);
    findings.extend(failures.iter().map(|failure| finding(failure, sources)));
    findings.extend(more(&rulebook, &places, &findings));
    Checked {
        tests: rulebook.tests().len(),
        rulebook: (!is_refused(&findings)).then_some(rulebook),
        findings,
    }
}

fn is_refused(findings: &[Diagnostic]) -> bool {
    findings.iter().any(|finding| finding.severity == Severity::Error)
}

fn finding(failure: &Failure, sources: &Sources) -> Diagnostic {
    let text = sources.find(&failure.file).and_then(|file| sources.get(file));
    let text = text.map_or(&[][..], |source| &source.bytes);
    let before = |line: u32| {
        text.split_inclusive(|byte| *byte == b'\n')
            .take(line as usize)
            .map(<[u8]>::len)
            .sum()
    };
    let (start, end): (usize, usize) = (before(failure.line.saturating_sub(1)), before(failure.line));
    Diagnostic {
        code: "R900",
        severity: Severity::Error,
        message: say!(
            "the test `{}` fails: {}",
            failure.name,
            Message::in_turn(failure.differences.iter().cloned())
        ),
        file: Arc::clone(&failure.file),
        span: start..end.saturating_sub(1).max(start),
        line: failure.line,
        column: 1,
        help: Some(say!(
            "change the rule or what the test expects, whichever is wrong"
        )),
        related: Vec::new(),
        example: None,
    }
}

/// Which rulebook is in force, and what became of the latest edit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// The digest of the rulebook in force.
    pub digest: String,
    /// Since when.
    pub active_since: Timestamp,
    /// Since when a newer edit is refused; `None` where the folder is in force.
    pub refused_since: Option<Timestamp>,
    /// Why it is refused.
    pub why: Vec<Diagnostic>,
}

/// What became of one reading of the folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Activation {
    /// The folder is what is in force.
    Unchanged,
    /// The folder is what was refused before.
    StillRefused,
    /// The edit is in force.
    Activated,
    /// The edit is refused, and what was in force stays.
    Refused(Vec<Diagnostic>),
}

/// Why there is no rulebook to start with.
#[derive(Debug)]
pub enum StartError {
    /// The folder holds no rule file.
    Empty(PathBuf),
    /// The folder cannot be read.
    Unreadable(ReadError),
    /// The folder is wrong, and there is no earlier rulebook to fall back on.
    Refused {
        /// The folder.
        folder: PathBuf,
        /// The findings that are errors.
        why: Vec<Diagnostic>,
    },
    /// A folder cannot be used.
    Store {
        /// The folder for kept rulebooks.
        folder: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

// === impl StartError ===

impl StartError {
    /// What to tell about it.
    #[must_use]
    pub fn told(&self) -> Message {
        match self {
            Self::Empty(folder) => say!(
                "`{}` holds no rule files; name another folder with `--rules`, or copy the starter set from `rules/`",
                folder.display().to_string()
            ),
            Self::Unreadable(error) => say!(
                "{}; name another folder with `--rules`, or copy the starter set from `rules/`",
                error.told()
            ),
            Self::Refused { folder, why } => say!(
                "the rules in `{}` are refused and no earlier rulebook is kept; run `balustrade check` for details\n{}",
                folder.display().to_string(),
                listed(why, Language::English)
            ),
            Self::Store { folder, source } => say!(
                "cannot keep rulebooks in `{}`: {}",
                folder.display().to_string(),
                source.to_string()
            ),
        }
    }
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.told().fmt(f)
    }
}

impl std::error::Error for StartError {}

impl From<ReadError> for StartError {
    fn from(error: ReadError) -> Self {
        Self::Unreadable(error)
    }
}

/// Brings edits of one folder into force.
pub struct Activations {
    folder: PathBuf,
    taxonomies: Option<PathBuf>,
    store: PathBuf,
    rules: Rules,
    status: ArcSwap<Status>,
    /// The digest of the latest refused edit: it is not tried again before it changes.
    refused: ArcSwapOption<Digest>,
}

/// Why nobody could go back to a rulebook.
#[derive(Debug, thiserror::Error)]
pub enum RollBackError {
    /// None is kept whose digest begins so.
    #[error(
        "no rulebook is kept whose digest begins with `{0}`; `balustrade explain` names the one of a decision"
    )]
    Unknown(String),
    /// More than one is kept whose digest begins so.
    #[error("several rulebooks are kept whose digests begin with `{0}`; write more of it")]
    Ambiguous(String),
    /// It is kept, and not in order any more.
    #[error("the rulebook `{digest}` cannot be taken into force: {why}")]
    Refused {
        /// Its digest.
        digest: String,
        /// The findings.
        why: String,
    },
    /// The folder of kept rulebooks cannot be used.
    #[error("cannot use the kept rulebooks in `{folder}`: {source}")]
    Store {
        /// The folder.
        folder: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

// === impl Activations ===

impl Activations {
    /// Reads the folder, and the taxonomies where a folder of them is named, or falls back to the last good
    /// rulebook kept in `store`.
    ///
    /// # Errors
    /// [`StartError`] where neither gives a rulebook.
    pub fn start(
        folder: &Path,
        taxonomies: Option<&Path>,
        store: &Path,
        now: Timestamp,
    ) -> Result<Self, StartError> {
        let unusable = |source| StartError::Store {
            folder: store.to_owned(),
            source,
        };
        fs::create_dir_all(store).map_err(unusable)?;
        let sources = read(folder, taxonomies)?;
        let set_aside = set_aside(store, &sources.digest());
        let judged = match &set_aside {
            Some(set_aside) => Err(vec![set_aside.told()]),
            None => sound(&sources),
        };
        let (rulebook, why) = match judged {
            Ok(rulebook) => {
                keep(store, &sources).map_err(unusable)?;
                (rulebook, Vec::new())
            }
            Err(why) => match last_good(store) {
                Some(rulebook) => (rulebook, why),
                None => {
                    return Err(StartError::Refused {
                        folder: folder.to_owned(),
                        why,
                    });
                }
            },
        };
        let refused = (!why.is_empty()).then(|| Arc::new(sources.digest()));
        let status = Status {
            digest: rulebook.digest().to_string(),
            active_since: now,
            refused_since: refused.as_ref().map(|_| now),
            why,
        };
        Ok(Self {
            folder: folder.to_owned(),
            taxonomies: taxonomies.map(Path::to_owned),
            store: store.to_owned(),
            rules: Arc::new(ArcSwap::from_pointee(rulebook)),
            status: ArcSwap::from_pointee(status),
            refused: ArcSwapOption::new(refused),
        })
    }

    /// The rulebook in force.
    #[must_use]
    pub fn rules(&self) -> Rules {
        Arc::clone(&self.rules)
    }

    /// Which rulebook is in force, and what became of the latest edit.
    #[must_use]
    pub fn status(&self) -> Arc<Status> {
        self.status.load_full()
    }

    /// The folder that is watched.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The folder of kept rulebooks.
    #[must_use]
    pub fn store(&self) -> &Path {
        &self.store
    }

    /// Reads the folder and brings it into force if it is whole, sound and passes its tests.
    pub fn attempt(&self, now: Timestamp) -> Activation {
        let status = self.status.load_full();
        let sources = match read(&self.folder, self.taxonomies.as_deref()) {
            Ok(sources) => sources,
            Err(why) => {
                self.refused.store(None);
                return self.refused(&status, vec![unreadable(why.told())], now);
            }
        };
        let digest = sources.digest();
        if digest.to_string() == status.digest {
            return self.unchanged(&status);
        }
        if self.refused.load().as_deref() == Some(&digest) {
            return Activation::StillRefused;
        }
        match sound(&sources) {
            Ok(rulebook) => {
                forget_set_aside(&self.store);
                self.activated(&sources, rulebook, now)
            }
            Err(why) => {
                self.refused.store(Some(Arc::new(digest)));
                self.refused(&status, why, now)
            }
        }
    }

    /// Goes back to a kept rulebook whose digest begins with `digest`; what lies in the folder is set aside until it
    /// changes.
    ///
    /// # Errors
    /// [`RollBackError`], and then nothing has changed.
    pub fn roll_back(
        &self,
        digest: &str,
        by: &str,
        because: &str,
        now: Timestamp,
    ) -> Result<Arc<Status>, RollBackError> {
        let store = |source| RollBackError::Store {
            folder: self.store.clone(),
            source,
        };
        let whole = kept(&self.store, digest).map_err(store)?;
        let whole = match whole.as_slice() {
            [] => return Err(RollBackError::Unknown(digest.to_owned())),
            [only] => only.clone(),
            [..] => return Err(RollBackError::Ambiguous(digest.to_owned())),
        };
        let unfit = |why: String| RollBackError::Refused {
            digest: whole.clone(),
            why,
        };
        let sources = Sources::read(&self.store.join(&whole)).map_err(|error| unfit(error.to_string()))?;
        if sources.digest().to_string() != whole {
            return Err(unfit("its files are not what they were".to_owned()));
        }
        let rulebook = sound(&sources).map_err(|why| unfit(listed(&why, Language::English)))?;
        let current =
            Sources::read_both(&self.folder, self.taxonomies.as_deref()).map(|sources| sources.digest());
        let set_aside = SetAside {
            folder: current.as_ref().map(ToString::to_string).unwrap_or_default(),
            instead: whole,
            by: by.to_owned(),
            because: because.to_owned(),
            since: now,
        };
        let back_to_folder = set_aside.folder == set_aside.instead;
        if !back_to_folder {
            set_aside.keep(&self.store).map_err(store)?;
        }
        self.activated(&sources, rulebook, now);
        if !back_to_folder {
            self.refused.store(current.ok().map(Arc::new));
            self.refused(&self.status(), vec![set_aside.told()], now);
        }
        Ok(self.status())
    }

    fn unchanged(&self, status: &Status) -> Activation {
        self.refused.store(None);
        self.status.store(Arc::new(Status {
            refused_since: None,
            why: Vec::new(),
            ..status.clone()
        }));
        Activation::Unchanged
    }

    fn activated(&self, sources: &Sources, rulebook: Rulebook, now: Timestamp) -> Activation {
        if let Err(error) = keep(&self.store, sources) {
            let folder = self.store.display();
            tracing::error!(%folder, %error, "the rulebook in force could not be kept for the next start");
        }
        let digest = rulebook.digest().to_string();
        self.refused.store(None);
        self.rules.store(Arc::new(rulebook));
        self.status.store(Arc::new(Status {
            digest,
            active_since: now,
            refused_since: None,
            why: Vec::new(),
        }));
        Activation::Activated
    }

    fn refused(&self, status: &Status, why: Vec<Diagnostic>, now: Timestamp) -> Activation {
        if status.refused_since.is_some() && status.why == why {
            return Activation::StillRefused;
        }
        let refused_since = status.refused_since.or(Some(now));
        self.status.store(Arc::new(Status {
            refused_since,
            why: why.clone(),
            ..status.clone()
        }));
        Activation::Refused(why)
    }
}

/// The files of the folder, of which there must be some.
fn read(folder: &Path, taxonomies: Option<&Path>) -> Result<Sources, StartError> {
    let sources = Sources::read(folder)?;
    if sources.is_empty() {
        return Err(StartError::Empty(folder.to_owned()));
    }
    if let Some(taxonomies) = taxonomies {
        return Ok(sources.with_taxonomies(taxonomies)?);
    }
    Ok(sources)
}

/// The rulebook of these files, or the findings that are errors.
fn sound(sources: &Sources) -> Result<Rulebook, Vec<Diagnostic>> {
    let Checked {
        rulebook,
        mut findings,
        ..
    } = checked(sources);
    findings.retain(|finding| finding.severity == Severity::Error);
    rulebook.ok_or(findings)
}

/// A folder that cannot be read at all is a finding without a file.
pub(super) fn unreadable(message: Message) -> Diagnostic {
    Diagnostic {
        code: "R000",
        severity: Severity::Error,
        message,
        file: Arc::from(""),
        span: 0..0,
        line: 0,
        column: 0,
        help: None,
        related: Vec::new(),
        example: None,
    }
}

/// One line a finding: `file:line:column: message`, or the message alone where it concerns no file.
#[must_use]
pub fn listed(findings: &[Diagnostic], language: Language) -> String {
    let line = |finding: &Diagnostic| {
        if finding.file.is_empty() {
            return finding.message.in_language(language);
        }
        format!(
            "{}:{}:{}: {}",
            finding.file,
            finding.line,
            finding.column,
            finding.message.in_language(language)
        )
    };
    findings.iter().map(line).collect::<Vec<_>>().join("\n")
}
