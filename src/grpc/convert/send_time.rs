use super::{
    Asked, Places, approvals, at_most_tmax,
    facts::{facts, own, state_text, state_words},
    path::At,
    read::{BadInput, Reader},
};
use crate::{
    domain::{
        Attribute, CampaignId, Candidate, CandidateId, Duration, FactValue, Facts, Question, RequestId,
        Sending, Timestamp, Word,
    },
    grpc::wire,
};

/// How far ahead a message can be planned. Quiet hours are read into instants as far as the window reaches.
const FURTHEST: Duration = Duration::from_days(90);
/// The most alternatives that can be asked for.
const MOST_ALTERNATIVES: u32 = 10;

/// A question of when to send.
pub(in crate::grpc) fn send_time(
    message: wire::DecideSendTimeRequest,
    now: Timestamp,
) -> Result<Asked, BadInput> {
    let wire::DecideSendTimeRequest {
        request_id,
        facts: facts_message,
        message: outbound_message,
        not_before,
        not_after,
        alternatives,
        tmax_ms,
        approvals: named,
    } = message;
    let mut reader = Reader::default();
    let read = &mut reader;
    let at = At::ROOT;
    let approvals = approvals(read, &at, &named);
    let request = request_id.and_then(|id| read.name(&at.field("request_id"), &id, RequestId::new));
    let told = facts_message.as_ref().and_then(|facts| facts.contact.as_ref());
    if told.is_none_or(|contact| contact.contact_id.is_none()) {
        let (facts, contact) = (at.field("facts"), "must be set: a message goes to somebody");
        read.refuse(&facts.field("contact").field("contact_id"), contact);
    }
    let mut facts = facts(read, &at.field("facts"), facts_message);
    let candidate = read
        .required(&at.field("message"), outbound_message)
        .and_then(|message| outbound(read, &at, message, &mut facts));
    let alternatives =
        alternatives.and_then(|many| read.within(&at.field("alternatives"), many, 0, MOST_ALTERNATIVES));
    let alternatives = alternatives
        .and_then(|many| u16::try_from(many).ok())
        .unwrap_or(0);
    let window = window(read, &at, (not_before, not_after), now);
    let tmax_ms = at_most_tmax(read, &at, tmax_ms);
    let asked = window
        .zip(candidate)
        .map(|((earliest, latest), candidate)| Asked {
            request,
            question: Question::SendTime(Sending {
                earliest,
                latest,
                alternatives,
            }),
            facts,
            candidates: vec![candidate],
            approvals,
            tmax_ms,
            places: Places::one("message"),
            known_of: None,
        });
    reader.finish(asked)
}

/// From when, inclusive, and until when, exclusive.
fn window(
    read: &mut Reader,
    at: &At<'_>,
    (not_before, not_after): (Option<prost_types::Timestamp>, Option<prost_types::Timestamp>),
    now: Timestamp,
) -> Option<(Timestamp, Timestamp)> {
    let before = at.field("not_before");
    let earliest = not_before.and_then(|instant| read.instant(&before, instant));
    let earliest = earliest.unwrap_or(now).max(now);
    let after = at.field("not_after");
    let instant = read.required(&after, not_after)?;
    let latest = read.instant(&after, instant)?;
    if latest <= now {
        read.refuse(
            &after,
            format_args!("`{latest}` is past; nothing can be sent before it"),
        );
        return None;
    }
    if latest <= earliest {
        read.refuse(
            &after,
            format_args!("`{latest}` is not after `not_before`, {earliest}"),
        );
        return None;
    }
    if latest > now.plus(FURTHEST) {
        read.refuse(
            &after,
            format_args!("`{latest}` is more than {FURTHEST} ahead; ask again when it is nearer"),
        );
        return None;
    }
    Some((earliest, latest))
}

fn outbound(
    read: &mut Reader,
    above: &At<'_>,
    message: wire::OutboundMessage,
    facts: &mut Facts,
) -> Option<Candidate> {
    let wire::OutboundMessage {
        message_id,
        campaign_id,
        channel: channel_name,
        subject,
        body,
        topics,
        attributes,
    } = message;
    let at = above.field("message");
    let mut of_message = Facts::with_capacity(8);
    let said = read.required_name(&at.field("channel"), channel_name.as_deref(), Word::new);
    if let Some(said) = said {
        of_message.set(Attribute::MessageChannel, FactValue::Word(said.clone()));
        channel(read, above, said, facts);
    }
    for (name, text, attribute) in [
        ("subject", subject, Attribute::MessageSubject),
        ("body", body, Attribute::MessageBody),
    ] {
        state_text(read, &at.field(name), text.as_deref(), attribute, &mut of_message);
    }
    state_words(
        read,
        &at.field("topics"),
        topics,
        Attribute::MessageTopic,
        &mut of_message,
    );
    own(read, &at.field("attributes"), attributes, &mut of_message);
    let campaign = read.required_name(&at.field("campaign_id"), campaign_id.as_deref(), CampaignId::new);
    let id = read.required_name(&at.field("message_id"), message_id.as_deref(), CandidateId::new);
    Some(Candidate {
        id: id?,
        campaign: campaign?,
        facts: of_message,
    })
}

/// The channel of the message is the channel of the market: rules and caps that ask for either must agree.
fn channel(read: &mut Reader, above: &At<'_>, said: Word, facts: &mut Facts) {
    match facts.word(&Attribute::MarketChannel) {
        Some(stated) if *stated != said => {
            let problem = format!("`{stated}` is not the channel of the message, `{said}`");
            let facts = above.field("facts");
            read.refuse(&facts.field("market").field("channel"), problem);
        }
        Some(_) => {}
        None => facts.set(Attribute::MarketChannel, FactValue::Word(said)),
    }
}
