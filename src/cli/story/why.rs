//! Why an answer is what it is: the rules, the model, the draw.

use serde::Deserialize;

use super::{tell, word};

/// Why an answer is what it is.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::cli) struct Why {
    verdict: String,
    source: String,
    because_of: Vec<Cause>,
    also: Vec<Cause>,
    shadow: Vec<Shadow>,
    unknown: Vec<Cause>,
    pub(in crate::cli) sentence: String,
    maturity: Option<Maturity>,
    propensity: Option<f64>,
    forced: bool,
    fallback_reason: String,
}

/// A rule and what it did.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::cli) struct Cause {
    rule_id: String,
    owner: String,
    because: String,
    file: String,
    line: u32,
    effect: String,
    because_unknown: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Shadow {
    rule: Cause,
    would_have: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Maturity {
    stage: String,
    have: u32,
    need: u32,
    window_days: u32,
    missing: String,
}

// === impl Why ===

impl Why {
    /// Everything behind the sentence, a line each.
    pub(in crate::cli) fn tell(&self, text: &mut String) {
        let Self {
            verdict,
            source,
            because_of,
            also,
            shadow,
            unknown,
            sentence: _,
            maturity,
            propensity,
            forced,
            fallback_reason,
        } = self;
        let verdict = word("VERDICT_", verdict);
        causes(text, &format!("{verdict} by"), because_of);
        causes(text, "also", also);
        for Shadow { rule, would_have } in shadow {
            tell(text, "in shadow", &format!("{}: {would_have}", rule.named()));
        }
        for cause in unknown {
            let what = if cause.because_unknown {
                "applied, because a fact that it reads is unknown"
            } else {
                "passed over: a fact that it reads is unknown, and its owner accepts that"
            };
            tell(text, "unknown", &format!("{}: {what}", cause.named()));
        }
        match word("FALLBACK_REASON_", fallback_reason).as_str() {
            "" | "unspecified" => {}
            reason => tell(text, "fallback", reason),
        }
        if let Some(maturity) = maturity {
            tell(text, "model", &maturity.told());
        }
        if let Some(propensity) = propensity {
            let whose = match word("SOURCE_", source).as_str() {
                "model" => "the model's own price".to_owned(),
                "human" => "people's price".to_owned(),
                "blend" => "a blend of people's price and the model's".to_owned(),
                other => other.to_owned(),
            };
            let forced = if *forced {
                "; the rules left no other price"
            } else {
                ""
            };
            tell(
                text,
                "drawn",
                &format!("{whose}, with probability {propensity}{forced}"),
            );
        }
    }
}

impl Maturity {
    fn told(&self) -> String {
        let Self {
            stage,
            have,
            need,
            window_days,
            missing,
        } = self;
        let stage = word("STAGE_", stage);
        let meaning = match stage.as_str() {
            "cold" => "cold: people lead",
            "learning" => "learning: people and the model are blended",
            "mature" => "mature: the model leads, inside the rules",
            "stale" => "stale: its evidence has grown old, it is stepped back",
            other => other,
        };
        let missing = if missing.is_empty() {
            String::new()
        } else {
            format!("; {missing}")
        };
        format!("{meaning} ({have} outcomes in {window_days} days, {need} needed{missing})")
    }
}

impl Cause {
    /// The rule, its owner and its place.
    fn named(&self) -> String {
        let Self {
            rule_id,
            owner,
            file,
            line,
            ..
        } = self;
        format!("{rule_id} ({owner}, {file}:{line})")
    }
}

/// Rules with what each did, and why it is there.
pub(in crate::cli) fn causes(text: &mut String, heading: &str, causes: &[Cause]) {
    for cause in causes {
        let effect = match cause.effect.as_str() {
            "" => String::new(),
            effect => format!(": {effect}"),
        };
        tell(text, heading, &format!("{}{effect}", cause.named()));
        tell(text, "", &format!("“{}”", cause.because));
    }
}
