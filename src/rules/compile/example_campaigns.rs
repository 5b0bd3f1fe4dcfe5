//! The campaigns that tests speak of: declared ones, or one made up for a brand.

use std::sync::Arc;

use super::{
    campaigns::facts,
    conditions::Reader,
    examples::Declared,
    given::{Stated, wrong},
    values,
};
use crate::{
    domain::{
        Attribute, Baselines, BrandId, Campaign, CampaignId, Currency, Duration, Goal, Micros, Objective,
        ObjectiveId, Word,
    },
    rules::syntax::say,
};

/// The declared campaign that the test names, or one made up for the brand that it names.
pub(super) fn campaign(
    given: &Stated,
    stated: Option<Currency>,
    declared: Declared<'_>,
    reader: &mut Reader<'_, '_, '_>,
) -> Option<Arc<Campaign>> {
    if let Some(named) = &given.campaign {
        let found = declared.campaigns.get(named.value.as_str());
        if let (Some(campaign), Some(brand)) = (found, &given.brand)
            && campaign.brand.as_str() != brand.as_str()
        {
            let message = say!(
                "`{}` is a campaign of `{}`, not of `{}`",
                campaign.id,
                campaign.brand,
                brand
            );
            return wrong(named.span, message, say!("leave `brand` out"), reader);
        }
        if found.is_none() {
            let entry = reader.vocabulary.row(&Attribute::Campaign)?;
            values::is_value(entry, named, reader);
        }
        return found.cloned();
    }
    made_up(given, stated, declared).map(Arc::new)
}

/// A campaign like the brand's first, without budget; of a brand without one, a plain one.
fn made_up(given: &Stated, stated: Option<Currency>, declared: Declared<'_>) -> Option<Campaign> {
    let brand = given.brand.as_ref().map_or("any-brand", Word::as_str);
    let of_brand = declared
        .campaigns
        .values()
        .find(|campaign| campaign.brand.as_str() == brand);
    let currency = stated.or_else(|| of_brand.map(|campaign| campaign.currency));
    let currency = currency.map_or_else(|| "EUR".parse().ok(), Some)?;
    let objective = match of_brand.or_else(|| declared.campaigns.values().next()) {
        Some(campaign) => campaign.objective.clone(),
        None => Objective {
            id: ObjectiveId::new("click").ok()?,
            event: Word::new("click").ok()?,
            window: Duration::from_days(1),
        },
    };
    let id = CampaignId::new(&format!("a-campaign-of-{brand}")).ok()?;
    let brand = BrandId::new(brand).ok()?;
    Some(Campaign {
        facts: facts(&id, &brand, given.product.as_ref(), &objective, currency)?,
        id,
        brand,
        product: given.product.clone(),
        objective,
        goal: Goal::Manual,
        currency,
        baselines: of_brand.map_or_else(
            || Baselines::of_bids(Micros::new(1_000_000)),
            |campaign| campaign.baselines.clone(),
        ),
        budget: None,
        maturity: Default::default(),
    })
}
