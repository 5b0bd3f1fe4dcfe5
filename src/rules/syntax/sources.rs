use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
};

use super::{FileId, Message, say, taxonomy_table::family_of};

/// The name of a rulebook: BLAKE3 over the path and the bytes of each of its files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Digest(pub [u8; 32]);

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// One file of a rules folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Relative to the folder, parts joined by `/`.
    pub path: String,
    /// What it holds, not yet known to be text.
    pub bytes: Vec<u8>,
}

/// The files of a rules folder, sorted by path.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sources(Vec<Source>);

/// Why a rules folder cannot be read at all.
#[derive(Debug)]
pub enum ReadError {
    /// A file or folder cannot be read.
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// More files than [`Sources::MAX_FILES`].
    TooMany(PathBuf),
    /// More bytes than [`Sources::MAX_BYTES`].
    TooLarge(PathBuf),
    /// Folders nested too deeply.
    TooDeep(PathBuf),
    /// A folder of taxonomies without one.
    NoTaxonomy(PathBuf),
    /// A path that is not UTF-8.
    Name(PathBuf),
}

// === impl ReadError ===

impl ReadError {
    /// What to tell about it.
    #[must_use]
    pub fn told(&self) -> Message {
        let shown = |path: &PathBuf| path.display().to_string();
        match self {
            Self::Io { path, error } => say!("cannot read `{}`: {}", shown(path), by_system(error)),
            Self::TooMany(path) => say!(
                "`{}` holds more than {} rule files and lists",
                shown(path),
                Sources::MAX_FILES
            ),
            Self::TooLarge(path) => say!(
                "`{}` holds more than {} MiB of rule files and lists",
                shown(path),
                Sources::MAX_BYTES >> 20
            ),
            Self::NoTaxonomy(path) => say!(
                "`{}` holds no table of topics, such as `Content Taxonomy 3.1.tsv` as the IAB publishes it",
                shown(path)
            ),
            Self::TooDeep(path) => say!(
                "`{}` is nested too deeply: a link that leads back to its own folder?",
                shown(path)
            ),
            Self::Name(path) => say!("the name of `{}` is not UTF-8", shown(path)),
        }
    }
}

/// What the operating system says, in our words where it is common.
fn by_system(error: &io::Error) -> Message {
    if error.kind() == io::ErrorKind::NotFound {
        return say!("there is no such file or folder");
    }
    if error.kind() == io::ErrorKind::PermissionDenied {
        return say!("its permissions do not allow it");
    }
    if error.kind() == io::ErrorKind::NotADirectory {
        return say!("it is a file and not a folder");
    }
    say!("{}", error.to_string())
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.told().fmt(f)
    }
}

impl std::error::Error for ReadError {}

impl Sources {
    /// The most files of one folder.
    pub const MAX_FILES: usize = 10_000;
    /// The most bytes of all files together.
    pub const MAX_BYTES: u64 = 256 << 20;
    /// Where tables of topics stand.
    pub const TAXONOMIES: &str = "taxonomies/";
    /// The deepest folder in a folder.
    const MAX_DEPTH: usize = 16;

    /// Reads every `.yaml`, `.yml`, `.csv` and `.tsv` file under `folder`. Files and folders whose name begins with a
    /// point are left alone.
    ///
    /// # Errors
    /// [`ReadError`] when a file cannot be read, or there is too much of them. What the files say is not looked at.
    pub fn read(folder: &Path) -> Result<Self, ReadError> {
        let mut paths = Vec::new();
        collect(folder, folder, Self::MAX_DEPTH, &mut paths)?;
        let mut left = Self::MAX_BYTES;
        let mut sources = Vec::with_capacity(paths.len());
        for (path, full) in paths {
            let io = |error| ReadError::Io {
                path: full.clone(),
                error,
            };
            left = left
                .checked_sub(fs::metadata(&full).map_err(io)?.len())
                .ok_or_else(|| ReadError::TooLarge(folder.into()))?;
            let bytes = fs::read(&full).map_err(io)?;
            sources.push((path, bytes));
        }
        Ok(Self::from_texts(sources))
    }

    /// [`read`](Self::read), and [`with_taxonomies`](Self::with_taxonomies) where a folder of them is named.
    ///
    /// # Errors
    /// [`ReadError`] of either.
    pub fn read_both(folder: &Path, taxonomies: Option<&Path>) -> Result<Self, ReadError> {
        let sources = Self::read(folder)?;
        match taxonomies {
            Some(taxonomies) => sources.with_taxonomies(taxonomies),
            None => Ok(sources),
        }
    }

    /// The same with the tables of topics in `folder`, as if they stood in `taxonomies/`: files named as the IAB
    /// names them, `Content Taxonomy 3.1.tsv` and the like. They belong to the rulebook, and so to its digest.
    ///
    /// # Errors
    /// [`ReadError`] when the folder cannot be read, or holds no table.
    pub fn with_taxonomies(mut self, folder: &Path) -> Result<Self, ReadError> {
        let io = |error| ReadError::Io {
            path: folder.into(),
            error,
        };
        let mut tables = Vec::new();
        for entry in fs::read_dir(folder).map_err(io)? {
            let path = entry.map_err(io)?.path();
            let name = path
                .file_name()
                .and_then(|name| name.to_str())
                .unwrap_or_default();
            if path.extension().is_some_and(|extension| extension == "tsv") && family_of(name).is_some() {
                tables.push((
                    format!("{}{name}", Self::TAXONOMIES),
                    fs::read(&path).map_err(io)?,
                ));
            }
        }
        if tables.is_empty() {
            return Err(ReadError::NoTaxonomy(folder.into()));
        }
        let own = std::mem::take(&mut self.0)
            .into_iter()
            .map(|source| (source.path, source.bytes));
        Ok(Self::from_texts(own.chain(tables)))
    }

    /// Sources that do not come from a folder. Of two with the same path the later counts.
    pub fn from_texts<P: Into<String>, B: Into<Vec<u8>>>(texts: impl IntoIterator<Item = (P, B)>) -> Self {
        let mut sources: Vec<Source> = texts
            .into_iter()
            .map(|(path, bytes)| Source {
                path: path.into(),
                bytes: bytes.into(),
            })
            .collect();
        sources.reverse();
        sources.sort_by(|a, b| a.path.cmp(&b.path));
        sources.dedup_by(|later, first| later.path == first.path);
        Self(sources)
    }

    /// Whether [`read`](Self::read) would find a file at that path, relative to the folder.
    #[must_use]
    pub fn can_hold(path: &str) -> bool {
        let parts = || path.split('/');
        let is_plain = |part: &str| {
            let is_odd = |c: char| c == '\\' || c.is_control();
            !part.is_empty() && !part.starts_with('.') && !part.contains(is_odd)
        };
        parts().count() <= Self::MAX_DEPTH && parts().all(is_plain) && is_rule_text(Path::new(path))
    }

    /// The name of exactly these files.
    #[must_use]
    pub fn digest(&self) -> Digest {
        let mut hasher = blake3::Hasher::new();
        for Source { path, bytes } in &self.0 {
            for part in [path.as_bytes(), bytes] {
                hasher.update(&(part.len() as u64).to_le_bytes());
                hasher.update(part);
            }
        }
        Digest(*hasher.finalize().as_bytes())
    }

    /// One file.
    #[must_use]
    pub fn get(&self, file: FileId) -> Option<&Source> {
        self.0.get(file.0 as usize)
    }

    /// The path of a file; empty for one that is not of these sources.
    #[must_use]
    pub fn path(&self, file: FileId) -> &str {
        self.get(file).map_or("", |source| &source.path)
    }

    /// The file of that path.
    #[must_use]
    pub fn find(&self, path: &str) -> Option<FileId> {
        let at = self
            .0
            .binary_search_by(|source| source.path.as_str().cmp(path))
            .ok()?;
        u32::try_from(at).ok().map(FileId)
    }

    /// Every file, sorted by path.
    pub fn iter(&self) -> impl Iterator<Item = (FileId, &Source)> {
        (0..).map(FileId).zip(&self.0)
    }

    /// Whether there is no file.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

type Found = Vec<(String, PathBuf)>;

fn collect(root: &Path, folder: &Path, depth: usize, found: &mut Found) -> Result<(), ReadError> {
    let io = |error| ReadError::Io {
        path: folder.into(),
        error,
    };
    for entry in fs::read_dir(folder).map_err(io)? {
        let path = entry.map_err(io)?.path();
        let hidden = path
            .file_name()
            .is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        if hidden {
            continue;
        }
        if path.is_dir() {
            let left = depth
                .checked_sub(1)
                .ok_or_else(|| ReadError::TooDeep(below(root, &path)))?;
            collect(root, &path, left, found)?;
        } else if is_rule_text(&path) {
            let name = relative(root, &path).ok_or_else(|| ReadError::Name(path.clone()))?;
            found.push((name, path));
        }
        if found.len() > Sources::MAX_FILES {
            return Err(ReadError::TooMany(root.into()));
        }
    }
    Ok(())
}

/// The folder of the root in which a path lies: of a link that leads back, the link.
fn below(root: &Path, path: &Path) -> PathBuf {
    let first = path.strip_prefix(root).ok().and_then(|rest| rest.iter().next());
    first.map_or_else(|| path.to_owned(), |first| root.join(first))
}

fn is_rule_text(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    extension.is_some_and(|extension| {
        ["yaml", "yml", "csv", "tsv"]
            .iter()
            .any(|known| extension.eq_ignore_ascii_case(known))
    })
}

fn relative(root: &Path, path: &Path) -> Option<String> {
    let parts: Option<Vec<_>> = path
        .strip_prefix(root)
        .ok()?
        .components()
        .map(|part| part.as_os_str().to_str())
        .collect();
    parts.map(|parts| parts.join("/"))
}
