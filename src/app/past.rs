//! What older decisions were made under: the kept rulebooks and model snapshots.

use std::sync::Arc;

use super::App;
use crate::{grpc::PastView, rehearsal::Shelf};

impl PastView for App {
    fn shelf(&self) -> Shelf {
        let mut snapshots = vec![self.models.snapshot()];
        snapshots.extend(self.learner().versions().snapshots().map(Arc::clone));
        Shelf::new(self.activations.store().to_owned(), snapshots)
    }
}
