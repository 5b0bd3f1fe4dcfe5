use std::time::{Duration, Instant};

use tonic::metadata::MetadataMap;

/// When the request was accepted from its connection; put beside it by admission, so that the time it waited for
/// a free core counts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Arrived(pub(super) Instant);

/// The instant by which an answer has to be there: the sooner of `grpc-timeout` and `tmax`, counted from arrival.
pub(super) fn deadline(arrived: Instant, metadata: &MetadataMap, tmax_ms: Option<u32>) -> Option<Instant> {
    let timeout = metadata
        .get("grpc-timeout")
        .and_then(|text| text.to_str().ok())
        .and_then(parsed);
    let tmax = tmax_ms.map(|millis| Duration::from_millis(u64::from(millis)));
    let sooner = match (timeout, tmax) {
        (Some(timeout), Some(tmax)) => timeout.min(tmax),
        (Some(one), None) | (None, Some(one)) => one,
        (None, None) => return None,
    };
    arrived.checked_add(sooner)
}

/// `grpc-timeout`: at most eight digits and a unit.
fn parsed(text: &str) -> Option<Duration> {
    let unit = text.chars().next_back()?;
    let number: u64 = text
        .strip_suffix(unit)?
        .parse()
        .ok()
        .filter(|number| *number < 100_000_000)?;
    match unit {
        'H' => Some(Duration::from_secs(number * 3_600)),
        'M' => Some(Duration::from_secs(number * 60)),
        'S' => Some(Duration::from_secs(number)),
        'm' => Some(Duration::from_millis(number)),
        'u' => Some(Duration::from_micros(number)),
        'n' => Some(Duration::from_nanos(number)),
        _ => None,
    }
}
