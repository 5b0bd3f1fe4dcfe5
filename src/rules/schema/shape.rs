//! What may be written at a field, as a schema.

use serde_json::{Value, json};

use super::Definitions;
use crate::rules::syntax::{
    scalar::UNITS,
    table::{Field, Shape},
};

impl Definitions {
    /// What may be written there.
    pub(super) fn shape(&mut self, shape: Shape) -> Value {
        match shape {
            Shape::Alone => json!({"enum": ["yes", "true", true, "", null]}),
            Shape::Text | Shape::Name => self.scalar(),
            Shape::Names => {
                let one = self.scalar();
                one_or_more(&one)
            }
            Shape::OneOf(words) => json!({"enum": words}),
            Shape::SomeOf(words) => one_or_more(&json!({"enum": words})),
            Shape::MoneyOr(words) => json!({"anyOf": [self.shape(Shape::Money), {"enum": words}]}),
            Shape::PercentOr(words) => json!({"anyOf": [self.shape(Shape::Percent), {"enum": words}]}),
            Shape::MoneyOrPercent => {
                json!({"anyOf": [self.shape(Shape::Money), self.shape(Shape::Percent)]})
            }
            Shape::Number => json!({"anyOf": [{"type": "integer"}, pattern(shape, r"^\s*[+-]?\d+\s*$")]}),
            Shape::Money => self.written(shape, "price", r"^\s*\d{1,12}(\.\d{1,6})?\s+[A-Z]{3}\s*$"),
            Shape::Currency => self.written(shape, "currency", "^[A-Z]{3}$"),
            Shape::Percent => self.written(shape, "percentage", r"^\s*[+-]?\d{1,5}(\.\d{1,2})?\s*%\s*$"),
            Shape::Evidence => {
                let time = time();
                self.written(
                    shape,
                    "evidence",
                    &format!(r"^\s*\d+\s+\S.*?(\s+in\s+{time})?\s*$"),
                )
            }
            Shape::Duration => self.written(shape, "length_of_time", &format!(r"^\s*{}\s*$", time())),
            Shape::Date => self.written(shape, "date", r"^\d{4}-\d{2}-\d{2}$"),
            Shape::Instant => self.written(shape, "instant", r"^\d{4}-\d{2}-\d{2}[Tt ]\d{2}\S*$"),
            Shape::Zone => self.written(shape, "time_zone", r"^[A-Za-z0-9_+/-]+$"),
            Shape::Condition => self.condition(),
            Shape::Effects => self.effects(),
            Shape::Facts => self.given(),
            Shape::Map(table) => self.table(table),
            Shape::MapOr(table, words) => json!({"anyOf": [self.table(table), {"enum": words}]}),
            Shape::ListOf(table) => json!({"type": "array", "items": self.table(table)}),
            Shape::Cap
            | Shape::PerFact
            | Shape::Windows
            | Shape::Moment
            | Shape::TimeOfDay
            | Shape::Range
            | Shape::Step
            | Shape::Freedom
            | Shape::Count => self.quantity(shape),
            Shape::Ranked
            | Shape::Shares
            | Shape::EachOf(_)
            | Shape::EachNames
            | Shape::Instants
            | Shape::Candidates => self.of_candidates(shape),
        }
    }

    /// An amount that an effect is written with.
    fn quantity(&mut self, shape: Shape) -> Value {
        #[expect(
            clippy::wildcard_enum_match_arm,
            reason = "the caller passes these shapes only"
        )]
        match shape {
            Shape::Cap => {
                let look = format!(r"^\s*\d+\s+in\s+{}(\s*across channels)?\s*$", time());
                self.written(shape, "cap", &look)
            }
            Shape::PerFact => self.written(shape, "limit_per_fact", r"^\s*\d+\s+per\s+\S+\s*$"),
            Shape::Windows => one_or_more(&self.scalar()),
            Shape::Moment => self.written(shape, "moment", r"^\s*(\d{4}-\d{2}-\d{2}|\d{1,2}:\d{2})\s*$"),
            Shape::TimeOfDay => self.written(shape, "time_of_day", r"^\s*\d{1,2}:\d{2}\s*$"),
            Shape::Range => self.written(shape, "range", r"^.*\d.*%\s*$"),
            Shape::Step => self.written(shape, "step", r"^.*\d.*(%|points?)\s*$"),
            Shape::Freedom => {
                let look = format!(r"^\s*(\+?\d+(\.\d+)?\s*(%|points?|slots?)|{})\s*$", time());
                self.written(shape, "freedom", &look)
            }
            Shape::Count => {
                json!({"anyOf": [{"type": "integer"}, pattern(shape, r"^\s*\d+\s*$")]})
            }
            _ => self.scalar(),
        }
    }

    /// What a test says of its candidates.
    fn of_candidates(&mut self, shape: Shape) -> Value {
        #[expect(
            clippy::wildcard_enum_match_arm,
            reason = "the caller passes these shapes only"
        )]
        match shape {
            Shape::Ranked => json!({"anyOf": [self.shape(Shape::Names), {"type": "object"}]}),
            Shape::Shares => json!({"type": "object"}),
            Shape::EachOf(words) => json!({"anyOf": [{"enum": words}, {"type": "object"}]}),
            Shape::EachNames => {
                let names = self.shape(Shape::Names);
                json!({"anyOf": [names, {"type": "object"}]})
            }
            Shape::Instants => one_or_more(&self.shape(Shape::Instant)),
            Shape::Candidates => json!({"type": "array", "items": self.given()}),
            _ => self.scalar(),
        }
    }

    /// Any single value: whoever means the text `12` need not write quotes.
    pub(super) fn scalar(&mut self) -> Value {
        self.part("scalar", |_| {
            json!({
                "type": ["string", "number", "boolean"],
                "pattern": r"\S",
                "patternErrorMessage": "nothing is written here",
            })
        })
    }

    /// A text of a certain look, under a name of its own.
    fn written(&mut self, shape: Shape, name: &str, look: &str) -> Value {
        self.part(name, |_| pattern(shape, look))
    }

    /// The map of these fields, without a word of which have to be there.
    pub(super) fn fields(&mut self, fields: &[Field]) -> Vec<(String, Value)> {
        let property = |field: &Field| {
            let mut value = self.shape(field.shape);
            super::describe(&mut value, field.doc);
            (field.name.to_owned(), value)
        };
        fields.iter().map(property).collect()
    }
}

/// One of these, or a list of them.
pub(super) fn one_or_more(one: &Value) -> Value {
    json!({"anyOf": [one, {"type": "array", "items": one}]})
}

fn pattern(shape: Shape, look: &str) -> Value {
    json!({
        "type": "string",
        "pattern": look,
        "patternErrorMessage": format!("write {}", shape.expected()),
    })
}

/// `30 days`
fn time() -> String {
    let units: Vec<&str> = UNITS.iter().flat_map(|(names, _)| *names).copied().collect();
    format!(r"\d{{1,7}}\s*({})", units.join("|"))
}
