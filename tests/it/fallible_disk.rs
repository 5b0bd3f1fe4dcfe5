//! A disk in memory that fails when it is told to, runs out of room, and forgets what was not synced: the outside world
//! at its worst.

use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard},
};

use balustrade::journal::{Disk, DiskFile, Held, Locked, Opening};
use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng as _, SeedableRng as _},
};

/// What becomes of the call that fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failing {
    /// Nothing of it is done.
    Undone,
    /// Half of a write is done; of anything else nothing.
    Halfway,
    /// All of it is done, and yet an error is answered.
    Done,
}

/// Whether there are calls after the one that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Afterwards {
    /// Later calls succeed.
    GoesOn,
    /// Every later call fails too: the process is as good as dead.
    Dead,
}

/// The n-th call from now on fails, counted from 1.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fault {
    pub(crate) at: u64,
    pub(crate) failing: Failing,
    pub(crate) afterwards: Afterwards,
}

#[derive(Debug, Default)]
struct Content {
    now: Vec<u8>,
    synced: Vec<u8>,
}

type Shared = Arc<Mutex<Content>>;

#[derive(Debug, Default)]
struct World {
    names: BTreeMap<PathBuf, Shared>,
    durable_names: BTreeMap<PathBuf, Shared>,
    calls: u64,
    fault: Option<Fault>,
    /// Bytes that all files together may have.
    room: Option<u64>,
    meanwhile: Option<Meanwhile>,
}

/// What happens when a file is read next by whoever makes states.
struct Meanwhile {
    path: PathBuf,
    happens: Box<dyn FnOnce() + Send>,
}

impl std::fmt::Debug for Meanwhile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.path.fmt(f)
    }
}

/// The disk. A clone is the same disk.
#[derive(Debug, Clone, Default)]
pub(crate) struct FallibleDisk(Arc<Mutex<World>>);

#[derive(Debug)]
struct OpenFile {
    disk: FallibleDisk,
    path: PathBuf,
    content: Shared,
}

#[derive(Debug)]
struct Free;

impl Held for Free {}

/// How a call goes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Going {
    Well,
    Failing(Failing),
}

fn input_output_error() -> io::Error {
    io::Error::other("input/output error, as ordered")
}

impl FallibleDisk {
    pub(crate) fn fail(&self, fault: Fault) {
        let mut world = self.world();
        world.calls = 0;
        world.fault = Some(fault);
    }

    /// How many calls were made since the fault was ordered.
    pub(crate) fn calls(&self) -> u64 {
        self.world().calls
    }

    /// Once, before the thread that makes states reads the file, that happens; it may write and read itself.
    pub(crate) fn while_a_state_is_made_of(&self, path: &Path, happens: impl FnOnce() + Send + 'static) {
        self.world().meanwhile = Some(Meanwhile {
            path: path.to_owned(),
            happens: Box::new(happens),
        });
    }

    pub(crate) fn has_room_for(&self, bytes: Option<u64>) {
        self.world().room = bytes;
    }

    pub(crate) fn used(&self) -> u64 {
        used(&self.world())
    }

    /// Every file's bytes, by name.
    pub(crate) fn files(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let world = self.world();
        let each = world.names.iter();
        each.map(|(path, content)| (path.clone(), content.lock().unwrap().now.clone()))
            .collect()
    }

    /// A disk that holds these files, all of them durable.
    pub(crate) fn holding(files: BTreeMap<PathBuf, Vec<u8>>) -> Self {
        let each = files.into_iter().map(|(path, bytes)| {
            let content = Content {
                now: bytes.clone(),
                synced: bytes,
            };
            (path, Arc::new(Mutex::new(content)))
        });
        let names: BTreeMap<_, _> = each.collect();
        Self(Arc::new(Mutex::new(World {
            durable_names: names.clone(),
            names,
            ..World::default()
        })))
    }

    /// What another process finds after this one was killed.
    pub(crate) fn after_a_kill(&self) -> Self {
        Self::holding(self.files())
    }

    /// What is found after a loss of power: what was synced, and of the rest as much as the draw says.
    pub(crate) fn after_a_loss_of_power(&self, seed: u64) -> Self {
        let mut draws = ChaCha8Rng::seed_from_u64(seed);
        let world = self.world();
        let each = world.durable_names.iter().map(|(path, content)| {
            let content = content.lock().unwrap();
            let longest = content.now.len().max(content.synced.len()) as u64;
            let kept = (draws.next_u64() % (longest + 1)) as usize;
            let mut bytes = content.now[..kept.min(content.now.len())].to_vec();
            bytes.extend(content.synced.get(bytes.len()..).unwrap_or_default());
            (path.clone(), bytes)
        });
        Self::holding(each.collect())
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.0.lock().unwrap()
    }

    fn call(&self) -> Going {
        let mut world = self.world();
        world.calls += 1;
        match world.fault {
            Some(fault) if fault.at == world.calls => Going::Failing(fault.failing),
            Some(fault) if fault.at < world.calls && fault.afterwards == Afterwards::Dead => {
                Going::Failing(Failing::Undone)
            }
            Some(_) | None => Going::Well,
        }
    }

    /// Does it unless the call fails before it is done.
    fn done<T>(&self, action: impl FnOnce(&mut World) -> io::Result<T>) -> io::Result<T> {
        match self.call() {
            Going::Well => action(&mut self.world()),
            Going::Failing(Failing::Done) => {
                action(&mut self.world())?;
                Err(input_output_error())
            }
            Going::Failing(Failing::Undone | Failing::Halfway) => Err(input_output_error()),
        }
    }
}

fn used(world: &World) -> u64 {
    let each = world.names.values();
    each.map(|content| content.lock().unwrap().now.len() as u64).sum()
}

fn named(world: &World, path: &Path) -> io::Result<Shared> {
    world
        .names
        .get(path)
        .cloned()
        .ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))
}

impl Disk for FallibleDisk {
    fn make_folder(&self, _: &Path) -> io::Result<()> {
        Ok(())
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<PathBuf>> {
        self.done(|world| {
            let within = world.names.keys().filter(|path| path.parent() == Some(folder));
            Ok(within.cloned().collect())
        })
    }

    fn open(&self, path: &Path, opening: Opening) -> io::Result<Box<dyn DiskFile>> {
        let content = self.done(|world| {
            if opening == Opening::Existing {
                return named(world, path);
            }
            let content = world.names.entry(path.to_owned()).or_default();
            if opening == Opening::Emptied {
                content.lock().unwrap().now.clear();
            }
            Ok(Arc::clone(content))
        })?;
        Ok(Box::new(OpenFile {
            disk: self.clone(),
            path: path.to_owned(),
            content,
        }))
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.done(|world| Ok(named(world, path)?.lock().unwrap().now.clone()))
    }

    fn length(&self, path: &Path) -> io::Result<u64> {
        self.done(|world| Ok(named(world, path)?.lock().unwrap().now.len() as u64))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.done(|world| {
            let content = named(world, from)?;
            world.names.remove(from);
            world.names.insert(to.to_owned(), content);
            Ok(())
        })
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.done(|world| {
            named(world, path)?;
            world.names.remove(path);
            Ok(())
        })
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        self.done(|world| {
            let elsewhere = |path: &PathBuf| path.parent() != Some(folder);
            world.durable_names.retain(|path, _| elsewhere(path));
            for (path, content) in &world.names {
                if !elsewhere(path) {
                    world.durable_names.insert(path.clone(), Arc::clone(content));
                }
            }
            Ok(())
        })
    }

    fn lock(&self, _: &Path, _: &str) -> io::Result<Locked> {
        Ok(Locked::Here(Box::new(Free)))
    }
}

impl OpenFile {
    /// What was ordered to happen before this file is read by this thread.
    fn meanwhile(&self) -> Option<Meanwhile> {
        let makes_states = std::thread::current().name() == Some("journal-states");
        let mut world = self.disk.world();
        world
            .meanwhile
            .take_if(|meanwhile| makes_states && meanwhile.path == self.path)
    }

    fn put(&self, bytes: &[u8], at: u64) -> io::Result<()> {
        let world = self.disk.world();
        let free = world.room.map(|room| room.saturating_sub(used(&world)));
        let mut content = self
            .content
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        let grows = (at + bytes.len() as u64).saturating_sub(content.now.len() as u64);
        let short = free.map_or(0, |free| grows.saturating_sub(free)) as usize;
        let written = &bytes[..bytes.len() - short.min(bytes.len())];
        let (start, end) = (at as usize, at as usize + written.len());
        if content.now.len() < end {
            content.now.resize(end, 0);
        }
        content.now[start..end].copy_from_slice(written);
        if short > 0 {
            return Err(io::ErrorKind::StorageFull.into());
        }
        Ok(())
    }
}

impl DiskFile for OpenFile {
    fn read_at(&self, bytes: &mut [u8], at: u64) -> io::Result<usize> {
        if let Some(meanwhile) = self.meanwhile() {
            (meanwhile.happens)();
        }
        if self.disk.call() != Going::Well {
            return Err(input_output_error());
        }
        let content = self.content.lock().unwrap();
        let rest = content.now.get(at as usize..).unwrap_or_default();
        let read = rest.len().min(bytes.len());
        bytes[..read].copy_from_slice(&rest[..read]);
        Ok(read)
    }

    fn write_all_at(&self, bytes: &[u8], at: u64) -> io::Result<()> {
        match self.disk.call() {
            Going::Well => self.put(bytes, at),
            Going::Failing(failing) => {
                let done = match failing {
                    Failing::Undone => 0,
                    Failing::Halfway => bytes.len() / 2,
                    Failing::Done => bytes.len(),
                };
                self.put(&bytes[..done], at)?;
                Err(input_output_error())
            }
        }
    }

    fn sync(&self) -> io::Result<()> {
        self.disk.done(|_| {
            let mut content = self.content.lock().unwrap();
            content.synced = content.now.clone();
            Ok(())
        })
    }

    fn set_length(&self, bytes: u64) -> io::Result<()> {
        self.disk.done(|_| {
            self.content.lock().unwrap().now.resize(bytes as usize, 0);
            Ok(())
        })
    }
}
