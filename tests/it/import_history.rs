//! `balustrade import`: what becomes of somebody's rows.

use std::sync::{Arc, LazyLock};

use balustrade::{
    cli::import::{Format, Gate, Mapping, MappingError, Observations, Reason, RefusedRow},
    domain::{
        Attribute, BrandId, Campaign, CampaignId, Currency, Duration, Event, FactValue, Facts, Goal, Label,
        Micros, Objective, ObjectiveId, Observation, Risk, Timestamp, Word,
    },
    rules::vocabulary::Vocabulary,
};
use proptest::prelude::*;

static BUILT_IN: LazyLock<Vocabulary> = LazyLock::new(Vocabulary::built_in);

const NOW: &str = "2026-11-02T10:00:00Z";

pub(crate) fn word(text: &str) -> Word {
    Word::new(text).unwrap()
}

fn at(text: &str) -> Timestamp {
    text.parse::<jiff::Timestamp>().unwrap().into()
}

fn campaign(name: &str, currency: &str) -> Arc<Campaign> {
    Arc::new(Campaign {
        id: CampaignId::new(name).unwrap(),
        brand: BrandId::new("nova-drinks").unwrap(),
        product: None,
        objective: Objective {
            id: ObjectiveId::new("orders").unwrap(),
            event: word("order"),
            window: Duration::from_days(7),
        },
        goal: Goal::Manual,
        currency: currency.parse::<Currency>().unwrap(),
        baselines: balustrade::domain::Baselines::of_bids(Micros::new(1_800_000)),
        budget: None,
        maturity: Default::default(),
        facts: Facts::from_iter([(Attribute::Brand, FactValue::Word(word("nova-drinks")))]),
    })
}

fn declared(id: &CampaignId) -> Option<Arc<Campaign>> {
    match id.as_str() {
        "nova-italy" | "nova-spain" => Some(campaign(id.as_str(), "EUR")),
        "ipinyou-2259" | "jade-tea" => Some(campaign(id.as_str(), "CNY")),
        _ => None,
    }
}

pub(crate) fn gate() -> Gate<'static> {
    Gate {
        campaign: &declared,
        vocabulary: &BUILT_IN,
        now: at(NOW),
    }
}

type Sorted = (Vec<Observation>, Vec<RefusedRow>);

fn sorted(text: &[u8], format: Format, mapping: &str) -> Sorted {
    let mapping = Mapping::from_toml(mapping).unwrap();
    let mut sorted = (Vec::new(), Vec::new());
    for judged in Observations::new(text, format, &mapping, gate()).unwrap() {
        match judged.unwrap() {
            Ok(observation) => sorted.0.push(observation),
            Err(refused) => sorted.1.push(refused),
        }
    }
    sorted
}

fn refused(text: &str, mapping: &str) -> Vec<(u64, Option<String>, Reason)> {
    let refused = sorted(text.as_bytes(), Format::Csv, mapping).1;
    refused
        .into_iter()
        .map(|row| (row.line, row.column, row.reason))
        .collect()
}

fn blamed(line: u64, column: &str, reason: Reason) -> (u64, Option<String>, Reason) {
    (line, Some(column.to_owned()), reason)
}

pub(crate) const SHOP: &str = r#"
unknown = ["-"]
bid = "bid"
market_price = "paid"
time = {column = "time", format = "%d/%m/%Y %H:%M:%S", zone = "Europe/Rome"}
campaign = {column = "line item", values = {"Nova IT" = "nova-italy"}}
prices = {currency = "EUR", micros_per_unit = 1_000_000, decimal = "comma"}
won = {column = "won"}
[[events]]
event = "impression"
column = "won"
[[events]]
event = "click"
column = "clicks"
after_s = 30
[[events]]
event = "order"
column = "orders"
after_s = 3600
value = "revenue"
[facts]
"market.country" = {column = "country"}
"market.channel" = {constant = "display"}
"contact.segment" = {column = "segments", separator = "|"}
"content" = {column = "labels", separator = "|"}
"#;

const SHOP_HEADER: &str = "time,line item,bid,paid,won,clicks,orders,revenue,country,segments,labels\n";

pub(crate) fn shop(rows: &str) -> String {
    format!("{SHOP_HEADER}{rows}")
}

pub(crate) const GOOD: &str =
    "01/11/2026 20:15:00,Nova IT,\"1,80\",\"1,25\",1,2,1,\"34,90\",it,new|sport,Sports:low|Travel\n";

#[test]
fn a_row_becomes_what_its_mapping_says() {
    let (observations, refused) = sorted(shop(GOOD).as_bytes(), Format::Csv, SHOP);
    assert_eq!(refused, []);
    let [row] = observations.as_slice() else {
        panic!("one row")
    };
    assert_eq!(row.at, at("2026-11-01T19:15:00Z"));
    assert_eq!(row.campaign.as_str(), "nova-italy");
    assert_eq!(
        (row.bid, row.market_price, row.won),
        (
            Some(Micros::new(1_800_000)),
            Some(Micros::new(1_250_000)),
            Some(true)
        )
    );
    let order = Event::Conversion {
        name: word("order"),
        value: Some(Micros::new(34_900_000)),
    };
    assert_eq!(
        row.events,
        [
            (Event::Impression, at("2026-11-01T19:15:00Z")),
            (Event::Click, at("2026-11-01T19:15:30Z")),
            (order, at("2026-11-01T20:15:00Z")),
        ]
    );
    let facts = Facts::from_iter([
        (Attribute::Brand, FactValue::Word(word("nova-drinks"))),
        (Attribute::MarketCountry, FactValue::Word(word("IT"))),
        (Attribute::MarketChannel, FactValue::Word(word("display"))),
        (
            Attribute::ContactSegment,
            FactValue::Words(vec![word("new"), word("sport")]),
        ),
        (
            Attribute::Content,
            FactValue::Labels(vec![
                Label {
                    topic: word("Sports"),
                    risk: Some(Risk::Low),
                },
                Label {
                    topic: word("Travel"),
                    risk: None,
                },
            ]),
        ),
    ]);
    assert_eq!(row.facts, facts);
}

#[test]
fn an_empty_cell_and_a_text_that_means_it_are_unknown() {
    let (observations, refused) = sorted(
        shop("01/11/2026 20:15:00,Nova IT,-,,,,,,-,,\n").as_bytes(),
        Format::Csv,
        SHOP,
    );
    assert_eq!(refused, []);
    let row = &observations[0];
    assert_eq!(
        (row.bid, row.market_price, row.won, row.events.len()),
        (None, None, None, 0)
    );
    assert_eq!(row.facts.get(&Attribute::MarketCountry), None);
    assert_eq!(row.facts.get(&Attribute::ContactSegment), None);
}

#[test]
fn every_bad_row_is_named_by_line_column_and_reason_and_the_rest_goes_on() {
    let rows = [
        "2026-11-01,Nova IT,1,1,1,0,0,,IT,,",
        ",Nova IT,1,1,1,0,0,,IT,,",
        "03/11/2026 09:00:00,Nova IT,1,1,1,0,0,,IT,,",
        "01/11/2026 20:00:00,Nova FR,1,1,1,0,0,,IT,,",
        "01/11/2026 20:00:00,,1,1,1,0,0,,IT,,",
        "01/11/2026 20:00:00,jade-tea,1,1,1,0,0,,IT,,",
        "01/11/2026 20:00:00,Nova IT,-1,1,1,0,0,,IT,,",
        "01/11/2026 20:00:00,Nova IT,1,1e50,1,0,0,,IT,,",
        "01/11/2026 20:00:00,Nova IT,NaN,1,1,0,0,,IT,,",
        "01/11/2026 20:00:00,Nova IT,1,1,perhaps,0,0,,IT,,",
        "01/11/2026 20:00:00,Nova IT,1,1,1,many,0,,IT,,",
        "01/11/2026 20:00:00,Nova IT,1,1,1,1,1,-5,IT,,",
        "01/11/2026 20:00:00,Nova IT,1,1,1,0,0,,Italy,,",
        "01/11/2026 20:00:00,Nova IT,1,2,1,0,0,,IT,,",
        "01/11/2026 20:00:00,Nova IT,1,2,0,1,0,,IT,,",
        "01/11/2026 20:00:00,Nova IT,1",
    ];
    let text = shop(&format!("{}\n{GOOD}", rows.join("\n")));
    let expected = [
        blamed(2, "time", Reason::Time),
        blamed(3, "time", Reason::Missing),
        blamed(4, "time", Reason::Time),
        blamed(5, "line item", Reason::Campaign),
        blamed(6, "line item", Reason::Missing),
        (7, None, Reason::Currency),
        blamed(8, "bid", Reason::Price),
        blamed(9, "paid", Reason::Price),
        blamed(10, "bid", Reason::Price),
        blamed(11, "won", Reason::Won),
        blamed(12, "clicks", Reason::Event),
        blamed(13, "revenue", Reason::Event),
        blamed(14, "country", Reason::Fact),
        (15, None, Reason::Contradiction),
        (16, None, Reason::Contradiction),
        (17, None, Reason::Shape),
    ];
    // `won` is also the count of impressions: what is neither is caught as won first.
    assert_eq!(refused(&text, SHOP), expected);
    assert_eq!(sorted(text.as_bytes(), Format::Csv, SHOP).0.len(), 1);
}

#[test]
fn a_refusal_speaks_in_the_users_words() {
    let text = shop("01/11/2026 20:00:00,Nova FR,1,1,1,0,0,,IT,,\n");
    let (_, refused) = sorted(text.as_bytes(), Format::Csv, SHOP);
    assert_eq!(
        refused[0].to_string(),
        "line 2, column `line item`: `Nova FR` is no declared campaign; declare it in `campaigns.yaml` or translate \
         it under `values` (campaign)"
    );
}

#[test]
fn the_same_row_again_is_a_duplicate_and_a_refused_one_keeps_its_reason() {
    let bad = "01/11/2026 20:00:00,Nova FR,1,1,1,0,0,,IT,,\n";
    let text = shop(&format!("{GOOD}{bad}{GOOD}{bad}"));
    assert_eq!(
        refused(&text, SHOP),
        [
            blamed(3, "line item", Reason::Campaign),
            (4, None, Reason::Duplicate),
            blamed(5, "line item", Reason::Campaign),
        ]
    );
}

#[test]
fn a_decimal_comma_is_never_taken_for_thousands() {
    let read = |paid: &str| {
        let row = format!("01/11/2026 20:15:00,Nova IT,,\"{paid}\",,,,,IT,,\n");
        let price = |row: &Observation| row.market_price.map(Micros::get);
        sorted(shop(&row).as_bytes(), Format::Csv, SHOP)
            .0
            .first()
            .and_then(price)
    };
    assert_eq!(read("1,80"), Some(1_800_000));
    assert_eq!(read("1.234,5"), Some(1_234_500_000));
    assert_eq!(read("7"), Some(7_000_000));
    for unclear in [
        "1.80",
        "1,8.0",
        "1,8,0",
        "1234.567,0",
        ".5",
        ",",
        "inf",
        "1e50",
        "1000000,01",
    ] {
        assert_eq!(read(unclear), None, "{unclear}");
    }
}

proptest! {
    #[test]
    fn no_bytes_make_it_fall_over(
        bytes in prop::collection::vec(prop_oneof![any::<u8>(), prop::sample::select(b",;\t\n\"{}[]:01".to_vec())], 0..300),
        format in prop::sample::select(vec![Format::Csv, Format::Tsv, Format::Jsonl]),
    ) {
        let mapping = Mapping::from_toml(
            "header = \"none\"\ntime = {column = 1, format = \"epoch_s\"}\ncampaign = {constant = \"nova-italy\"}\nwon = {column = 2}",
        );
        let rows = Observations::new(bytes.as_slice(), format, &mapping.unwrap(), gate()).unwrap();
        let lines: Vec<u64> = rows.filter_map(|judged| judged.unwrap().err()).map(|row| row.line).collect();
        prop_assert!(lines.is_sorted(), "{:?}", lines);
    }
}

#[test]
fn bytes_that_are_no_text_refuse_their_row_alone() {
    let mut text = shop(GOOD).into_bytes();
    text.extend(b"01/11/2026 20:00:00,Nova \xff,1,1,1,0,0,,IT,,\n");
    let (observations, refused) = sorted(&text, Format::Csv, SHOP);
    assert_eq!((observations.len(), refused.len()), (1, 1));
    assert_eq!((refused[0].line, refused[0].reason), (3, Reason::Shape));
}

#[test]
fn a_byte_order_mark_does_not_hide_the_first_column() {
    let text = format!("\u{feff}{}", shop(GOOD));
    assert_eq!(sorted(text.as_bytes(), Format::Csv, SHOP).0.len(), 1);
}

#[test]
fn json_lines_lead_into_objects_and_lists() {
    let mapping = r#"
        time = {column = "at", format = "rfc3339"}
        campaign = {constant = "nova-italy"}
        won = {column = "won"}
        [facts]
        "device.type" = {column = "device.type"}
        "contact.segment" = {column = "segments"}
        "contact.age" = {column = "age"}
    "#;
    let text = concat!(
        "{\"at\":\"2026-11-01T10:00:00Z\",\"won\":true,\"device\":{\"type\":\"Phone\"},\"segments\":[\"a\",\"b\"],\"age\":41}\n",
        "\n",
        "{\"at\":\"2026-11-01T10:00:00Z\",\"won\":null}\n",
        "[1, 2]\n",
        "{\"won\":null,\"at\":\"2026-11-01T10:00:00Z\"}\n",
    );
    let (observations, refused) = sorted(text.as_bytes(), Format::Jsonl, mapping);
    assert_eq!(observations.len(), 2);
    assert_eq!(
        observations[0].facts.word(&Attribute::DeviceType),
        Some(&word("phone"))
    );
    assert_eq!(
        observations[0].facts.get(&Attribute::ContactSegment),
        Some(&FactValue::Words(vec![word("a"), word("b")]))
    );
    assert_eq!(
        observations[0].facts.get(&Attribute::ContactAge),
        Some(&FactValue::Number(41))
    );
    assert_eq!(observations[1].won, None);
    let told: Vec<_> = refused.iter().map(|row| (row.line, row.reason)).collect();
    assert_eq!(told, [(4, Reason::Shape), (5, Reason::Duplicate)]);
}

#[test]
fn times_are_read_as_their_format_says() {
    let read = |format: &str, zone: &str, text: &str| {
        let mapping = format!(
            "header = \"none\"\ncampaign = {{constant = \"nova-italy\"}}\n[time]\ncolumn = 1\nformat = \"{format}\"\n{zone}"
        );
        sorted(format!("{text}\n").as_bytes(), Format::Tsv, &mapping)
            .0
            .first()
            .map(|row| row.at)
    };
    assert_eq!(
        read("epoch_s", "", "1700000000"),
        Some(at("2023-11-14T22:13:20Z"))
    );
    assert_eq!(
        read("epoch_ms", "", "1700000000123"),
        Some(at("2023-11-14T22:13:20.123Z"))
    );
    assert_eq!(read("epoch_s", "", "1700000000.5"), None);
    assert_eq!(read("epoch_s", "", "99999999999999999"), None);
    assert_eq!(
        read("%Y%m%d%H%M%S%3f", "zone = \"Asia/Shanghai\"", "20131022135101295"),
        Some(at("2013-10-22T05:51:01.295Z"))
    );
    assert_eq!(
        read("%Y-%m-%d", "", "2026-10-31"),
        Some(at("2026-10-31T00:00:00Z"))
    );
    assert_eq!(
        read(
            "%Y-%m-%dT%H:%M:%S%z",
            "zone = \"Asia/Shanghai\"",
            "2026-10-31T10:00:00+0100"
        ),
        Some(at("2026-10-31T09:00:00Z"))
    );
    // The hour that Rome skipped moves forward; of the hour that it had twice the first is meant.
    assert_eq!(
        read("%Y-%m-%d %H:%M", "zone = \"Europe/Rome\"", "2026-03-29 02:30"),
        Some(at("2026-03-29T01:30:00Z"))
    );
    assert_eq!(
        read("%Y-%m-%d %H:%M", "zone = \"Europe/Rome\"", "2026-10-25 02:30"),
        Some(at("2026-10-25T00:30:00Z"))
    );
}

#[test]
fn a_mapping_that_does_not_fit_is_refused_before_the_first_row() {
    let refused = |text: &str, mapping: &str| {
        let mapping = Mapping::from_toml(mapping)?;
        Observations::new(text.as_bytes(), Format::Csv, &mapping, gate()).map(|_| ())
    };
    let message = |text: &str, mapping: &str| refused(text, mapping).unwrap_err().to_string();
    let whole = "time = {column = \"time\", format = \"rfc3339\"}\ncampaign = {constant = \"nova-italy\"}\n";
    assert_eq!(
        message("tme,campaign\n", whole),
        "the file has no column `time`; did you mean `tme`?"
    );
    let cases = [
        ("bid = \"time\"", "`[prices]` must say"),
        (
            "facts = {\"market.contry\" = {column = \"time\"}}",
            "did you mean `market.country`?",
        ),
        (
            "facts = {brand = {column = \"time\"}}",
            "the campaign's declaration says it",
        ),
        ("facts = {exchange = {}}", "needs one of"),
        (
            "facts = {exchange = {column = \"time\", part = 1}}",
            "needs a `separator`",
        ),
        ("won = {}", "needs one of"),
        (
            "prices = {currency = \"euro\", micros_per_unit = 1}",
            "three capital letters",
        ),
        ("prises = 1", "unknown field `prises`"),
    ];
    for (line, words) in cases {
        let message = message("time\n", &format!("{line}\n{whole}"));
        assert!(message.contains(words), "{line}: {message}");
    }
    for (time, words) in [
        ("{column = \"time\", format = \"iso\"}", "is no time format"),
        ("{column = \"time\", format = \"%Y %!\"}", "is no time format"),
        (
            "{column = \"time\", format = \"%Y\", zone = \"Rome\"}",
            "is no time zone",
        ),
    ] {
        let mapping = format!("time = {time}\ncampaign = {{constant = \"nova-italy\"}}");
        let message = message("time\n", &mapping);
        assert!(message.contains(words), "{time}: {message}");
    }
    assert!(matches!(
        refused("time\n", "time = ["),
        Err(MappingError::Syntax(_))
    ));
}
