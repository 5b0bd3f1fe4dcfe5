use super::{conditions::Reader, given::wrong};
use crate::{
    domain::{Kind, Micros, Query, Question},
    rules::syntax::{Spanned, ast::SaidDef, quoted, say},
};

/// The candidates of a query by the names that a test uses.
#[derive(Clone, Copy)]
pub(super) struct Named<'q> {
    pub(super) query: &'q Query,
}

impl Named<'_> {
    pub(super) fn len(self) -> usize {
        self.query.candidates.len()
    }

    fn find(self, name: &Spanned<String>, reader: &mut Reader<'_, '_, '_>) -> Option<usize> {
        let known = || {
            self.query
                .candidates
                .iter()
                .map(|candidate| candidate.id.as_str())
        };
        let found = known().position(|id| id == name.value);
        if found.is_none() {
            let message = say!("the test has no candidate `{}`", &name.value);
            return wrong(
                name.span,
                message,
                say!("its candidates are {}", quoted(known())),
                reader,
            );
        }
        found
    }

    /// One value a candidate, by name.
    pub(super) fn each<T: Clone, U: Clone>(
        self,
        written: &[(Spanned<String>, T)],
        otherwise: U,
        value: impl Fn(usize, &T) -> U,
        reader: &mut Reader<'_, '_, '_>,
    ) -> Option<Vec<U>> {
        let mut each = vec![otherwise; self.len()];
        for (at, (name, written)) in written.iter().enumerate() {
            let place = self.find(name, reader)?;
            if let Some(slot) = each.get_mut(place) {
                *slot = value(at, written);
            }
        }
        Some(each)
    }

    pub(super) fn total(self) -> Micros {
        match &self.query.question {
            Question::Budget(total) => total.amount,
            Question::Bid(_) | Question::SendTime(_) | Question::Recommendation { .. } | Question::Score => {
                Micros::ZERO
            }
        }
    }

    /// Whether an answer of that sort fits the question; a finding where not.
    pub(super) fn fits(self, said: &Spanned<SaidDef>, reader: &mut Reader<'_, '_, '_>) -> Option<()> {
        let of = match &said.value {
            SaidDef::Bid(_) | SaidDef::NoBid => Kind::Bid,
            SaidDef::SendAt(_) => Kind::SendTime,
            SaidDef::Items(_) => Kind::Recommendation,
            SaidDef::Shares(_) => Kind::Budget,
            SaidDef::Probability(_) => Kind::Score,
            SaidDef::Nothing => return Some(()),
        };
        let kind = self.query.question.kind();
        if of == kind {
            return Some(());
        }
        let answer = match kind {
            Kind::Bid => "{bid: 2.40 EUR}",
            Kind::SendTime => "{send_at: 2026-11-02T10:00:00Z}",
            Kind::Recommendation => "{items: [a, b]}",
            Kind::Budget => "{shares: {a: 30%, b: 70%}}",
            Kind::Score => "{probability: 40%}",
        };
        wrong(
            said.span,
            say!("this is an answer about `{}`, in a test of `{}`", of, kind),
            say!("write such as `{}`", answer),
            reader,
        )
    }
}
