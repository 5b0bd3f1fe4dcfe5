use std::collections::{BTreeMap, BTreeSet};

use crate::{
    domain::Attribute,
    rules::syntax::{
        FileId,
        ast::{Files, SiteList},
    },
};

/// What is declared anywhere in a rules folder, and may therefore be named.
#[derive(Debug, Default)]
pub(super) struct Names<'f> {
    brands: BTreeSet<&'f str>,
    campaigns: BTreeSet<&'f str>,
    products: BTreeSet<&'f str>,
    objectives: BTreeSet<&'f str>,
    rules: BTreeSet<&'f str>,
    /// By rule that names a table: the table.
    tables: BTreeMap<&'f str, FileId>,
    word_lists: Vec<&'f str>,
    site_lists: &'f [SiteList],
}

impl<'f> Names<'f> {
    pub(super) fn of(files: &'f Files) -> Self {
        let campaigns = files.campaigns.iter().flat_map(|file| &file.campaigns);
        let objectives = files.objectives.iter().flat_map(|file| &file.objectives);
        Self {
            brands: campaigns
                .clone()
                .map(|campaign| campaign.brand.value.as_str())
                .collect(),
            campaigns: campaigns
                .clone()
                .map(|campaign| campaign.id.value.as_str())
                .collect(),
            products: campaigns
                .filter_map(|campaign| campaign.product.as_ref())
                .map(|product| product.value.as_str())
                .collect(),
            objectives: objectives.map(|objective| objective.id.value.as_str()).collect(),
            rules: rules(files).collect(),
            tables: tables(files).collect(),
            word_lists: files.word_lists.iter().map(|list| list.path.as_str()).collect(),
            site_lists: &files.site_lists,
        }
    }

    /// The declared values of an attribute; empty for one whose values are not declared.
    pub(super) fn declared(&self, attribute: &Attribute) -> impl Iterator<Item = &'f str> + Clone {
        let names = match attribute.name() {
            "brand" => Some(&self.brands),
            "campaign" => Some(&self.campaigns),
            "product" => Some(&self.products),
            "objective" => Some(&self.objectives),
            _ => None,
        };
        names.into_iter().flatten().copied()
    }

    /// Whether a rule of this id is written, be it one that something else is wrong with.
    pub(super) fn is_rule(&self, id: &str) -> bool {
        let mut above = id;
        loop {
            if self.rules.contains(above) {
                return true;
            }
            match above.rsplit_once('/') {
                Some((table, _)) => above = table,
                None => return false,
            }
        }
    }

    /// The table of which a row may have this id: `start-bids/IT/display`.
    pub(super) fn table_of(&self, id: &str) -> Option<FileId> {
        let (rule, _) = id.split_once('/')?;
        self.tables.get(rule).copied()
    }

    /// The ids of the rules that are written.
    pub(super) fn rules(&self) -> impl Iterator<Item = &'f str> + Clone {
        self.rules.iter().copied()
    }

    /// The place of a word list among the rulebook's.
    pub(super) fn word_list(&self, path: &str) -> Option<usize> {
        self.word_lists.iter().position(|known| *known == path)
    }

    pub(super) fn word_lists(&self) -> impl Iterator<Item = &'f str> + Clone {
        self.word_lists.iter().copied()
    }

    pub(super) fn site_list(&self, path: &str) -> Option<&'f SiteList> {
        self.site_lists.iter().find(|list| list.path == path)
    }

    pub(super) fn site_lists(&self) -> impl Iterator<Item = &'f str> + Clone {
        self.site_lists.iter().map(|list| list.path.as_str())
    }
}

fn tables(files: &Files) -> impl Iterator<Item = (&str, FileId)> {
    let rules = files.rules.iter().flat_map(|file| &file.rules);
    rules.filter_map(|rule| {
        let row = rule.row.as_ref()?;
        Some((row.of.value.as_str(), rule.id.span.file))
    })
}

fn rules(files: &Files) -> impl Iterator<Item = &str> {
    files.rules.iter().flat_map(|file| {
        let whole = file.rules.iter().map(|rule| rule.id.value.as_str());
        whole.chain(file.misread.iter().map(String::as_str))
    })
}
