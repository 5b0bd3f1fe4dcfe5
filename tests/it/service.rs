//! The real program in a process of its own, over folders of its own, and clients of it.

use std::{
    fs::{self, File},
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Output, Stdio},
    sync::{
        Mutex, MutexGuard, PoisonError,
        mpsc::{Receiver, RecvTimeoutError, channel},
    },
    time::{Duration, Instant},
};

use balustrade::grpc::client::Client;
use serde_json::Value;

/// How long a process may take to do what it was told: only a hang lasts longer.
const PATIENCE: Duration = Duration::from_secs(30);

const BID: &str = r#"{
    "facts": {"market": {"country": "IT", "channel": "display"}},
    "impression": {"bidfloor": 0.5, "currency": "EUR", "auction_type": "AUCTION_TYPE_FIRST_PRICE"},
    "candidates": [{"candidate_id": "c", "campaign_id": "spring", "creative_id": "red"}]
}"#;

/// Holds back the other stories that put load on a server: beside each other they would measure each other.
pub(crate) fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    // A story that failed while it held this has nothing to say about the next.
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A rules folder, a data folder, and the log of what served them.
pub(crate) struct Place(tempfile::TempDir);

impl Place {
    /// One campaign with a human bid of 3.00 EUR under a cap.
    pub(crate) fn with_cap(cap: &str) -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        fs::create_dir(place.rules()).unwrap();
        for (name, text) in FILES {
            fs::write(place.rules().join(name), text).unwrap();
        }
        fs::write(place.caps(), capped(cap)).unwrap();
        place
    }

    pub(crate) fn rules(&self) -> PathBuf {
        self.0.path().join("rules")
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.0.path().join("data")
    }

    /// The file with the cap.
    pub(crate) fn caps(&self) -> PathBuf {
        self.rules().join("caps.yaml")
    }

    /// Everything that was logged so far, over all starts.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.0.path().join("log")).unwrap()
    }

    /// The digest that the files have now.
    pub(crate) fn digest(&self) -> String {
        balustrade::rules::Sources::read(&self.rules())
            .unwrap()
            .digest()
            .to_string()
    }

    fn log_file(&self) -> File {
        let path = self.0.path().join("log");
        File::options().create(true).append(true).open(path).unwrap()
    }
}

/// The rules with that cap, on line 11.
pub(crate) fn capped(cap: &str) -> String {
    CAPS.replace("CAP", cap)
}

const CAPS: &str = "rules_of: Shop
applies_to: {brand: shop}
tier: brand
owner: ada@shop.example
time_zone: Europe/Rome

rules:
  - id: cap
    for: [bid]
    when: {market.country: IT}
    then: {at_most: CAP}
    because: Agreed for the spring
";

const FILES: [(&str, &str); 3] = [
    (
        "campaigns.yaml",
        "campaigns:
  - id: spring
    brand: shop
    objective: click
    goal: manual
    budget: 900000 EUR
    period: {from: 2020-01-01, until: 2099-12-31}
    baseline: {bid: 3.00 EUR}
",
    ),
    (
        "objectives.yaml",
        "objectives:
  - id: click
    event: click
    window: 30 min
    for: [bid]
",
    ),
    (
        "defaults.yaml",
        "owner: ada@shop.example
because: A missed impression costs nothing
safe_default:
  bid: no_bid
",
    ),
];

/// The program with these arguments, not yet started.
pub(crate) fn balustrade() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_balustrade"));
    // Colours in logs, and settings of whoever runs the tests, are none of the story.
    command.env("NO_COLOR", "1");
    command
}

/// What a command came to that is expected to end by itself. Ends the test if it does not.
pub(crate) fn ended(command: &mut Command) -> Output {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    if exit(&mut child, PATIENCE).is_none() {
        child.kill().unwrap();
        let output = child.wait_with_output().unwrap();
        panic!("it did not end by itself: {output:?}");
    }
    child.wait_with_output().unwrap()
}

/// Waits for a process. There is no waiting with a time-out in `std`, so it is asked again and again.
fn exit(child: &mut Child, patience: Duration) -> Option<ExitStatus> {
    let begun = Instant::now();
    while begun.elapsed() < patience {
        if let Some(status) = child.try_wait().unwrap() {
            return Some(status);
        }
        std::thread::park_timeout(Duration::from_millis(5));
    }
    None
}

/// A server that runs until it is told otherwise, or until this is dropped.
pub(crate) struct Service {
    child: Child,
    address: String,
    lines: Receiver<String>,
}

impl Service {
    /// Starts it on a port of its own, and waits until it tells its address.
    pub(crate) fn start(place: &Place) -> Self {
        Self::start_with(place, [])
    }

    /// The same with settings from the environment.
    pub(crate) fn start_with<const N: usize>(place: &Place, settings: [(&str, &str); N]) -> Self {
        let mut command = Self::command(&place.rules(), &place.data(), "127.0.0.1:0");
        command.envs(settings);
        Self::of(command, place)
    }

    /// Starts this command, which serves, and waits until it tells its address.
    pub(crate) fn of(mut command: Command, place: &Place) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(place.log_file())
            .spawn()
            .unwrap();
        let lines = lines_of(&mut child);
        let greeting = first_line(&lines, &mut child, place);
        let address = greeting
            .strip_prefix("serving on ")
            .and_then(|rest| rest.split(' ').next())
            .unwrap_or_else(|| panic!("no address in `{greeting}`"));
        Self {
            address: address.to_owned(),
            lines,
            child,
        }
    }

    /// The command that serves these folders.
    pub(crate) fn command(rules: &Path, data: &Path, address: &str) -> Command {
        let mut command = balustrade();
        command.arg("serve").arg("--rules").arg(rules);
        command.arg("--data").arg(data).args(["--address", address]);
        command.env("BALUSTRADE__ADMIN__ADDRESS", "127.0.0.1:0");
        command
    }

    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// Its process id.
    pub(crate) fn process(&self) -> u32 {
        self.child.id()
    }

    /// Waits until it prints a line with these words.
    pub(crate) fn says(&self, words: &str) {
        loop {
            let line = self.lines.recv_timeout(PATIENCE);
            if line
                .unwrap_or_else(|_| panic!("it never said `{words}`"))
                .contains(words)
            {
                return;
            }
        }
    }

    pub(crate) async fn client(&self) -> Client {
        Client::connect(&format!("http://{}", self.address))
            .await
            .expect("a connection")
    }

    /// What grpc.health says of a service: 1 is SERVING, 2 NOT_SERVING.
    pub(crate) async fn health(&self, service: &str) -> i32 {
        use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};
        let endpoint = tonic::transport::Endpoint::from_shared(format!("http://{}", self.address)).unwrap();
        let mut client = HealthClient::new(endpoint.connect().await.unwrap());
        let request = HealthCheckRequest {
            service: service.to_owned(),
        };
        client.check(request).await.unwrap().into_inner().status
    }

    /// SIGKILL.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// SIGTERM.
    pub(crate) fn terminate(&self) {
        // `std` sends no other signal than SIGKILL; every shell can.
        let order = format!("kill -TERM {}", self.child.id());
        assert!(
            Command::new("sh")
                .args(["-c", &order])
                .status()
                .unwrap()
                .success()
        );
    }

    /// The exit code after [`Service::terminate`].
    pub(crate) fn code(mut self) -> Option<i32> {
        exit(&mut self.child, PATIENCE)
            .expect("the server did not stop")
            .code()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The lines that it prints, read by a thread so that waiting for one can end.
fn lines_of(child: &mut Child) -> Receiver<String> {
    let (said, lines) = channel();
    let printed = BufReader::new(child.stdout.take().unwrap());
    std::thread::spawn(move || {
        for line in printed.lines().map_while(Result::ok) {
            // Nobody listens after the greeting; reading goes on so that the pipe never fills.
            let _ = said.send(line);
        }
    });
    lines
}

fn first_line(lines: &Receiver<String>, child: &mut Child, place: &Place) -> String {
    lines.recv_timeout(PATIENCE).unwrap_or_else(|why| {
        let _ = child.kill();
        let _ = child.wait();
        let why = match why {
            RecvTimeoutError::Timeout => "was silent",
            RecvTimeoutError::Disconnected => "ended",
        };
        panic!("the server {why}:\n{}", place.log())
    })
}

/// One question, in bytes.
pub(crate) fn bid_request(client: &Client) -> prost::bytes::Bytes {
    client.encode("DecisionService/DecideBid", BID).unwrap()
}

/// The same question on the stream of decisions.
pub(crate) fn stream_request(client: &Client) -> prost::bytes::Bytes {
    let question = format!(r#"{{"tag": 1, "bid": {BID}}}"#);
    client.encode("DecisionService/Decide", &question).unwrap()
}

/// One decision, in JSON.
pub(crate) async fn decide(client: &Client) -> Result<Value, balustrade::grpc::client::CallError> {
    let reply = client.json("DecisionService/DecideBid", BID).await?;
    Ok(serde_json::from_str(&reply).unwrap())
}

/// A call that has to be answered.
pub(crate) async fn answered(client: &Client, method: &str, request: &str) -> Value {
    let reply = client.json(method, request).await;
    serde_json::from_str(&reply.unwrap_or_else(|error| panic!("{method}: {error}"))).unwrap()
}
