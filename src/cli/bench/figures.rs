use std::time::Duration;

use hdrhistogram::Histogram;
use serde::Serialize;

use super::{load::Failures, overload::Overload};

/// What a closed loop came to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Throughput {
    pub(super) a_second: f64,
    /// CPU of the whole server process for each answer, in microseconds; unknown for a server that is not ours.
    pub(super) cpu_us: Option<f64>,
}

impl Throughput {
    pub(super) fn new(answered: u64, elapsed: Duration, used: Option<Duration>) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "no run answers 2^53 questions")]
        let answered = answered as f64;
        Self {
            a_second: answered / elapsed.as_secs_f64(),
            cpu_us: used.map(|used| used.as_secs_f64() * 1e6 / answered.max(1.0)),
        }
    }
}

/// What an open loop came to, in microseconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Latency {
    pub(super) a_second: f64,
    pub(super) p50_us: f64,
    pub(super) p99_us: f64,
    pub(super) p999_us: f64,
}

impl Latency {
    #[expect(clippy::cast_precision_loss, reason = "a latency is below 2^53 nanoseconds")]
    pub(super) fn new(a_second: u64, nanos: &Histogram<u64>) -> Self {
        let at = |quantile| nanos.value_at_quantile(quantile) as f64 / 1e3;
        Self {
            a_second: a_second as f64,
            p50_us: at(0.5),
            p99_us: at(0.99),
            p999_us: at(0.999),
        }
    }
}

/// Everything that is measured of one server.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Figures {
    pub(super) unary: Throughput,
    pub(super) stream: Throughput,
    pub(super) latency: Latency,
    pub(super) failures: Failures,
}

/// A server at its ceiling, near it, and above it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Burst {
    pub(super) unary: Throughput,
    /// At nine tenths.
    pub(super) peak: Latency,
    /// At twice.
    pub(super) over: Overload,
}

/// How the service's figure stands to the echo's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Comparison {
    /// Service over echo.
    Ratio,
    /// Service minus echo.
    Difference,
    /// Not at all: the two were loaded differently.
    None,
}

/// One line of the table.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// What it is, with its unit.
    pub what: String,
    /// Of the bare echo; absent where there was none.
    pub echo: Option<f64>,
    /// Of the service.
    pub service: Option<f64>,
    /// How they are compared.
    pub comparison: Comparison,
    /// What the comparison says.
    pub compared: Option<f64>,
}

impl Row {
    /// A line with its comparison worked out.
    #[must_use]
    pub fn new(what: &str, echo: Option<f64>, service: Option<f64>, comparison: Comparison) -> Self {
        let compared = echo.zip(service).and_then(|(echo, service)| match comparison {
            Comparison::Ratio => (echo > 0.0).then(|| service / echo),
            Comparison::Difference => Some(service - echo),
            Comparison::None => None,
        });
        Self {
            what: what.to_owned(),
            echo,
            service,
            comparison,
            compared,
        }
    }
}

/// The lines of one run.
pub(super) fn rows(echo: Option<&Figures>, service: &Figures, burst: Option<&Burst>) -> Vec<Row> {
    use Comparison::{Difference, None as Apart, Ratio};
    type Read = fn(&Figures) -> Option<f64>;
    let lines: [(&str, Comparison, Read); 9] = [
        ("unary decisions a second", Ratio, |of| Some(of.unary.a_second)),
        ("streamed decisions a second", Ratio, |of| {
            Some(of.stream.a_second)
        }),
        ("server CPU of a unary decision, us", Difference, |of| {
            of.unary.cpu_us
        }),
        ("server CPU of a streamed decision, us", Difference, |of| {
            of.stream.cpu_us
        }),
        ("half load: unary decisions a second", Apart, |of| {
            Some(of.latency.a_second)
        }),
        ("half load: p50, us", Apart, |of| Some(of.latency.p50_us)),
        ("half load: p99, us", Apart, |of| Some(of.latency.p99_us)),
        ("half load: p99.9, us", Apart, |of| Some(of.latency.p999_us)),
        ("failures", Apart, |of| Some(count(&of.failures))),
    ];
    let row = |(what, comparison, read): &(&str, Comparison, Read)| {
        Row::new(what, echo.and_then(read), read(service), *comparison)
    };
    let mut rows: Vec<Row> = lines.iter().map(row).collect();
    rows.extend(burst.into_iter().flat_map(too_much));
    rows
}

/// What the service does with more than it can take; the echo is not asked.
fn too_much(Burst { unary, peak, over }: &Burst) -> [Row; 8] {
    let alone = |what, figure| Row::new(what, None, figure, Comparison::None);
    [
        alone("apart: unary decisions a second", Some(unary.a_second)),
        alone("nine tenths of that: p99, us", Some(peak.p99_us)),
        alone("twice that: asked a second", Some(over.offered_a_second)),
        alone("  answered in time a second", Some(over.answered_a_second)),
        alone(
            "  of what it can, per cent",
            (unary.a_second > 0.0).then(|| 100.0 * over.answered_a_second / unary.a_second),
        ),
        alone("  refused a second", Some(over.refused_a_second)),
        alone("  p99 of those let in, us", Some(over.admitted_p99_us)),
        alone("calm again after, ms", over.recovered_ms),
    ]
}

#[expect(clippy::cast_precision_loss, reason = "no run asks 2^53 questions")]
fn count(failures: &Failures) -> f64 {
    failures.values().sum::<u64>() as f64
}

/// The median of each line, and of each comparison by itself, over runs of the same lines.
#[must_use]
pub fn median_rows(runs: &[Vec<Row>]) -> Vec<Row> {
    let first = runs.first().map(Vec::as_slice).unwrap_or_default();
    let median_row = |(place, row): (usize, &Row)| {
        let all = || runs.iter().filter_map(|rows| rows.get(place));
        Row {
            echo: median(all().filter_map(|row| row.echo).collect()),
            service: median(all().filter_map(|row| row.service).collect()),
            compared: median(all().filter_map(|row| row.compared).collect()),
            ..row.clone()
        }
    };
    first.iter().enumerate().map(median_row).collect()
}

/// The middle value; of an even number of values the lower of the middle two, so that it is one that occurred.
#[must_use]
pub fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let middle = values.len().checked_sub(1)? / 2;
    values.get(middle).copied()
}
