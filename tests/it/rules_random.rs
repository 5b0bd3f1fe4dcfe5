//! Random rulebooks and queries over a small world, in which facts often meet rules.

use std::{fmt::Write as _, sync::Arc};

use balustrade::{
    domain::{
        Attribute, Auction, AuctionType, Campaign, Candidate, CandidateId, CandidateLimits, DecisionId,
        FactValue, Facts, Label, Micros, Query, Question, Risk, Timestamp, Word,
    },
    rules::{Rulebook, Sources, StatedLedger, compile},
};
use proptest::{prelude::*, sample::select};

/// How many cases a law is tried on.
pub(crate) fn cases() -> ProptestConfig {
    let long = std::env::var_os("BALUSTRADE_TEST_LONG").is_some();
    ProptestConfig::with_cases(if long { 100_000 } else { 256 })
}

/// The instant of every random query.
pub(crate) const NOW: Timestamp = Timestamp::from_millis(1_793_600_000_000);

const ATOMS: [&str; 19] = [
    "market.country: IT",
    "market.country: [IT, ES]",
    "market.channel: video",
    "page.site: x.example",
    "page.site: lists/sites.csv",
    "content.topic: Terrorism, content.risk: [high, floor]",
    "content.topic: Sensitive Topics",
    "content.risk: high",
    "contact.age: {at_least: 18, at_most: 30}",
    "evidence: {at_most: 30}",
    "page.text: {mentions: lists/words.csv}",
    "ad.category: IAB8",
    "ad.category: [IAB8-5, IAB7]",
    "brand: b",
    "campaign: c1",
    "device.type: phone",
    "not: {page.site: y.example}",
    "not: {ad.category: IAB7}",
    "any: [{market.country: IT}, {ad.category: IAB8-5}]",
];

/// Effects that only tighten.
pub(crate) const RESTRICTIONS: [&str; 8] = [
    "block",
    "{hold: legal}",
    "{at_least: 0.50 EUR}",
    "{at_least: 1.20 EUR}",
    "{at_most: 3.00 EUR}",
    "{at_most: 1.00 EUR}",
    "{exclude: {ad.category: IAB8}}",
    "{only: {campaign: c1}}",
];
const OTHERS: [&str; 6] = [
    "{adjust: -20%}",
    "{adjust: 30%}",
    "{force: 1.10 EUR}",
    "{force: 2.00 EUR}",
    "{start_at: 1.80 EUR, model_may_move: 20%, hand_over_at: 50 clicks in 30 days}",
    "{note: seen}",
];

/// A rule in the making.
#[derive(Debug, Clone)]
pub(crate) struct RandomRule {
    /// 0 legal, 1 company, 2 brand, 3 campaign.
    pub(crate) tier: usize,
    pub(crate) when: Vec<&'static str>,
    pub(crate) unless: Vec<&'static str>,
    pub(crate) then: &'static str,
    pub(crate) if_unknown: &'static str,
    pub(crate) mode: &'static str,
    pub(crate) except: Option<&'static str>,
}

fn atoms(most: usize) -> impl Strategy<Value = Vec<&'static str>> {
    prop::collection::vec(select(ATOMS.as_slice()), 0..=most)
}

/// A rule with one of these effects.
pub(crate) fn rule(effects: Vec<&'static str>) -> impl Strategy<Value = RandomRule> {
    let how = (
        select(vec!["apply", "hold", "skip"]),
        select(vec!["enforce", "enforce", "enforce", "shadow", "off"]),
    );
    let except = prop::option::weighted(0.2, select(ATOMS.as_slice()));
    (0..4_usize, atoms(3), atoms(1), select(effects), how, except).prop_map(
        |(tier, when, unless, then, (if_unknown, mode), except)| RandomRule {
            tier,
            when,
            unless,
            then,
            if_unknown,
            mode,
            except,
        },
    )
}

/// A rule with any effect.
pub(crate) fn any_rule() -> impl Strategy<Value = RandomRule> {
    rule([RESTRICTIONS.as_slice(), OTHERS.as_slice()].concat())
}

const HEADS: [&str; 4] = [
    "rules_of: L\ntier: legal\n",
    "rules_of: C\ntier: company\n",
    "rules_of: B\ntier: brand\napplies_to: {brand: a}\n",
    "rules_of: P\ntier: campaign\napplies_to: {campaign: c1}\n",
];

fn all(atoms: &[&str]) -> String {
    let parts: Vec<String> = atoms.iter().map(|atom| format!("{{{atom}}}")).collect();
    format!("{{all: [{}]}}", parts.join(", "))
}

/// The text of a rule.
fn text(id: &str, rule: &RandomRule) -> String {
    let mut text = format!("  - id: {id}\n    for: [bid]\n    then: {}\n", rule.then);
    let when = &rule.when;
    if !when.is_empty() {
        writeln!(text, "    when: {}", all(when)).unwrap();
    }
    if !rule.unless.is_empty() {
        writeln!(text, "    unless: {}", all(&rule.unless)).unwrap();
    }
    if rule.if_unknown == "skip" {
        text += "    accept_risk: it is a test\n";
    }
    writeln!(
        text,
        "    if_unknown: {}\n    mode: {}\n    because: chance",
        rule.if_unknown, rule.mode
    )
    .unwrap();
    text
}

/// The files of a rules folder with these rules; `order` shuffles rules and names of files.
pub(crate) fn sources(rules: &[(String, RandomRule)], reversed: Order) -> Sources {
    let mut texts: Vec<(String, String)> = declarations();
    for (tier, head) in HEADS.iter().enumerate() {
        let mut of_tier: Vec<&(String, RandomRule)> =
            rules.iter().filter(|(_, rule)| rule.tier == tier).collect();
        if reversed == Order::Reversed {
            of_tier.reverse();
        }
        let mut body = format!("{head}owner: o@o.example\ntime_zone: Europe/Rome\n");
        if !of_tier.is_empty() {
            body += "rules:\n";
            of_tier.iter().for_each(|(id, rule)| body += &text(id, rule));
        }
        let excepted: Vec<_> = of_tier
            .iter()
            .filter_map(|(id, rule)| rule.except.map(|when| (id, when)))
            .collect();
        if !excepted.is_empty() {
            body += "exceptions:\n";
            for (id, when) in excepted {
                writeln!(
                    body,
                    "  - {{to: {id}, when: {{{when}}}, because: chance, until: 2030-12-31}}"
                )
                .unwrap();
            }
        }
        let name = match reversed {
            Order::Written => format!("{tier}.yaml"),
            Order::Reversed => format!("z{}.yaml", 9 - tier),
        };
        if !of_tier.is_empty() {
            texts.push((name, body));
        }
    }
    Sources::from_texts(texts)
}

/// In which order rules stand in their files, and files in their folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    Written,
    Reversed,
}

fn declarations() -> Vec<(String, String)> {
    let campaign = |id: &str, brand: &str| {
        format!(
            "  - {{id: {id}, brand: {brand}, objective: click, goal: manual, baseline: {{bid: 1.00 EUR}}}}\n"
        )
    };
    [
        (
            "campaigns.yaml",
            format!("campaigns:\n{}{}", campaign("c1", "a"), campaign("c2", "b")),
        ),
        (
            "objectives.yaml",
            "objectives:\n  - {id: click, event: click, window: 30 min, for: [bid]}\n".into(),
        ),
        (
            "defaults.yaml",
            "owner: o@o.example\nbecause: none\nsafe_default: {bid: no_bid}\n".into(),
        ),
        (
            "lists/words.csv",
            "term;match\nguerra;word\nmala suerte;phrase\n".into(),
        ),
        ("lists/sites.csv", "site\nx.example\nz.example\n".into()),
    ]
    .map(|(path, text)| (path.to_owned(), text))
    .into()
}

/// Rules named by their places.
pub(crate) fn named(rules: &[RandomRule]) -> Vec<(String, RandomRule)> {
    let name = |(at, rule): (usize, &RandomRule)| (format!("r{at}"), rule.clone());
    rules.iter().enumerate().map(name).collect()
}

/// The rulebook of these rules.
pub(crate) fn rulebook(rules: &[(String, RandomRule)], order: Order) -> Rulebook {
    let sources = sources(rules, order);
    let compiled = compile(&sources);
    let findings = format!("{:#?}\n{sources:?}", compiled.findings);
    compiled.rulebook.expect(&findings)
}

fn word(text: &str) -> FactValue {
    FactValue::Word(Word::new(text).unwrap())
}

fn words(texts: &[&str]) -> FactValue {
    FactValue::Words(texts.iter().map(|text| Word::new(text).unwrap()).collect())
}

fn label() -> impl Strategy<Value = Label> {
    let topic = select(vec![
        "Terrorism",
        "8FD8nI",
        "terrorism!",
        "Online Piracy",
        "Sports",
    ]);
    let risk = prop::option::of(select(Risk::ALL.as_slice()));
    (topic, risk).prop_map(|(topic, risk)| Label {
        topic: Word::new(topic).unwrap(),
        risk,
    })
}

type Fact = (Attribute, FactValue);

fn maybe<V: std::fmt::Debug + Clone + 'static>(
    attribute: Attribute,
    values: Vec<V>,
    fact: fn(V) -> FactValue,
) -> impl Strategy<Value = Option<Fact>> {
    prop::option::weighted(0.8, select(values))
        .prop_map(move |value| value.map(|v| (attribute.clone(), fact(v))))
}

/// What is known of an impression.
fn facts() -> impl Strategy<Value = Facts> {
    let content = prop::option::weighted(0.8, prop::collection::vec(label(), 0..3));
    (
        maybe(Attribute::MarketCountry, vec!["IT", "es", "FR"], word),
        maybe(Attribute::MarketChannel, vec!["display", "video"], word),
        maybe(
            Attribute::PageSite,
            vec!["x.example", "WWW.x.example", "y.example", "z.example."],
            word,
        ),
        maybe(Attribute::DeviceType, vec!["phone", "tv"], word),
        maybe(Attribute::ContactAge, vec![17, 18, 30, 31], FactValue::Number),
        maybe(
            Attribute::PageText,
            vec!["La guerra!", "que mala  SUERTE", "calcio"],
            |text: &str| FactValue::Text(Arc::from(text)),
        ),
        content,
    )
        .prop_map(|(country, channel, site, device, age, text, content)| {
            let content = content.map(|labels| (Attribute::Content, FactValue::Labels(labels)));
            [country, channel, site, device, age, text, content]
                .into_iter()
                .flatten()
                .collect()
        })
}

/// What is known of a candidate, and which of the two campaigns it is of.
fn candidate() -> impl Strategy<Value = (&'static str, Facts)> {
    let categories: Vec<&[&str]> = vec![&["IAB8-5"], &["IAB8", "IAB7"], &["IAB7-1"], &[]];
    let category = prop::option::weighted(0.8, select(categories));
    (select(vec!["c1", "c2"]), category).prop_map(|(campaign, category)| {
        let facts = category.map(|category| (Attribute::AdCategory, words(category)));
        (campaign, facts.into_iter().collect())
    })
}

/// A query of one to three candidates.
pub(crate) fn query() -> impl Strategy<Value = Query> {
    (facts(), prop::collection::vec(candidate(), 1..4)).prop_map(|(facts, candidates)| Query {
        decision: DecisionId::new(NOW, 0),
        now: NOW,
        seed: 0,
        request: None,
        question: Question::Bid(Auction {
            auction_type: AuctionType::FirstPrice,
            floor: Micros::ZERO,
            currency: "EUR".parse().unwrap(),
            deals: Vec::new(),
            private: false,
            blocked_categories: Vec::new(),
            blocked_advertisers: Vec::new(),
            blocked_attributes: Vec::new(),
        }),
        facts,
        candidates: candidates
            .into_iter()
            .enumerate()
            .map(|(at, (campaign, facts))| Candidate {
                id: CandidateId::new(&format!("k{at}")).unwrap(),
                campaign: balustrade::domain::CampaignId::new(campaign).unwrap(),
                facts,
            })
            .collect(),
    })
}

/// The declared campaign of each candidate.
pub(crate) fn campaigns(rulebook: &Rulebook, query: &Query) -> Vec<Arc<Campaign>> {
    let declared = |candidate: &Candidate| rulebook.campaign(&candidate.campaign).unwrap().clone();
    query.candidates.iter().map(declared).collect()
}

/// The limits of every candidate, with `evidence` outcomes counted of every market.
pub(crate) fn limits(rulebook: &Rulebook, query: &Query, evidence: u32) -> Vec<CandidateLimits> {
    rulebook.limits(
        query,
        &campaigns(rulebook, query),
        &StatedLedger {
            evidence,
            ..StatedLedger::default()
        },
    )
}
