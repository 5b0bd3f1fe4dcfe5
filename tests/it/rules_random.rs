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
    ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(if long { 100_000 } else { 5_000 })
    }
}

/// How many queries a law puts to one random rulebook: compiling costs more than asking.
pub(crate) const QUERIES: usize = 10;

/// How many rulebooks a law is tried on that puts [`queries`] to each: as many cases in all as [`cases`].
pub(crate) fn rulebooks() -> ProptestConfig {
    let cases = cases();
    ProptestConfig {
        cases: cases.cases / u32::try_from(QUERIES).unwrap(),
        ..cases
    }
}

/// The queries of one rulebook.
pub(crate) fn queries() -> impl Strategy<Value = Vec<Query>> {
    prop::collection::vec(query(), QUERIES)
}

/// The instant of many a random query.
pub(crate) const NOW: Timestamp = Timestamp::from_millis(1_793_600_000_000);

const ATOMS: [&str; 38] = [
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
    "contact.age: [18-24, over 30]",
    "contact.age: under 18",
    "now: [Monday-Friday 09:00-18:00, Saturday 10:00-12:00]",
    "now: [22:00-06:30, 2026-10-25 02:00-02:30]",
    "not: {now: Sunday 02:30-03:30}",
    "page.text: {matches: ['gue.ra', '^calc']}",
    "page.text: {mentions: lists/words.csv, matches: la}",
    // The analyser spells no text in which it is found.
    r"page.text: {matches: 'a\b.'}",
    "page.site: città.example",
    "content.topic: Sports",
    "content.topic: [Soccer, Online Piracy], content.risk: [low, high]",
    "ad.category: Alcohol",
    "ad.category: [Beer, IAB7]",
    "shop.tier: gold",
    "shop.tags: [Rebajas, saldi]",
    "shop.stock: {under: 5}",
    "shop.margin: at least 1.00 EUR",
    "shop.open: no",
    "shop.since: before 2026-11-01",
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

const OWN: &str = "attributes:
  - {name: shop.tier, type: word, holds: one, given: optional, values: [gold, silver]}
  - {name: shop.tags, type: word, holds: many, given: optional, of: candidate}
  - {name: shop.stock, type: number, holds: one, given: optional, of: candidate}
  - {name: shop.margin, type: price, currency: EUR, holds: one, given: optional, of: candidate}
  - {name: shop.open, type: flag, holds: one, given: optional}
  - {name: shop.since, type: instant, holds: one, given: optional}
";

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
        ("attributes.yaml", OWN.into()),
        (
            "taxonomies/Content Taxonomy 3.1.tsv",
            "Unique ID\tParent\tName\n483\t\tSports\n533\t483\tSoccer\n1\t\tAutomotive\n".into(),
        ),
        (
            "taxonomies/Ad Product Taxonomy 2.0.tsv",
            "Unique ID\tParent ID\tName\n1002\t1002\tAlcohol\n1004\t1002\tBeer\n1010\t\tBusiness\n".into(),
        ),
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

fn words(texts: &'static [&'static str]) -> FactValue {
    FactValue::Words(texts.iter().map(|text| Word::new(text).unwrap()).collect())
}

fn label() -> impl Strategy<Value = Label> {
    let topic = select(vec![
        "Terrorism",
        "8FD8nI",
        "terrorism!",
        "Online Piracy",
        "Sports",
        "soccer",
        "533",
        "Gardening",
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
    // Now and then a value is of a type that its attribute never has.
    let value = prop_oneof![
        20 => select(values).prop_map(fact),
        1 => select(vec![FactValue::Number(39), FactValue::Flag(true), FactValue::Text("IT".into())]),
    ];
    prop::option::weighted(0.8, value).prop_map(move |value| value.map(|value| (attribute.clone(), value)))
}

/// What is known of an impression.
fn facts() -> impl Strategy<Value = Facts> {
    let content = prop::option::weighted(0.8, prop::collection::vec(label(), 0..3));
    let built_in = (
        maybe(Attribute::MarketCountry, vec!["IT", "es", "FR"], word),
        maybe(Attribute::MarketChannel, vec!["display", "video"], word),
        maybe(
            Attribute::PageSite,
            vec![
                "x.example",
                "WWW.x.example",
                "y.example",
                "z.example.",
                "www.CITTÀ.example",
                "xn--citt-3na.example",
            ],
            word,
        ),
        maybe(Attribute::DeviceType, vec!["phone", "tv"], word),
        maybe(Attribute::ContactAge, vec![17, 18, 30, 31], FactValue::Number),
        maybe(
            Attribute::PageText,
            vec!["La guerra!", "que mala  SUERTE", "calcio", "GUELRA"],
            |text: &str| FactValue::Text(Arc::from(text)),
        ),
        content,
    )
        .prop_map(|(country, channel, site, device, age, text, content)| {
            let content = content.map(|labels| (Attribute::Content, FactValue::Labels(labels)));
            [country, channel, site, device, age, text, content]
        });
    let own = (
        maybe(own("shop.tier"), vec!["Gold", "silver"], word),
        maybe(own("shop.open"), vec![true, false], FactValue::Flag),
        maybe(own("shop.since"), SWITCHES.to_vec(), FactValue::Instant),
    )
        .prop_map(|(tier, open, since)| [tier, open, since]);
    (built_in, own).prop_map(|(built_in, own)| built_in.into_iter().chain(own).flatten().collect())
}

fn own(name: &str) -> Attribute {
    Attribute::Own(Word::new(name).unwrap())
}

/// Around the hours at which clocks change in Rome and days begin there.
const SWITCHES: [Timestamp; 6] = [
    NOW,
    // 2026-10-25, 02:15 for the first and for the second time.
    Timestamp::from_millis(1_792_887_300_000),
    Timestamp::from_millis(1_792_890_900_000),
    // 2027-03-28, 01:59:59 and 03:00.
    Timestamp::from_millis(1_806_195_599_000),
    Timestamp::from_millis(1_806_195_600_000),
    // 2026-11-01, midnight.
    Timestamp::from_millis(1_793_487_600_000),
];

/// What is known of a candidate, and which of the two campaigns it is of.
fn candidate() -> impl Strategy<Value = (&'static str, Facts)> {
    let categories: Vec<&[&str]> = vec![
        &["IAB8-5"],
        &["IAB8", "IAB7"],
        &["IAB7-1"],
        &["1004"],
        &["beer", "IAB7"],
        &["Business"],
        &[],
    ];
    let tags: Vec<&[&str]> = vec![&["saldi"], &["REBAJAS", "nuovo"], &["nuovo"], &[]];
    let facts = (
        maybe(Attribute::AdCategory, categories, words),
        maybe(own("shop.tags"), tags, words),
        maybe(own("shop.stock"), vec![0, 4, 5], FactValue::Number),
        maybe(own("shop.margin"), vec![999_999, 1_000_000], |micros| {
            FactValue::Price(Micros::new(micros))
        }),
    );
    (select(vec!["c1", "c2"]), facts).prop_map(|(campaign, (category, tags, stock, margin))| {
        let facts = [category, tags, stock, margin];
        (campaign, facts.into_iter().flatten().collect())
    })
}

/// A query of one to three candidates.
pub(crate) fn query() -> impl Strategy<Value = Query> {
    (
        select(SWITCHES.to_vec()),
        facts(),
        prop::collection::vec(candidate(), 1..4),
    )
        .prop_map(|(now, facts, candidates)| Query {
            decision: DecisionId::new(now, 0),
            now,
            seed: 0,
            caller: None,
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
