//! `balustrade import` of messages, items, arms and leads: what becomes of their rows.

use std::sync::Arc;

use balustrade::{
    cli::import::{Format, Gate, Mapping, Observations, Reason, RefusedRow},
    domain::{
        Attribute, Baselines, BasisPoints, BrandId, Campaign, CampaignId, CandidateId, Currency, Duration,
        Event, FactValue, Facts, Goal, Kind, Micros, Objective, ObjectiveId, Observation, TimeOfDay,
        Timestamp, Word,
    },
    rules::{
        topics::Taxonomies,
        vocabulary::{Entry, FactType, Kinds, Multiplicity, Scope, Vocabulary},
    },
};

fn word(text: &str) -> Word {
    Word::new(text).unwrap()
}

fn at(text: &str) -> Timestamp {
    text.parse::<jiff::Timestamp>().unwrap().into()
}

/// A club that serves every kind but bids.
fn club(id: &CampaignId) -> Option<Arc<Campaign>> {
    (id.as_str() == "club").then(|| {
        Arc::new(Campaign {
            id: id.clone(),
            brand: BrandId::new("nova-drinks").unwrap(),
            product: None,
            objective: Objective {
                id: ObjectiveId::new("orders").unwrap(),
                event: word("order"),
                window: Duration::from_days(7),
            },
            goal: Goal::Manual,
            currency: "EUR".parse::<Currency>().unwrap(),
            baselines: Baselines {
                bid: None,
                send_at: Some(TimeOfDay::new(10, 0).unwrap()),
                list: Some(vec![CandidateId::new("tonic").unwrap()]),
                share: Some(BasisPoints::new(5_000)),
                probability: Some(Micros::new(50_000)),
            },
            budget: None,
            maturity: Default::default(),
            facts: Facts::from_iter([(Attribute::Brand, FactValue::Word(word("nova-drinks")))]),
        })
    })
}

/// What a leads team declares in `attributes.yaml`.
fn vocabulary() -> Vocabulary {
    let job = Entry {
        attribute: Attribute::Own(word("lead.job")),
        fact_type: FactType::Chosen,
        multiplicity: Multiplicity::One,
        scope: Scope::Query,
        kinds: Kinds::maybe(&Kind::ALL),
        values: vec!["retired".to_owned(), "student".to_owned()],
        doc: "what the lead does".into(),
    };
    Vocabulary::new(vec![job], Taxonomies::default())
}

fn opened(text: &str, mapping: &str) -> Result<(Vec<Observation>, Vec<RefusedRow>), String> {
    let vocabulary = vocabulary();
    let gate = Gate {
        campaign: &club,
        vocabulary: &vocabulary,
        now: at("2026-11-02T10:00:00Z"),
    };
    let mapping = Mapping::from_toml(mapping).map_err(|error| error.to_string())?;
    let rows = Observations::new(text.as_bytes(), Format::Csv, &mapping, gate);
    let mut sorted = (Vec::new(), Vec::new());
    for judged in rows.map_err(|error| error.to_string())? {
        match judged.unwrap() {
            Ok(observation) => sorted.0.push(observation),
            Err(refused) => sorted.1.push(refused),
        }
    }
    Ok(sorted)
}

fn sorted(text: &str, mapping: &str) -> (Vec<Observation>, Vec<RefusedRow>) {
    opened(text, mapping).unwrap()
}

const COMMON: &str = "time = {column = \"day\", format = \"%Y-%m-%d\"}\ncampaign = {constant = \"club\"}\n";

fn of(kind: &str, rest: &str) -> String {
    format!("kind = \"{kind}\"\n{COMMON}{rest}")
}

fn arms() -> String {
    of(
        "budget",
        "candidate = {column = \"arm\"}\nspend = {column = \"cost\"}\n\
         [[events]]\nevent = \"order\"\ncolumn = \"orders\"\n",
    )
}

#[test]
fn an_arm_is_a_period_with_its_spend_and_everything_that_came_of_it() {
    let (rows, refused) = sorted("day,arm,cost,orders\n2026-10-01,search,125.50,3\n", &arms());
    assert_eq!(refused, []);
    assert_eq!(rows[0].kind, Kind::Budget);
    assert_eq!(rows[0].candidate, Some(CandidateId::new("search").unwrap()));
    assert_eq!(rows[0].spend, Some(Micros::new(125_500_000)));
    assert_eq!(rows[0].events.len(), 3);
}

#[test]
fn a_spend_that_nobody_spends_is_refused_and_the_others_are_kept() {
    let text = "day,arm,cost,orders\n\
                2026-10-01,search,1e50,3\n\
                2026-10-02,search,-4,3\n\
                2026-10-03,search,,3\n\
                2026-10-04,search,12,5000\n\
                2026-10-05,,12,1\n\
                2026-10-06,search,12,1\n\
                2026-10-06,search,12,1\n";
    let (rows, refused) = sorted(text, &arms());
    let why: Vec<_> = refused.iter().map(|row| (row.line, row.reason)).collect();
    assert_eq!(
        why,
        [
            (2, Reason::Spend),
            (3, Reason::Spend),
            (4, Reason::Missing),
            (5, Reason::Event),
            (6, Reason::Missing),
            (8, Reason::Duplicate)
        ]
    );
    assert_eq!(rows.len(), 1);
    assert!(
        refused[0]
            .to_string()
            .contains("`1e50` is more than a thousand million units")
    );
}

#[test]
fn a_lead_is_known_by_the_deployments_own_attributes() {
    let mapping = of(
        "score",
        "[[events]]\nevent = \"order\"\ncolumn = \"y\"\n[facts]\n\"lead.job\" = {column = \"job\"}\n",
    );
    let (rows, refused) = sorted(
        "day,job,y\n2026-10-01,retired,1\n2026-10-01,astronaut,0\n2026-10-01,student,0\n",
        &mapping,
    );
    assert_eq!(rows.len(), 2);
    assert_eq!(
        rows[0].facts.get(&Attribute::Own(word("lead.job"))),
        Some(&FactValue::Word(word("retired")))
    );
    assert_eq!((rows[0].events.len(), rows[1].events.len()), (1, 0));
    assert_eq!((refused[0].line, refused[0].reason), (3, Reason::Fact));
}

#[test]
fn a_label_that_comes_before_its_features_is_refused() {
    let mapping = of(
        "score",
        "[[events]]\nevent = \"order\"\ncolumn = \"y\"\nat = {column = \"won\", format = \"%Y-%m-%d\"}\n",
    );
    let (rows, refused) = sorted(
        "day,y,won\n2026-10-02,1,2026-10-01\n2026-10-02,1,2026-10-05\n2026-10-02,0,\n",
        &mapping,
    );
    assert_eq!((refused[0].line, refused[0].reason), (2, Reason::Time));
    assert_eq!(rows[0].events[0].1, at("2026-10-05T00:00:00Z"));
    assert_eq!(rows[1].events, []);
}

#[test]
fn a_message_to_a_contact_in_a_zone_that_does_not_exist_is_refused() {
    let mapping = of(
        "send_time",
        "[[events]]\nevent = \"open\"\ncolumn = \"opened\"\nafter_s = 600\n[facts]\n\
         contact = {column = \"who\"}\n\"contact.zone\" = {column = \"zone\"}\n",
    );
    let (rows, refused) = sorted(
        "day,who,zone,opened\n2026-10-01,c1,Mars/Olympus,1\n2026-10-01,c2,Europe/Rome,1\n",
        &mapping,
    );
    assert_eq!((refused[0].line, refused[0].reason), (2, Reason::Fact));
    assert_eq!(rows[0].events, [(Event::Open, at("2026-10-01T00:10:00Z"))]);
}

#[test]
fn an_address_at_which_a_person_can_be_reached_is_no_id_and_is_not_repeated() {
    let mapping = of(
        "send_time",
        "[[events]]\nevent = \"open\"\ncolumn = \"opened\"\nafter_s = 600\n[facts]\ncontact = {column = \"who\"}\n",
    );
    let (rows, refused) = sorted(
        "day,who,opened\n2026-10-01,ada@shop.example,1\n2026-10-01,+39 333 1234567,1\n2026-10-01,c2,1\n",
        &mapping,
    );
    assert_eq!((rows.len(), refused.len()), (1, 2));
    for row in refused {
        assert_eq!(row.reason, Reason::Fact);
        assert!(row.message.contains("keyed hash"), "{row}");
        assert!(
            !row.to_string().contains("ada@") && !row.to_string().contains("333"),
            "{row}"
        );
    }
}

#[test]
fn what_a_kind_has_not_is_a_mistake_of_the_mapping() {
    let told = |mapping: String| opened("day,arm,cost\n", &mapping).unwrap_err();
    assert!(told(of("clicks", "")).contains("`clicks` is no kind: write one of bid, send_time"));
    assert!(told(of("score", "bid = \"cost\"\n")).contains("`bid` is of an auction"));
    assert!(told(of("recommendation", "")).contains("need `candidate`, the item"));
    assert!(told(of("score", "candidate = {column = \"arm\"}\n")).contains("the kind score has none"));
    assert!(told(of("budget", "candidate = {column = \"arm\"}\n")).contains("need `spend`"));
    assert!(told(of("score", "spend = {column = \"cost\"}\n")).contains("`spend` is an arm's"));
}

#[test]
fn a_campaign_that_does_not_serve_the_kind_takes_no_rows_of_it() {
    let (rows, refused) = sorted("day\n2026-10-01\n", &of("bid", ""));
    assert_eq!(rows, []);
    assert_eq!(refused[0].reason, Reason::Campaign);
    assert!(
        refused[0]
            .to_string()
            .contains("`club` serves no bid: declare its `baseline`")
    );
}
