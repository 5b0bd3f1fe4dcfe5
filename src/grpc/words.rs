//! Words of the domain as values of the wire: every variant is named, so a new one does not compile until it has
//! its place in the contract.

use super::{wire, zone::Zone};
use crate::domain::{
    AuctionType, Contribution, Duration, Effect, FallbackReason, Language, LimitedBy, Maturity, Micros,
    NoBid, OutcomeReply, Quarantine, Reach, RuleCard, Source, Stage, Stop, StopScope, StopSet, Tier,
    Timestamp, Verdict, Versions,
};

pub(super) const fn verdict(verdict: Verdict) -> wire::Verdict {
    match verdict {
        Verdict::Allowed => wire::Verdict::Allowed,
        Verdict::Changed => wire::Verdict::Changed,
        Verdict::Held => wire::Verdict::Held,
        Verdict::Blocked => wire::Verdict::Blocked,
    }
}

pub(super) const fn source(source: Source) -> wire::Source {
    match source {
        Source::Model => wire::Source::Model,
        Source::Human => wire::Source::Human,
        Source::Blend => wire::Source::Blend,
        Source::Fallback => wire::Source::Fallback,
    }
}

pub(super) const fn fallback(reason: Option<FallbackReason>) -> wire::FallbackReason {
    match reason {
        None => wire::FallbackReason::Unspecified,
        Some(FallbackReason::Deadline) => wire::FallbackReason::Deadline,
        Some(FallbackReason::ModelFailed) => wire::FallbackReason::ModelFailed,
        Some(FallbackReason::NoOpinion) => wire::FallbackReason::NoOpinion,
        Some(FallbackReason::Conflict) => wire::FallbackReason::Conflict,
        Some(FallbackReason::Contradiction) => wire::FallbackReason::Contradiction,
        Some(FallbackReason::CheckFailed) => wire::FallbackReason::CheckFailed,
    }
}

pub(super) const fn tier(tier: Tier) -> wire::Tier {
    match tier {
        Tier::Campaign => wire::Tier::Campaign,
        Tier::Brand => wire::Tier::Brand,
        Tier::Company => wire::Tier::Company,
        Tier::Legal => wire::Tier::Legal,
    }
}

pub(super) const fn auction_type(sold: AuctionType) -> wire::AuctionType {
    match sold {
        AuctionType::FirstPrice => wire::AuctionType::FirstPrice,
        AuctionType::SecondPrice => wire::AuctionType::SecondPrice,
    }
}

pub(super) const fn no_bid(reason: NoBid) -> wire::NoBidReason {
    match reason {
        NoBid::BelowFloor => wire::NoBidReason::BelowFloor,
        NoBid::Budget => wire::NoBidReason::Budget,
        NoBid::Currency => wire::NoBidReason::Currency,
        NoBid::BlockedCategory => wire::NoBidReason::BlockedCategory,
        NoBid::BlockedAdvertiser => wire::NoBidReason::BlockedAdvertiser,
        NoBid::BlockedAttribute => wire::NoBidReason::BlockedAttribute,
        NoBid::NoDeal => wire::NoBidReason::NoDeal,
        NoBid::OutsidePeriod => wire::NoBidReason::OutsidePeriod,
        NoBid::NoValue => wire::NoBidReason::NoValue,
        NoBid::SafeDefault => wire::NoBidReason::SafeDefault,
    }
}

pub(super) const fn limited_by(limit: Option<LimitedBy>) -> wire::LimitedBy {
    match limit {
        None => wire::LimitedBy::Unspecified,
        Some(LimitedBy::Budget) => wire::LimitedBy::Budget,
        Some(LimitedBy::Target) => wire::LimitedBy::Target,
        Some(LimitedBy::Freeze) => wire::LimitedBy::Freeze,
    }
}

pub(super) fn maturity(maturity: Maturity, language: Language) -> wire::Maturity {
    let Maturity {
        stage,
        have,
        need,
        window_days,
    } = maturity;
    let stage = match stage {
        Stage::Cold => wire::Stage::Cold,
        Stage::Learning => wire::Stage::Learning,
        Stage::Mature => wire::Stage::Mature,
        Stage::Stale => wire::Stage::Stale,
    };
    let missing = match (need.saturating_sub(have), language) {
        (0, _) => String::new(),
        (1, Language::English) => "needs 1 more conversion".to_owned(),
        (1, Language::Italian) => "manca ancora 1 conversione".to_owned(),
        (1, Language::Spanish) => "falta 1 conversión".to_owned(),
        (more, Language::English) => format!("needs {more} more conversions"),
        (more, Language::Italian) => format!("mancano ancora {more} conversioni"),
        (more, Language::Spanish) => format!("faltan {more} conversiones"),
    };
    wire::Maturity {
        stage: stage.into(),
        have,
        need,
        window_days,
        missing,
    }
}

pub(super) fn versions(versions: &Versions) -> wire::Versions {
    let Versions {
        rulebook,
        stops,
        snapshot,
        build,
        simulation,
    } = versions;
    wire::Versions {
        rulebook: rulebook.to_string(),
        stops: stops.as_ref().map(ToString::to_string),
        snapshot: *snapshot,
        build: build.to_string(),
        simulation: simulation.as_ref().map(ToString::to_string),
    }
}

pub(super) fn stop(stop: &Stop) -> wire::Stop {
    let Stop {
        scope,
        by,
        because,
        since,
    } = stop;
    let scope = match scope {
        StopScope::All => wire::stop_scope::Scope::All(true),
        StopScope::Kind(kind) => wire::stop_scope::Scope::Kind(kind.to_string()),
        StopScope::Brand(brand) => wire::stop_scope::Scope::Brand(brand.to_string()),
        StopScope::Market(country) => wire::stop_scope::Scope::Country(country.to_string()),
    };
    wire::Stop {
        scope: Some(wire::StopScope { scope: Some(scope) }),
        by: by.to_string(),
        because: because.to_string(),
        since: Some(instant(*since)),
    }
}

pub(super) fn stops_digest(stops: &StopSet) -> Option<String> {
    stops.digest().map(|digest| digest.to_string())
}

pub(super) fn rule_card(card: &RuleCard) -> wire::RuleCard {
    let RuleCard {
        id,
        tier: rank,
        owner,
        because,
        file,
        line,
    } = card;
    wire::RuleCard {
        rule_id: id.to_string(),
        tier: tier(*rank).into(),
        owner: owner.to_string(),
        because: because.to_string(),
        file: file.to_string(),
        line: *line,
    }
}

/// What a rule does, as its file says it: `at_most 1.95 EUR`.
pub(super) fn effect(effect: &Effect, currency: impl std::fmt::Display) -> String {
    let name = effect.name();
    match effect {
        Effect::Block | Effect::Exclude => name.to_owned(),
        Effect::Hold(role) => format!("{name} for {role}"),
        Effect::AtLeast(price) | Effect::AtMost(price) | Effect::Force(price) => {
            format!("{name} {price} {currency}")
        }
        Effect::Cap(cap) => {
            let reach = match cap.reach {
                Reach::Channel => "",
                Reach::AcrossChannels => " across channels",
            };
            format!("{name} {} in {}{reach}", cap.most, cap.window)
        }
        Effect::AtMostPer(limit) => format!("{name} {} per {}", limit.most, limit.attribute),
        Effect::Share { at_least, at_most } | Effect::Step { at_least, at_most } => {
            format!("{name} {at_least} to {at_most} {currency}")
        }
        Effect::Times { .. } | Effect::ForceAt(_) => name.to_owned(),
        Effect::BandAt(band) => format!("{name}, {} of {} conversions", band.have, band.need),
        Effect::StartList { have, need, .. } => format!("{name}, {have} of {need} conversions"),
        Effect::Pin(slot) => format!("{name} to slot {slot}"),
        Effect::Boost(by) => format!("{name} {by}"),
        Effect::Band {
            human,
            low,
            high,
            have,
            need,
        } => format!("{name} {human} {currency}, now {low} to {high}, {have} of {need} conversions"),
        Effect::Adjust(by) => format!("{name} {by}"),
        Effect::Note(text) => format!("{name} {text}"),
    }
}

pub(super) fn outcome(reply: OutcomeReply) -> wire::OutcomeResult {
    let (status, reason) = match reply {
        OutcomeReply::Accepted => (wire::OutcomeStatus::Accepted, ""),
        OutcomeReply::Late => (wire::OutcomeStatus::Late, ""),
        OutcomeReply::Duplicate => (wire::OutcomeStatus::Duplicate, ""),
        OutcomeReply::Corrected => (wire::OutcomeStatus::Corrected, ""),
        OutcomeReply::Conflict => (wire::OutcomeStatus::Conflict, ""),
        OutcomeReply::UnknownCandidate => (wire::OutcomeStatus::UnknownCandidate, ""),
        OutcomeReply::Quarantined(why) => (wire::OutcomeStatus::Quarantined, quarantine(why)),
        OutcomeReply::Expired => (wire::OutcomeStatus::Expired, ""),
    };
    wire::OutcomeResult {
        status: status.into(),
        reason: reason.to_owned(),
    }
}

const fn quarantine(why: Quarantine) -> &'static str {
    match why {
        Quarantine::DecisionLost => "decision_lost",
        Quarantine::BeforeDecision => "before_decision",
        Quarantine::ImpossibleValue => "impossible_value",
        Quarantine::Burst => "burst",
    }
}

/// An instant as the recipient lives it.
pub(super) fn send_time(
    at: Timestamp,
    outcome_probability: Option<f64>,
    zone: Option<&Zone>,
) -> wire::SendTime {
    wire::SendTime {
        at: Some(instant(at)),
        time_zone: zone.map(|zone| zone.name().to_owned()),
        local_time: zone.map(|zone| zone.local(at).strftime("%Y-%m-%dT%H:%M").to_string()),
        outcome_probability,
    }
}

/// A probability in millionths, from 0 to 1.
pub(super) fn probability(millionths: Micros) -> f64 {
    millionths.get() as f64 / 1e6
}

pub(super) fn score_reason(contribution: &Contribution) -> wire::ScoreReason {
    let Contribution {
        fact,
        value,
        contribution,
    } = contribution;
    wire::ScoreReason {
        fact: fact.to_string(),
        value: value.to_string(),
        contribution: *contribution,
    }
}

pub(super) const fn duration(time: Duration) -> prost_types::Duration {
    prost_types::Duration {
        seconds: time.as_millis() / 1_000,
        // Less than a thousand millions in size: it fits.
        nanos: (time.as_millis() % 1_000 * 1_000_000) as i32,
    }
}

pub(super) fn instant(at: Timestamp) -> prost_types::Timestamp {
    prost_types::Timestamp {
        seconds: at.as_millis().div_euclid(1_000),
        nanos: i32::try_from(at.as_millis().rem_euclid(1_000) * 1_000_000).unwrap_or_default(),
    }
}
