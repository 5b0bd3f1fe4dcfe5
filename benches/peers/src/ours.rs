use std::fmt::Write as _;

use balustrade::{
    domain::{
        Attribute, CandidateLimits, Choice, FactValue, Micros, Query, RuleIx, Timestamp, Word, apply, causes,
    },
    rules::{Diagnostic, RuleTest, Rulebook, Sources, compile},
};

use crate::{
    peer::{Outcome, Peer},
    work::{Facts, Rule},
};

const HEAD: &str =
    "rules_of: peers\ntier: company\nowner: o@o.example\ntime_zone: UTC\ntests_at: 2026-06-02T10:00:00Z\n";

pub struct Ours {
    rulebook: Rulebook,
    lends: RuleTest,
    limits: Vec<CandidateLimits>,
}

/// `rules` are the texts of files of rules.
fn sources(rules: Vec<String>) -> Sources {
    let declarations = [
        (
            "campaigns.yaml",
            "campaigns:\n  - {id: c1, brand: a, objective: click, goal: manual, baseline: {bid: 1.00 EUR}}\n"
                .to_owned(),
        ),
        (
            "objectives.yaml",
            "objectives:\n  - {id: click, event: click, window: 30 min, for: [bid]}\n".to_owned(),
        ),
        (
            "defaults.yaml",
            "owner: o@o.example\nbecause: peers\nsafe_default: {bid: no_bid}\n".to_owned(),
        ),
        (
            "tests.yaml",
            format!(
                "{HEAD}tests:\n  - {{name: lends, given: {{kind: bid, campaign: c1}}, expect: {{verdict: allowed}}}}\n"
            ),
        ),
    ];
    let declarations = declarations.map(|(path, text)| (path.to_owned(), text));
    let rules = rules
        .into_iter()
        .enumerate()
        .map(|(at, text)| (format!("rules-{at}.yaml"), text));
    Sources::from_texts(declarations.into_iter().chain(rules))
}

fn loaded(rules: Vec<String>) -> Result<Ours, String> {
    let sources = sources(rules);
    let compiled = compile(&sources);
    let told = |finding: &Diagnostic| match &finding.help {
        Some(help) => format!("{}; {help}", finding.message),
        None => finding.message.to_string(),
    };
    let rulebook = compiled
        .rulebook
        .ok_or_else(|| compiled.findings.first().map(told).unwrap_or_default())?;
    let lends = rulebook.tests()[0].clone();
    Ok(Ours {
        rulebook,
        lends,
        limits: Vec::new(),
    })
}

fn word(text: &str) -> Word {
    Word::new(text).unwrap()
}

impl Peer for Ours {
    const NAME: &'static str = "Balustrade";
    type Request = (Query, Choice);

    fn load(rules: &[Rule]) -> Result<Self, String> {
        let mut texts = Vec::new();
        for (at, rule) in rules.iter().enumerate() {
            // A file holds at most one MiB; people keep theirs far smaller.
            if at % 1_000 == 0 {
                texts.push(format!("{HEAD}rules:\n"));
            }
            let [c1, c2] = rule.countries;
            let categories = rule.categories.join(", ");
            let ((m1, d1), (m2, d2)) = (rule.from, rule.until);
            let (euro, micros) = (
                rule.price_micros / 1_000_000,
                rule.price_micros % 1_000_000 / 10_000,
            );
            writeln!(
                texts.last_mut().unwrap(),
                "  - {{id: {}, for: [bid], when: {{market.country: [{c1}, {c2}], ad.category: [{categories}], \
                 page.site: {}}}, then: {{at_most: {euro}.{micros:02} EUR}}, from: 2026-{m1:02}-{d1:02}, until: \
                 2026-{m2:02}-{d2:02}, if_unknown: apply, because: peers}}",
                rule.id, rule.site
            )
            .unwrap();
        }
        loaded(texts)
    }

    fn request(&self, facts: &Facts) -> Self::Request {
        let mut query = self.lends.query.clone();
        query.now = Timestamp::from_millis(facts.now_ms);
        query
            .facts
            .set(Attribute::MarketCountry, FactValue::Word(word(&facts.country)));
        query
            .facts
            .set(Attribute::PageSite, FactValue::Word(word(&facts.site)));
        let categories = facts.categories.iter().map(|category| word(category)).collect();
        query.candidates[0]
            .facts
            .set(Attribute::AdCategory, FactValue::Words(categories));
        (query, Choice::Bid(Micros::new(facts.price_micros)))
    }

    fn decide(&mut self, (query, wish): &Self::Request) -> Vec<String> {
        let Self {
            rulebook,
            lends,
            limits,
        } = self;
        rulebook.limits_into(query, &lends.campaigns, &lends.ledger, limits);
        let limits = &limits[0];
        if apply(limits, *wish).choice == Some(*wish) {
            return Vec::new();
        }
        let causes = causes(limits, *wish);
        let named = |rule: &RuleIx| rulebook.table().get(*rule).unwrap().id.to_string();
        causes.because_of.iter().chain(&causes.also).map(named).collect()
    }
}

/// The outcome of one rule for one query.
fn outcome(when: &str, change: impl FnOnce(&mut Query)) -> Outcome {
    let rule = format!(
        "{HEAD}rules:\n  - {{id: r, for: [bid], when: {{{when}}}, then: block, if_unknown: apply, because: peers}}\n"
    );
    let ours = match loaded(vec![rule]) {
        Ok(ours) => ours,
        Err(told) => return Outcome::Refused(told),
    };
    let mut query = ours.lends.query.clone();
    query
        .facts
        .set(Attribute::MarketCountry, FactValue::Word(word("IT")));
    query
        .facts
        .set(Attribute::PageSite, FactValue::Word(word("www.x.example")));
    query.candidates[0]
        .facts
        .set(Attribute::AdCategory, FactValue::Words(vec![word("IAB8-5")]));
    change(&mut query);
    let limits = ours
        .rulebook
        .limits(&query, &ours.lends.campaigns, &ours.lends.ledger);
    let wish = Choice::Bid(Micros::new(1_000_000));
    match apply(&limits[0], wish).choice {
        Some(choice) if choice == wish => Outcome::LetsThrough,
        Some(_) | None => Outcome::Blocks,
    }
}

fn without(query: &mut Query, gone: &Attribute) {
    let facts = query.facts.iter().filter(|(attribute, _)| *attribute != gone);
    query.facts = facts
        .map(|(attribute, value)| (attribute.clone(), value.clone()))
        .collect();
}

pub fn outcomes() -> Vec<Outcome> {
    let when = "market.country: IT, ad.category: IAB8-5, page.site: x.example";
    vec![
        outcome(when, |_| {}),
        outcome(when, |query| without(query, &Attribute::MarketCountry)),
        outcome(when, |query| {
            query.candidates[0].facts = balustrade::domain::Facts::new()
        }),
        outcome(when, |query| without(query, &Attribute::PageSite)),
        outcome(when, |query| {
            query.facts.set(Attribute::MarketCountry, FactValue::Number(39))
        }),
        outcome(&when.replace("country", "contry"), |_| {}),
        outcome(&when.replace(": IT", ": [IT"), |_| {}),
    ]
}
