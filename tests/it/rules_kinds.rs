//! Rules of all five kinds: every effect as the table has it, and the fast reading held against the plain one.

use std::sync::Arc;

use balustrade::{
    domain::{
        Attribute, Auction, AuctionType, Campaign, CampaignId, Candidate, CandidateId, Contacts, DecisionId,
        Duration, FactValue, Facts, Kind, Micros, Query, Question, Sending, Timestamp, Total, Word,
    },
    rehearsal::checked,
    rules::{Rulebook, Sources, StatedLedger, compile, interpreter, syntax::EFFECTS},
};
use proptest::{
    prelude::*,
    sample::{select, subsequence},
};

use crate::rules_random::{NOW, cases};

const DECLARED: [(&str, &str); 3] = [
    (
        "campaigns.yaml",
        "campaigns:\n  - {id: c1, brand: a, objective: click, goal: manual, baseline: {bid: 1.00 EUR, send_at: 10:00, list: [tea, coffee], share: 40%, probability: 5%}}\n  - {id: c2, brand: b, product: cups, objective: click, goal: manual, baseline: {bid: 2.00 EUR, send_at: 18:30, list: [cup], share: 60%, probability: 9%}}\n",
    ),
    (
        "objectives.yaml",
        "objectives:\n  - {id: click, event: click, window: 30 min, for: [bid, send_time, recommendation, budget, score]}\n",
    ),
    (
        "defaults.yaml",
        "owner: o@o.example\nbecause: none\nsafe_default: {bid: no_bid, send_time: held, recommendation: baseline, budget: last_split, score: 3%}\n",
    ),
];

fn effects(kind: Kind) -> Vec<&'static str> {
    let own: &[&str] = match kind {
        Kind::Bid => &[
            "{at_most: [2 in 7 days, 3.00 EUR]}",
            "{at_most: 3 in 30 days across channels}",
            "{exclude: {campaign: c2}}",
            "{start_at: 1.80 EUR, model_may_move: 20%, hand_over_at: 50 clicks}",
        ],
        Kind::SendTime => &[
            "{quiet_hours: [21:30-08:00, Sunday]}",
            "{quiet_hours: [holidays]}",
            "{only_on: [Monday-Friday 09:00-18:00]}",
            "{only_on: [Monday-Thursday 06:00-12:00, Sunday]}",
            "{quiet_hours: [05:00-12:30]}",
            "{not_before: 18:00}",
            "{not_before: 2026-11-05}",
            "{not_after: 20:00}",
            "{at_most: 2 in 7 days}",
            "{force: 11:15}",
            "{start_at: 09:30, model_may_move: 2 h, hand_over_at: 50 clicks in 30 days}",
        ],
        Kind::Recommendation => &[
            "{at_most: [2 per item.category, 3 per brand]}",
            "{at_most: 1 per product}",
            "{exclude: {item.in_stock: no}}",
            "{only: {item.category: drinks}}",
            "{pin: {slot: 2, where: {item: tea}}}",
            "{pin: {slot: 2, where: {item: cup}}}",
            "{pin: {slot: 2, where: {item: [tea, cup]}}}",
            "{pin: {slot: 1, where: {item.category: drinks}}}",
            "{boost: {by: +10%, where: {item.category: drinks}}}",
            "{boost: -30%}",
            "{start_at: [coffee, tea], model_may_move: 1 slot, hand_over_at: 50 clicks}",
        ],
        Kind::Budget => &[
            "{share: 10%-33.33%}",
            "{share: 55%-90%}",
            "{share: 0%-30%}",
            "{step_at_most: 20%}",
            "{step_at_most: 7.5 points}",
            "{force: 25%}",
            "{exclude: {arm: x}}",
            "{start_at: 20%, model_may_move: 5 points, hand_over_at: 50 clicks}",
        ],
        Kind::Score => &[
            "{at_least: 5%}",
            "{at_most: 80%}",
            "{force: 12.34%}",
            "{start_at: 20%, model_may_move: 5 points, hand_over_at: 50 clicks}",
        ],
    };
    own.iter()
        .copied()
        .chain(["block", "{hold: legal}", "{note: seen}"])
        .collect()
}

fn conditions(kind: Kind) -> Vec<&'static str> {
    let mut conditions = vec![
        "market.country: IT",
        "market.channel: email",
        "brand: a",
        "not: {campaign: c1}",
        "evidence: {at_most: 30}",
        "now: [Monday 00:00-12:00, Sunday]",
        "not: {now: Monday 09:00-21:00}",
    ];
    match kind {
        Kind::Recommendation => conditions.extend(["item.category: drinks", "item.in_stock: yes"]),
        Kind::Budget => conditions.extend(["arm: [x, y]", "arm: x", "arm: z"]),
        Kind::Bid | Kind::SendTime | Kind::Score => conditions.push("contact.segment: vip"),
    }
    conditions
}

/// A rule as text, apart from its id.
pub(crate) fn rule(kind: Kind) -> impl Strategy<Value = String> {
    let when = subsequence(conditions(kind), 0..=2);
    let (mode, if_unknown) = (
        select(vec!["enforce", "shadow"]),
        select(vec!["apply", "hold", "skip"]),
    );
    (select(effects(kind)), when, if_unknown, mode).prop_map(move |(then, when, if_unknown, mode)| {
        let parts: Vec<String> = when.iter().map(|part| format!("{{{part}}}")).collect();
        let when = match parts.as_slice() {
            [] => String::new(),
            [..] => format!("    when: {{all: [{}]}}\n", parts.join(", ")),
        };
        format!(
            "    for: [{kind}]\n{when}    then: {then}\n    if_unknown: {if_unknown}\n    accept_risk: a test\n    mode: {mode}\n    because: chance\n"
        )
    })
}

pub(crate) fn sources(rules: &[String]) -> Sources {
    let mut text = "rules_of: chance\ntier: company\nowner: o@o.example\ntime_zone: Europe/Rome\n".to_owned();
    if !rules.is_empty() {
        text += "rules:\n";
    }
    for (at, rule) in rules.iter().enumerate() {
        text += &format!("  - id: r{at}\n{rule}");
    }
    Sources::from_texts(DECLARED.into_iter().chain([("rules.yaml", text.as_str())]))
}

fn rulebook(rules: &[String]) -> Rulebook {
    let compiled = compile(&sources(rules));
    let told = format!("{:#?}\n{rules:?}", compiled.findings);
    compiled.rulebook.expect(&told)
}

fn word(text: &str) -> FactValue {
    FactValue::Word(Word::new(text).unwrap())
}

fn maybe(
    attribute: Attribute,
    values: Vec<&'static str>,
) -> impl Strategy<Value = Option<(Attribute, FactValue)>> {
    prop::option::weighted(0.7, select(values))
        .prop_map(move |value| value.map(|value| (attribute.clone(), word(value))))
}

fn facts() -> impl Strategy<Value = Facts> {
    (
        maybe(Attribute::MarketCountry, vec!["IT", "US"]),
        maybe(Attribute::MarketChannel, vec!["email", "push"]),
        maybe(Attribute::Contact, vec!["k-1"]),
        maybe(
            Attribute::ContactZone,
            vec!["Europe/Rome", "America/Denver", "Nowhere/Here"],
        ),
        maybe(Attribute::ContactSegment, vec!["vip", "new"]),
    )
        .prop_map(|(country, channel, contact, zone, segment)| {
            [country, channel, contact, zone, segment]
                .into_iter()
                .flatten()
                .collect()
        })
}

/// The facts of a candidate that the kind knows, and its campaign.
fn candidate(kind: Kind) -> impl Strategy<Value = (&'static str, Facts)> {
    let own = (
        maybe(Attribute::ItemCategory, vec!["drinks", "Drinks-hot", "cups"]),
        prop::option::of(any::<bool>()),
    );
    (select(vec!["c1", "c2"]), own).prop_map(move |(campaign, (category, in_stock))| {
        let stock = in_stock.map(|stock| (Attribute::ItemInStock, FactValue::Flag(stock)));
        let facts = match kind {
            Kind::Recommendation => category.into_iter().chain(stock).collect(),
            Kind::Bid | Kind::SendTime | Kind::Budget | Kind::Score => Facts::new(),
        };
        (campaign, facts)
    })
}

fn question(kind: Kind, last: Vec<Option<i64>>, hours: i64) -> Question {
    match kind {
        Kind::Bid => Question::Bid(Auction {
            auction_type: AuctionType::FirstPrice,
            floor: Micros::ZERO,
            currency: "EUR".parse().unwrap(),
            deals: Vec::new(),
            private: false,
            blocked_categories: Vec::new(),
            blocked_advertisers: Vec::new(),
            blocked_attributes: Vec::new(),
        }),
        Kind::SendTime => Question::SendTime(Sending {
            earliest: NOW,
            latest: NOW.plus(Duration::from_secs(hours * 3_600)),
            alternatives: 0,
        }),
        Kind::Recommendation => Question::Recommendation {
            slots: 3,
            context: Vec::new(),
            session: Vec::new(),
        },
        Kind::Budget => Question::Budget(Total {
            amount: Micros::new(1_000_000_001),
            currency: "EUR".parse().unwrap(),
            last: last.into_iter().map(|part| part.map(Micros::new)).collect(),
            spent: Vec::new(),
            period: None,
        }),
        Kind::Score => Question::Score,
    }
}

pub(crate) fn query(kind: Kind) -> impl Strategy<Value = Query> {
    let most = match kind {
        Kind::Bid | Kind::Recommendation | Kind::Budget => 4_usize,
        Kind::SendTime | Kind::Score => 1,
    };
    let last = prop::collection::vec(prop::option::of(0..600_000_000_i64), 4);
    let candidates = prop::collection::vec(candidate(kind), 1..=most);
    (facts(), candidates, last, 1..400_i64).prop_map(move |(facts, candidates, last, hours)| {
        let names = match kind {
            Kind::Budget => ["x", "y", "z", "w"],
            Kind::Bid | Kind::SendTime | Kind::Recommendation | Kind::Score => {
                ["tea", "coffee", "cup", "pot"]
            }
        };
        let candidates = candidates
            .into_iter()
            .zip(names)
            .map(|((campaign, mut facts), name)| {
                match kind {
                    Kind::Recommendation => facts.set(Attribute::Item, word(name)),
                    Kind::Budget => facts.set(Attribute::Arm, word(name)),
                    Kind::Bid | Kind::SendTime | Kind::Score => {}
                }
                Candidate {
                    id: CandidateId::new(name).unwrap(),
                    campaign: CampaignId::new(campaign).unwrap(),
                    facts,
                }
            });
        Query {
            decision: DecisionId::new(NOW, 0),
            now: NOW,
            seed: 0,
            caller: None,
            request: None,
            question: question(kind, last, hours),
            facts,
            candidates: candidates.collect(),
        }
    })
}

fn contacts() -> impl Strategy<Value = Contacts> {
    prop::collection::vec(-40..10_i64, 0..5).prop_map(|mut days| {
        days.sort_unstable();
        let at = |day: &i64| Timestamp::from_millis(NOW.as_millis() + day * 86_400_000);
        days.iter().map(at).collect()
    })
}

/// Rules and a query of one kind.
fn world() -> impl Strategy<Value = (Vec<String>, Query)> {
    select(Kind::ALL.as_slice()).prop_flat_map(|kind| (prop::collection::vec(rule(kind), 0..8), query(kind)))
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn the_fast_reading_of_every_kind_is_the_plain_one(
        (rules, query) in world(), evidence in 0..60_u32, contacts in contacts(),
    ) {
        let rulebook = rulebook(&rules);
        let declared = |candidate: &Candidate| rulebook.campaign(&candidate.campaign).unwrap().clone();
        let campaigns: Vec<Arc<Campaign>> = query.candidates.iter().map(declared).collect();
        let ledger = StatedLedger { evidence, contacts };
        let fast = rulebook.limits(&query, &campaigns, &ledger);
        let plain = interpreter::limits(&rulebook, &query, &campaigns, &ledger);
        prop_assert_eq!(fast, plain);
    }
}

#[test]
fn every_example_of_the_table_of_effects_is_read_for_each_of_its_kinds() {
    for row in EFFECTS {
        for form in row.forms {
            for kind in form.kinds {
                let then = form
                    .example
                    .replace("campaign: spring", "campaign: c1")
                    .replace("opens", "clicks");
                let text = format!(
                    "rules_of: x\ntier: company\nowner: o@o.example\ntime_zone: Europe/Rome\nrules:\n  - id: r\n    for: [{kind}]\n    then: {then}\n    if_unknown: apply\n    because: it is in the table\n"
                );
                let sources =
                    Sources::from_texts(DECLARED.into_iter().chain([("rules.yaml", text.as_str())]));
                let said: Vec<String> = checked(&sources)
                    .findings
                    .iter()
                    .map(|finding| finding.message.to_string())
                    .collect();
                assert!(said.is_empty(), "{text}\n{said:?}");
            }
        }
    }
}

#[test]
fn every_effect_is_refused_for_every_kind_that_does_not_have_it() {
    for row in EFFECTS {
        for kind in Kind::ALL {
            if row.kinds().any(|has| has == kind) {
                continue;
            }
            let example = row.forms[0].example;
            let text = format!(
                "rules_of: x\ntier: company\nowner: o@o.example\ntime_zone: Europe/Rome\nrules:\n  - id: r\n    for: [{kind}]\n    then: {example}\n    if_unknown: apply\n    because: no\n"
            );
            let sources = Sources::from_texts(DECLARED.into_iter().chain([("rules.yaml", text.as_str())]));
            let found = compile(&sources).findings;
            assert!(
                found.iter().any(|finding| finding.code == "R025"),
                "{text}\n{found:#?}"
            );
        }
    }
}
