use std::fmt;

/// A place in a request, as a chain on the stack: it costs nothing until a problem has to be named.
#[derive(Clone, Copy)]
pub(super) struct At<'a> {
    above: Option<&'a At<'a>>,
    step: Step<'a>,
}

#[derive(Clone, Copy)]
enum Step<'a> {
    Root,
    Field(&'static str),
    Item(&'static str, usize),
    Entry(&'a str),
}

impl<'a> At<'a> {
    /// The request itself.
    pub(super) const ROOT: At<'static> = At {
        above: None,
        step: Step::Root,
    };

    /// A field of the message here.
    pub(super) const fn field(&'a self, name: &'static str) -> At<'a> {
        self.below(Step::Field(name))
    }

    /// One item of a list field of the message here.
    pub(super) const fn item(&'a self, name: &'static str, index: usize) -> At<'a> {
        self.below(Step::Item(name, index))
    }

    /// One entry of the map here.
    pub(super) const fn entry(&'a self, key: &'a str) -> At<'a> {
        self.below(Step::Entry(key))
    }

    const fn below(&'a self, step: Step<'a>) -> At<'a> {
        At {
            above: Some(self),
            step,
        }
    }
}

impl fmt::Display for At<'_> {
    /// As `google.rpc.BadRequest` spells it: `candidates[3].attributes["tone"].word`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = self.above.filter(|above| !matches!(above.step, Step::Root));
        if let Some(above) = inner {
            write!(f, "{above}")?;
        }
        let dot = if inner.is_some() { "." } else { "" };
        match self.step {
            Step::Root => Ok(()),
            Step::Field(name) => write!(f, "{dot}{name}"),
            Step::Item(name, index) => write!(f, "{dot}{name}[{index}]"),
            Step::Entry(key) => write!(f, "[{:?}]", super::excerpt(key)),
        }
    }
}
