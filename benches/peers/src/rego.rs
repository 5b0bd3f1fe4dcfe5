use std::{
    fmt::Write as _,
    num::{NonZeroU32, NonZeroUsize},
    sync::Arc,
};

use regorus::{Engine, PolicyLengthConfig, Value, languages::rego::compiler::Compiler, rvm::vm::RegoVM};
use serde_json::json;

use crate::{
    peer::{Outcome, Peer},
    work::{Facts, Rule},
};

const HEAD: &str = "package ads\nimport rego.v1\n\nunder(site, domain, _) if site == domain\nunder(site, _, suffix) if endswith(site, suffix)\n\n";
const ENTRY: &str = "data.ads.deny";

fn text(rules: &[Rule]) -> String {
    let mut text = HEAD.to_owned();
    for rule in rules {
        let [c1, c2] = rule.countries;
        let [a, b, c] = &rule.categories;
        let (from, until) = rule.window();
        let (id, site, price) = (&rule.id, &rule.site, rule.price_micros);
        writeln!(
            text,
            "deny contains \"{id}\" if {{\n  input.country in {{\"{c1}\", \"{c2}\"}}\n  some category in input.categories\n  \
             category in {{\"{a}\", \"{b}\", \"{c}\"}}\n  under(input.site, \"{site}\", \".{site}\")\n  input.price > {price}\n  \
             input.now >= {from}\n  input.now < {until}\n}}"
        )
        .unwrap();
    }
    text
}

fn engine(text: String) -> Result<Engine, String> {
    let mut engine = Engine::new();
    // The limits that it sets by default are meant for untrusted files; these are ours.
    engine.set_policy_length_config(PolicyLengthConfig {
        max_col: NonZeroU32::new(4_096).unwrap(),
        max_file_bytes: NonZeroUsize::new(64 << 20).unwrap(),
        max_lines: NonZeroUsize::new(1_000_000).unwrap(),
    });
    engine
        .add_policy("ads.rego".to_owned(), text)
        .map_err(|error| error.to_string())?;
    Ok(engine)
}

fn ids(value: &Value) -> Vec<String> {
    let set = value
        .as_set()
        .map(|set| set.iter().cloned().collect::<Vec<_>>())
        .unwrap_or_default();
    set.iter()
        .filter_map(|id| Some(id.as_string().ok()?.to_string()))
        .collect()
}

fn input(facts: &Facts) -> Value {
    Value::from(json!({
        "country": facts.country,
        "categories": facts.categories,
        "site": facts.site,
        "price": facts.price_micros,
        "now": facts.now_ms,
    }))
}

/// The interpreter.
pub struct Rego(Engine);

impl Peer for Rego {
    const NAME: &'static str = "regorus 0.14";
    type Request = Value;

    fn load(rules: &[Rule]) -> Result<Self, String> {
        let mut engine = engine(text(rules))?;
        // Prepares the rules; else the first decision would pay for it.
        engine.set_input(Value::from(json!({})));
        engine
            .eval_rule(ENTRY.to_owned())
            .map_err(|error| error.to_string())?;
        Ok(Self(engine))
    }

    fn request(&self, facts: &Facts) -> Value {
        input(facts)
    }

    fn decide(&mut self, request: &Value) -> Vec<String> {
        self.0.set_input(request.clone());
        ids(&self.0.eval_rule(ENTRY.to_owned()).unwrap())
    }
}

/// The same rules compiled for its virtual machine.
pub struct Compiled(RegoVM);

impl Peer for Compiled {
    const NAME: &'static str = "regorus 0.14, compiled";
    type Request = Value;

    fn load(rules: &[Rule]) -> Result<Self, String> {
        let mut engine = engine(text(rules))?;
        let policy = engine
            .compile_with_entrypoint(&Arc::from(ENTRY))
            .map_err(|error| error.to_string())?;
        let program = Compiler::compile_from_policy(&policy, &[ENTRY]).map_err(|error| error.to_string())?;
        let mut machine = RegoVM::new_with_policy(policy);
        machine.load_program(program);
        Ok(Self(machine))
    }

    fn request(&self, facts: &Facts) -> Value {
        input(facts)
    }

    fn decide(&mut self, request: &Value) -> Vec<String> {
        self.0.set_input(request.clone());
        ids(&self.0.execute_entry_point_by_name(ENTRY).unwrap())
    }
}

const RULE: &str = "deny contains \"r\" if {\n  input.country in {\"IT\"}\n  some category in input.categories\n  category in \
                    {\"IAB8-5\"}\n  under(input.site, \"x.example\", \".x.example\")\n}\n";

fn outcome(rule: &str, change: impl FnOnce(&mut serde_json::Value)) -> Outcome {
    let mut facts = json!({"country": "IT", "categories": ["IAB8-5"], "site": "www.x.example"});
    change(&mut facts);
    let mut engine = match engine(format!("{HEAD}{rule}")) {
        Ok(engine) => engine,
        Err(error) => return Outcome::Refused(error),
    };
    engine.set_input(Value::from(facts));
    match engine.eval_rule(ENTRY.to_owned()) {
        Ok(value) if ids(&value).is_empty() => Outcome::LetsThrough,
        Ok(_) => Outcome::Blocks,
        Err(error) => Outcome::Error(error.to_string()),
    }
}

pub fn outcomes() -> Vec<Outcome> {
    let without = |key: &'static str| {
        outcome(RULE, |facts| {
            facts.as_object_mut().unwrap().remove(key);
        })
    };
    vec![
        outcome(RULE, |_| {}),
        without("country"),
        without("categories"),
        without("site"),
        outcome(RULE, |facts| facts["country"] = json!(39)),
        outcome(&RULE.replace("country", "contry"), |_| {}),
        outcome(&RULE.replace("{\"IT\"}", "{\"IT\""), |_| {}),
    ]
}
