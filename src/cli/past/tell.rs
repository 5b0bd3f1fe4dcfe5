//! What a simulation came to, for a brand manager: one sentence first, then the tables behind it.

use super::{
    money::money,
    table::{table, thousands},
};
use crate::{
    cli::story::label::{Label, said},
    domain::Language,
    rehearsal::{Change, SimulateReport, Turn},
};

/// How many ways the first sentence names.
const NAMED: usize = 3;
/// How many parts of a sort are shown.
const PARTS: usize = 8;

/// The whole.
pub(super) fn told(report: &SimulateReport, language: Language) -> String {
    let mut lines = vec![sentence(report, language)];
    lines.extend(set_aside(report, language));
    if !report.edits.is_empty() {
        lines.push(String::new());
        lines.extend(edits(report, language));
    }
    if report.changed > 0 {
        lines.push(String::new());
        lines.extend(parts(report, language));
        lines.push(String::new());
        lines.extend(largest(report, language));
    }
    for worth in &report.worth {
        lines.push(String::new());
        lines.extend(money(worth, report, language));
    }
    lines.push(String::new());
    lines.push(said(language, CAVEAT).to_owned());
    lines.join("\n")
}

const CAVEAT: Label = [
    "Each decision is looked at in the world as it was; what a change would have set off is not followed further.",
    "Ogni decisione è vista nel mondo com'era; ciò che un cambiamento avrebbe messo in moto non è seguito oltre.",
    "Cada decisión se mira en el mundo tal como era; lo que un cambio habría desencadenado no se sigue más allá.",
];

/// `214 of 12,480 decisions change: 180 are now blocked by no-tragedy, 34 get less because of italy-cap.`
fn sentence(report: &SimulateReport, language: Language) -> String {
    let number = |count| thousands(count, language);
    let all = number(report.decisions);
    if report.changed == 0 {
        return match language {
            Language::English => format!("None of {all} decisions changes."),
            Language::Italian => format!("Nessuna di {all} decisioni cambia."),
            Language::Spanish => format!("Ninguna de {all} decisiones cambia."),
        };
    }
    let changed = number(report.changed);
    let head = match (language, report.changed) {
        (Language::English, 1) => format!("1 of {all} decisions changes"),
        (Language::English, _) => format!("{changed} of {all} decisions change"),
        (Language::Italian, 1) => format!("1 di {all} decisioni cambia"),
        (Language::Italian, _) => format!("{changed} di {all} decisioni cambiano"),
        (Language::Spanish, 1) => format!("1 de {all} decisiones cambia"),
        (Language::Spanish, _) => format!("{changed} de {all} decisiones cambian"),
    };
    let named = report.turns.iter().take(NAMED);
    let mut ways: Vec<String> = named.map(|turn| way(turn, language)).collect();
    let rest: u64 = report.turns.iter().skip(NAMED).map(|turn| turn.decisions).sum();
    if rest > 0 {
        let others = ["otherwise", "in altro modo", "de otra manera"];
        ways.push(format!("{} {}", number(rest), said(language, others)));
    }
    format!("{head}: {}.", ways.join(", "))
}

/// `180 are now blocked by no-tragedy`
fn way(turn: &Turn, language: Language) -> String {
    let count = thousands(turn.decisions, language);
    let one = turn.decisions == 1;
    let [single, several]: [Label; 2] = match turn.turn.as_str() {
        "blocked" => [
            ["is now blocked", "viene bloccata", "queda bloqueada"],
            ["are now blocked", "vengono bloccate", "quedan bloqueadas"],
        ],
        "held" => [
            ["is now held", "viene sospesa", "queda retenida"],
            ["are now held", "vengono sospese", "quedan retenidas"],
        ],
        "freed" => [
            [
                "is no longer kept back",
                "non è più trattenuta",
                "ya no queda retenida",
            ],
            [
                "are no longer kept back",
                "non sono più trattenute",
                "ya no quedan retenidas",
            ],
        ],
        "lower" => [
            ["gets less", "riceve meno", "recibe menos"],
            ["get less", "ricevono meno", "reciben menos"],
        ],
        "higher" => [
            ["gets more", "riceve di più", "recibe más"],
            ["get more", "ricevono di più", "reciben más"],
        ],
        _ => [
            ["comes out otherwise", "esce diversa", "sale distinta"],
            ["come out otherwise", "escono diverse", "salen distintas"],
        ],
    };
    let verb = said(language, if one { single } else { several });
    if turn.rule_id.is_empty() {
        return format!("{count} {verb}");
    }
    let by = match turn.turn.as_str() {
        "blocked" | "held" | "freed" => ["by", "da", "por"],
        _ => ["because of", "per via di", "a causa de"],
    };
    format!("{count} {verb} {} `{}`", said(language, by), turn.rule_id)
}

fn set_aside(report: &SimulateReport, language: Language) -> Vec<String> {
    let number = |count| thousands(count, language);
    let mut lines = Vec::new();
    if report.untold > 0 {
        let rules = report.edits.iter().filter(|edit| edit.untold > 0);
        let rules: Vec<String> = rules.map(|edit| format!("`{}`", edit.rule_id)).collect();
        let (count, rules) = (number(report.untold), rules.join(", "));
        lines.push(match language {
            Language::English => format!(
                "{count} cannot be told and are set aside: {rules} would have to read texts that are no longer kept."
            ),
            Language::Italian => format!(
                "{count} non si possono dire e sono messe da parte: {rules} dovrebbe leggere testi non più conservati."
            ),
            Language::Spanish => format!(
                "{count} no se pueden decir y se apartan: {rules} tendría que leer textos que ya no se conservan."
            ),
        });
    }
    for refused in &report.refusals {
        let count = number(refused.decisions);
        let would = ["would be refused", "verrebbero rifiutate", "serían rechazadas"];
        lines.push(format!("{count} {}: {}.", said(language, would), refused.because));
    }
    if report.asked_now > 0 {
        let (count, snapshot) = (number(report.asked_now), report.snapshot);
        lines.push(match language {
            Language::English => format!(
                "Of {count} the model was asked afterwards, by what it knows today (snapshot {snapshot}): a rule had kept the value back."
            ),
            Language::Italian => format!(
                "Per {count} il modello è stato interrogato dopo, con ciò che sa oggi (versione {snapshot}): una regola aveva trattenuto il valore."
            ),
            Language::Spanish => format!(
                "De {count} se preguntó al modelo después, con lo que sabe hoy (versión {snapshot}): una regla había retenido el valor."
            ),
        });
    }
    if !report.unkept.is_empty() {
        let gone = [
            "Rulebooks that are no longer kept: every rule was asked anew of their decisions.",
            "Raccolte di regole non più conservate: per le loro decisioni ogni regola è stata interrogata di nuovo.",
            "Reglamentos que ya no se conservan: para sus decisiones se preguntó de nuevo cada regla.",
        ];
        lines.push(said(language, gone).to_owned());
    }
    let until = &report.uncounted_until;
    if !until.is_empty() {
        lines.push(match language {
            Language::English => format!(
                "Decisions until {until} are past their retention: what caps and hand-overs had counted by then is not known, and they count from the first one that is kept."
            ),
            Language::Italian => format!(
                "Le decisioni fino al {until} hanno superato la loro conservazione: ciò che limiti di contatto e passaggi avevano contato fino ad allora non è noto, e contano dalla prima conservata."
            ),
            Language::Spanish => format!(
                "Las decisiones hasta el {until} superaron su conservación: lo que topes de contacto y traspasos habían contado hasta entonces no se conoce, y cuentan desde la primera que se conserva."
            ),
        });
    }
    lines
}

fn edits(report: &SimulateReport, language: Language) -> Vec<String> {
    let number = |count| thousands(count, language);
    let rows = report.edits.iter().map(|edit| {
        vec![
            edit.rule_id.clone(),
            number(edit.alone),
            number(edit.causes),
            number(edit.untold),
            edit.owner.clone(),
        ]
    });
    let heading: [Label; 5] = [
        ["rule", "regola", "regla"],
        ["alone changes", "da sola cambia", "sola cambia"],
        ["is a cause of", "è causa di", "es causa de"],
        ["cannot tell", "non può dire", "no puede decir"],
        ["owner", "responsabile", "responsable"],
    ];
    table(
        &heading.map(|label| said(language, label)),
        &rows.collect::<Vec<_>>(),
    )
}

fn parts(report: &SimulateReport, language: Language) -> Vec<String> {
    let number = |count| thousands(count, language);
    let by = |by: &str| -> Label {
        match by {
            "kind" => ["kind", "tipo", "tipo"],
            "market" => ["market", "mercato", "mercado"],
            _ => ["campaign", "campagna", "campaña"],
        }
    };
    let mut rows = Vec::new();
    for sort in ["kind", "market", "campaign"] {
        let of = report
            .segments
            .iter()
            .filter(|part| part.by == sort && part.changed > 0);
        rows.extend(of.take(PARTS).map(|part| {
            vec![
                said(language, by(sort)).to_owned(),
                part.name.clone(),
                number(part.changed),
                number(part.decisions),
            ]
        }));
    }
    let heading: [Label; 4] = [
        ["by", "per", "por"],
        ["", "", ""],
        ["changed", "cambiate", "cambiadas"],
        ["of", "di", "de"],
    ];
    let mut lines = table(&heading.map(|label| said(language, label)), &rows);
    let shifts = report
        .shifts
        .iter()
        .map(|shift| vec![shift.from.clone(), shift.to.clone(), number(shift.answers)]);
    let heading: [Label; 3] = [
        ["verdict was", "verdetto era", "veredicto era"],
        ["is now", "ora è", "ahora es"],
        ["answers", "risposte", "respuestas"],
    ];
    lines.push(String::new());
    lines.extend(table(
        &heading.map(|label| said(language, label)),
        &shifts.collect::<Vec<_>>(),
    ));
    lines
}

fn largest(report: &SimulateReport, language: Language) -> Vec<String> {
    let side = |verdict: &str, value: &str| {
        if value.is_empty() {
            verdict.to_owned()
        } else {
            format!("{verdict} {value}")
        }
    };
    let row = |change: &Change| {
        let star = if change.asked_now { " *" } else { "" };
        vec![
            change.decision_id.clone(),
            change.candidate_id.clone(),
            side(&change.before_verdict, &change.before),
            side(&change.after_verdict, &change.after) + star,
            change.because_of.join(", "),
        ]
    };
    let rows: Vec<Vec<String>> = report.largest.iter().map(row).collect();
    let heading: [Label; 5] = [
        ["largest changes", "cambiamenti maggiori", "mayores cambios"],
        ["", "", ""],
        ["before", "prima", "antes"],
        ["after", "dopo", "después"],
        ["because of", "per via di", "a causa de"],
    ];
    let mut lines = table(&heading.map(|label| said(language, label)), &rows);
    if report.largest.iter().any(|change| change.asked_now) {
        let star = [
            "  * the model was asked afterwards",
            "  * il modello è stato interrogato dopo",
            "  * se preguntó al modelo después",
        ];
        lines.push(said(language, star).to_owned());
    }
    lines
}
