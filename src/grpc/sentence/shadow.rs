use super::words::value;
use crate::{
    domain::{Choice, Currency, Language},
    grpc::zone::Zone,
};

/// What would have been answered under a rule in shadow; nothing where it leaves nothing.
pub(in crate::grpc) fn would_have(
    choice: Option<Choice>,
    currency: Currency,
    zone: Option<&Zone>,
    language: Language,
) -> String {
    match choice {
        None => match language {
            Language::English => "would have answered nothing",
            Language::Italian => "non ci sarebbe stata risposta",
            Language::Spanish => "no habría habido respuesta",
        }
        .to_owned(),
        Some(Choice::NoBid(reason)) => match language {
            Language::English => format!("would not have bid: {reason}"),
            Language::Italian => format!("non ci sarebbe stata offerta: {reason}"),
            Language::Spanish => format!("no habría habido puja: {reason}"),
        },
        Some(choice @ Choice::Bid(_)) => {
            let bid = value(choice, currency, zone, language);
            match language {
                Language::English => format!("would have bid {bid}"),
                Language::Italian => format!("l'offerta sarebbe stata di {bid}"),
                Language::Spanish => format!("la puja habría sido de {bid}"),
            }
        }
        Some(
            choice @ (Choice::Send(_)
            | Choice::Show(_)
            | Choice::NotShown
            | Choice::Share(_)
            | Choice::Score(_)),
        ) => {
            let answer = value(choice, currency, zone, language);
            match language {
                Language::English => format!("would have answered {answer}"),
                Language::Italian => format!("la risposta sarebbe stata: {answer}"),
                Language::Spanish => format!("la respuesta habría sido: {answer}"),
            }
        }
    }
}
