//! Finding codes as a table: each constant, its code and its meaning are written once.

/// A code of findings and what it stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct CodeRow {
    /// `R` and three digits.
    pub code: &'static str,
    /// The mistake, in a line.
    pub doc: &'static str,
}

impl CodeRow {
    /// The mistake without the full stop that its documentation has.
    #[must_use]
    pub fn says(&self) -> &'static str {
        self.doc.trim().trim_end_matches('.')
    }
}

/// Declares codes as constants and, for the reference page, all of them as `ALL`.
macro_rules! codes {
    ($(#[doc = $doc:literal] $vis:vis const $name:ident: &str = $code:literal;)*) => {
        $(#[doc = $doc] $vis const $name: &str = $code;)*

        /// Every code of this list.
        pub(in crate::rules) static ALL: &[$crate::rules::syntax::CodeRow] = &[$(
            $crate::rules::syntax::CodeRow { code: $code, doc: $doc },
        )*];
    };
}

pub(in crate::rules) use codes;
