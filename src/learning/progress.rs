use super::version::HeldOut;

/// Log loss on examples scored before they were learnt from; older ones fade.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Progress {
    model: f64,
    base: f64,
    weight: f64,
}

impl Progress {
    /// How much of the past the next example leaves.
    const FADE: f64 = 1.0 - 1.0 / 5_000.0;
    /// Below this many examples nothing is told.
    const FEWEST: f64 = 100.0;

    pub(super) fn note(&mut self, scored: f64, base: f64, label: f64) {
        let loss = |p: f64| {
            let p = p.clamp(1e-9, 1.0 - 1e-9);
            -(label * p.ln() + (1.0 - label) * (1.0 - p).ln())
        };
        self.model = self.model * Self::FADE + loss(scored);
        self.base = self.base * Self::FADE + loss(base);
        self.weight = self.weight * Self::FADE + 1.0;
    }

    pub(super) fn told(self) -> Option<HeldOut> {
        (self.weight >= Self::FEWEST).then(|| HeldOut {
            log_loss: self.model / self.weight,
            base_log_loss: self.base / self.weight,
        })
    }
}
