use crate::domain::{
    Attribute, BrandId, CampaignId, CandidateRecord, EvidenceKey, FactValue, Facts, ObjectiveId, Observation,
    Record, Word,
};

/// Under what an outcome is counted.
pub(super) struct Market<'a> {
    campaign: &'a CampaignId,
    brand: &'a BrandId,
    objective: &'a ObjectiveId,
    country: Option<&'a Word>,
    channel: Option<&'a Word>,
    product: Option<&'a Word>,
    segments: &'a [Word],
}

impl<'a> Market<'a> {
    /// The market of a decision's candidate; a fact that the candidate does not state is the query's.
    pub(super) fn of_candidate(record: &'a Record, candidate: &'a CandidateRecord) -> Self {
        let stated = |attribute| {
            let own = candidate.facts.word(&attribute);
            own.or_else(|| record.facts.word(&attribute))
        };
        Self {
            campaign: &candidate.campaign,
            brand: &candidate.brand,
            objective: &candidate.objective.id,
            country: stated(Attribute::MarketCountry),
            channel: stated(Attribute::MarketChannel),
            product: stated(Attribute::Product),
            segments: segments(&record.facts),
        }
    }

    /// The market of a row of history.
    pub(super) fn of_observation(observation: &'a Observation) -> Self {
        Self {
            campaign: &observation.campaign,
            brand: &observation.brand,
            objective: &observation.objective.id,
            country: observation.facts.word(&Attribute::MarketCountry),
            channel: observation.facts.word(&Attribute::MarketChannel),
            product: observation.facts.word(&Attribute::Product),
            segments: segments(&observation.facts),
        }
    }

    /// The campaign, and the market with each known part stated or left open.
    pub(super) fn keys(&self) -> Vec<EvidenceKey> {
        let mut keys = vec![EvidenceKey::Campaign(self.campaign.clone())];
        for country in ways(self.country) {
            for channel in ways(self.channel) {
                for product in ways(self.product) {
                    for segment in ways(self.segments) {
                        keys.push(EvidenceKey::Market {
                            brand: self.brand.clone(),
                            objective: self.objective.clone(),
                            country: country.cloned(),
                            channel: channel.cloned(),
                            product: product.cloned(),
                            segment: segment.cloned(),
                        });
                    }
                }
            }
        }
        // A segment that is stated twice is one segment.
        keys.sort_unstable();
        keys.dedup();
        keys
    }
}

/// Left open and, where it is known, stated.
fn ways<'a>(words: impl IntoIterator<Item = &'a Word>) -> impl Iterator<Item = Option<&'a Word>> {
    std::iter::once(None).chain(words.into_iter().map(Some))
}

/// The segments of the contact, as they were stated.
fn segments(facts: &Facts) -> &[Word] {
    match facts.get(&Attribute::ContactSegment) {
        Some(FactValue::Words(segments)) => segments,
        Some(_) | None => &[],
    }
}
