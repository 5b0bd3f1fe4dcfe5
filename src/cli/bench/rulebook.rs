use std::{fmt::Write as _, fs, path::Path};

/// The campaign that the generated rules are for.
pub(super) const CAMPAIGN: &str = "bench";

const COUNTRIES: [&str; 8] = ["IT", "ES", "FR", "DE", "PT", "GB", "AT", "CH"];
const DEVICES: [&str; 4] = ["phone", "tablet", "desktop", "tv"];

/// Writes a rules folder with `rules` rules and one campaign.
///
/// The rules are of the usual mixture: sites, devices, categories, exchanges, deals, placements, segments. Of
/// 1,000 the questions of the load meet seven or so, and none that forbids the bid: the whole way is walked, the
/// model included.
pub(super) fn write(folder: &Path, rules: usize) -> std::io::Result<()> {
    fs::create_dir_all(folder)?;
    fs::write(folder.join("rules.yaml"), rules_text(rules))?;
    fs::write(folder.join("campaigns.yaml"), campaigns_text())?;
    fs::write(
        folder.join("objectives.yaml"),
        "objectives:\n  - {id: click, event: click, window: 30 min, for: [bid, send_time, recommendation, budget, score]}\n",
    )?;
    fs::write(
        folder.join("defaults.yaml"),
        "owner: bench@bench.example\nbecause: a measurement\n\
         safe_default: {bid: no_bid, send_time: held, recommendation: baseline, budget: last_split, score: blocked}\n",
    )
}

fn campaigns_text() -> String {
    format!(
        "campaigns:\n  - id: {CAMPAIGN}\n    brand: bench\n    objective: click\n    goal: maximise_conversions\n    \
         value_per_outcome: 0.40 EUR\n    budget: 10000000 EUR\n    period: {{from: 2026-01-01, until: 2035-12-31}}\n    \
         baseline: {{bid: 1.80 EUR, send_at: \"10:00\", list: [item-0, item-1], share: 20%, probability: 5%}}\n"
    )
}

/// The rules as a file.
pub fn rules_text(rules: usize) -> String {
    let mut text =
        "rules_of: a measurement\ntier: company\nowner: bench@bench.example\ntime_zone: Europe/Rome\n\
                    tests_at: 2026-11-02T10:00:00Z\nrules:\n"
            .to_owned();
    for at in 0..rules {
        let _ = writeln!(
            text,
            "  - {{id: r{at}, for: [bid], {}, if_unknown: apply, because: a measurement}}",
            body(at)
        );
    }
    text
}

/// What one rule says.
fn body(at: usize) -> String {
    let country = named(&COUNTRIES, at / 8);
    let device = named(&DEVICES, at / 64);
    let (euro, cents) = (3 + at % 5, at % 100);
    match at % 8 {
        0 => format!("when: {{market.country: {country}, page.site: site-{at}.example}}, then: block"),
        1 => format!(
            "when: {{page.site: site-{at}.example, device.type: {device}}}, then: {{at_most: {euro}.{cents:02} EUR}}"
        ),
        2 => format!(
            "when: {{ad.category: IAB{}-{at}, market.country: {country}}}, then: {{hold: legal}}",
            at % 26
        ),
        3 => {
            format!("when: {{exchange: e{at}, market.channel: [display, video]}}, then: {{adjust: -10%}}")
        }
        4 => format!(
            "when: {{deal: d{at}}}, unless: {{page.site: site-{at}.example}}, then: {{at_least: 0.50 EUR}}"
        ),
        5 => format!(
            "when: {{placement: p{at}, content.topic: Terrorism, content.risk: [high, floor]}}, then: block"
        ),
        6 => format!(
            "when: {{market.country: {country}, device.type: {device}}}, then: {{at_most: {euro}.{cents:02} EUR}}"
        ),
        _ => format!(
            "when: {{contact.segment: seg-{at}, market.country: {country}}}, then: {{at_most: {euro}.{cents:02} EUR}}"
        ),
    }
}

fn named(names: &[&'static str], at: usize) -> &'static str {
    names.get(at % names.len()).copied().unwrap_or_default()
}
