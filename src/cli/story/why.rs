//! Why an answer is what it is: the rules, the model, the draw.

use serde::Deserialize;

use super::{
    label::{ALSO, DRAWN, FALLBACK, HELD_FOR, IN_SHADOW, MODEL, UNKNOWN, fallback, said, verdict_by},
    tell,
};
use crate::domain::Language;

/// Why an answer is what it is.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::cli) struct Why {
    pub(in crate::cli) verdict: String,
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
    holds: Vec<Hold>,
}

/// What somebody has to approve.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Hold {
    ticket: String,
    role: String,
    rule_id: String,
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
    pub(in crate::cli) fn tell(&self, text: &mut String, language: Language) {
        let Self {
            verdict,
            source: _,
            because_of,
            also,
            shadow,
            unknown,
            sentence: _,
            maturity,
            propensity: _,
            forced: _,
            fallback_reason,
            holds,
        } = self;
        causes(text, verdict_by(language, verdict), because_of);
        causes(text, said(language, ALSO), also);
        for Shadow { rule, would_have } in shadow {
            let line = format!("{}: {would_have}", rule.named());
            tell(text, said(language, IN_SHADOW), &line);
        }
        for cause in unknown {
            let line = format!("{}: {}", cause.named(), cause.not_known(language));
            tell(text, said(language, UNKNOWN), &line);
        }
        for Hold {
            ticket,
            role,
            rule_id,
        } in holds
        {
            let line = format!("{role} ({rule_id}, {ticket})");
            tell(text, said(language, HELD_FOR), &line);
        }
        if let Some(reason) = fallback(language, fallback_reason) {
            tell(text, said(language, FALLBACK), reason);
        }
        if let Some(maturity) = maturity {
            tell(text, said(language, MODEL), &maturity.told(language));
        }
        self.tell_draw(text, language);
    }

    /// Whose value it is, and how likely it was to be drawn.
    fn tell_draw(&self, text: &mut String, language: Language) {
        let Some(propensity) = self.propensity else {
            return;
        };
        let whose = match self.source.as_str() {
            "SOURCE_MODEL" => ["the model's own", "del solo modello", "solo del modelo"],
            "SOURCE_HUMAN" => ["people's", "delle persone", "de las personas"],
            "SOURCE_BLEND" => [
                "a blend of people's and the model's",
                "tra le persone e il modello",
                "entre las personas y el modelo",
            ],
            _ => ["nobody's", "di nessuno", "de nadie"],
        };
        let likely = said(
            language,
            ["with probability", "con probabilità", "con probabilidad"],
        );
        let forced = [
            "; the rules left no other answer",
            "; le regole non lasciavano altra risposta",
            "; las reglas no dejaban otra respuesta",
        ];
        let forced = if self.forced { said(language, forced) } else { "" };
        let line = format!("{}, {likely} {propensity}{forced}", said(language, whose));
        tell(text, said(language, DRAWN), &line);
    }
}

impl Maturity {
    fn told(&self, language: Language) -> String {
        let Self {
            stage,
            have,
            need,
            window_days,
            missing,
        } = self;
        let meaning = match stage.as_str() {
            "STAGE_COLD" => [
                "cold: people lead",
                "freddo: guidano le persone",
                "frío: guían las personas",
            ],
            "STAGE_LEARNING" => [
                "learning: people and the model are blended",
                "impara: persone e modello insieme",
                "aprende: personas y modelo juntos",
            ],
            "STAGE_MATURE" => [
                "mature: the model leads, inside the rules",
                "maturo: guida il modello, dentro le regole",
                "maduro: guía el modelo, dentro de las reglas",
            ],
            "STAGE_STALE" => [
                "stale: its evidence has grown old, it is stepped back",
                "stantio: i dati sono vecchi, fa un passo indietro",
                "rancio: sus datos son viejos, da un paso atrás",
            ],
            _ => ["", "", ""],
        };
        let missing = if missing.is_empty() {
            String::new()
        } else {
            format!("; {missing}")
        };
        let meaning = said(language, meaning);
        match language {
            Language::English => {
                format!("{meaning} ({have} outcomes in {window_days} days, {need} needed{missing})")
            }
            Language::Italian => {
                format!("{meaning} ({have} esiti in {window_days} giorni, ne servono {need}{missing})")
            }
            Language::Spanish => {
                format!("{meaning} ({have} resultados en {window_days} días, hacen falta {need}{missing})")
            }
        }
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

impl Cause {
    /// What became of a rule that reads something unknown.
    const fn not_known(&self, language: Language) -> &'static str {
        let told = if self.because_unknown {
            [
                "applied, because a fact that it reads is unknown",
                "applicata, perché ignora un fatto che legge",
                "aplicada, porque desconoce un hecho que lee",
            ]
        } else {
            [
                "passed over: a fact that it reads is unknown, and its owner accepts that",
                "saltata: ignora un fatto che legge, e chi ne risponde lo accetta",
                "omitida: desconoce un hecho que lee, y su responsable lo acepta",
            ]
        };
        said(language, told)
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
