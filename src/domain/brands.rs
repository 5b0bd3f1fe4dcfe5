use std::sync::Arc;

use super::BrandId;

/// Of which brands somebody may speak.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BrandScope {
    /// Of every brand.
    Every,
    /// Of these alone; of none where it is empty.
    Only(Arc<[BrandId]>),
}

impl BrandScope {
    /// Whether this brand is one of them.
    #[must_use]
    pub fn covers(&self, brand: &BrandId) -> bool {
        match self {
            Self::Every => true,
            Self::Only(brands) => brands.contains(brand),
        }
    }
}

impl FromIterator<BrandId> for BrandScope {
    /// These brands; every brand where none is named, as `brands` is left out of a key.
    fn from_iter<I: IntoIterator<Item = BrandId>>(brands: I) -> Self {
        let brands: Arc<[BrandId]> = brands.into_iter().collect();
        if brands.is_empty() {
            return Self::Every;
        }
        Self::Only(brands)
    }
}
