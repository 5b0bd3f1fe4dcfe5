//! `balustrade explain ID`: the whole story of a decision, read from the journal of a running server.

use std::fmt::Write as _;

use serde::Deserialize;
use serde_json::json;

use super::{
    Ended,
    call::Where,
    story::{Cause, Estimate, Versions, Why, Wish, causes, expected, tell, wished, word},
};
use crate::{
    domain::{Language, Micros},
    settings::Settings,
};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The decision, as its reply named it.
    #[arg(value_name = "ID")]
    decision: String,
    #[command(flatten)]
    server: Where,
}

pub(super) fn run(args: &Args, settings: &Settings, language: Option<Language>) -> anyhow::Result<Ended> {
    let request = json!({"decision_id": args.decision}).to_string();
    let method = "AuditService/GetDecision";
    args.server
        .ask(settings, language, method, &request, |kept: &Kept| kept.told())
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Kept {
    decision: Decision,
    outcomes: Vec<Outcome>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Decision {
    decision_id: String,
    decided_at: String,
    request_id: String,
    kind: String,
    versions: Versions,
    facts: Vec<Fact>,
    candidates: Vec<Candidate>,
    auction: Auction,
    seed: u64,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Fact {
    attribute: String,
    value: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Auction {
    auction_type: String,
    currency: String,
    floor_micros: i64,
    deal_ids: Vec<String>,
    private_auction: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Candidate {
    candidate_id: String,
    campaign_id: String,
    brand: String,
    objective: String,
    currency: String,
    facts: Vec<Fact>,
    price_micros: Option<i64>,
    no_bid: String,
    wish: Option<Wish>,
    why: Why,
    in_force: Vec<Cause>,
    floor_micros: i64,
    budget_left_micros: Option<i64>,
    estimate: Option<Estimate>,
    limited_by: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Outcome {
    candidate_id: String,
    sort: String,
    name: String,
    event_id: String,
    revision: u32,
    occurred_at: String,
    withdrawn: bool,
    amount_micros: Option<i64>,
    result: Answered,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Answered {
    status: String,
    reason: String,
}

// === impl Kept ===

impl Kept {
    fn told(&self) -> String {
        let mut text = self.decision.told();
        for candidate in &self.decision.candidates {
            let _ = writeln!(text, "\n{}", candidate.told());
            let mut own = self
                .outcomes
                .iter()
                .filter(|outcome| outcome.candidate_id == candidate.candidate_id)
                .peekable();
            if own.peek().is_none() {
                tell(&mut text, "since then", "nothing was reported");
            }
            for outcome in own {
                tell(&mut text, "since then", &outcome.told(&candidate.currency));
            }
        }
        text
    }
}

impl Decision {
    fn told(&self) -> String {
        let Self {
            decision_id,
            decided_at,
            request_id,
            kind,
            versions,
            facts,
            candidates: _,
            auction,
            seed,
        } = self;
        let mut text = format!("decision {decision_id} ({kind}), made {decided_at}\n");
        versions.tell(&mut text);
        if !request_id.is_empty() {
            tell(&mut text, "request", request_id);
        }
        tell(&mut text, "seed", &seed.to_string());
        tell(&mut text, "sold", &auction.told());
        known(&mut text, facts);
        text
    }
}

impl Auction {
    fn told(&self) -> String {
        let pays = match word("AUCTION_TYPE_", &self.auction_type).as_str() {
            "first price" => "the winner pays its bid",
            "second price" => "the winner pays the second highest bid",
            _ => "payment not recorded",
        };
        let floor = Micros::new(self.floor_micros);
        let mut line = format!("floor {floor} {}, {pays}", self.currency);
        if !self.deal_ids.is_empty() {
            let _ = write!(line, ", deals {}", self.deal_ids.join(", "));
        }
        if self.private_auction {
            line.push_str(", deals only");
        }
        line
    }
}

impl Candidate {
    fn told(&self) -> String {
        let Self {
            candidate_id,
            campaign_id,
            brand,
            objective,
            currency,
            facts,
            price_micros,
            no_bid,
            wish,
            why,
            in_force,
            floor_micros,
            budget_left_micros,
            estimate,
            limited_by,
        } = self;
        let answer = match price_micros {
            Some(price) => format!("bid {} {currency}", Micros::new(*price)),
            None => match word("NO_BID_REASON_", no_bid).as_str() {
                "" | "unspecified" => "no bid".to_owned(),
                reason => format!("no bid, {reason}"),
            },
        };
        let mut text = format!("{candidate_id}: {answer}\n  {}\n", why.sentence);
        let whose = format!("campaign {campaign_id} of {brand}, after the outcome `{objective}`");
        tell(&mut text, "for", &whose);
        known(&mut text, facts);
        causes(&mut text, "in force", in_force);
        let lowest = format!("{} {currency}", Micros::new(*floor_micros));
        tell(&mut text, "floor", &lowest);
        if let Some(left) = budget_left_micros {
            let left = format!("{} {currency} were left then", Micros::new(*left));
            tell(&mut text, "budget", &left);
        }
        wished(&mut text, wish.as_ref(), None, limited_by);
        why.tell(&mut text);
        expected(&mut text, estimate.as_ref());
        text.truncate(text.trim_end().len());
        text
    }
}

impl Outcome {
    fn told(&self, currency: &str) -> String {
        let Self {
            candidate_id: _,
            sort,
            name,
            event_id,
            revision,
            occurred_at,
            withdrawn,
            amount_micros,
            result,
        } = self;
        let mut line = format!("{occurred_at} {sort}");
        if name != sort {
            let _ = write!(line, " `{name}`");
        }
        if let Some(amount) = amount_micros {
            let _ = write!(line, " {} {currency}", Micros::new(*amount));
        }
        if *withdrawn {
            line.push_str(", withdrawn");
        }
        if *revision > 0 {
            let _ = write!(line, ", revision {revision}");
        }
        let status = word("OUTCOME_STATUS_", &result.status);
        let _ = write!(line, " ({event_id}: {status}");
        if !result.reason.is_empty() {
            let _ = write!(line, ", {}", result.reason);
        }
        line.push(')');
        line
    }
}

fn known(text: &mut String, facts: &[Fact]) {
    let mut heading = "known";
    for Fact { attribute, value } in facts {
        let value = if value.is_empty() { "none" } else { value };
        tell(text, heading, &format!("{attribute} = {value}"));
        heading = "";
    }
}
