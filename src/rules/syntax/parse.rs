use std::collections::BTreeSet;

use super::{
    FileId, Findings, Source, Sources, Span,
    ast::{Files, Node, Tree},
    code, declare, did_you_mean, holiday_file, list_file, rule_file, say, table_file, taxonomy_table, yaml,
};

/// The files that declare what rules speak of.
const DECLARATIONS: [&str; 4] = [
    "campaigns.yaml",
    "objectives.yaml",
    "defaults.yaml",
    "attributes.yaml",
];

/// Reads every file of a rules folder. What cannot be read is a finding, and is left out of the answer.
pub fn parse<'s>(sources: &'s Sources, findings: &mut Findings<'s>) -> Files {
    let mut files = Files::default();
    // Rules name tables, so those are read first.
    for (file, source) in sources.iter().filter(|(_, source)| is_table(&source.path)) {
        files.tables.extend(table_file::read(file, source, findings));
    }
    for (file, source) in sources.iter() {
        match source.path.rsplit_once('.') {
            Some((_, "yaml")) => yaml_file(file, source, &mut files, findings),
            Some(_) if is_table(&source.path) => {}
            Some((_, "csv")) if source.path.starts_with("lists/") => {
                list_file::read(file, source, &mut files, findings);
            }
            Some((_, "csv")) if source.path.starts_with("holidays/") => {
                holiday_file::read(file, source, &mut files, findings);
            }
            Some((_, "tsv")) if source.path.starts_with(Sources::TAXONOMIES) => {
                files
                    .taxonomies
                    .extend(taxonomy_table::read(file, source, findings));
            }
            _ => report_misplaced(file, &source.path, findings),
        }
    }
    report_unused(&files, findings);
    files
}

fn is_table(path: &str) -> bool {
    path.starts_with("tables/") && path.ends_with(".csv")
}

/// A table does nothing by itself.
fn report_unused(files: &Files, findings: &mut Findings<'_>) {
    let named: BTreeSet<&String> = files.rules.iter().flat_map(|file| &file.tables).collect();
    let is_known = |path: &&String| files.tables.iter().any(|table| table.path == **path);
    if !named.iter().all(is_known) {
        // A name that no table has was reported, and probably means one of these.
        return;
    }
    for table in files.tables.iter().filter(|table| !named.contains(&table.path)) {
        findings
            .warning(
                code::UNUSED_TABLE,
                Span::start_of(table.file),
                say!("no rule names this table, so its rows do nothing"),
            )
            .help(say!(
                "write `table: {}` into a rule, or delete the table",
                &table.path
            ));
    }
}

fn report_misplaced(file: FileId, path: &str, findings: &mut Findings<'_>) {
    let (stem, extension) = path.rsplit_once('.').unwrap_or((path, ""));
    let name = stem.rsplit('/').next().unwrap_or_default();
    let (message, help) = match extension.to_lowercase().as_str() {
        "csv" => (
            say!("a list is read from the folder `lists` only, and its name ends in `.csv`"),
            say!(
                "move it to `lists/{}.csv`; a table of rules belongs into `tables`",
                name
            ),
        ),
        _ => (
            say!("this file is not read under this name"),
            say!(
                "files of rules end in `.yaml`, lists in `.csv`: rename it, such as `{}.yaml`",
                stem
            ),
        ),
    };
    findings
        .error(code::FILE_NAME, Span::start_of(file), message)
        .help(help);
}

fn yaml_file(file: FileId, source: &Source, files: &mut Files, findings: &mut Findings<'_>) {
    let before = findings.len();
    let Some(node) = yaml::read(file, source, findings) else {
        if findings.len() == before {
            findings
                .error(code::EMPTY, Span::start_of(file), say!("the file is empty"))
                .help(say!("write rules into it, or delete it"));
        }
        return;
    };
    match source.path.as_str() {
        "campaigns.yaml" => files.campaigns = declare::campaigns(file, &node, findings),
        "objectives.yaml" => files.objectives = declare::objectives(file, &node, findings),
        "defaults.yaml" => files.defaults = declare::defaults(file, &node, findings),
        "attributes.yaml" => files.attributes = declare::attributes(file, &node, findings),
        path => {
            if let Some(meant) = misspelt_declaration(path, &node) {
                findings
                    .error(
                        code::FILE_NAME,
                        Span::start_of(file),
                        say!("`{}` is no file of rules", path),
                    )
                    .help(say!("did you mean the name `{}`?", meant));
                return;
            }
            let read = rule_file::rule_file(file, &node, &files.tables, findings);
            files.rules.extend(read);
        }
    }
}

/// The name meant for a file that has no rules and is called almost like a declaration.
fn misspelt_declaration(path: &str, node: &Node) -> Option<&'static str> {
    let Tree::Map(entries) = &node.value else {
        return None;
    };
    let of_rules = entries
        .iter()
        .any(|(key, _)| key.value == "rules_of" || key.value == "rules");
    (!of_rules).then(|| did_you_mean(path, DECLARATIONS)).flatten()
}
