//! What a model still needs, in a sentence, in three languages.

use super::Readiness;
use crate::{
    domain::{Counted, Language, Stage, ThresholdSource, Word},
    learning::{FrozenHandOver, RolledBack},
};

/// What is missing before the model leads.
pub(super) fn missing(of: &Readiness, language: Language) -> String {
    let Readiness {
        maturity,
        learning_from,
        ..
    } = of;
    let more = maturity.need.saturating_sub(maturity.have);
    let (have, need, days) = (maturity.have, maturity.need, maturity.window_days);
    let what = counted(of, language);
    let alone = maturity.have < *learning_from;
    match (language, maturity.stage) {
        (Language::English, Stage::Mature) => "nothing is missing: the model leads".to_owned(),
        (Language::Italian, Stage::Mature) => "non manca nulla: guida il modello".to_owned(),
        (Language::Spanish, Stage::Mature) => "no falta nada: decide el modelo".to_owned(),
        (Language::English, Stage::Stale) => {
            format!("what it knows has grown old: needs {need} {what} in {days} days again, has {have}")
        }
        (Language::Italian, Stage::Stale) => {
            format!("ciò che sa è invecchiato: servono di nuovo {need} {what} in {days} giorni, ne ha {have}")
        }
        (Language::Spanish, Stage::Stale) => {
            format!("lo que sabe ha envejecido: necesita de nuevo {need} {what} en {days} días, tiene {have}")
        }
        (Language::English, Stage::Cold | Stage::Learning) => {
            let people = if alone { "; until " } else { "" };
            let until = if alone {
                format!("{people}{learning_from} people lead alone")
            } else {
                String::new()
            };
            format!("needs {more} more {what} in {days} days, has {have} of {need}{until}")
        }
        (Language::Italian, Stage::Cold | Stage::Learning) => {
            let until = if alone {
                format!("; fino a {learning_from} guidano solo le persone")
            } else {
                String::new()
            };
            format!("servono ancora {more} {what} in {days} giorni, ne ha {have} su {need}{until}")
        }
        (Language::Spanish, Stage::Cold | Stage::Learning) => {
            let until = if alone {
                format!("; hasta {learning_from} deciden solo las personas")
            } else {
                String::new()
            };
            format!("faltan {more} {what} en {days} días, tiene {have} de {need}{until}")
        }
    }
}

/// What happened by itself and a person ought to look at.
pub(super) fn look_at(of: &Readiness, language: Language) -> Vec<String> {
    let went_back = of.rolled_back.map(|went_back| rolled_back(went_back, language));
    let frozen = of.frozen.iter().map(|frozen_over| frozen(frozen_over, language));
    went_back.into_iter().chain(frozen).collect()
}

fn rolled_back(went_back: RolledBack, language: Language) -> String {
    let RolledBack {
        at,
        outcomes,
        worse_by,
    } = went_back;
    match language {
        Language::English => format!(
            "the version before the last one decides since {at}: on {outcomes} outcomes the last one was worse by \
             {worse_by:.4} log loss"
        ),
        Language::Italian => format!(
            "dal {at} decide la versione precedente: su {outcomes} esiti l'ultima era peggiore di {worse_by:.4} di log \
             loss"
        ),
        Language::Spanish => format!(
            "desde {at} decide la versión anterior: en {outcomes} resultados la última era peor por {worse_by:.4} de log \
             loss"
        ),
    }
}

fn frozen((market, frozen): &FrozenHandOver, language: Language) -> String {
    let known = [&market.country, &market.channel].into_iter().flatten();
    let place: Vec<&str> = known.map(Word::as_str).collect();
    let (place, since, decisions) = (place.join(", "), frozen.since, frozen.decisions);
    match language {
        Language::English => format!(
            "the hand-over in `{place}` is frozen since {since}: on {decisions} decisions the model did worse than the \
             person's value, which decides; once you have looked, `balustrade models resume-hand-over` lets it go on"
        ),
        Language::Italian => format!(
            "il passaggio in `{place}` è sospeso dal {since}: su {decisions} decisioni il modello ha reso meno del valore \
             umano, che decide; dopo un controllo, `balustrade models resume-hand-over` lo fa proseguire"
        ),
        Language::Spanish => format!(
            "el traspaso en `{place}` está congelado desde {since}: en {decisions} decisiones el modelo rindió menos que \
             el valor humano, que decide; tras revisarlo, `balustrade models resume-hand-over` lo deja seguir"
        ),
    }
}

fn counted(of: &Readiness, language: Language) -> String {
    match (of.counted, language) {
        (Counted::Outcomes, _) => format!("`{}`", of.event),
        (Counted::Recipients, Language::English) => "recipients".to_owned(),
        (Counted::Recipients, Language::Italian) => "destinatari".to_owned(),
        (Counted::Recipients, Language::Spanish) => "destinatarios".to_owned(),
        (Counted::Days, Language::English) => "days of data".to_owned(),
        (Counted::Days, Language::Italian) => "giorni di dati".to_owned(),
        (Counted::Days, Language::Spanish) => "días de datos".to_owned(),
    }
}

/// Whose threshold it is.
pub(super) const fn threshold_from(source: ThresholdSource, language: Language) -> &'static str {
    match language {
        Language::English => english(source),
        Language::Italian => italian(source),
        Language::Spanish => spanish(source),
    }
}

const fn english(source: ThresholdSource) -> &'static str {
    match source {
        ThresholdSource::Declared => "`maturity` of the campaign in `rules/campaigns.yaml`",
        ThresholdSource::GoogleTargetCost => {
            "what Google Ads asks for a target cost: 15 conversions in 30 days, 30 to be steady"
        }
        ThresholdSource::GoogleTargetReturn => {
            "what Google Ads asks for a target return: 15 conversions in 30 days, 50 to be steady"
        }
        ThresholdSource::MetaLearningPhase => "the learning phase of an ad set at Meta: 50 events in 7 days",
        ThresholdSource::SalesforceLeadScoring => {
            "what Salesforce asks for lead scoring: 120 conversions and 1,000 leads in 200 days"
        }
        ThresholdSource::KlaviyoSendTimes => "what Klaviyo asks for smart send times: 12,000 recipients",
        ThresholdSource::MonthOfBehaviour => "our own: a month shows every weekday four times",
    }
}

const fn italian(source: ThresholdSource) -> &'static str {
    match source {
        ThresholdSource::Declared => "`maturity` della campagna in `rules/campaigns.yaml`",
        ThresholdSource::GoogleTargetCost => {
            "quanto chiede Google Ads per un costo obiettivo: 15 conversioni in 30 giorni, 30 per essere stabile"
        }
        ThresholdSource::GoogleTargetReturn => {
            "quanto chiede Google Ads per un ritorno obiettivo: 15 conversioni in 30 giorni, 50 per essere stabile"
        }
        ThresholdSource::MetaLearningPhase => {
            "la fase di apprendimento di un gruppo di inserzioni di Meta: 50 eventi in 7 giorni"
        }
        ThresholdSource::SalesforceLeadScoring => {
            "quanto chiede Salesforce per il punteggio dei contatti: 120 conversioni e 1.000 contatti in 200 giorni"
        }
        ThresholdSource::KlaviyoSendTimes => {
            "quanto chiede Klaviyo per gli orari di invio: 12.000 destinatari"
        }
        ThresholdSource::MonthOfBehaviour => {
            "nostra: in un mese ogni giorno della settimana torna quattro volte"
        }
    }
}

const fn spanish(source: ThresholdSource) -> &'static str {
    match source {
        ThresholdSource::Declared => "`maturity` de la campaña en `rules/campaigns.yaml`",
        ThresholdSource::GoogleTargetCost => {
            "lo que pide Google Ads para un coste objetivo: 15 conversiones en 30 días, 30 para ser estable"
        }
        ThresholdSource::GoogleTargetReturn => {
            "lo que pide Google Ads para un retorno objetivo: 15 conversiones en 30 días, 50 para ser estable"
        }
        ThresholdSource::MetaLearningPhase => {
            "la fase de aprendizaje de un conjunto de anuncios de Meta: 50 eventos en 7 días"
        }
        ThresholdSource::SalesforceLeadScoring => {
            "lo que pide Salesforce para puntuar contactos: 120 conversiones y 1.000 contactos en 200 días"
        }
        ThresholdSource::KlaviyoSendTimes => {
            "lo que pide Klaviyo para las horas de envío: 12.000 destinatarios"
        }
        ThresholdSource::MonthOfBehaviour => "propio: en un mes cada día de la semana vuelve cuatro veces",
    }
}
