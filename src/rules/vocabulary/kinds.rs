use super::Presence;
use crate::domain::Kind;

/// Which kinds of decision have an attribute, and whether each always knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kinds {
    always: u8,
    optional: u8,
}

impl Kinds {
    /// These kinds have it and always know it.
    #[must_use]
    pub const fn always(kinds: &[Kind]) -> Self {
        Self {
            always: bits(kinds),
            optional: 0,
        }
    }

    /// These kinds have it and may not know it.
    #[must_use]
    pub const fn maybe(kinds: &[Kind]) -> Self {
        Self {
            always: 0,
            optional: bits(kinds),
        }
    }

    /// These kinds have it too, and may not know it unless they always do.
    #[must_use]
    pub const fn or_maybe(self, kinds: &[Kind]) -> Self {
        Self {
            optional: bits(kinds) & !self.always,
            ..self
        }
    }

    /// Whether a query of that kind may leave the attribute unknown; `None` where the kind does not have it.
    #[must_use]
    pub const fn presence(self, kind: Kind) -> Option<Presence> {
        let bit = bit(kind);
        if self.always & bit != 0 {
            Some(Presence::Always)
        } else if self.optional & bit != 0 {
            Some(Presence::Optional)
        } else {
            None
        }
    }

    /// The same for a rule that speaks of several kinds: it may be unknown as soon as one of them may not know
    /// it; `None` where one of them does not have it.
    #[must_use]
    pub fn presence_in(self, kinds: &[Kind]) -> Option<Presence> {
        kinds.iter().try_fold(Presence::Always, |so_far, kind| {
            Some(so_far.max(self.presence(*kind)?))
        })
    }

    /// The kinds that have it, in the order of the documentation.
    pub fn iter(self) -> impl Iterator<Item = Kind> {
        Kind::ALL
            .into_iter()
            .filter(move |kind| self.presence(*kind).is_some())
    }
}

const fn bits(kinds: &[Kind]) -> u8 {
    let mut bits = 0;
    let mut rest = kinds;
    while let [kind, others @ ..] = rest {
        bits |= bit(*kind);
        rest = others;
    }
    bits
}

const fn bit(kind: Kind) -> u8 {
    1 << kind as u8
}
