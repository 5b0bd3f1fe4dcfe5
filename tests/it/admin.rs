//! `/metrics` and `/health` over the real socket, and what watches them.

use std::{
    collections::BTreeSet,
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    path::Path,
};

use balustrade::{
    domain::Role,
    grpc::client::{Client, Credentials},
};
use serde_json::json;

use crate::{identity_access::key, served::Guarded};

fn ask(address: SocketAddr, method: &str, path: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head[9..12].parse().unwrap(), body.to_owned())
}

/// The value of the line that begins so.
fn value(metrics: &str, line: &str) -> f64 {
    let found = metrics.lines().find_map(|told| told.strip_prefix(line));
    found
        .unwrap_or_else(|| panic!("no `{line}` in\n{metrics}"))
        .trim()
        .parse()
        .unwrap()
}

fn server() -> (Guarded, Client) {
    let server = Guarded::open(|settings, folder| {
        let keys = folder.join("keys.json");
        std::fs::write(folder.join("key"), key(&keys, &[Role::Caller], &[], None).text).unwrap();
        settings.identity.keys = Some(keys);
    });
    let key = Some(std::fs::read_to_string(server.folder().join("key")).unwrap());
    let client = server.client(&Credentials { key, tls: None });
    (server, client)
}

#[test]
fn what_happens_is_counted_where_it_is_looked_for() {
    let (server, client) = server();
    let bid = json!({
        "impression": {"currency": "EUR", "auction_type": "AUCTION_TYPE_FIRST_PRICE"},
        "candidates": [{"campaign_id": "spring"}, {"campaign_id": "autumn"}],
    });
    let stranger = server.client(&Credentials::default());
    server.runtime.block_on(async {
        for _ in 0..3 {
            client
                .json("DecisionService/DecideBid", &bid.to_string())
                .await
                .unwrap();
        }
        stranger
            .json("DecisionService/DecideBid", "{}")
            .await
            .unwrap_err();
        client.json("RulesService/GetRulebook", "{}").await.unwrap_err();
    });
    let (status, metrics) = ask(server.admin(), "GET", "/metrics");
    assert_eq!(status, 200);
    assert!(metrics.ends_with("# EOF\n"), "{metrics}");
    let counted = |line: &str| value(&metrics, line);
    let close =
        |told: f64, meant: f64| assert!((told - meant).abs() < 0.5, "{told} is not {meant}\n{metrics}");
    close(counted("balustrade_decisions_total"), 3.0);
    close(
        counted("balustrade_answers_total{kind=\"bid\",verdict=\"allowed\",source=\"human\"}"),
        6.0,
    );
    close(counted("balustrade_decision_seconds_count{kind=\"bid\"}"), 3.0);
    close(
        counted("balustrade_decision_seconds_bucket{le=\"+Inf\",kind=\"bid\"}"),
        3.0,
    );
    close(
        counted("balustrade_not_let_in_total{why=\"unauthenticated\"}"),
        1.0,
    );
    close(counted("balustrade_not_let_in_total{why=\"not_allowed\"}"), 1.0);
    close(counted("balustrade_journal_broken"), 0.0);
    close(counted("balustrade_rulebook_refused"), 0.0);
    close(
        counted("balustrade_model_stage{campaign=\"spring\",kind=\"bid\"}"),
        0.0,
    );
}

#[test]
fn health_is_told_and_nothing_else_is_done() {
    let (server, _) = server();
    assert_eq!(
        ask(server.admin(), "GET", "/health"),
        (200, "serving\n".to_owned())
    );
    assert_eq!(ask(server.admin(), "GET", "/keys").0, 404);
    assert_eq!(ask(server.admin(), "POST", "/health").0, 405);
}

/// Every word of a text that begins as our metrics do.
fn named(text: &str) -> BTreeSet<String> {
    let mut words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let mut named = BTreeSet::new();
    words
        .by_ref()
        .filter(|word| word.starts_with("balustrade_"))
        .for_each(|word| {
            named.insert(word.to_owned());
        });
    named
}

#[test]
fn every_metric_that_dashboard_and_alerts_name_is_told_by_the_service() {
    let (server, _) = server();
    let (_, metrics) = ask(server.admin(), "GET", "/metrics");
    let mut told = BTreeSet::new();
    for line in metrics.lines().filter_map(|line| line.strip_prefix("# TYPE ")) {
        let (name, sort) = line.split_once(' ').unwrap();
        match sort {
            "counter" => told.extend([format!("{name}_total")]),
            "histogram" => told.extend(["bucket", "sum", "count"].map(|part| format!("{name}_{part}"))),
            _ => told.extend([name.to_owned()]),
        }
    }
    for file in ["grafana/balustrade.json", "prometheus/alerts.yaml"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy").join(file);
        let text = std::fs::read_to_string(path).unwrap();
        let named = named(&text);
        assert!(named.len() > 5, "{file} names {named:?}");
        let unknown: Vec<_> = named.difference(&told).collect();
        assert!(unknown.is_empty(), "{file} names {unknown:?}; told are {told:?}");
    }
    serde_json::from_str::<serde_json::Value>(include_str!("../../deploy/grafana/balustrade.json")).unwrap();
}
