//! The schema for editors: current, true to what is read, and no stricter than `check`.

use std::{fs, path::Path};

use balustrade::rules::{
    Sources, compile,
    schema::schema,
    syntax::{Findings, ast::AttributeDef, parse, table::FILES},
};
use granit_parser::{Event, Parser, ScalarStyle};
use regex::Regex;
use serde_json::{Map, Value, json};

use crate::rules_meaning::with_declarations;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A YAML text as the value that an editor sees: YAML 1.2, core schema.
fn value_of(text: &str) -> Option<Value> {
    let said = |event: &Event<'_>| {
        !matches!(
            event,
            Event::StreamStart | Event::DocumentStart(..) | Event::Comment(..)
        )
    };
    let mut events = Parser::new_from_str(text)
        .map_while(|event| Some(event.ok()?.0))
        .filter(said);
    let first = events.next()?;
    Some(node(first, &mut events))
}

fn node<'e>(event: Event<'e>, events: &mut impl Iterator<Item = Event<'e>>) -> Value {
    match event {
        Event::Scalar(text, ScalarStyle::Plain, ..) => plain(&text),
        Event::Scalar(text, ..) => json!(text),
        Event::SequenceStart(..) => {
            let mut items = Vec::new();
            loop {
                match events.next() {
                    None | Some(Event::SequenceEnd) => return Value::Array(items),
                    Some(event) => items.push(node(event, events)),
                }
            }
        }
        Event::MappingStart(..) => {
            let mut entries = Map::new();
            loop {
                let key = match events.next() {
                    None | Some(Event::MappingEnd) => return Value::Object(entries),
                    Some(Event::Scalar(key, ..)) => key.into_owned(),
                    Some(other) => node(other, events).to_string(),
                };
                let value = events.next().map(|event| node(event, events));
                entries.insert(key, value.unwrap_or_default());
            }
        }
        Event::StreamStart
        | Event::StreamEnd
        | Event::DocumentStart(..)
        | Event::DocumentEnd
        | Event::SequenceEnd
        | Event::MappingEnd
        | Event::Alias(_)
        | Event::Anchor(..)
        | Event::UnresolvedAlias(_)
        | Event::Comment(..) => Value::Null,
        _ => Value::Null,
    }
}

fn plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" => Value::Null,
        "true" => json!(true),
        "false" => json!(false),
        _ => text
            .parse::<i64>()
            .map(|number| json!(number))
            .or_else(|_| text.parse::<f64>().map(|number| json!(number)))
            .unwrap_or_else(|_| json!(text)),
    }
}

/// What a schema finds wrong: the keywords that ours has, as draft 07 defines them, and no others.
struct Validator<'s>(&'s Value);

impl Validator<'_> {
    fn accepts(&self, schema: &Value, value: &Value) -> bool {
        let Value::Object(keywords) = schema else {
            panic!("not a schema: {schema}");
        };
        if let Some(Value::String(path)) = keywords.get("$ref") {
            let part = self.0.pointer(path.trim_start_matches('#'));
            return self.accepts(part.unwrap_or_else(|| panic!("{path} leads nowhere")), value);
        }
        keywords
            .iter()
            .all(|(keyword, says)| self.holds(keyword, says, keywords, value))
    }

    fn holds(&self, keyword: &str, says: &Value, beside: &Map<String, Value>, value: &Value) -> bool {
        let each =
            |schemas: &Value, test: &dyn Fn(&Value) -> bool| schemas.as_array().unwrap().iter().any(test);
        match keyword {
            "$schema" | "title" | "description" | "definitions" | "patternErrorMessage" | "then" | "else" => {
                true
            }
            "type" if says.is_array() => each(says, &|name| is_a(name.as_str().unwrap(), value)),
            "type" => is_a(says.as_str().unwrap(), value),
            "enum" => each(says, &|one| one == value),
            "pattern" => value
                .as_str()
                .is_none_or(|text| Regex::new(says.as_str().unwrap()).unwrap().is_match(text)),
            "anyOf" => each(says, &|schema| self.accepts(schema, value)),
            "if" => {
                let way = if self.accepts(says, value) { "then" } else { "else" };
                self.accepts(&beside[way], value)
            }
            "items" => value
                .as_array()
                .is_none_or(|items| items.iter().all(|item| self.accepts(says, item))),
            "minItems" => value
                .as_array()
                .is_none_or(|items| items.len() as u64 >= says.as_u64().unwrap()),
            "minProperties" => value
                .as_object()
                .is_none_or(|map| map.len() as u64 >= says.as_u64().unwrap()),
            "required" => value.as_object().is_none_or(|map| has_all(map, says)),
            "dependencies" => value.as_object().is_none_or(|map| {
                let asked = says.as_object().unwrap().iter();
                asked
                    .filter(|(key, _)| map.contains_key(*key))
                    .all(|(_, needed)| has_all(map, needed))
            }),
            "properties" => value.as_object().is_none_or(|map| {
                let known = says.as_object().unwrap();
                map.iter()
                    .filter_map(|(key, value)| Some((known.get(key)?, value)))
                    .all(|(schema, value)| self.accepts(schema, value))
            }),
            "additionalProperties" => {
                assert_eq!(says, &json!(false));
                let known = beside["properties"].as_object().unwrap();
                value
                    .as_object()
                    .is_none_or(|map| map.keys().all(|key| known.contains_key(key)))
            }
            other => panic!("the schema has a keyword that its test does not know: `{other}`"),
        }
    }
}

fn has_all(map: &Map<String, Value>, keys: &Value) -> bool {
    let mut keys = keys.as_array().unwrap().iter();
    keys.all(|key| map.contains_key(key.as_str().unwrap()))
}

fn is_a(name: &str, value: &Value) -> bool {
    match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "number" => value.is_number(),
        "integer" => value.is_i64(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        other => panic!("`{other}` is no type of JSON"),
    }
}

fn accepts(schema: &Value, text: &str) -> bool {
    Validator(schema).accepts(schema, &value_of(text).unwrap_or_default())
}

fn starter() -> Sources {
    Sources::read(&root().join("rules")).unwrap()
}

fn own_facts(sources: &Sources) -> Vec<AttributeDef> {
    let files = parse(sources, &mut Findings::new(sources));
    files.attributes.map(|file| file.attributes).unwrap_or_default()
}

fn yaml(sources: &Sources) -> impl Iterator<Item = (&str, &str)> {
    sources
        .iter()
        .map(|(_, source)| source)
        .filter(|source| source.path.ends_with(".yaml"))
        .map(|source| {
            (
                source.path.as_str(),
                std::str::from_utf8(&source.bytes).unwrap_or(""),
            )
        })
}

#[test]
fn the_committed_schema_is_current() {
    let sources = starter();
    let current = serde_json::to_string_pretty(&schema(None, &own_facts(&sources))).unwrap() + "\n";
    let path = root().join("rules/schema.json");
    if std::env::var_os("BALUSTRADE_BLESS").is_some() {
        fs::write(&path, &current).unwrap();
    }
    assert!(
        fs::read_to_string(&path).unwrap_or_default() == current,
        "write it again: balustrade rules schema > rules/schema.json"
    );
}

#[test]
fn every_starter_file_names_the_schema_and_is_accepted_by_it() {
    let sources = starter();
    let any = schema(None, &own_facts(&sources));
    for (path, text) in yaml(&sources) {
        let up = "../".repeat(path.matches('/').count());
        let up = if up.is_empty() { "./" } else { &up };
        let names = format!("# yaml-language-server: $schema={up}schema.json\n");
        assert!(text.starts_with(&names), "{path} does not begin with {names}");
        assert!(accepts(&any, text), "{path}");
        let sort = FILES.iter().find(|file| file.path == path).unwrap_or(&FILES[0]);
        assert!(
            accepts(&schema(Some(sort), &own_facts(&sources)), text),
            "{path} as {}",
            sort.name
        );
    }
}

#[test]
fn what_check_accepts_the_schema_accepts() {
    let mut tried = 0;
    for gallery in ["errors", "meaning"] {
        for folder in fs::read_dir(root().join("tests/cases").join(gallery)).unwrap() {
            let folder = folder.unwrap().path();
            let Ok(own) = Sources::read(&folder) else {
                continue;
            };
            let sources = with_declarations(&own, "");
            let found = compile(&sources).findings;
            let own = own_facts(&sources);
            for (path, text) in yaml(&sources) {
                // Facts and values that do not exist an editor may see too; what else a file means it cannot.
                let misshapen = |code: &str| code < "R054";
                if found
                    .iter()
                    .all(|found| &*found.file != path || !misshapen(found.code))
                {
                    tried += 1;
                    assert!(accepts(&schema(None, &own), text), "{}/{path}", folder.display());
                }
            }
        }
    }
    assert!(tried >= 20, "{tried}");
}

#[test]
fn mistakes_of_shape_are_seen_while_one_types() {
    let seen = [
        "bad_date",
        "bad_percent",
        "campaign_without_baseline",
        "currency_missing",
        "currency_sign",
        "decimal_comma",
        "default_misspelt",
        "effect_misspelt",
        "effect_without_value",
        "empty_value",
        "evidence_of_what",
        "key_misspelt",
        "key_unknown",
        "missing_because",
        "novel_market_in_part",
        "objective_in_months",
        "percent_without_sign",
        "wrong_tier",
    ];
    let mut unseen = Vec::new();
    for name in seen {
        let sources = Sources::read(&root().join("tests/cases/errors").join(name)).unwrap();
        let any = schema(None, &[]);
        if yaml(&sources).all(|(_, text)| accepts(&any, text)) {
            unseen.push(name);
        }
    }
    assert_eq!(unseen, Vec::<&str>::new());
}

#[test]
fn a_fact_of_ones_own_is_a_key_like_the_others() {
    let sources = Sources::from_texts([(
        "attributes.yaml",
        "attributes:\n  - {name: shop.stock, type: number, holds: one, given: optional}\n",
    )]);
    let rule = "rules_of: x\ntier: legal\nrules:\n  - id: a\n    for: bid\n    when: {shop.stock: {at_least: 3}}\n    then: block\n    because: b\n";
    assert!(accepts(&schema(None, &own_facts(&sources)), rule));
    assert!(!accepts(&schema(None, &[]), rule));
}
