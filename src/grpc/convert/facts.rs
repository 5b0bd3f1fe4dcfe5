use std::collections::BTreeMap;

use super::{excerpt, path::At, read::Reader};
use crate::{
    domain::{Attribute, FactValue, Facts, Label, Risk, Word, reaches_a_person},
    grpc::wire::{self, fact_value::Value},
};

/// The most own attributes of one message.
const MOST_ATTRIBUTES: usize = 64;
/// The most content labels of one page.
const MOST_LABELS: usize = 64;
/// The longest address, in bytes.
const LONGEST_URL: usize = 2_048;
/// Content taxonomies, as OpenRTB `cattax` numbers them.
const CONTENT_TAXONOMIES: [u32; 6] = [1, 2, 5, 6, 7, 9];
/// Numbers from here on are a vendor's own.
pub(super) const VENDOR_TAXONOMY: u32 = 500;

/// What the caller knows, as facts.
pub(super) fn facts(read: &mut Reader, at: &At<'_>, message: Option<wire::Facts>) -> Facts {
    // What a bid request of an exchange tells, with the facts of the impression.
    let mut facts = Facts::with_capacity(24);
    let Some(wire::Facts {
        market: market_message,
        page: page_message,
        device: device_message,
        contact: contact_message,
        attributes,
    }) = message
    else {
        return facts;
    };
    if let Some(message) = market_message {
        market(read, &at.field("market"), message, &mut facts);
    }
    if let Some(message) = page_message {
        page(read, &at.field("page"), message, &mut facts);
    }
    if let Some(message) = device_message {
        device(read, &at.field("device"), message, &mut facts);
    }
    if let Some(message) = contact_message {
        contact(read, &at.field("contact"), message, &mut facts);
    }
    own(read, &at.field("attributes"), attributes, &mut facts);
    facts
}

/// States a word, if the field is there.
pub(super) fn state_word(
    read: &mut Reader,
    at: &At<'_>,
    text: Option<&str>,
    attribute: Attribute,
    facts: &mut Facts,
) {
    if let Some(word) = text.and_then(|text| read.word(at, text)) {
        facts.set(attribute, FactValue::Word(word));
    }
}

/// States words, if the field is there; an empty list is stated too.
pub(super) fn state_words(
    read: &mut Reader,
    at: &At<'_>,
    words: Option<wire::Words>,
    attribute: Attribute,
    facts: &mut Facts,
) {
    if let Some(words) = words {
        facts.set(attribute, FactValue::Words(read.words(at, words)));
    }
}

/// States prose, if the field is there.
pub(super) fn state_text(
    read: &mut Reader,
    at: &At<'_>,
    text: Option<&str>,
    attribute: Attribute,
    facts: &mut Facts,
) {
    if let Some(text) = text.and_then(|text| read.text(at, text)) {
        facts.set(attribute, FactValue::Text(text));
    }
}

/// States a domain, if the field is there.
pub(super) fn state_domain(
    read: &mut Reader,
    at: &At<'_>,
    text: Option<&str>,
    attribute: Attribute,
    facts: &mut Facts,
) {
    if let Some(word) = text.and_then(|text| read.domain(at, text)) {
        facts.set(attribute, FactValue::Word(word));
    }
}

fn market(read: &mut Reader, at: &At<'_>, message: wire::Market, facts: &mut Facts) {
    let wire::Market {
        country,
        region,
        channel,
        language,
    } = message;
    if let Some(country) = country {
        if country.len() == 2 && country.bytes().all(|byte| byte.is_ascii_uppercase()) {
            state_word(
                read,
                &at.field("country"),
                Some(&country),
                Attribute::MarketCountry,
                facts,
            );
        } else {
            read.refuse(
                &at.field("country"),
                format_args!(
                    "`{}` is not a country of ISO 3166-1 alpha-2; write two capital letters, such as `IT`",
                    excerpt(&country)
                ),
            );
        }
    }
    state_word(
        read,
        &at.field("region"),
        region.as_deref(),
        Attribute::MarketRegion,
        facts,
    );
    state_word(
        read,
        &at.field("channel"),
        channel.as_deref(),
        Attribute::MarketChannel,
        facts,
    );
    state_word(
        read,
        &at.field("language"),
        language.as_deref(),
        Attribute::MarketLanguage,
        facts,
    );
}

fn page(read: &mut Reader, at: &At<'_>, message: wire::Page, facts: &mut Facts) {
    let wire::Page {
        site,
        app,
        url,
        text,
        language,
        content,
    } = message;
    state_domain(
        read,
        &at.field("site"),
        site.as_deref(),
        Attribute::PageSite,
        facts,
    );
    state_word(read, &at.field("app"), app.as_deref(), Attribute::PageApp, facts);
    if let Some(url) = url {
        address(read, &at.field("url"), &url, facts);
    }
    state_text(
        read,
        &at.field("text"),
        text.as_deref(),
        Attribute::PageText,
        facts,
    );
    state_word(
        read,
        &at.field("language"),
        language.as_deref(),
        Attribute::PageLanguage,
        facts,
    );
    if let Some(content) = content {
        let labels = labels(read, &at.field("content"), content);
        facts.set(Attribute::Content, FactValue::Labels(labels));
    }
}

fn address(read: &mut Reader, at: &At<'_>, url: &str, facts: &mut Facts) {
    if url.len() > LONGEST_URL {
        read.refuse(at, format_args!("must not be longer than {LONGEST_URL} bytes"));
        return;
    }
    state_text(read, at, Some(url), Attribute::PageUrl, facts);
}

fn labels(read: &mut Reader, at: &At<'_>, message: wire::ContentLabels) -> Vec<Label> {
    let wire::ContentLabels { labels, cattax } = message;
    if let Some(number) = cattax
        && !CONTENT_TAXONOMIES.contains(&number)
        && number < VENDOR_TAXONOMY
    {
        read.refuse(
            &at.field("cattax"),
            format_args!("`{number}` is not a content taxonomy of OpenRTB"),
        );
    }
    if !read.at_most(&at.field("labels"), labels.len(), MOST_LABELS) {
        return Vec::new();
    }
    let each = labels.into_iter().enumerate();
    each.filter_map(|(index, message)| label(read, &at.item("labels", index), message))
        .collect()
}

fn label(read: &mut Reader, at: &At<'_>, message: wire::ContentLabel) -> Option<Label> {
    let wire::ContentLabel { topic, risk } = message;
    let risk = risk.and_then(|number| match wire::Risk::try_from(number) {
        Ok(wire::Risk::Unspecified) => None,
        Ok(wire::Risk::Low) => Some(Risk::Low),
        Ok(wire::Risk::Medium) => Some(Risk::Medium),
        Ok(wire::Risk::High) => Some(Risk::High),
        Ok(wire::Risk::Floor) => Some(Risk::Floor),
        Err(_) => {
            read.refuse(&at.field("risk"), format_args!("`{number}` is no risk level"));
            None
        }
    });
    let topic = read.required_name(&at.field("topic"), topic.as_deref(), Word::new)?;
    Some(Label { topic, risk })
}

fn device(read: &mut Reader, at: &At<'_>, message: wire::Device, facts: &mut Facts) {
    let wire::Device { r#type, os, browser } = message;
    state_word(
        read,
        &at.field("type"),
        r#type.as_deref(),
        Attribute::DeviceType,
        facts,
    );
    state_word(read, &at.field("os"), os.as_deref(), Attribute::DeviceOs, facts);
    state_word(
        read,
        &at.field("browser"),
        browser.as_deref(),
        Attribute::DeviceBrowser,
        facts,
    );
}

fn contact(read: &mut Reader, at: &At<'_>, message: wire::Contact, facts: &mut Facts) {
    let wire::Contact {
        contact_id,
        segments,
        age_years,
        time_zone,
        consents,
    } = message;
    if let Some(id) = contact_id {
        let at = at.field("contact_id");
        if reaches_a_person(&id) {
            // The id itself is not quoted: it must not reach a log.
            read.refuse(
                &at,
                "looks like an e-mail address or a telephone number; send a keyed hash of it",
            );
        } else {
            state_word(read, &at, Some(&id), Attribute::Contact, facts);
        }
    }
    state_words(
        read,
        &at.field("segments"),
        segments,
        Attribute::ContactSegment,
        facts,
    );
    if let Some(age) = age_years.and_then(|age| read.within(&at.field("age_years"), age, 0, 150)) {
        facts.set(Attribute::ContactAge, FactValue::Number(i64::from(age)));
    }
    let zone = time_zone.and_then(|name| read.zone(&at.field("time_zone"), &name));
    if let Some(zone) = zone {
        facts.set(Attribute::ContactZone, FactValue::Word(zone));
    }
    state_words(
        read,
        &at.field("consents"),
        consents,
        Attribute::ContactConsent,
        facts,
    );
}

/// The deployment's own attributes.
pub(super) fn own(
    read: &mut Reader,
    at: &At<'_>,
    attributes: BTreeMap<String, wire::FactValue>,
    facts: &mut Facts,
) {
    if !read.at_most(at, attributes.len(), MOST_ATTRIBUTES) {
        return;
    }
    for (name, message) in attributes {
        let at = at.entry(&name);
        let Some(word) = read.word(&at, &name) else {
            continue;
        };
        if Attribute::built_in(&name).is_some() {
            read.refuse(&at, "is a built-in attribute; set its own field");
            continue;
        }
        if let Some(value) = value(read, &at, message) {
            facts.set(Attribute::Own(word), value);
        }
    }
}

fn value(read: &mut Reader, at: &At<'_>, message: wire::FactValue) -> Option<FactValue> {
    let wire::FactValue { value } = message;
    match read.required(at, value)? {
        Value::Word(text) => read.word(&at.field("word"), &text).map(FactValue::Word),
        Value::Words(words) => Some(FactValue::Words(read.words(&at.field("words"), words))),
        Value::Text(text) => read.text(&at.field("text"), &text).map(FactValue::Text),
        Value::Number(number) => Some(FactValue::Number(number)),
        Value::PriceMicros(micros) => read
            .price(&at.field("price_micros"), micros)
            .map(FactValue::Price),
        Value::Flag(flag) => Some(FactValue::Flag(flag)),
        Value::Instant(instant) => read
            .instant(&at.field("instant"), instant)
            .map(FactValue::Instant),
    }
}
