//! How ready the models are, and their versions: kept, promoted and gone back to in one call.

use balustrade::domain::{Event, Language, Timestamp};
use serde_json::{Value, json};

use super::{
    journal_samples::{DAY_MS, observation},
    served::{BEGIN, Served},
};

const CAMPAIGNS: &str = "
campaigns:
  - id: spring
    brand: nova
    objective: click
    goal: maximise_conversions
    value_per_outcome: 0.40 EUR
    baseline: {bid: 2.40 EUR}
    maturity: {bid: {learning_from: 2, mature_at: 4, within: 10 days}}
  - {id: shared, brand: nova, objective: visit, goal: maximise_conversions, value_per_outcome: 0.40 EUR, baseline: {share: 50%, send_at: 10:00}}
";

const OBJECTIVES: &str = "
objectives:
  - {id: click, event: click, window: 30 min, for: [bid]}
  - {id: visit, event: click, window: 30 min, for: [budget, send_time]}
";

const DEFAULTS: &str = "
owner: board@nova.example
because: A missed impression costs nothing
safe_default: {bid: no_bid, send_time: held, budget: held}
";

fn story(clicks: usize) -> Served {
    let files = [
        ("campaigns.yaml", CAMPAIGNS),
        ("objectives.yaml", OBJECTIVES),
        ("defaults.yaml", DEFAULTS),
    ];
    Served::over(&files, |app| {
        for click in 0..clicks {
            let when = Timestamp::from_millis(BEGIN.as_millis() - 3_600_000 - i64::try_from(click).unwrap());
            let mut row = observation("spring", when, vec![(Event::Click, when)]);
            row.objective.event = balustrade::domain::Word::new("click").unwrap();
            app.journal.observe(row).unwrap();
        }
    })
}

fn maturity(server: &Served, request: &Value) -> Value {
    server.written();
    server.app.catch_up().unwrap();
    server.answered("ModelsService/GetMaturity", request)
}

#[test]
fn what_a_model_needs_and_whose_threshold_that_is_are_told() {
    let server = story(0);
    let reply = maturity(&server, &json!({}));
    let told: Vec<(&str, &str, &str)> = reply["models"]
        .as_array()
        .unwrap()
        .iter()
        .map(|model| {
            let word = |name: &str| model[name].as_str().unwrap();
            assert_eq!(word("stage"), "cold");
            (word("campaign_id"), word("kind"), word("missing"))
        })
        .collect();
    assert_eq!(
        told,
        [
            (
                "shared",
                "send_time",
                "needs 12000 more recipients in 90 days, has 0 of 12000; until 12000 people lead alone"
            ),
            (
                "shared",
                "budget",
                "needs 50 more `click` in 7 days, has 0 of 50; until 1 people lead alone"
            ),
            (
                "spring",
                "bid",
                "needs 4 more `click` in 10 days, has 0 of 4; until 2 people lead alone"
            ),
        ]
    );
    let last = &reply["models"][2];
    assert_eq!(
        last["threshold_from"],
        "`maturity` of the campaign in `rules/campaigns.yaml`"
    );
}

#[test]
fn what_a_campaign_declares_counts_for_every_kind() {
    let declared = "{learning_from: 3, mature_at: 7, within: 21 days}";
    let kinds = ["bid", "send_time", "recommendation", "budget", "score"];
    let maturity_of_all: Vec<String> = kinds.iter().map(|kind| format!("{kind}: {declared}")).collect();
    let campaigns = format!(
        "campaigns:\n  - id: spring\n    brand: nova\n    objective: click\n    goal: maximise_conversions\n    \
         value_per_outcome: 0.40 EUR\n    baseline: {{bid: 2.40 EUR, send_at: 10:00, list: [tea], share: 50%, probability: \
         5%}}\n    maturity: {{{}}}\n",
        maturity_of_all.join(", ")
    );
    let objectives = "objectives:\n  - {id: click, event: click, window: 30 min, for: [bid, send_time, recommendation, budget, score]}\n";
    let defaults = "owner: board@nova.example\nbecause: A missed impression costs nothing\nsafe_default: {bid: no_bid, \
                    send_time: held, recommendation: baseline, budget: held, score: 5%}\n";
    let files = [
        ("campaigns.yaml", campaigns.as_str()),
        ("objectives.yaml", objectives),
        ("defaults.yaml", defaults),
    ];
    let server = Served::over(&files, |_| {});
    let reply = maturity(&server, &json!({}));
    let models = reply["models"].as_array().unwrap();
    assert_eq!(models.len(), kinds.len(), "{reply}");
    for model in models {
        assert_eq!(model["need"], 7, "{model}");
        assert_eq!(model["window_days"], 21, "{model}");
        assert_eq!(
            model["threshold_from"],
            "`maturity` of the campaign in `rules/campaigns.yaml`"
        );
    }
}

#[test]
fn a_thousand_arms_are_split_to_the_last_micro() {
    let server = story(0);
    let arms: Vec<Value> = (0..1_000)
        .map(|arm| json!({"arm_id": format!("arm-{arm}")}))
        .collect();
    let begin = jiff::Timestamp::from_millisecond(BEGIN.as_millis()).unwrap();
    let end = jiff::Timestamp::from_millisecond(BEGIN.as_millis() + 7 * DAY_MS).unwrap();
    let request = json!({
        "campaign_id": "shared", "currency": "EUR", "total_micros": 1_234_567_891_i64, "arms": arms,
        "period_start": begin.to_string(), "period_end": end.to_string(),
    });
    let reply = server.answered("DecisionService/AllocateBudget", &request);
    let allocations = reply["allocations"].as_array().unwrap();
    assert_eq!(allocations.len(), 1_000);
    let part = |allocation: &Value| -> i64 {
        let amount = &allocation["amount_micros"];
        amount.as_i64().or_else(|| amount.as_str()?.parse().ok()).unwrap()
    };
    assert_eq!(allocations.iter().map(part).sum::<i64>(), 1_234_567_891);
}

#[test]
fn a_score_or_a_hand_over_that_is_not_there_is_named_with_the_remedy() {
    let server = story(1);
    maturity(&server, &json!({}));
    let hand = json!({"by": "anna", "because": "why not"});
    let with = |more: &Value| {
        let mut request = hand.clone();
        let fields = request.as_object_mut().unwrap();
        fields.extend(more.as_object().unwrap().clone());
        request
    };
    for (call, more, code, reason) in [
        (
            "Train",
            json!({"score_campaign_id": "spring"}),
            "NOT_FOUND",
            "UNKNOWN_SCORE",
        ),
        (
            "RollBackModels",
            json!({"score_campaign_id": "spring"}),
            "NOT_FOUND",
            "UNKNOWN_SCORE",
        ),
        (
            "Promote",
            json!({"score_campaign_id": "spring", "score_digest": "00ff"}),
            "NOT_FOUND",
            "UNKNOWN_SCORE",
        ),
        (
            "ResumeHandOver",
            json!({"campaign_id": "spring", "kind": "bid", "country": "IT"}),
            "NOT_FOUND",
            "NOT_FROZEN",
        ),
    ] {
        let refusal = server.refused(&format!("ModelsService/{call}"), &with(&more));
        assert_eq!(
            (refusal.code.as_str(), refusal.reason.as_deref()),
            (code, Some(reason))
        );
        assert!(
            refusal.message.contains("`balustrade models list`"),
            "{}",
            refusal.message
        );
    }
    let nameless = with(&json!({"score_campaign_id": "spring"}));
    let refusal = server.refused("ModelsService/Promote", &nameless);
    assert_eq!(refusal.code, "INVALID_ARGUMENT");
    assert!(
        refusal
            .violations
            .iter()
            .any(|(field, _)| field == "score_digest")
    );
}

#[test]
fn evidence_moves_the_stage_and_imported_rows_are_counted() {
    for (clicks, stage) in [(1, "cold"), (3, "learning"), (4, "mature")] {
        let server = story(clicks);
        let reply = maturity(&server, &json!({"campaign_id": "spring"}));
        assert_eq!(reply["models"][0]["stage"], stage, "{reply}");
        assert_eq!(reply["models"][0]["have"], clicks, "{reply}");
        assert_eq!(reply["quality"]["imported"], clicks, "{reply}");
    }
}

#[test]
fn it_is_told_in_italian_and_spanish_too() {
    let server = story(3);
    maturity(&server, &json!({}));
    let said = |language| {
        let client = server.client.clone().speaking(language);
        let reply = client.json("ModelsService/GetMaturity", r#"{"kind": "bid"}"#);
        let reply: Value = serde_json::from_str(&server.runtime.block_on(reply).unwrap()).unwrap();
        reply["models"][0]["missing"].as_str().unwrap().to_owned()
    };
    assert_eq!(
        said(Language::Italian),
        "servono ancora 1 `click` in 10 giorni, ne ha 3 su 4"
    );
    assert_eq!(
        said(Language::Spanish),
        "faltan 1 `click` en 10 días, tiene 3 de 4"
    );
}

#[test]
fn a_version_is_kept_promoted_and_gone_back_to_in_one_call() {
    let server = story(3);
    maturity(&server, &json!({}));
    let hand = json!({"by": "anna.rossi@nova.example", "because": "the week looks odd"});
    let first = server.answered("ModelsService/Train", &hand);
    assert_eq!(first["version"]["version"], 3);
    assert_eq!(first["version"]["in_force"], true);
    let refusal = server.refused("ModelsService/RollBackModels", &hand);
    assert_eq!(
        (refusal.code.as_str(), refusal.reason.as_deref()),
        ("FAILED_PRECONDITION", Some("NO_OLDER_VERSION"))
    );
    let when = Timestamp::from_millis(BEGIN.as_millis());
    server
        .app
        .journal
        .observe(observation("spring", when, Vec::new()))
        .unwrap();
    server.written();
    let second = server.answered("ModelsService/Train", &hand);
    assert_eq!(second["version"]["version"], 4);
    let back = server.answered("ModelsService/RollBackModels", &hand);
    assert_eq!(back["snapshot"], 3);
    let listed = server.answered("ModelsService/ListModels", &json!({}));
    assert_eq!(listed["snapshot"], 3, "{listed}");
    assert_ne!(listed["follows"], true, "{listed}");
    assert_eq!(listed["digest"], first["version"]["digest"]);
    assert_eq!(listed["versions"][0]["because"], "the week looks odd");
    server
        .app
        .journal
        .observe(observation("spring", when, Vec::new()))
        .unwrap();
    server.written();
    server.app.catch_up().unwrap();
    let pinned = server.answered("ModelsService/ListModels", &json!({}));
    assert_eq!(pinned["snapshot"], 3, "what somebody put in force stays");
    let followed = server.answered("ModelsService/Promote", &hand);
    assert_eq!(followed["snapshot"], 5);
}

#[test]
fn a_hand_without_a_name_and_a_version_that_is_not_kept_are_refused() {
    let server = story(1);
    let refusal = server.refused("ModelsService/Train", &json!({"because": "why not"}));
    assert_eq!(refusal.code, "INVALID_ARGUMENT");
    let unknown = json!({"version": 99, "by": "anna", "because": "why not"});
    let refusal = server.refused("ModelsService/Promote", &unknown);
    assert_eq!(
        (refusal.code.as_str(), refusal.reason.as_deref()),
        ("NOT_FOUND", Some("UNKNOWN_VERSION"))
    );
}
