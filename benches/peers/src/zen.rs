use std::sync::Arc;

use serde_json::{Value, json};
use tokio::runtime::Runtime;
use zen_engine::{
    Decision, Variable,
    model::{DecisionContent, GraphContent},
};

use crate::{
    peer::{Outcome, Peer},
    work::{Facts, Rule},
};

pub struct Zen {
    decision: Decision,
    runtime: Runtime,
}

fn row(id: &str, country: &str, categories: &str, site: &str, price: &str, now: &str) -> Value {
    json!({"_id": id, "country": country, "categories": categories, "site": site, "price": price, "now": now,
        "out": format!("\"{id}\"")})
}

fn site(site: &str) -> String {
    format!("$ == \"{site}\" or endsWith($, \".{site}\")")
}

/// A decision table that collects every row that matches, compiled and indexed as the crate offers it.
fn decision(rows: Vec<Value>) -> Result<Decision, String> {
    let graph = json!({
        "nodes": [
            {"id": "in", "name": "in", "type": "inputNode", "content": {}},
            {"id": "table", "name": "table", "type": "decisionTableNode", "content": {
                "hitPolicy": "collect",
                "inputs": [
                    {"id": "country", "name": "country", "field": "country"},
                    {"id": "categories", "name": "categories"},
                    {"id": "site", "name": "site", "field": "site"},
                    {"id": "price", "name": "price", "field": "price"},
                    {"id": "now", "name": "now", "field": "now"},
                ],
                "outputs": [{"id": "out", "name": "rule", "field": "rule"}],
                "rules": rows,
            }},
            {"id": "out", "name": "out", "type": "outputNode", "content": {}},
        ],
        "edges": [
            {"id": "e1", "sourceId": "in", "targetId": "table", "type": "edge"},
            {"id": "e2", "sourceId": "table", "targetId": "out", "type": "edge"},
        ],
    });
    let content: DecisionContent = serde_json::from_value(graph).map_err(|error| error.to_string())?;
    let mut graph: GraphContent = content.as_graph().cloned().ok_or("no graph")?;
    graph.compile();
    let decision = Decision::from(Arc::new(graph));
    decision.validate().map_err(|error| format!("{error:?}"))?;
    Ok(decision)
}

fn ids(result: &Variable) -> Vec<String> {
    let value = result.to_value();
    let rows = value.as_array().cloned().unwrap_or_default();
    rows.iter()
        .filter_map(|row| Some(row.get("rule")?.as_str()?.to_owned()))
        .collect()
}

impl Peer for Zen {
    const NAME: &'static str = "zen-engine 2.1";
    type Request = Variable;

    fn load(rules: &[Rule]) -> Result<Self, String> {
        let rows = rules.iter().map(|rule| {
            let [c1, c2] = rule.countries;
            let [a, b, c] = &rule.categories;
            let (from, until) = rule.window();
            row(
                &rule.id,
                &format!("\"{c1}\", \"{c2}\""),
                &format!("some(categories, # in [\"{a}\", \"{b}\", \"{c}\"])"),
                &site(&rule.site),
                &format!("> {}", rule.price_micros),
                &format!("[{from}..{until})"),
            )
        });
        Ok(Self {
            decision: decision(rows.collect())?,
            runtime: runtime(),
        })
    }

    fn request(&self, facts: &Facts) -> Variable {
        Variable::from(json!({
            "country": facts.country,
            "categories": facts.categories,
            "site": facts.site,
            "price": facts.price_micros,
            "now": facts.now_ms,
        }))
    }

    fn decide(&mut self, request: &Variable) -> Vec<String> {
        let response = self.runtime.block_on(self.decision.evaluate(request.clone()));
        ids(&response.unwrap().result)
    }
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().build().unwrap()
}

fn outcome(cells: [&str; 3], change: impl FnOnce(&mut Value)) -> Outcome {
    let [country, categories, site] = cells;
    let mut facts =
        json!({"country": "IT", "categories": ["IAB8-5"], "site": "www.x.example", "price": 1, "now": 1});
    change(&mut facts);
    let decision = match decision(vec![row("r", country, categories, site, "> 0", "> 0")]) {
        Ok(decision) => decision,
        Err(error) => return Outcome::Refused(error),
    };
    match runtime().block_on(decision.evaluate(Variable::from(facts))) {
        Ok(response) if ids(&response.result).is_empty() => Outcome::LetsThrough,
        Ok(_) => Outcome::Blocks,
        Err(error) => Outcome::Error(error.to_string()),
    }
}

pub fn outcomes() -> Vec<Outcome> {
    let site = site("x.example");
    let cells = ["\"IT\"", "some(categories, # in [\"IAB8-5\"])", site.as_str()];
    let without = |key: &'static str| {
        outcome(cells, |facts| {
            facts.as_object_mut().unwrap().remove(key);
        })
    };
    vec![
        outcome(cells, |_| {}),
        without("country"),
        without("categories"),
        without("site"),
        outcome(cells, |facts| facts["country"] = json!(39)),
        outcome([cells[0], "some(categores, # in [\"IAB8-5\"])", cells[2]], |_| {}),
        outcome(["\"IT", cells[1], cells[2]], |_| {}),
    ]
}
