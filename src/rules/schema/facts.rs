//! Conditions, effects, and what a test states, as schemas.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{Definitions, describe, shape::one_or_more, to};
use crate::{
    domain::Risk,
    rules::{
        syntax::{
            EFFECTS, EffectRow, Often,
            ast::{AttributeDef, AttributeType},
            table::{GIVEN, NUMBER_TESTS, TEXT_TESTS},
        },
        topics::SENSITIVE,
        vocabulary::{Aspect, FactType, Key, TABLE, Vocabulary},
    },
};

const CONDITION: &str = "condition";
const GIVEN_NAME: &str = "given";

impl Definitions {
    /// Makes what depends on the vocabulary: conditions, and what a test states.
    pub(super) fn add_facts(&mut self, own: &[AttributeDef]) {
        let condition = self.condition_map(own);
        self.0.insert(CONDITION.to_owned(), condition);
        let given = self.given_map(own);
        self.0.insert(GIVEN_NAME.to_owned(), given);
    }

    pub(super) fn condition(&self) -> Value {
        to(CONDITION)
    }

    pub(super) fn given(&self) -> Value {
        to(GIVEN_NAME)
    }

    fn condition_map(&mut self, own: &[AttributeDef]) -> Value {
        let mut properties = Map::new();
        let vocabulary = Vocabulary::built_in();
        for name in vocabulary.key_names() {
            let key = vocabulary.key(name);
            let Some((key, entry)) = key.and_then(|key| Some((key, vocabulary.entry(key.slot)?))) else {
                continue;
            };
            let mut value = self.tested(key, entry.fact_type);
            describe(&mut value, &entry.doc);
            properties.insert(name.to_owned(), value);
        }
        for attribute in own {
            let mut value = self.own(attribute.kind_of_value.value);
            describe(&mut value, "a fact of your own, from `attributes.yaml`");
            properties.insert(attribute.name.value.clone(), value);
        }
        let branches = json!({"type": "array", "items": to(CONDITION), "minItems": 1});
        for (joint, mut value, doc) in [
            ("any", branches.clone(), "at least one of these holds"),
            ("all", branches, "every one of these holds"),
            ("not", to(CONDITION), "this does not hold"),
        ] {
            describe(&mut value, doc);
            properties.insert(joint.to_owned(), value);
        }
        json!({
            "type": "object",
            "properties": properties,
            "minProperties": 1,
            "additionalProperties": false,
        })
    }

    /// What may stand at a key of a condition.
    fn tested(&mut self, key: Key, fact_type: FactType) -> Value {
        match (key.aspect, fact_type) {
            (Aspect::Topic, _) => self.part("topics", |parts| {
                let names: Vec<&str> = SENSITIVE.iter().map(|(_, name)| *name).collect();
                one_or_more(&json!({"anyOf": [{"enum": names}, parts.scalar()]}))
            }),
            (Aspect::Risk, _) => self.part("risks", |parts| {
                let names = Risk::ALL.map(Risk::name);
                one_or_more(&json!({"anyOf": [{"enum": names}, parts.scalar()]}))
            }),
            (Aspect::Whole, FactType::Country) => self.part("countries", |_| {
                one_or_more(&json!({
                    "type": "string",
                    "pattern": "^[A-Za-z]{2}$",
                    "patternErrorMessage": "write the two letters of ISO 3166: `IT`, `ES`",
                }))
            }),
            (Aspect::Whole, FactType::OneOf(words)) => one_or_more(&without_case(words)),
            (Aspect::Whole, FactType::Number | FactType::Price(_) | FactType::Instant) => self.number(),
            (Aspect::Whole, FactType::Text) => self.table(&TEXT_TESTS),
            (Aspect::Whole, FactType::Flag) => self.flag(),
            (
                Aspect::Whole,
                FactType::Name
                | FactType::Declared
                | FactType::Word
                | FactType::Prefix
                | FactType::Chosen
                | FactType::Topics(_)
                | FactType::Site
                | FactType::Clock
                | FactType::Labels,
            ) => self.words(),
        }
    }

    fn own(&mut self, kind_of_value: AttributeType) -> Value {
        match kind_of_value {
            AttributeType::Word => self.words(),
            AttributeType::Text => self.table(&TEXT_TESTS),
            AttributeType::Number | AttributeType::Price | AttributeType::Instant => self.number(),
            AttributeType::Flag => self.flag(),
        }
    }

    fn words(&mut self) -> Value {
        self.part("words", |parts| one_or_more(&parts.scalar()))
    }

    fn number(&mut self) -> Value {
        self.part("numbers", |parts| {
            let mut one = one_or_more(&parts.scalar());
            let tests = parts.table(&NUMBER_TESTS);
            if let Some(ways) = one.get_mut("anyOf").and_then(Value::as_array_mut) {
                ways.push(tests);
            }
            one
        })
    }

    fn flag(&mut self) -> Value {
        self.part("flag", |_| {
            one_or_more(
                &json!({"anyOf": [{"type": "boolean"}, without_case(&["yes", "no", "true", "false"])]}),
            )
        })
    }

    /// What a test states: facts as callers give them.
    fn given_map(&mut self, own: &[AttributeDef]) -> Value {
        let stated = self.part("stated", |_| {
            one_or_more(&json!({"type": ["string", "number", "boolean"]}))
        });
        let mut properties = Map::new();
        let facts = TABLE
            .iter()
            .map(|entry| (entry.attribute.name().to_owned(), &*entry.doc));
        let own = own
            .iter()
            .map(|own| (own.name.value.clone(), "a fact of your own"));
        for (name, doc) in facts.chain(own) {
            let mut value = stated.clone();
            describe(&mut value, doc);
            properties.insert(name, value);
        }
        properties.extend(self.fields(GIVEN.fields));
        json!({"type": "object", "properties": properties, "additionalProperties": false})
    }

    /// What a rule does: one word, or a map of effects and of what belongs to them.
    pub(super) fn effects(&mut self) -> Value {
        self.part("effects", |parts| {
            let mut properties = BTreeMap::new();
            for row in EFFECTS {
                properties.insert(row.name.to_owned(), parts.effect(row));
                properties.extend(parts.fields(row.beside));
            }
            let alone = EFFECTS.iter().filter(|row| stands_alone(row)).map(|row| row.name);
            json!({
                "anyOf": [
                    {"enum": alone.collect::<Vec<_>>()},
                    {
                        "type": "object",
                        "properties": properties,
                        "minProperties": 1,
                        "additionalProperties": false,
                        "dependencies": together(),
                    },
                ],
            })
        })
    }

    fn effect(&mut self, row: &EffectRow) -> Value {
        let mut ways: Vec<Value> = Vec::new();
        for form in row.forms {
            let way = self.shape(form.shape);
            if !ways.contains(&way) {
                ways.push(way);
            }
        }
        let mut value = if ways.len() == 1 {
            ways.pop().unwrap_or_default()
        } else {
            json!({"anyOf": ways})
        };
        if row.often == Often::Several {
            value = one_or_more(&value);
        }
        describe(&mut value, &format!("{}: {}", row.sort.name(), row.doc));
        value
    }
}

fn stands_alone(row: &EffectRow) -> bool {
    row.forms
        .iter()
        .any(|form| form.shape == crate::rules::syntax::table::Shape::Alone)
}

/// Which keys of `then` ask for others beside them.
fn together() -> BTreeMap<&'static str, Vec<&'static str>> {
    use crate::rules::syntax::table::Need;
    let mut asked = BTreeMap::new();
    for row in EFFECTS.iter().filter(|row| !row.beside.is_empty()) {
        let required = row.beside.iter().filter(|field| field.need == Need::Required);
        asked.insert(row.name, required.map(|field| field.name).collect());
        for field in row.beside {
            asked.insert(field.name, vec![row.name]);
        }
    }
    asked
}

/// One of these words, in capitals or not.
fn without_case(words: &[&str]) -> Value {
    let letter = |c: char| {
        if c.is_ascii_alphabetic() {
            format!("[{}{}]", c.to_ascii_lowercase(), c.to_ascii_uppercase())
        } else {
            c.to_string()
        }
    };
    let looks: Vec<String> = words
        .iter()
        .map(|word| word.chars().map(letter).collect::<String>())
        .collect();
    json!({"anyOf": [{"enum": words}, {"type": "string", "pattern": format!("^({})$", looks.join("|"))}]})
}
