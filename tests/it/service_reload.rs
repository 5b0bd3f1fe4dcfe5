//! Editing rules while the real server decides a thousand bids a second.

use std::{
    collections::BTreeMap,
    fs,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use balustrade::grpc::client::{CallError, Client};
use serde_json::Value;
use tokio::{
    runtime::Runtime,
    sync::{Semaphore, watch},
    task::{JoinHandle, JoinSet},
    time::{MissedTickBehavior, interval, timeout},
};

use crate::service::{Place, Service, alone, answered, balustrade, bid_request, capped, decide, ended};
use crate::service_approval::files as files_with;

/// How soon an edit is in force.
const SOON: Duration = Duration::from_secs(2);
/// A wait that only a hang exceeds.
const PATIENCE: Duration = Duration::from_secs(20);
/// More requests than any of these stories needs: a story that never ends still ends.
const MOST_REQUESTS: usize = 30_000;

const RULES_SERVICE: &str = "balustrade.v1.RulesService";
const DECISION_SERVICE: &str = "balustrade.v1.DecisionService";

/// A thousand requests a second, whether or not earlier ones are answered, over four connections. At most 128 wait
/// at once, so that a slow machine is not taken for an overload, which is refused.
struct Load {
    stop: Arc<AtomicBool>,
    running: JoinHandle<Tally>,
    /// The rulebook of the latest answer.
    latest: watch::Receiver<String>,
    begun: Instant,
}

/// What became of all requests.
#[derive(Debug, Default)]
struct Tally {
    /// Answers by the rulebook that they name.
    by_rulebook: BTreeMap<String, usize>,
    failures: Vec<CallError>,
}

impl Load {
    async fn start(service: &Service) -> Self {
        let mut clients = Vec::new();
        for _ in 0..4 {
            clients.push(service.client().await);
        }
        let (answers, latest) = watch::channel(String::new());
        let stop = Arc::new(AtomicBool::new(false));
        let running = tokio::spawn(pour(clients, Arc::clone(&stop), Arc::new(answers)));
        Self {
            stop,
            running,
            latest,
            begun: Instant::now(),
        }
    }

    /// Waits until an answer names that rulebook.
    async fn decides_by(&mut self, digest: &str) {
        let told = timeout(PATIENCE, self.latest.wait_for(|latest| latest == digest));
        told.await
            .unwrap_or_else(|_| panic!("no answer by {digest:.8} within {PATIENCE:?}"))
            .expect("the load goes on");
    }

    async fn stop(self) -> Tally {
        self.stop.store(true, Ordering::Relaxed);
        let tally = self.running.await.unwrap();
        let (seconds, count) = (
            self.begun.elapsed().as_secs_f64(),
            tally.by_rulebook.values().sum::<usize>(),
        );
        println!(
            "{count} requests in {seconds:.1} s, {:.0} a second",
            count as f64 / seconds
        );
        tally
    }
}

async fn pour(clients: Vec<Client>, stop: Arc<AtomicBool>, answers: Arc<watch::Sender<String>>) -> Tally {
    let request = bid_request(&clients[0]);
    let (room, mut asked) = (Arc::new(Semaphore::new(128)), JoinSet::new());
    let mut beat = interval(Duration::from_millis(1));
    // A late beat is made up for: the rate does not wait for the server.
    beat.set_missed_tick_behavior(MissedTickBehavior::Burst);
    for client in clients.iter().cycle().take(MOST_REQUESTS) {
        beat.tick().await;
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let room = Arc::clone(&room).acquire_owned().await.unwrap();
        let (client, request, answers) = (client.clone(), request.clone(), Arc::clone(&answers));
        asked.spawn(async move {
            let reply = client.bytes("DecisionService/DecideBid", request).await;
            drop(room);
            let digest = digest_in(&reply?);
            answers.send_replace(digest.clone());
            Ok::<_, CallError>(digest)
        });
    }
    let mut tally = Tally::default();
    for answer in asked.join_all().await {
        match answer {
            Ok(digest) => *tally.by_rulebook.entry(digest).or_default() += 1,
            Err(failure) => tally.failures.push(failure),
        }
    }
    tally
}

/// The rulebook's digest is the one run of 64 hexadecimal letters in a reply.
fn digest_in(reply: &[u8]) -> String {
    let digest = reply
        .windows(64)
        .find(|run| run.iter().all(u8::is_ascii_hexdigit))
        .expect("a digest");
    String::from_utf8(digest.to_vec()).unwrap()
}

async fn price_micros(client: &Client) -> i64 {
    let reply = decide(client).await.unwrap();
    let price = &reply["answers"][0]["bid"]["price_micros"];
    price.as_i64().unwrap_or_else(|| panic!("no bid in {reply}"))
}

/// Asks for the state of the rules again and again until it is as wanted. Nothing tells of a refusal over the
/// wire, so there is nothing else to wait for.
async fn status(client: &Client, wanted: impl Fn(&Value) -> bool) -> Value {
    let mut beat = interval(Duration::from_millis(10));
    let asking = async {
        loop {
            beat.tick().await;
            let status = answered(client, "RulesService/GetRulebookStatus", "{}").await;
            if wanted(&status) {
                return status;
            }
        }
    };
    timeout(PATIENCE, asking)
        .await
        .expect("the state of the rules changes")
}

fn is_refused(status: &Value) -> bool {
    status.get("refused_since").is_some()
}

/// As careful editors save.
fn save_by_renaming(place: &Place, text: &str) {
    let next = place.caps().with_extension("next");
    fs::write(&next, text).unwrap();
    fs::rename(next, place.caps()).unwrap();
}

/// As the others do.
fn save_in_place(place: &Place, text: &str) {
    fs::write(place.caps(), text).unwrap();
}

#[test]
fn edits_under_load_are_in_force_within_two_seconds_and_no_request_fails() {
    let _alone = alone();
    let place = Place::with_cap("2.00 EUR");
    let service = Service::start(&place);
    Runtime::new().unwrap().block_on(async {
        let client = service.client().await;
        let mut load = Load::start(&service).await;
        let mut digests = vec![place.digest()];
        load.decides_by(&digests[0]).await;
        assert_eq!(price_micros(&client).await, 2_000_000);

        let mut took = Vec::new();
        let caps = [
            ("1.50 EUR", 1_500_000),
            ("1.00 EUR", 1_000_000),
            ("2.50 EUR", 2_500_000),
            ("1.25 EUR", 1_250_000),
            ("0.75 EUR", 750_000),
            ("1.75 EUR", 1_750_000),
            ("2.25 EUR", 2_250_000),
        ];
        let saves: [fn(&Place, &str); 2] = [save_by_renaming, save_in_place];
        for (save, (cap, micros)) in saves.into_iter().cycle().zip(caps) {
            let edited = Instant::now();
            save(&place, &capped(cap));
            digests.push(place.digest());
            load.decides_by(&place.digest()).await;
            took.push(edited.elapsed());
            assert_eq!(price_micros(&client).await, micros);
        }

        let tally = load.stop().await;
        println!("in force after {took:?}");
        took.sort();
        // The median: a machine that is busy with other tests may stall once.
        assert!(took[caps.len() / 2] <= SOON, "{took:?}");
        assert!(tally.failures.is_empty(), "{:?}", tally.failures);
        let mut seen: Vec<_> = tally.by_rulebook.into_keys().collect();
        seen.sort();
        digests.sort();
        assert_eq!(seen, digests, "every answer is by rules that stood in the folder");
    });
}

#[test]
fn models_and_approved_rules_replaced_under_load_fail_no_request() {
    let _alone = alone();
    let place = Place::with_cap("2.00 EUR");
    let service = Service::start(&place);
    Runtime::new().unwrap().block_on(async {
        let mut load = Load::start(&service).await;
        let client = service.client().await;
        let hand = |more: Value| {
            let mut message = serde_json::json!({"by": "ada", "because": "a rehearsal"});
            message
                .as_object_mut()
                .unwrap()
                .extend(more.as_object().unwrap().clone());
            message.to_string()
        };
        let first = place.digest();
        load.decides_by(&first).await;
        for cap in ["1.90 EUR", "1.80 EUR", "1.70 EUR"] {
            let none = serde_json::json!({});
            let kept = answered(&client, "ModelsService/Train", &hand(none.clone())).await;
            let version = serde_json::json!({"version": kept["version"]["version"]});
            answered(&client, "ModelsService/Promote", &hand(version)).await;
            answered(&client, "ModelsService/Promote", &hand(none)).await;

            let files = files_with(&place, cap);
            let put = answered(
                &client,
                "RulesService/PutRulebook",
                &hand(serde_json::json!({"files": files})),
            )
            .await;
            let digest = put["digest"].as_str().unwrap();
            let approval =
                serde_json::json!({"digest": digest, "by": "bruno", "because": "looked"}).to_string();
            answered(&client, "RulesService/ActivateRulebook", &approval).await;
            load.decides_by(digest).await;
        }
        let tally = load.stop().await;
        assert!(tally.failures.is_empty(), "{:?}", tally.failures.first());
        assert!(tally.by_rulebook.len() >= 4, "{:?}", tally.by_rulebook);
    });
}

#[test]
fn a_folder_that_never_rests_is_read_all_the_same() {
    let place = Place::with_cap("2.00 EUR");
    let service = Service::start(&place);
    Runtime::new().unwrap().block_on(async {
        let client = service.client().await;
        let notes = place.rules().join("notes.txt");
        let scribbling = tokio::spawn(async move {
            let mut beat = interval(Duration::from_millis(20));
            loop {
                beat.tick().await;
                fs::write(&notes, "still thinking").unwrap();
            }
        });
        save_by_renaming(&place, &capped("1.50 EUR"));
        status(&client, |status| status["digest"] == place.digest()).await;
        assert_eq!(price_micros(&client).await, 1_500_000);
        scribbling.abort();
    });
}

#[test]
fn a_folder_that_another_replaces_is_read_and_watched() {
    let place = Place::with_cap("2.00 EUR");
    let service = Service::start(&place);
    let other = Place::with_cap("1.50 EUR");
    Runtime::new().unwrap().block_on(async {
        let client = service.client().await;
        // Each wait is far below the ten seconds after which the folder is read in any case.
        for cap in ["1.25 EUR", "1.00 EUR"] {
            let replaced = Instant::now();
            fs::rename(place.rules(), place.rules().with_extension(&cap[..4])).unwrap();
            fs::create_dir(place.rules()).unwrap();
            for file in fs::read_dir(other.rules()).unwrap() {
                let file = file.unwrap();
                fs::copy(file.path(), place.rules().join(file.file_name())).unwrap();
            }
            status(&client, |status| status["digest"] == other.digest()).await;
            save_by_renaming(&place, &capped(cap));
            status(&client, |status| status["digest"] == place.digest()).await;
            assert!(
                replaced.elapsed() < Duration::from_secs(9),
                "{:?}",
                replaced.elapsed()
            );
        }
        assert_eq!(price_micros(&client).await, 1_000_000);
    });
}

#[test]
fn a_broken_edit_under_load_changes_no_answer_and_says_so_until_it_is_mended() {
    let _alone = alone();
    let place = Place::with_cap("2.00 EUR");
    let service = Service::start(&place);
    Runtime::new().unwrap().block_on(async {
        let client = service.client().await;
        let mut load = Load::start(&service).await;
        let good = place.digest();
        load.decides_by(&good).await;
        assert_eq!(service.health(RULES_SERVICE).await, 1);

        // Twice, with the mended file between: what is known of an edit must not hide its return.
        for _ in 0..2 {
            save_in_place(&place, &capped("2.00 EURO"));
            let told = status(&client, is_refused).await;
            let finding = &told["why"][0];
            assert_eq!(
                (&finding["file"], &finding["line"]),
                (&"caps.yaml".into(), &11.into())
            );
            assert!(
                finding["message"].as_str().unwrap().contains("2.00 EURO"),
                "{finding}"
            );
            assert_eq!(told["digest"], good.as_str());
            assert_eq!(price_micros(&client).await, 2_000_000);
            says_so_in_health(&service, 2).await;
            says_so_in_check(&place, finding["message"].as_str().unwrap());
            says_so_in_the_log(&place, "the edited rules are refused");

            save_in_place(&place, &capped("2.00 EUR"));
            let healed = status(&client, |status| !is_refused(status)).await;
            assert!(healed["why"].as_array().is_none_or(Vec::is_empty), "{healed}");
            assert_eq!(healed["digest"], good.as_str());
            says_so_in_health(&service, 1).await;
        }

        let tally = load.stop().await;
        assert!(tally.failures.is_empty(), "{:?}", tally.failures);
        assert_eq!(tally.by_rulebook.into_keys().collect::<Vec<_>>(), [good]);
    });
}

/// Health is told right after the status: that moment is waited for. Decisions go on all the while.
async fn says_so_in_health(service: &Service, wanted: i32) {
    let mut beat = interval(Duration::from_millis(10));
    let asking = async {
        while service.health(RULES_SERVICE).await != wanted {
            beat.tick().await;
        }
    };
    timeout(PATIENCE, asking).await.expect("health changes");
    assert_eq!(service.health(DECISION_SERVICE).await, 1);
    assert_eq!(service.health("").await, 1);
}

fn says_so_in_check(place: &Place, message: &str) {
    let output = ended(balustrade().arg("check").arg(place.rules()));
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.contains("caps.yaml:11") && text.contains("2.00 EURO"),
        "{text}\n{message}"
    );
}

fn says_so_in_the_log(place: &Place, what: &str) {
    let log = place.log();
    let line = log.lines().rfind(|line| line.contains(what));
    let line = line.unwrap_or_else(|| panic!("nothing of `{what}` in:\n{log}"));
    assert!(line.contains("ERROR") && line.contains("caps.yaml:11:"), "{line}");
}

#[test]
fn a_server_killed_beside_a_broken_edit_starts_again_with_the_last_good_rules_and_says_so() {
    let place = Place::with_cap("2.00 EUR");
    let good = place.digest();
    Service::start(&place).kill();
    save_in_place(&place, &capped("2.00 EURO"));

    let service = Service::start(&place);
    service.says("is refused, so these are the last good ones");
    says_so_in_the_log(&place, "the last good rulebook is in force");
    Runtime::new().unwrap().block_on(async {
        let client = service.client().await;
        assert_eq!(price_micros(&client).await, 2_000_000);
        let told = status(&client, is_refused).await;
        assert_eq!(told["digest"], good.as_str());
        assert_eq!(told["why"][0]["line"], 11);
        assert_eq!(service.health(RULES_SERVICE).await, 2);
        assert_eq!(service.health(DECISION_SERVICE).await, 1);

        save_by_renaming(&place, &capped("1.50 EUR"));
        status(&client, |status| !is_refused(status)).await;
        assert_eq!(price_micros(&client).await, 1_500_000);
        says_so_in_health(&service, 1).await;
    });
}
