use tonic::metadata::MetadataMap;

/// The span of a caller that a decision is made for: `traceparent` of W3C Trace Context.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::grpc) struct Parent {
    pub(super) trace: [u8; 16],
    pub(super) span: [u8; 8],
    flags: u8,
}

// === impl Parent ===

impl Parent {
    /// What the caller sent; `None` where it sent nothing, or nothing that can be read.
    pub(in crate::grpc) fn of(metadata: &MetadataMap) -> Option<Self> {
        Self::read(metadata.get("traceparent")?.to_str().ok()?)
    }

    /// `00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01`; a later version may have more fields.
    fn read(text: &str) -> Option<Self> {
        let mut parts = text.trim().split('-');
        let version = hex::<1>(parts.next()?)?;
        let (trace, span) = (hex::<16>(parts.next()?)?, hex::<8>(parts.next()?)?);
        let [flags] = hex::<1>(parts.next()?)?;
        let is_over = parts.next().is_none();
        let is_known = match version {
            [0] => is_over,
            [255] => false,
            [_] => true,
        };
        let names_something = trace != [0; 16] && span != [0; 8];
        (is_known && names_something).then_some(Self { trace, span, flags })
    }

    pub(super) const fn is_sampled(self) -> bool {
        self.flags & 1 == 1
    }
}

/// So many bytes in lower-case hexadecimal digits.
fn hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let is_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    if text.len() != 2 * N || !text.bytes().all(is_hex) {
        return None;
    }
    let mut bytes = [0; N];
    for (place, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * place..2 * place + 2)?, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::Parent;

    #[test]
    fn only_what_the_standard_allows_is_a_parent() {
        let (trace, span) = ("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331");
        let read = |text: String| Parent::read(&text).map(Parent::is_sampled);
        assert_eq!(read(format!("00-{trace}-{span}-01")), Some(true));
        assert_eq!(read(format!("00-{trace}-{span}-00")), Some(false));
        assert_eq!(read(format!("cc-{trace}-{span}-01-more")), Some(true));
        for odd in [
            format!("00-{trace}-{span}-01-more"),
            format!("ff-{trace}-{span}-01"),
            format!("00-{}-{span}-01", "0".repeat(32)),
            format!("00-{trace}-{}-01", "0".repeat(16)),
            format!("00-{}-{span}-01", trace.to_uppercase()),
            format!("00-{trace}-{span}"),
            format!("00-{}é-{span}-01", &trace[2..]),
            String::new(),
        ] {
            assert_eq!(read(odd.clone()), None, "{odd}");
        }
    }
}
