//! The recipient's own time: an instant as it stands on the clock where the message arrives.

use jiff::{civil::DateTime, tz::TimeZone};

use crate::domain::{Attribute, Facts, Timestamp};

/// A zone of the IANA data base.
pub(super) struct Zone {
    name: String,
    zone: TimeZone,
}

// === impl Zone ===

impl Zone {
    /// The recipient's, as far as it is known.
    pub(super) fn of(facts: &Facts) -> Option<Self> {
        let name = facts.word(&Attribute::ContactZone)?.to_string();
        let zone = TimeZone::get(&name).ok()?;
        Some(Self { name, zone })
    }

    /// Its name: `Europe/Rome`.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Date and time there.
    pub(super) fn local(&self, at: Timestamp) -> DateTime {
        at.to_jiff().to_zoned(self.zone.clone()).datetime()
    }
}

/// The name of a zone and the time there; in UTC where no zone is known.
pub(super) fn local(at: Timestamp, zone: Option<&Zone>) -> (&str, DateTime) {
    match zone {
        Some(zone) => (zone.name(), zone.local(at)),
        None => ("UTC", at.to_jiff().to_zoned(TimeZone::UTC).datetime()),
    }
}
