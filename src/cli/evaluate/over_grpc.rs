//! The paced bidder of a replay as a backend meets it: the whole server on a loopback socket, asked and told over
//! gRPC, its clock stated by the log.

use std::{fs, path::Path, sync::Arc};

use anyhow::Context as _;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::{
    app::{App, Running, StatedClock, World, serve},
    domain::{Budget, Campaign, Duration, Goal, Micros, Timestamp},
    grpc::client::Client,
    journal::Damage,
    learning::evaluation::{Bidder, Impression, Start, Told},
    settings::Settings,
};

/// A server that has learnt a history, and a client that bids through it.
pub(super) struct OverGrpc {
    runtime: Runtime,
    client: Client,
    clock: Arc<StatedClock>,
    app: Arc<App>,
    campaign: String,
    currency: String,
    /// Decision id and token of the latest decision.
    latest: Option<(Value, Value)>,
    failed: Option<anyhow::Error>,
    _running: Running,
    _folder: TempDir,
}

impl OverGrpc {
    /// Writes the campaign's rules, keeps and learns its history, and serves.
    pub(super) fn start(start: &Start) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        write_rules(&folder.path().join("rules"), &start.campaign)?;
        let mut settings = Settings::default();
        settings.admin.enabled = false;
        settings.rules.folder = folder.path().join("rules");
        settings.journal.folder = folder.path().join("data");
        settings.grpc.address = ([127, 0, 0, 1], 0).into();
        settings.grpc.workers = 1;
        let begin = start
            .history
            .first()
            .map_or_else(Timestamp::default, |first| first.at);
        let clock = Arc::new(StatedClock::at(begin));
        let app = App::open(&settings, Damage::Refuse, Arc::clone(&clock) as _, &World::Real)?;
        let app = Arc::new(app);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        for observation in &start.history {
            app.journal.observe(observation.clone())?;
        }
        runtime.block_on(app.journal.settled())?;
        app.catch_up()?;
        let running = serve(&app, &settings)?;
        let client = runtime.block_on(Client::connect(&format!("http://{}", running.address())))?;
        Ok(Self {
            runtime,
            client,
            clock,
            app,
            campaign: start.campaign.id.to_string(),
            currency: start.campaign.currency.to_string(),
            latest: None,
            failed: None,
            _running: running,
            _folder: folder,
        })
    }

    /// What went wrong on the way, if anything did: then the replay is void.
    pub(super) fn failure(&mut self) -> Option<anyhow::Error> {
        self.failed.take()
    }

    fn call(&self, method: &str, request: &Value) -> anyhow::Result<Value> {
        let reply = self
            .runtime
            .block_on(self.client.json(method, &request.to_string()))?;
        Ok(serde_json::from_str(&reply)?)
    }

    fn decide(&mut self, row: &Impression) -> anyhow::Result<Option<Micros>> {
        self.clock.advance(row.at);
        let reply = self.call("DecisionService/DecideBid", &self.question(row))?;
        let part = |path: &str| reply.pointer(path).cloned();
        self.latest = part("/stamp/decision_id").zip(part("/stamp/token"));
        let price = reply.pointer("/answers/0/bid/price_micros");
        Ok(price.and_then(Value::as_i64).map(Micros::new))
    }

    fn question(&self, row: &Impression) -> Value {
        let (os, browser) = row.user_agent.split_once('_').unwrap_or((&row.user_agent, ""));
        let (width, height) = row.size.split_once('x').unwrap_or(("1", "1"));
        let pixels = |text: &str| text.parse::<u32>().unwrap_or(1);
        let known = |text: &str| (!text.is_empty() && text != "null").then(|| text.to_owned());
        let segments: Vec<String> = row.segments.iter().filter_map(|segment| known(segment)).collect();
        json!({
            "facts": {
                "market": {"region": known(&row.region)},
                "device": {"os": known(os), "browser": known(browser)},
                "contact": {"segments": {"values": segments}},
            },
            "impression": {
                "currency": self.currency,
                "auction_type": "AUCTION_TYPE_SECOND_PRICE",
                "exchange": known(&row.exchange),
                "placement": known(&row.slot),
                "width": pixels(width),
                "height": pixels(height),
                "position": known(&row.visibility),
            },
            "candidates": [{"campaign_id": self.campaign, "creative_id": known(&row.creative), "candidate_id": "only"}],
        })
    }

    fn report(&mut self, row: &Impression, result: Told) -> anyhow::Result<()> {
        let Some((decision, token)) = self.latest.take() else {
            return Ok(());
        };
        let at = row.at.plus(Duration::from_millis(100));
        self.clock.advance(at);
        let report = |name: &str, event: Value| {
            let mut report = json!({
                "decision_id": decision, "token": token, "candidate_id": "only",
                "event_id": name, "occurred_at": at.to_string(),
            });
            if let Some(report) = report.as_object_mut() {
                report.insert(name.to_owned(), event);
            }
            report
        };
        let win = || report("win", json!({"price_micros": row.price.get()}));
        let reports = match result {
            Told::Lost => vec![report("loss", json!({}))],
            Told::Shown => vec![win(), report("impression", json!({}))],
            Told::Clicked => vec![win(), report("impression", json!({})), report("click", json!({}))],
        };
        let expected = reports.len();
        let reply = self.call("OutcomeService/RecordOutcomes", &json!({"outcomes": reports}))?;
        let results = reply.pointer("/results").and_then(Value::as_array);
        let accepted = |result: &&Value| {
            result.pointer("/status").and_then(Value::as_str) == Some("OUTCOME_STATUS_ACCEPTED")
        };
        let accepted = results.map_or(0, |results| results.iter().filter(accepted).count());
        anyhow::ensure!(
            accepted == expected,
            "of {expected} outcomes {accepted} were accepted: {reply}"
        );
        self.app.catch_up()?;
        Ok(())
    }
}

impl Bidder for OverGrpc {
    fn bid(&mut self, _: usize, row: &Impression, _: Micros) -> Option<Micros> {
        if self.failed.is_some() {
            return None;
        }
        match self.decide(row) {
            Ok(price) => price,
            Err(error) => {
                self.failed = Some(error);
                None
            }
        }
    }

    fn told(&mut self, _: usize, row: &Impression, result: Told) {
        if self.failed.is_none() {
            self.failed = self.report(row, result).err();
        }
    }
}

/// All six decimals: three of them after a point may be read as thousands, and are refused.
fn exact(amount: Micros) -> String {
    let micros = amount.get();
    format!("{}.{:06}", micros / 1_000_000, micros.unsigned_abs() % 1_000_000)
}

/// The rules folder of a campaign that no rule bounds but its budget.
fn write_rules(folder: &Path, campaign: &Campaign) -> anyhow::Result<()> {
    fs::create_dir_all(folder)?;
    let Goal::MaximiseConversions { value_per_outcome } = campaign.goal else {
        anyhow::bail!("the replayed campaign maximises conversions");
    };
    let Budget { amount, start, end } = campaign.budget.context("the replayed campaign has a budget")?;
    let last = Timestamp::from_millis(end.as_millis() - 1);
    let date = |at: Timestamp| at.to_jiff().strftime("%Y-%m-%d").to_string();
    let (id, brand, currency) = (&campaign.id, &campaign.brand, campaign.currency);
    let objective = &campaign.objective;
    let (from, until, baseline) = (
        date(start),
        date(last),
        campaign.baselines.bid.unwrap_or_default(),
    );
    fs::write(
        folder.join("campaigns.yaml"),
        format!(
            "campaigns:\n  - id: {id}\n    brand: {brand}\n    objective: {}\n    \
             goal: maximise_conversions\n    value_per_outcome: {} {currency}\n    \
             budget: {} {currency}\n    period: {{from: {from}, until: {until}}}\n    \
             baseline: {{bid: {} {currency}}}\n",
            objective.id,
            exact(value_per_outcome),
            exact(amount),
            exact(baseline),
        ),
    )?;
    fs::write(
        folder.join("objectives.yaml"),
        format!(
            "objectives:\n  - id: {}\n    event: {}\n    window: {}\n    for: [bid]\n",
            objective.id, objective.event, objective.window
        ),
    )?;
    fs::write(
        folder.join("defaults.yaml"),
        "owner: evaluation@balustrade.example\nbecause: nothing is bought by accident\nsafe_default: {bid: no_bid}\n",
    )?;
    Ok(())
}
