use std::path::Path;

use fjall::{Database, Keyspace, KeyspaceCreateOptions, PersistMode};
use redb::{Durability, ReadableDatabase, TableDefinition};

use crate::Result;

/// How far a batch must have come before the next begins.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Sync {
    /// Handed to the operating system.
    Written,
    /// On the disk.
    Synced,
}

impl Sync {
    pub fn name(self) -> &'static str {
        match self {
            Self::Written => "written",
            Self::Synced => "synced",
        }
    }
}

/// What the work asks of a store.
pub trait Store: Sized {
    const NAME: &'static str;

    fn open(folder: &Path) -> Result<Self>;
    fn append(&mut self, batch: &[([u8; 16], &[u8])], sync: Sync) -> Result<()>;
    fn get(&mut self, id: [u8; 16]) -> Result<Option<Vec<u8>>>;
}

pub struct Fjall {
    database: Database,
    items: Keyspace,
}

impl Store for Fjall {
    const NAME: &'static str = "fjall 3";

    fn open(folder: &Path) -> Result<Self> {
        let database = Database::builder(folder).open()?;
        let items = database.keyspace("items", KeyspaceCreateOptions::default)?;
        Ok(Self { database, items })
    }

    fn append(&mut self, batch: &[([u8; 16], &[u8])], sync: Sync) -> Result<()> {
        let mode = match sync {
            Sync::Written => PersistMode::Buffer,
            Sync::Synced => PersistMode::SyncData,
        };
        let mut writes = self.database.batch().durability(Some(mode));
        for (id, value) in batch {
            writes.insert(&self.items, *id, *value);
        }
        Ok(writes.commit()?)
    }

    fn get(&mut self, id: [u8; 16]) -> Result<Option<Vec<u8>>> {
        Ok(self.items.get(id)?.map(|value| value.to_vec()))
    }
}

pub struct Redb {
    database: redb::Database,
}

const ITEMS: TableDefinition<[u8; 16], &[u8]> = TableDefinition::new("items");

impl Store for Redb {
    const NAME: &'static str = "redb 4";

    fn open(folder: &Path) -> Result<Self> {
        let database = redb::Database::create(folder.join("items.redb"))?;
        Ok(Self { database })
    }

    fn append(&mut self, batch: &[([u8; 16], &[u8])], sync: Sync) -> Result<()> {
        let mut writes = self.database.begin_write()?;
        writes.set_durability(match sync {
            Sync::Written => Durability::None,
            Sync::Synced => Durability::Immediate,
        })?;
        {
            let mut table = writes.open_table(ITEMS)?;
            for (id, value) in batch {
                table.insert(id, *value)?;
            }
        }
        Ok(writes.commit()?)
    }

    fn get(&mut self, id: [u8; 16]) -> Result<Option<Vec<u8>>> {
        let reads = self.database.begin_read()?;
        let table = reads.open_table(ITEMS)?;
        Ok(table.get(id)?.map(|value| value.value().to_vec()))
    }
}

/// One table, WAL, a transaction a batch. `written` leaves syncing to the checkpoints.
pub struct Sqlite(rusqlite::Connection);

impl Store for Sqlite {
    const NAME: &'static str = "SQLite";

    fn open(folder: &Path) -> Result<Self> {
        let connection = rusqlite::Connection::open(folder.join("items.sqlite"))?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.execute(
            "CREATE TABLE IF NOT EXISTS items (id BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID",
            (),
        )?;
        Ok(Self(connection))
    }

    fn append(&mut self, batch: &[([u8; 16], &[u8])], sync: Sync) -> Result<()> {
        let level = match sync {
            Sync::Written => "NORMAL",
            Sync::Synced => "FULL",
        };
        self.0.pragma_update(None, "synchronous", level)?;
        let transaction = self.0.transaction()?;
        let mut insert = transaction.prepare_cached("INSERT INTO items VALUES (?1, ?2)")?;
        for (id, value) in batch {
            insert.execute((id, value))?;
        }
        drop(insert);
        Ok(transaction.commit()?)
    }

    fn get(&mut self, id: [u8; 16]) -> Result<Option<Vec<u8>>> {
        let mut select = self.0.prepare_cached("SELECT value FROM items WHERE id = ?1")?;
        let mut rows = select.query([&id[..]])?;
        Ok(rows.next()?.map(|row| row.get(0)).transpose()?)
    }
}
