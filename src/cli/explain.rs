//! `balustrade explain ID`: the whole story of a decision, read from the journal of a running server.

use std::fmt::Write as _;

use serde::Deserialize;
use serde_json::json;

use super::{
    Ended,
    call::Where,
    story::{
        Cause, Estimate, Reason, Sent, Versions, Why, Wish, causes, expected,
        label::{
            ASKED, BUDGET, CALLER, EXPECTS, FLOOR, FOR, IN_FORCE, KNOWN, ONE_MORE, OR_ELSE, REQUEST, SEED,
            SINCE, SOLD, SPEAKS_FOR, WISH, kept_back, said,
        },
        reasons, tell, wished, word,
    },
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
        .ask(settings, language, method, &request, |kept: &Kept| {
            kept.told(language.unwrap_or(settings.grpc.language))
        })
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
    caller: String,
    kind: String,
    versions: Versions,
    facts: Vec<Fact>,
    candidates: Vec<Candidate>,
    auction: Option<Auction>,
    sending: Option<Sending>,
    slate: Option<Slate>,
    total: Option<Total>,
    why: Option<Why>,
    seed: u64,
}

/// The window of a message.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Sending {
    not_before: String,
    not_after: String,
    alternatives: u32,
}

/// What a slate was asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Slate {
    slate_size: u32,
    context_item_ids: Vec<String>,
    session_item_ids: Vec<String>,
}

/// What there was to split.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Total {
    total_micros: i64,
    currency: String,
    period_start: String,
    period_end: String,
}

/// An answer or a wish of any kind; one is there.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Choice {
    price_micros: Option<i64>,
    no_bid: Option<String>,
    send_at: Option<String>,
    slot: Option<u32>,
    not_shown: Option<bool>,
    share_micros: Option<i64>,
    probability: Option<f64>,
}

/// What the model said beside its choice.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Grounds {
    alternatives: Vec<Sent>,
    because_of_item_ids: Vec<String>,
    marginal_return: Option<f64>,
    up: Vec<Reason>,
    down: Vec<Reason>,
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
    wish: Option<Wish>,
    why: Why,
    in_force: Vec<Cause>,
    floor_micros: i64,
    budget_left_micros: Option<i64>,
    estimate: Option<Estimate>,
    limited_by: String,
    answer: Option<Choice>,
    wished: Option<Choice>,
    grounds: Option<Grounds>,
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
    fn told(&self, language: Language) -> String {
        let mut text = self.decision.told(language);
        for candidate in &self.decision.candidates {
            let _ = writeln!(text, "\n{}", candidate.told(language));
            let mut own = self
                .outcomes
                .iter()
                .filter(|outcome| outcome.candidate_id == candidate.candidate_id)
                .peekable();
            if own.peek().is_none() {
                let nothing = [
                    "nothing was reported",
                    "non è stato riferito nulla",
                    "no se informó de nada",
                ];
                tell(&mut text, said(language, SINCE), said(language, nothing));
            }
            for outcome in own {
                tell(
                    &mut text,
                    said(language, SINCE),
                    &outcome.told(&candidate.currency),
                );
            }
        }
        text
    }
}

impl Decision {
    fn told(&self, language: Language) -> String {
        let Self {
            decision_id,
            decided_at,
            request_id,
            caller,
            kind,
            versions,
            facts,
            candidates: _,
            auction,
            sending,
            slate,
            total,
            why,
            seed,
        } = self;
        let decision = said(language, ["decision", "decisione", "decisión"]);
        let made = said(language, ["made", "presa", "tomada"]);
        let mut text = format!("{decision} {decision_id} ({kind}), {made} {decided_at}\n");
        versions.tell(&mut text, language);
        if !caller.is_empty() {
            tell(&mut text, said(language, CALLER), caller);
        }
        if !request_id.is_empty() {
            tell(&mut text, said(language, REQUEST), request_id);
        }
        tell(&mut text, said(language, SEED), &seed.to_string());
        if let Some(auction) = auction {
            tell(&mut text, said(language, SOLD), &auction.told(language));
        }
        let asked = [
            sending.as_ref().map(Sending::told),
            slate.as_ref().map(|slate| slate.told(language)),
            total.as_ref().map(Total::told),
        ];
        for asked in asked.into_iter().flatten() {
            tell(&mut text, said(language, ASKED), &asked);
        }
        known(&mut text, facts, language);
        if let Some(why) = why {
            let _ = writeln!(text, "\n{}", why.sentence);
        }
        text
    }
}

impl Sending {
    fn told(&self) -> String {
        let Self {
            not_before,
            not_after,
            alternatives,
        } = self;
        match alternatives {
            0 => format!("{not_before} – {not_after}"),
            more => format!("{not_before} – {not_after} (+{more})"),
        }
    }
}

impl Slate {
    fn told(&self, language: Language) -> String {
        let slots = said(language, ["slots", "posizioni", "posiciones"]);
        let mut line = format!("{} {slots}", self.slate_size);
        let looking = ["looking at", "guardando", "mirando"];
        let session = ["in this session", "in questa sessione", "en esta sesión"];
        for (label, ids) in [
            (looking, &self.context_item_ids),
            (session, &self.session_item_ids),
        ] {
            if !ids.is_empty() {
                let _ = write!(line, ", {} {}", said(language, label), ids.join(", "));
            }
        }
        line
    }
}

impl Total {
    fn told(&self) -> String {
        let total = Micros::new(self.total_micros);
        format!(
            "{total} {}, {} – {}",
            self.currency, self.period_start, self.period_end
        )
    }
}

impl Auction {
    fn told(&self, language: Language) -> String {
        let pays = match word("AUCTION_TYPE_", &self.auction_type).as_str() {
            "first price" => [
                "the winner pays its bid",
                "chi vince paga la sua offerta",
                "quien gana paga su puja",
            ],
            "second price" => [
                "the winner pays the second highest bid",
                "chi vince paga la seconda offerta",
                "quien gana paga la segunda puja",
            ],
            _ => [
                "payment not recorded",
                "pagamento non registrato",
                "pago no registrado",
            ],
        };
        let floor = Micros::new(self.floor_micros);
        let lowest = said(language, FLOOR);
        let mut line = format!("{lowest} {floor} {}, {}", self.currency, said(language, pays));
        if !self.deal_ids.is_empty() {
            let deals = said(language, ["deals", "accordi", "acuerdos"]);
            let _ = write!(line, ", {deals} {}", self.deal_ids.join(", "));
        }
        if self.private_auction {
            line.push_str(said(
                language,
                [", deals only", ", solo accordi", ", solo acuerdos"],
            ));
        }
        line
    }
}

impl Candidate {
    fn told(&self, language: Language) -> String {
        let Self {
            candidate_id,
            campaign_id,
            brand,
            objective,
            currency,
            facts,
            wish,
            why,
            in_force,
            floor_micros: _,
            budget_left_micros: _,
            estimate,
            limited_by,
            answer,
            wished: any_wish,
            grounds,
        } = self;
        let said_so = match answer {
            Some(answer) => answer.told(currency, language),
            None => kept_back(language, &why.verdict).to_owned(),
        };
        let mut text = format!("{candidate_id}: {said_so}\n  {}\n", why.sentence);
        let whose = match language {
            Language::English => {
                format!("campaign {campaign_id} of {brand}, after the outcome `{objective}`")
            }
            Language::Italian => format!("campagna {campaign_id} di {brand}, per l'esito `{objective}`"),
            Language::Spanish => {
                format!("campaña {campaign_id} de {brand}, tras el resultado `{objective}`")
            }
        };
        tell(&mut text, said(language, FOR), &whose);
        known(&mut text, facts, language);
        causes(&mut text, said(language, IN_FORCE), in_force);
        self.tell_money(&mut text, language);
        match (wish, any_wish) {
            (Some(wish), _) => wished(&mut text, (Some(wish), None), limited_by, language),
            (None, Some(wish)) => tell(&mut text, said(language, WISH), &wish.told(currency, language)),
            (None, None) => {}
        }
        if let Some(grounds) = grounds {
            grounds.tell(&mut text, language);
        }
        why.tell(&mut text, language);
        let estimate = estimate.as_ref();
        if self.is_bid() {
            expected(&mut text, estimate, language);
        } else if let Some(estimate) = estimate {
            tell(&mut text, said(language, EXPECTS), &estimate.chance(language));
        }
        text.truncate(text.trim_end().len());
        text
    }

    /// Whether it was asked for a bid; of what was kept back nobody can tell, and nothing hangs on it.
    fn is_bid(&self) -> bool {
        let answer = self.answer.as_ref();
        answer.is_none_or(|answer| answer.price_micros.is_some() || answer.no_bid.is_some())
    }

    /// What the auction and the budget left, of a bid.
    fn tell_money(&self, text: &mut String, language: Language) {
        let currency = &self.currency;
        if self.is_bid() && self.floor_micros > 0 {
            let lowest = format!("{} {currency}", Micros::new(self.floor_micros));
            tell(text, said(language, FLOOR), &lowest);
        }
        if let Some(left) = self.budget_left_micros {
            let then = said(
                language,
                ["were left then", "restavano allora", "quedaban entonces"],
            );
            let left = format!("{} {currency} {then}", Micros::new(left));
            tell(text, said(language, BUDGET), &left);
        }
    }
}

impl Choice {
    fn told(&self, currency: &str, language: Language) -> String {
        let Self {
            price_micros,
            no_bid,
            send_at,
            slot,
            not_shown,
            share_micros,
            probability,
        } = self;
        if let Some(price) = price_micros {
            let bid = said(language, ["bid", "offerta", "puja"]);
            return format!("{bid} {} {currency}", Micros::new(*price));
        }
        if let Some(at) = send_at {
            return format!(
                "{} {at}",
                said(language, ["send at", "invia alle", "enviar a las"])
            );
        }
        if let Some(slot) = slot {
            return format!("{} {slot}", said(language, ["slot", "posizione", "posición"]));
        }
        if let Some(part) = share_micros {
            return format!("{} {currency}", Micros::new(*part));
        }
        if let Some(probability) = probability {
            return format!("{:.2} %", probability * 100.0);
        }
        if not_shown.is_some() {
            return said(language, ["not shown", "non mostrato", "no mostrado"]).to_owned();
        }
        let none = said(language, ["no bid", "nessuna offerta", "sin puja"]);
        match word("NO_BID_REASON_", no_bid.as_deref().unwrap_or_default()).as_str() {
            "" | "unspecified" => none.to_owned(),
            reason => format!("{none}, {reason}"),
        }
    }
}

impl Grounds {
    fn tell(&self, text: &mut String, language: Language) {
        for other in &self.alternatives {
            tell(text, said(language, OR_ELSE), &other.told(language));
        }
        if !self.because_of_item_ids.is_empty() {
            tell(
                text,
                said(language, SPEAKS_FOR),
                &self.because_of_item_ids.join(", "),
            );
        }
        if let Some(marginal) = self.marginal_return {
            tell(text, said(language, ONE_MORE), &format!("{marginal:.4}"));
        }
        reasons(text, (&self.up, &self.down), language);
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

fn known(text: &mut String, facts: &[Fact], language: Language) {
    let mut heading = said(language, KNOWN);
    for Fact { attribute, value } in facts {
        let none = said(language, ["none", "nessuno", "ninguno"]);
        let value = if value.is_empty() { none } else { value };
        tell(text, heading, &format!("{attribute} = {value}"));
        heading = "";
    }
}
