//! The JSON Schema of the files, for editors: completion, hovering, red lines while one types.
//!
//! It is made of the tables that the reader itself walks ([`table`](super::syntax::table), the effects, the
//! vocabulary), so that an editor and `check` never disagree on a key. The schema sees shapes only: what a word
//! means, whether a rule exists, whether bounds exclude each other is for `check`. What `check` accepts the schema
//! accepts.
//!
//! It is draft 07, which the YAML language server reads best. `patternErrorMessage` is that server's own keyword.

mod facts;
mod shape;

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::syntax::{
    ast::AttributeDef,
    table::{FILES, FileRow, Need, Table},
};

/// The schema of one sort of file, or of a whole folder: then the top keys of a file tell which sort it is.
///
/// `own` are the facts that `attributes.yaml` declares; they are keys of conditions like the built-in ones.
#[must_use]
pub fn schema(file: Option<&FileRow>, own: &[AttributeDef]) -> Value {
    let mut definitions = Definitions::default();
    definitions.add_facts(own);
    let mut root = match file {
        Some(file) => definitions.table(file.table),
        None => any_file(&mut definitions),
    };
    if let Value::Object(root) = &mut root {
        let title = match file {
            Some(file) => format!("Balustrade: {}", file.path),
            None => "Balustrade: a file of rules or declarations".to_owned(),
        };
        root.insert(
            "$schema".to_owned(),
            json!("http://json-schema.org/draft-07/schema#"),
        );
        root.insert("title".to_owned(), json!(title));
        root.insert("definitions".to_owned(), Value::Object(definitions.into_map()));
    }
    root
}

/// Which sort a file is shows in the keys that only its sort has; what shows none is a file of rules.
fn any_file(definitions: &mut Definitions) -> Value {
    let mut sorts = FILES.iter();
    let rules = sorts.next().map(|rules| definitions.table(rules.table));
    sorts.fold(rules.unwrap_or_else(|| json!({})), |otherwise, file| {
        let telling = file.table.fields.iter().filter(|field| !is_shared(field.name));
        let shown: Vec<Value> = telling.map(|field| json!({"required": [field.name]})).collect();
        json!({"if": {"anyOf": shown}, "then": definitions.table(file.table), "else": otherwise})
    })
}

/// Whether more than one sort of file has a key of that name.
fn is_shared(name: &str) -> bool {
    let has = |file: &&FileRow| file.table.fields.iter().any(|field| field.name == name);
    FILES.iter().filter(has).count() > 1
}

/// The named parts of a schema, each made once.
#[derive(Debug, Default)]
struct Definitions(BTreeMap<String, Value>);

impl Definitions {
    /// A reference to the map of that table.
    fn table(&mut self, table: &'static Table) -> Value {
        let name = slug(table.of);
        if !self.0.contains_key(&name) {
            // A place is held first, since tables may hold each other.
            self.0.insert(name.clone(), Value::Null);
            let map = self.map(table);
            self.0.insert(name.clone(), map);
        }
        to(&name)
    }

    fn map(&mut self, table: &'static Table) -> Value {
        let mut properties = Map::new();
        for field in table.fields {
            let mut value = self.shape(field.shape);
            describe(&mut value, field.doc);
            properties.insert(field.name.to_owned(), value);
        }
        let required: Vec<&str> = table
            .fields
            .iter()
            .filter(|field| field.need == Need::Required)
            .map(|field| field.name)
            .collect();
        let mut map = json!({
            "type": "object",
            "properties": properties,
            "required": required,
            "additionalProperties": false,
        });
        // At most one field of a table is needed in place of another.
        let either = table.fields.iter().find_map(|field| match field.need {
            Need::Unless(other) => Some(json!([{"required": [field.name]}, {"required": [other]}])),
            Need::Required | Need::Optional => None,
        });
        if let (Value::Object(map), Some(either)) = (&mut map, either) {
            map.insert("anyOf".to_owned(), either);
        }
        map
    }

    /// A reference to a part of that name, made where it is not yet.
    fn part(&mut self, name: &str, make: impl FnOnce(&mut Self) -> Value) -> Value {
        if !self.0.contains_key(name) {
            let made = make(self);
            self.0.insert(name.to_owned(), made);
        }
        to(name)
    }

    fn into_map(self) -> Map<String, Value> {
        self.0.into_iter().collect()
    }
}

fn to(name: &str) -> Value {
    json!({"$ref": format!("#/definitions/{name}")})
}

fn describe(value: &mut Value, doc: &str) {
    if let Value::Object(map) = value {
        map.insert("description".to_owned(), json!(doc));
    }
}

/// A name of a part: "a file of rules" becomes `file_of_rules`.
fn slug(of: &str) -> String {
    let words = of
        .split_whitespace()
        .filter(|word| !["a", "an", "the"].contains(word));
    let plain = |word: &str| word.trim_matches(|c: char| !c.is_alphanumeric()).to_owned();
    words.map(plain).collect::<Vec<_>>().join("_")
}
