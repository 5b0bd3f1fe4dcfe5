use std::{fmt::Write as _, str::FromStr};

use cedar_policy::{
    Authorizer, Context, Decision, Entities, EntityUid, PolicySet, Request, Schema, ValidationMode, Validator,
};
use serde_json::{Value, json};

use crate::{
    peer::{Outcome, Peer},
    work::{Facts, Rule},
};

pub struct Cedar {
    rules: PolicySet,
    authorizer: Authorizer,
    entities: Entities,
}

fn uid(text: &str) -> EntityUid {
    EntityUid::from_str(text).unwrap()
}

fn request(context: Context, schema: Option<&Schema>) -> Result<Request, String> {
    let (principal, action, resource) = (uid(r#"Model::"m""#), uid(r#"Action::"bid""#), uid(r#"Page::"p""#));
    Request::new(principal, action, resource, context, schema).map_err(|error| error.to_string())
}

impl Peer for Cedar {
    const NAME: &'static str = "cedar-policy 4.14";
    type Request = Request;

    fn load(rules: &[Rule]) -> Result<Self, String> {
        let mut text = "permit(principal, action, resource);\n".to_owned();
        for rule in rules {
            let [c1, c2] = rule.countries;
            let [a, b, c] = &rule.categories;
            let (from, until) = rule.window();
            let (id, site, price) = (&rule.id, &rule.site, rule.price_micros);
            writeln!(
                text,
                "@id(\"{id}\") forbid(principal, action, resource) when {{ [\"{c1}\", \"{c2}\"].contains(context.country) \
                 && context.categories.containsAny([\"{a}\", \"{b}\", \"{c}\"]) && (context.site == \"{site}\" || \
                 context.site like \"*.{site}\") && context.price > {price} && context.now >= {from} && context.now < {until} }};"
            )
            .unwrap();
        }
        let rules = PolicySet::from_str(&text).map_err(|error| error.to_string())?;
        Ok(Self {
            rules,
            authorizer: Authorizer::new(),
            entities: Entities::empty(),
        })
    }

    fn request(&self, facts: &Facts) -> Request {
        let context = json!({
            "country": facts.country,
            "categories": facts.categories,
            "site": facts.site,
            "price": facts.price_micros,
            "now": facts.now_ms,
        });
        request(Context::from_json_value(context, None).unwrap(), None).unwrap()
    }

    fn decide(&mut self, request: &Request) -> Vec<String> {
        let response = self
            .authorizer
            .is_authorized(request, &self.rules, &self.entities);
        if response.decision() == Decision::Allow {
            return Vec::new();
        }
        let named = |id| self.rules.annotation(id, "id").unwrap_or_default().to_owned();
        response.diagnostics().reason().map(named).collect()
    }
}

const RULE: &str = r#"permit(principal, action, resource);
forbid(principal, action, resource) when { ["IT"].contains(context.country) && context.categories.containsAny(["IAB8-5"])
    && (context.site == "x.example" || context.site like "*.x.example") };"#;

const SCHEMA: &str = r#"entity Model; entity Page;
action bid appliesTo { principal: Model, resource: Page, context: { country: String, categories: Set<String>, site: String } };"#;

fn outcome(rule: &str, schema: Option<&Schema>, change: impl FnOnce(&mut Value)) -> Outcome {
    let rules = match PolicySet::from_str(rule) {
        Ok(rules) => rules,
        Err(error) => return Outcome::Refused(error.to_string()),
    };
    if let Some(schema) = schema {
        let checked = Validator::new(schema.clone()).validate(&rules, ValidationMode::Strict);
        if let Some(error) = checked.validation_errors().next() {
            return Outcome::Refused(error.to_string());
        }
    }
    let mut context = json!({"country": "IT", "categories": ["IAB8-5"], "site": "www.x.example"});
    change(&mut context);
    let action = uid(r#"Action::"bid""#);
    let read = Context::from_json_value(context, schema.map(|schema| (schema, &action)));
    let asked = match read {
        Ok(context) => request(context, schema),
        Err(error) => Err(error.to_string()),
    };
    match asked {
        Err(error) => Outcome::Error(error),
        Ok(request) => {
            let response = Authorizer::new().is_authorized(&request, &rules, &Entities::empty());
            match response.decision() {
                Decision::Allow => Outcome::LetsThrough,
                Decision::Deny => Outcome::Blocks,
            }
        }
    }
}

pub fn outcomes(with_schema: bool) -> Vec<Outcome> {
    let schema = with_schema.then(|| Schema::from_cedarschema_str(SCHEMA).unwrap().0);
    let schema = schema.as_ref();
    let without = |key: &'static str| {
        outcome(RULE, schema, |context| {
            context.as_object_mut().unwrap().remove(key);
        })
    };
    vec![
        outcome(RULE, schema, |_| {}),
        without("country"),
        without("categories"),
        without("site"),
        outcome(RULE, schema, |context| context["country"] = json!(39)),
        outcome(&RULE.replace("country", "contry"), schema, |_| {}),
        outcome(&RULE.replace("\"IT\"]", "\"IT\""), schema, |_| {}),
    ]
}
