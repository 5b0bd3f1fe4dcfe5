use std::{fmt, str::FromStr, sync::Arc};

use serde::{Deserialize, Serialize};

use super::{BrandId, BrandScope};

/// What somebody is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// A backend that asks for decisions.
    Caller,
    /// A backend that reports what came of them.
    OutcomeWriter,
    /// A person who writes rules, and may stop decisions.
    RuleEditor,
    /// A person who lets rules, held decisions and models pass.
    Approver,
    /// A person who reads what was decided, and changes nothing.
    Auditor,
    /// A person who runs the service.
    Admin,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 6] = [
        Self::Caller,
        Self::OutcomeWriter,
        Self::RuleEditor,
        Self::Approver,
        Self::Auditor,
        Self::Admin,
    ];

    /// The word used in settings, keys and tokens.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Caller => "caller",
            Self::OutcomeWriter => "outcome-writer",
            Self::RuleEditor => "rule-editor",
            Self::Approver => "approver",
            Self::Auditor => "auditor",
            Self::Admin => "admin",
        }
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Role {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let named = Self::ALL.into_iter().find(|role| role.name() == text);
        named.ok_or_else(|| {
            let known: Vec<String> = Self::ALL.iter().map(|role| format!("`{role}`")).collect();
            format!("`{text}` is no role; write {}", known.join(", "))
        })
    }
}

/// A set of roles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Roles(u8);

impl Roles {
    /// These.
    #[must_use]
    pub const fn of(roles: &[Role]) -> Self {
        let (mut set, mut rest) = (0, roles);
        while let [first, others @ ..] = rest {
            set |= first.bit();
            rest = others;
        }
        Self(set)
    }

    /// Whether one of these is one of those.
    #[must_use]
    pub const fn meets(self, others: Self) -> bool {
        self.0 & others.0 != 0
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
}

/// Somebody who is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// Under which name the journal speaks of it; `None` where nobody is asked who they are.
    pub name: Option<Arc<str>>,
    /// What it is for.
    pub roles: Roles,
    /// Of which brands it may speak.
    pub brands: BrandScope,
}

impl Principal {
    /// Whoever reaches a listener that asks nobody who they are.
    #[must_use]
    pub fn local() -> Self {
        Self {
            name: None,
            roles: Roles::of(&Role::ALL),
            brands: BrandScope::Every,
        }
    }

    /// Somebody of no role and no brand.
    #[must_use]
    pub fn nobody() -> Self {
        Self {
            name: None,
            roles: Roles::default(),
            brands: BrandScope::Only(Arc::default()),
        }
    }

    /// Its name for the log.
    #[must_use]
    pub fn told(&self) -> &str {
        self.name.as_deref().unwrap_or("nobody known")
    }

    /// Whether every one of these brands is one that it may speak of.
    #[must_use]
    pub fn speaks_for<'a>(&self, brands: impl IntoIterator<Item = &'a BrandId>) -> bool {
        brands.into_iter().all(|brand| self.brands.covers(brand))
    }
}
