//! Metrics, in the text format of OpenMetrics. Everything is counted where it happens and read here, when somebody asks.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, MetricEncoder, NoLabelSet, text::encode},
    metrics::MetricType,
    registry::Registry,
};

use super::App;
use crate::{
    domain::Stage,
    grpc::{ModelsView as _, OutcomeCounts, Seen},
};

/// How the text is announced.
pub(super) const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

type Labels<'a> = Vec<(&'static str, &'a str)>;

/// What is read when somebody asks.
pub(super) struct Metrics {
    pub(super) app: Arc<App>,
    pub(super) seen: Arc<Seen>,
    pub(super) outcomes: Arc<OutcomeCounts>,
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}

/// The registry of a running service.
pub(super) fn registry(metrics: Metrics) -> Registry {
    let mut registry = Registry::default();
    registry.register_collector(Box::new(metrics));
    registry
}

/// Everything, as text.
///
/// # Errors
/// Writing to a text does not fail; the format would be at fault.
pub(super) fn text(registry: &Registry) -> Result<String, fmt::Error> {
    let mut text = String::new();
    encode(&mut text, registry)?;
    Ok(text)
}

impl Collector for Metrics {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let into = &mut encoder;
        self.decisions(into)?;
        self.listener(into)?;
        self.outcomes(into)?;
        self.journal(into)?;
        self.rulebook(into)?;
        self.models(into)
    }
}

// === impl Metrics ===

impl Metrics {
    fn decisions(&self, into: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let counts = self.app.guardrail.counts();
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        count(
            into,
            "balustrade_decisions",
            "Decisions answered",
            read(&counts.decisions),
        )?;
        let help = "Answers of one candidate, by kind, verdict and whose value it is";
        let answers = counts.answers().map(|(kind, verdict, source, count)| {
            let labels = vec![
                ("kind", kind.name()),
                ("verdict", verdict.name()),
                ("source", source.name()),
            ];
            (labels, count)
        });
        counts_by(into, "balustrade_answers", help, answers)?;
        let help = "Answers of one candidate by a fallback, by its reason";
        let reasons = counts.fallbacks_by_reason();
        let reasons = reasons.map(|(reason, count)| (vec![("reason", reason.name())], count));
        counts_by(into, "balustrade_fallbacks", help, reasons)?;
        let help = "Answers that did not pass the independent check; not zero is a fault of the service";
        count(into, "balustrade_alarms", help, read(&counts.alarms))?;
        let help = "How often a rule made an answer what it was";
        let hits = counts.rule_hits();
        let hits = hits
            .iter()
            .map(|(rule, count)| (vec![("rule", rule.as_str())], *count));
        counts_by(into, "balustrade_rule_hits", help, hits)
    }

    fn listener(&self, into: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let help = "Requests that were not let in, by why";
        let refused = self.seen.not_let_in().into_iter();
        let refused = refused.map(|(why, count)| (vec![("why", why)], count));
        counts_by(into, "balustrade_not_let_in", help, refused)?;
        let help = "From the arrival of a question to its answer";
        let name = "balustrade_decision_seconds";
        let mut family = into.encode_descriptor(name, help, None, MetricType::Histogram)?;
        for (kind, histogram) in self.seen.latencies() {
            let total = histogram.buckets.iter().map(|(_, count)| count).sum();
            family
                .encode_family(&[("kind", kind.name())])?
                .encode_histogram::<NoLabelSet>(histogram.sum_secs, total, &histogram.buckets, None)?;
        }
        Ok(())
    }

    fn outcomes(&self, into: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let OutcomeCounts {
            bad_tokens,
            duplicates,
            conflicts,
            unknown_candidates,
            expired,
        } = &*self.outcomes;
        let quality = self.app.quality();
        let rows = [
            ("taken", quality.taken),
            ("late", quality.late),
            ("corrected", quality.corrected),
            ("bad_token", bad_tokens.load(Ordering::Relaxed)),
            ("duplicate", duplicates.load(Ordering::Relaxed)),
            ("conflict", conflicts.load(Ordering::Relaxed)),
            ("unknown_candidate", unknown_candidates.load(Ordering::Relaxed)),
            ("expired", expired.load(Ordering::Relaxed)),
            ("burst", quality.burst),
        ];
        let rows = rows
            .into_iter()
            .map(|(result, count)| (vec![("result", result)], count));
        counts_by(
            into,
            "balustrade_outcomes",
            "Outcomes reported, by what became of them",
            rows,
        )
    }

    fn journal(&self, into: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let journal = &self.app.journal;
        let waiting = u32::try_from(journal.waiting()).unwrap_or(u32::MAX);
        let help = "Entries that wait to be written";
        gauge(into, "balustrade_journal_waiting", help, f64::from(waiting))?;
        let help = "Records that the journal refused or lost";
        count(into, "balustrade_journal_gaps", help, journal.missed())?;
        let help =
            "Bytes of the journal that the models have not read yet: many after a start, few while it runs";
        gauge(
            into,
            "balustrade_journal_unlearnt_bytes",
            help,
            bytes(self.app.unlearnt()),
        )?;
        let broken = f64::from(u8::from(journal.health().is_err()));
        gauge(
            into,
            "balustrade_journal_broken",
            "1 where nothing can be written",
            broken,
        )
    }

    fn rulebook(&self, into: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let status = self.app.activations.status();
        let now = self.app.clock.now();
        let age = now.since(status.active_since).as_millis();
        let rules =
            u32::try_from(self.app.activations.rules().load().table().iter().len()).unwrap_or(u32::MAX);
        let stops = u32::try_from(self.app.switch.stops().load().iter().count()).unwrap_or(u32::MAX);
        let help = "How long the rulebook is in force";
        gauge(into, "balustrade_rulebook_age_seconds", help, seconds(age))?;
        gauge(
            into,
            "balustrade_rulebook_rules",
            "Rules in force",
            f64::from(rules),
        )?;
        let help = "1 while the rules folder holds what cannot be taken into force";
        let refused = f64::from(u8::from(status.refused_since.is_some()));
        gauge(into, "balustrade_rulebook_refused", help, refused)?;
        gauge(into, "balustrade_stops", "Stops in force", f64::from(stops))
    }

    fn models(&self, into: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let name = "balustrade_model_stage";
        let help = "How much a model may lead: 0 cold, 1 learning, 2 mature, 3 stale";
        let mut family = into.encode_descriptor(name, help, None, MetricType::Gauge)?;
        let readiness = self.app.readiness(self.app.clock.now());
        // A split has a row an arm; the least ready of them speaks for it.
        for model in readiness.iter().filter(|model| model.arm.is_none()) {
            let labels = [("campaign", model.campaign.as_str()), ("kind", model.kind.name())];
            let stage = match model.maturity.stage {
                Stage::Cold => 0.0,
                Stage::Learning => 1.0,
                Stage::Mature => 2.0,
                Stage::Stale => 3.0,
            };
            family.encode_family(&labels)?.encode_gauge(&stage)?;
        }
        Ok(())
    }
}

fn seconds(millis: i64) -> f64 {
    millis.max(0) as f64 / 1_000.0
}

fn count(into: &mut DescriptorEncoder<'_>, name: &str, help: &str, value: u64) -> fmt::Result {
    let mut metric = into.encode_descriptor(name, help, None, MetricType::Counter)?;
    counted(&mut metric, value)
}

fn counts_by<'a>(
    into: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    rows: impl Iterator<Item = (Labels<'a>, u64)>,
) -> fmt::Result {
    let mut family = into.encode_descriptor(name, help, None, MetricType::Counter)?;
    for (labels, value) in rows {
        counted(&mut family.encode_family(&labels)?, value)?;
    }
    Ok(())
}

fn counted(metric: &mut MetricEncoder<'_>, value: u64) -> fmt::Result {
    metric.encode_counter::<NoLabelSet, _, u64>(&value, None)
}

fn gauge(into: &mut DescriptorEncoder<'_>, name: &str, help: &str, value: f64) -> fmt::Result {
    into.encode_descriptor(name, help, None, MetricType::Gauge)?
        .encode_gauge(&value)
}

#[expect(clippy::cast_precision_loss, reason = "so many bytes fit")]
const fn bytes(count: u64) -> f64 {
    count as f64
}
