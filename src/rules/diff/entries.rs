//! What a folder says, as named things with keys and values in one way of writing.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::rules::{
    one_line::one_line,
    syntax::{
        Findings, Source, Sources,
        ast::{Files, Node, TermDef, Tree, WordList},
        parse, tree,
    },
};

/// What a thing of a rules folder is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Sort {
    /// A rule.
    Rule,
    /// An exception to a rule.
    Exception,
    /// A test.
    Test,
    /// A campaign.
    Campaign,
    /// An objective.
    Objective,
    /// A fact of the deployment's own.
    Attribute,
    /// What a file says above its rules, or a file that is no list of things.
    File,
    /// A list of words or sites.
    List,
}

/// A thing: its keys, or the terms of a list.
#[derive(Debug, Default)]
pub(super) struct Entry {
    pub(super) keys: BTreeMap<String, String>,
    pub(super) list: Option<BTreeSet<String>>,
}

/// Everything a folder says, by sort and name.
pub(super) type Entries = BTreeMap<(Sort, String), Entry>;

pub(super) fn entries(sources: &Sources) -> Entries {
    let mut entries = Entries::new();
    let mut findings = Findings::new(sources);
    for (file, source) in sources.iter() {
        if let Some(node) = source
            .path
            .ends_with(".yaml")
            .then(|| tree(file, source, &mut findings))
            .flatten()
        {
            of_file(source, &node, &mut entries);
        }
    }
    let files = parse(sources, &mut findings);
    of_lists(&files, &mut entries);
    of_tables(files, &mut entries);
    entries
}

/// Each row of a table is a rule; what all of them share is told of the rule that names the table.
fn of_tables(files: Files, entries: &mut Entries) {
    let rules = files.rules.into_iter().flat_map(|file| file.rules);
    for (id, row) in rules.filter_map(|rule| Some((rule.id.value, rule.row?))) {
        let entry = Entry {
            keys: row.cells.into_iter().collect(),
            list: None,
        };
        entries.insert((Sort::Rule, id), entry);
    }
}

/// The keys under which a file lists things of a sort, and the key that names each.
const LISTED: [(&str, Sort, &str); 6] = [
    ("rules", Sort::Rule, "id"),
    ("exceptions", Sort::Exception, "to"),
    ("tests", Sort::Test, "name"),
    ("campaigns", Sort::Campaign, "id"),
    ("objectives", Sort::Objective, "id"),
    ("attributes", Sort::Attribute, "name"),
];

fn of_file(source: &Source, node: &Node, entries: &mut Entries) {
    let Tree::Map(fields) = &node.value else {
        return;
    };
    let mut head = Entry::default();
    for (key, value) in fields {
        match LISTED.iter().find(|(name, ..)| *name == key.value) {
            Some((_, sort, named_by)) => listed(value, *sort, named_by, entries),
            None => flatten(&key.value, value, &mut head.keys),
        }
    }
    entries.insert((Sort::File, source.path.clone()), head);
}

fn listed(value: &Node, sort: Sort, named_by: &str, entries: &mut Entries) {
    let Tree::List(items) = &value.value else {
        return;
    };
    for item in items {
        let mut entry = Entry::default();
        if let Tree::Map(fields) = &item.value {
            for (key, value) in fields {
                flatten(&key.value, value, &mut entry.keys);
            }
        }
        let mut name = entry.keys.get(named_by).cloned().unwrap_or_default();
        // Several exceptions to one rule, or tests of one name, are told apart by what they say.
        while entries.contains_key(&(sort, name.clone())) {
            name.push('\'');
        }
        entries.insert((sort, name), entry);
    }
}

/// Keys whose maps are told as one value.
const WHOLE: [&str; 8] = [
    "when",
    "unless",
    "applies_to",
    "given",
    "market",
    "expect",
    "exclude",
    "only",
];

/// Maps become keys with points; everything else is one value.
fn flatten(key: &str, node: &Node, keys: &mut BTreeMap<String, String>) {
    let last = key.rsplit('.').next().unwrap_or(key);
    let is_condition = WHOLE.contains(&last);
    match &node.value {
        Tree::Map(fields) if !is_condition => {
            for (inner, value) in fields {
                flatten(&format!("{key}.{}", inner.value), value, keys);
            }
        }
        // `then: block` is `then: {block: yes}`.
        Tree::Scalar(text) if key == "then" => {
            keys.insert(format!("then.{text}"), "yes".to_owned());
        }
        Tree::Map(_) | Tree::Scalar(_) | Tree::List(_) => {
            keys.insert(key.to_owned(), one_line(node));
        }
    }
}

fn of_lists(files: &Files, entries: &mut Entries) {
    for list in &files.word_lists {
        let list_entry = Entry {
            list: Some(terms(list)),
            ..Entry::default()
        };
        entries.insert((Sort::List, list.path.clone()), list_entry);
    }
    for list in &files.site_lists {
        let sites = list.sites.iter().map(|site| site.value.clone());
        let list_entry = Entry {
            list: Some(sites.collect()),
            ..Entry::default()
        };
        entries.insert((Sort::List, list.path.clone()), list_entry);
    }
}

/// The terms of a list, each with all that decides where it is found.
pub(super) fn terms(list: &WordList) -> BTreeSet<String> {
    let term = |term: &TermDef| {
        let language = term.language.as_ref().map(|language| language.value.clone());
        let way = [
            format!("{:?}", term.matching),
            format!("{:?}", term.forms),
            format!("{:?}", term.evasion),
        ];
        let said = language.into_iter().chain(way.map(|way| way.to_lowercase()));
        // What is usual goes without saying.
        let usual = ["word", "none", "off"];
        let said: Vec<String> = said.filter(|said| !usual.contains(&said.as_str())).collect();
        if said.is_empty() {
            return term.term.value.clone();
        }
        format!("{} ({})", term.term.value, said.join(", "))
    };
    list.terms.iter().map(term).collect()
}
