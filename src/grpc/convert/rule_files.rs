//! Files of a rules folder that somebody sends.

use super::{
    hand::{Calling, hand},
    path::At,
    read::{BadInput, Reader},
};
use crate::{
    domain::Hand,
    grpc::{RuleFiles, wire},
    rehearsal::holds_rules,
};

/// The most files of a rulebook.
pub(super) const MOST_FILES: usize = 4_096;

/// The files of a message; each has a path that a rules folder can hold.
pub(in crate::grpc) fn rule_files(files: Vec<wire::RuleFile>) -> Result<RuleFiles, BadInput> {
    let mut read = Reader::default();
    let files = files_of(&mut read, files);
    read.finish(files)
}

/// What is put, and who puts it.
pub(in crate::grpc) fn put(
    message: wire::PutRulebookRequest,
    calling: &Calling,
) -> Result<(RuleFiles, Hand), BadInput> {
    let wire::PutRulebookRequest { files, by, because } = message;
    let mut read = Reader::default();
    let files = files_of(&mut read, files);
    let author = hand(&mut read, by, because, calling);
    read.finish(files.zip(author))
}

fn files_of(read: &mut Reader, files: Vec<wire::RuleFile>) -> Option<RuleFiles> {
    let root = At::ROOT;
    let at = root.field("files");
    if files.is_empty() {
        read.refuse(&at, "must hold every file of a rules folder");
        return None;
    }
    read.at_most(&at, files.len(), MOST_FILES);
    let each = files.into_iter().take(MOST_FILES).enumerate();
    let read_each = each.filter_map(|(place, file)| {
        let wire::RuleFile { path, content } = file;
        let at = root.item("files", place);
        let at = at.field("path");
        let path = read.required(&at, path)?;
        if !holds_rules(&path) {
            read.refuse(
                &at,
                "must be a path that a rules folder can hold, such as `brands/nova.yaml`",
            );
            return None;
        }
        Some((path, content.unwrap_or_default()))
    });
    Some(read_each.collect())
}
