use std::{collections::HashMap, sync::Arc};

use cel::{Context, Env, Program, Value};

use crate::{
    peer::{Outcome, Peer},
    work::{Facts, Rule},
};

pub struct Cel {
    env: Arc<Env>,
    rules: Vec<(String, Program)>,
}

impl Peer for Cel {
    const NAME: &'static str = "cel 0.15";
    type Request = Context<'static, 'static>;

    fn load(rules: &[Rule]) -> Result<Self, String> {
        let env = Arc::new(Env::stdlib());
        let compiled = rules.iter().map(|rule| {
            let [c1, c2] = rule.countries;
            let [a, b, c] = &rule.categories;
            let (from, until) = rule.window();
            let (site, price) = (&rule.site, rule.price_micros);
            let text = format!(
                "bid.country in ['{c1}', '{c2}'] && bid.categories.exists(c, c in ['{a}', '{b}', '{c}']) && (bid.site \
                 == '{site}' || bid.site.endsWith('.{site}')) && bid.price > {price} && bid.now >= {from} && bid.now < {until}"
            );
            let program = env.compile(&text).map_err(|error| error.to_string())?;
            Ok((rule.id.clone(), program))
        });
        let rules = compiled.collect::<Result<_, String>>()?;
        Ok(Self { env, rules })
    }

    fn request(&self, facts: &Facts) -> Self::Request {
        let bid: HashMap<&str, Value> = HashMap::from([
            ("country", facts.country.clone().into()),
            ("categories", facts.categories.clone().into()),
            ("site", facts.site.clone().into()),
            ("price", facts.price_micros.into()),
            ("now", facts.now_ms.into()),
        ]);
        context(&self.env, bid)
    }

    fn decide(&mut self, request: &Self::Request) -> Vec<String> {
        let restricts = |program: &Program| program.execute(request) == Ok(Value::Bool(true));
        let matching = self.rules.iter().filter(|(_, program)| restricts(program));
        matching.map(|(id, _)| id.clone()).collect()
    }
}

fn context(env: &Arc<Env>, bid: HashMap<&str, Value>) -> Context<'static, 'static> {
    let mut context = Context::with_env(Arc::clone(env));
    context.add_variable_from_value("bid", bid);
    context
}

const RULE: &str = "bid.country in ['IT'] && bid.categories.exists(c, c in ['IAB8-5']) && (bid.site == 'x.example' || \
                    bid.site.endsWith('.x.example'))";

fn outcome(rule: &str, change: impl FnOnce(&mut HashMap<&str, Value>)) -> Outcome {
    let env = Arc::new(Env::stdlib());
    let program = match env.compile(rule) {
        Ok(program) => program,
        Err(error) => return Outcome::Refused(error.to_string()),
    };
    let mut bid: HashMap<&str, Value> = HashMap::from([
        ("country", "IT".into()),
        ("categories", vec!["IAB8-5"].into()),
        ("site", "www.x.example".into()),
    ]);
    change(&mut bid);
    match program.execute(&context(&env, bid)) {
        Ok(Value::Bool(true)) => Outcome::Blocks,
        Ok(_) => Outcome::LetsThrough,
        Err(error) => Outcome::Error(error.to_string()),
    }
}

pub fn outcomes() -> Vec<Outcome> {
    let without = |key: &'static str| outcome(RULE, move |bid| drop(bid.remove(key)));
    vec![
        outcome(RULE, |_| {}),
        without("country"),
        without("categories"),
        without("site"),
        outcome(RULE, |bid| drop(bid.insert("country", 39_i64.into()))),
        outcome(&RULE.replace("country", "contry"), |_| {}),
        outcome(&RULE.replace("'IT']", "'IT'"), |_| {}),
    ]
}
