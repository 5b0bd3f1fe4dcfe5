//! The commands of the person at the keyboard, as processes against a server with the starter rules.

use std::{
    io::Write as _,
    process::{Command, Output, Stdio},
};

use serde_json::Value;

use crate::served::{BEGIN, Served};

fn balustrade(server: &str, arguments: &[&str], input: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_balustrade"));
    command.args(arguments).args(["--address", server]);
    let piped = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = piped.spawn().unwrap();
    // A command that reads nothing may have closed its end already.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

fn said(output: &Output) -> String {
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// The command that a reply names to go on with: the line that begins so.
fn next_step<'a>(reply: &'a str, beginning: &str) -> Vec<&'a str> {
    let line = reply
        .lines()
        .find(|line| line.trim_start().starts_with(beginning));
    line.expect("a next step").split_whitespace().skip(1).collect()
}

#[test]
fn the_example_shows_a_bid_that_a_rule_changed_and_its_next_steps_work() {
    let server = Served::starter();
    let reply = said(&balustrade(&server.address, &["decide", "--example"], ""));
    for part in [
        "nova-spain-summer/terrace: bid 1.68 EUR",
        "Bid lowered from 2.10 to 1.68 EUR because of above-the-fold (Carmen Ruiz: ",
        "changed by  above-the-fold (carmen.ruiz@nova.example, nova-drinks.yaml:",
        "nova-bar-aperitivo/spritz: no bid, blocked",
        "piumino-autumn/coat: bid 2.40 EUR",
        "needs 30 more conversions",
        "with probability 1",
        "under       rulebook ",
    ] {
        assert!(reply.contains(part), "`{part}` in\n{reply}");
    }
    // The server's clock stands still, at an instant of its own.
    let at = ["--at", &BEGIN.to_string()];
    let outcome = [&next_step(&reply, "balustrade outcome")[..], &at].concat();
    let won = said(&balustrade(&server.address, &outcome, ""));
    assert!(won.starts_with("accepted"), "{won}");
    assert!(said(&balustrade(&server.address, &outcome, "")).starts_with("duplicate"));
    for (place, instead, status) in [(5, "AAAA", "bad token"), (7, "0.01", "conflict")] {
        let mut other = outcome.clone();
        other[place] = instead;
        let refused = balustrade(&server.address, &other, "");
        assert_eq!(refused.status.code(), Some(1), "{status}");
        assert!(refused.stdout.starts_with(status.as_bytes()), "{refused:?}");
    }
    let story = said(&balustrade(
        &server.address,
        &next_step(&reply, "balustrade explain"),
        "",
    ));
    for part in [
        "sold        floor 0.30 EUR, the winner pays its bid",
        "known       market.country = ES",
        "in force    spain-cap (carmen.ruiz@nova.example, nova-drinks.yaml:",
        "budget      ",
        "win 1.68 EUR (win: accepted)",
        "nothing was reported",
    ] {
        assert!(story.contains(part), "`{part}` in\n{story}");
    }
}

/// An example of a kind, planned from the instant at which the server's clock stands.
fn example(server: &Served, kind: &str, language: &str) -> String {
    let at = BEGIN.to_string();
    let arguments = ["decide", kind, "--example", "--at", &at, "--language", language];
    said(&balustrade(&server.address, &arguments, ""))
}

#[test]
fn each_kind_has_an_example_that_tells_its_answer_its_reason_and_its_next_steps() {
    let server = Served::starter();
    for (kind, answer, sentence, reason, outcome) in [
        (
            "send-time",
            "club-news: send at 2026-11-24 08:00 (Europe/Rome)",
            "2026-11-24 08:00 (Europe/Rome)",
            "changed by  club-quiet-nights (giulia.conti@nova.example, nova-club.yaml:",
            "accepted",
        ),
        (
            "recommend",
            "show nova-zero-6, bitter-3, glass-set",
            "Showing nova-zero-6, bitter-3 and glass-set",
            "blocked by  shop-only-what-we-have (giulia.conti@nova.example, nova-club.yaml:",
            "accepted",
        ),
        (
            "budget",
            "display: 300.00",
            "1000.00 EUR split: search 350.00, social 350.00, display 300.00",
            "changed by  split-no-arm-alone (giulia.conti@nova.example, nova-club.yaml:",
            "accepted",
        ),
        (
            "score",
            "nova-club: 5.00 % within 30 min",
            "5%",
            "band        medium: about what people expect of anybody",
            "accepted",
        ),
    ] {
        let reply = example(&server, kind, "en");
        for part in [answer, sentence, reason, "under       rulebook "] {
            assert!(reply.contains(part), "`{part}` in\n{reply}");
        }
        let at = ["--at", &BEGIN.to_string()];
        let report = [&next_step(&reply, "balustrade outcome")[..], &at].concat();
        let report = said(&balustrade(&server.address, &report, ""));
        assert!(report.starts_with(outcome), "{kind}: {report}");
        let explain = next_step(&reply, "balustrade explain");
        let story = said(&balustrade(&server.address, &explain, ""));
        for part in [sentence, "in force    ", "accepted"] {
            let part = if kind == "score" && part == "in force    " {
                "for         "
            } else {
                part
            };
            assert!(story.contains(part), "{kind}: `{part}` in\n{story}");
        }
    }
}

#[test]
fn a_story_is_told_in_the_language_that_was_asked_for() {
    let server = Served::starter();
    // The message first: a bid for the same person counts against two contacts a week.
    for (kind, italian, spanish) in [
        ("send-time", "club-news: invia alle ", "club-news: enviar a las "),
        ("bid", "cambiato da above-the-fold", "cambiado por above-the-fold"),
        ("recommend", "mostra nova-zero-6", "mostrar nova-zero-6"),
        ("budget", "1000,00 EUR ripartiti: ", "1000,00 EUR repartidos: "),
        ("score", "Punteggio ", "Puntuación "),
    ] {
        let told = [example(&server, kind, "it"), example(&server, kind, "es")];
        assert!(told[0].contains(italian), "`{italian}` in\n{}", told[0]);
        assert!(told[1].contains(spanish), "`{spanish}` in\n{}", told[1]);
        assert!(told[0].contains("decisione ") && told[1].contains("decisión "));
        for english in ["wish ", "changed by", "under ", "made ", "people"] {
            assert!(
                !told.concat().contains(english),
                "`{english}` in\n{}",
                told.concat()
            );
        }
    }
}

#[test]
fn flags_of_a_bid_are_not_taken_for_those_of_another_kind() {
    let refused = balustrade("127.0.0.1:1", &["decide", "score", "--country", "IT"], "");
    assert_eq!(refused.status.code(), Some(2));
    let told = String::from_utf8(refused.stderr).unwrap();
    assert!(told.contains("flags describe the request of a bid"), "{told}");
}

#[test]
fn flags_make_the_request_that_the_same_json_makes() {
    let server = Served::starter();
    let flags = [
        "decide",
        "--campaign",
        "nova-italy-launch",
        "--creative",
        "red",
        "--country",
        "IT",
        "--channel",
        "display",
        "--site",
        "calcio.example",
        "--text",
        "la partita",
        "--topic",
        "Terrorism:floor",
        "--device",
        "desktop",
        "--floor",
        "0.3",
        "--currency",
        "EUR",
        "--auction",
        "second",
    ];
    let request = said(&balustrade(
        &server.address,
        &[&flags[..], &["--show"]].concat(),
        "",
    ));
    let json = ["decide", "--json", "-", "--format", "json"];
    let reply: Value = serde_json::from_str(&said(&balustrade(&server.address, &json, &request))).unwrap();
    let answer = &reply["answers"][0];
    assert_eq!(answer["candidate_id"], "nova-italy-launch/red");
    assert_eq!(answer["why"]["verdict"], "VERDICT_BLOCKED");
    let in_words = said(&balustrade(&server.address, &flags, ""));
    let sentence = answer["why"]["sentence"].as_str().unwrap();
    assert!(in_words.contains(sentence), "`{sentence}` in\n{in_words}");
}

#[test]
fn what_the_caller_can_mend_is_told_field_by_field_with_exit_code_1() {
    let server = Served::starter();
    let refused = balustrade(
        &server.address,
        &["decide", "--campaign", "nope", "--floor=-1"],
        "",
    );
    assert_eq!(refused.status.code(), Some(1));
    let told = String::from_utf8(refused.stderr).unwrap();
    for line in [
        "\n  impression.bidfloor: ",
        "\n  impression.currency: must be set",
        "\n  impression.auction_type: ",
    ] {
        assert!(told.contains(line), "`{line}` in\n{told}");
    }
    for wrong in [
        &["explain", "abc"][..],
        &["explain", "0197b2f4-6f4e-7c3a-9a51-0f6f2b1c9d10"],
    ] {
        assert_eq!(
            balustrade(&server.address, wrong, "").status.code(),
            Some(1),
            "{wrong:?}"
        );
    }
}

#[test]
fn a_server_that_is_not_there_is_exit_code_2_and_says_what_to_do() {
    // Bound and never listened to: nobody else gets this port, and nobody answers on it.
    let reserved = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    reserved
        .bind(&std::net::SocketAddr::from(([127, 0, 0, 1], 0)).into())
        .unwrap();
    let address = reserved.local_addr().unwrap().as_socket().unwrap().to_string();
    let output = balustrade(&address, &["decide", "--example"], "");
    assert_eq!(output.status.code(), Some(2));
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(
        told.contains(&address) && told.contains("balustrade serve --demo"),
        "{told}"
    );
}
