use super::{Claim, EffectAt, Found, amounts::words, code};
use crate::{
    domain::{CampaignId, RuleIx},
    rules::{
        Rulebook,
        compile::Places,
        draft::RuleDraft,
        syntax::{Example, FileId, Finding, Findings, Message, Span, quoted, say},
    },
};

/// Tells a finding.
pub(super) fn tell(found: &Found, rulebook: &Rulebook, places: &Places, findings: &mut Findings<'_>) {
    let mut teller = Teller {
        rulebook,
        places,
        findings,
        example: found.witness.as_ref().map(|witness| Example {
            given: witness.given(),
            tests_at: witness.query.now.to_string(),
        }),
    };
    match &found.claim {
        Claim::Tie { first, second } => teller.tie(*first, *second),
        Claim::NothingLeft { least, most } => teller.nothing_left(*least, *most),
        Claim::SameSlot { first, second } => teller.same_slot(*first, *second),
        Claim::CrowdedSlot(pin) => teller.crowded_slot(*pin),
        Claim::MoreThanAll(shares) => teller.more_than_all(shares),
        Claim::LessThanAll(shares) => teller.less_than_all(shares),
        Claim::NoInstant(hours) => teller.no_instant(hours),
        Claim::NeverMatches(rule) => teller.never_matches(*rule),
        Claim::AlwaysMatches(rule) => teller.always_matches(*rule),
        Claim::Covered { rule, by } => teller.covered(*rule, *by),
        Claim::CoveredTogether { rule, by } => teller.covered_together(*rule, by),
        Claim::Dominated { bound, by } => teller.dominated(*bound, *by),
        Claim::CutOff { value, bound } => teller.cut_off(*value, *bound),
        Claim::IdleExemption { rule, place } => teller.idle_exemption(*rule, *place),
        Claim::Untested(rules) => teller.untested(rules),
        Claim::NoStart(campaign) => teller.no_start(campaign),
    };
}

struct Teller<'t, 's> {
    rulebook: &'t Rulebook,
    places: &'t Places,
    findings: &'t mut Findings<'s>,
    example: Option<Example>,
}

impl Teller<'_, '_> {
    fn draft(&self, rule: RuleIx) -> Option<&RuleDraft> {
        self.rulebook.drafts().get(rule.0 as usize)
    }

    fn id(&self, rule: RuleIx) -> String {
        self.draft(rule)
            .map_or_else(String::new, |draft| draft.card.id.to_string())
    }

    fn span(&self, rule: RuleIx) -> Span {
        let place = self
            .draft(rule)
            .and_then(|draft| self.places.rule(&draft.card.id));
        place.unwrap_or_else(|| Span::start_of(FileId(u32::MAX)))
    }

    /// The effect as it was written.
    fn words(&self, at: EffectAt) -> String {
        let effect = self.draft(at.rule).and_then(|draft| draft.effects.get(at.effect));
        effect.map_or_else(String::new, |effect| words(&effect.action))
    }

    fn error(&mut self, code: &'static str, at: Span, message: Message, help: Message) -> Finding<'_> {
        let example = self.example.take();
        self.findings.error(code, at, message).help(help).example(example)
    }

    fn warning(&mut self, code: &'static str, at: Span, message: Message, help: Message) -> Finding<'_> {
        let example = self.example.take();
        self.findings
            .warning(code, at, message)
            .help(help)
            .example(example)
    }

    fn tie(&mut self, first: EffectAt, second: EffectAt) {
        let (a, b) = (self.id(first.rule), self.id(second.rule));
        let (of_a, of_b) = (self.words(first), self.words(second));
        let (at, other) = (self.span(second.rule), self.span(first.rule));
        if first.rule == second.rule {
            let message = say!("`{}` chooses two values: `{}` and `{}`", a, of_a, of_b);
            self.error(code::TIE, at, message, say!("keep one of them"));
            return;
        }
        let message = say!(
            "`{}` and `{}` can apply at once and choose different values: `{}` and `{}`",
            a,
            b,
            of_a,
            of_b
        );
        let help = say!(
            "keep one of them, or let their `when` exclude each other; neither is stronger, since both are of the same tier"
        );
        self.error(code::TIE, at, message, help)
            .related(other, say!("the other rule"));
    }

    fn nothing_left(&mut self, least: EffectAt, most: EffectAt) {
        let (a, b) = (self.id(least.rule), self.id(most.rule));
        let (of_a, of_b) = (self.words(least), self.words(most));
        let (at, other) = (self.span(least.rule), self.span(most.rule));
        if least.rule == most.rule {
            let message = say!("`{}` wants `{}` and `{}`: nothing is both", a, of_a, of_b);
            self.error(
                code::NOTHING_LEFT,
                at,
                message,
                say!("put the smaller amount at `at_least`"),
            );
            return;
        }
        let message = say!(
            "`{}` wants `{}` and `{}` wants `{}`: where both apply, nothing is left",
            a,
            of_a,
            b,
            of_b
        );
        let help = say!(
            "change one of the amounts, or let their `when` exclude each other; a restriction of any tier counts"
        );
        self.error(code::NOTHING_LEFT, at, message, help)
            .related(other, say!("the other rule"));
    }

    fn same_slot(&mut self, first: EffectAt, second: EffectAt) {
        let (a, b) = (self.id(first.rule), self.id(second.rule));
        let (at, other) = (self.span(second.rule), self.span(first.rule));
        let message = say!(
            "`{}` and `{}` can give one slot to two items: both say `{}`",
            a,
            b,
            self.words(second)
        );
        let help = say!(
            "choose another slot for one of them, or let their `when` exclude each other; neither is stronger, since both are of the same tier"
        );
        self.error(code::TIE, at, message, help)
            .related(other, say!("the other rule"));
    }

    fn crowded_slot(&mut self, pin: EffectAt) {
        let message = say!(
            "`{}` can give one slot to two items: `{}` is said of each that it is about",
            self.id(pin.rule),
            self.words(pin)
        );
        let help = say!(
            "where a query has two of them nobody can say which, and the safe default answers: let its `where` name one item, such as `where: {item: tea}`, or prefer them all with `boost`"
        );
        let at = self.span(pin.rule);
        self.warning(code::CROWDED_SLOT, at, message, help);
    }

    fn less_than_all(&mut self, shares: &[EffectAt]) {
        let Some(first) = shares.first() else { return };
        let message = say!(
            "{} can apply at once and leave less than 100% to all the arms that rules and tests name: {}",
            self.named(shares),
            quoted(shares.iter().map(|at| self.words(*at)))
        );
        let help = say!(
            "raise the most of one of them, so that the whole can be split; or is there an arm that takes the rest? then name it in a test"
        );
        let related: Vec<Span> = shares.iter().skip(1).map(|at| self.span(at.rule)).collect();
        let at = self.span(first.rule);
        let mut finding = self.warning(code::LESS_THAN_ALL, at, message, help);
        for other in related.into_iter().filter(|other| *other != at) {
            finding = finding.related(other, say!("the other rule"));
        }
    }

    fn more_than_all(&mut self, shares: &[EffectAt]) {
        let Some(first) = shares.first() else { return };
        let message = say!(
            "{} can apply at once, each to another arm, and demand more than 100% between them: {}",
            self.named(shares),
            quoted(shares.iter().map(|at| self.words(*at)))
        );
        let help = say!("lower the least of one of them: what all arms must have adds up to 100% at most");
        let related: Vec<Span> = shares.iter().skip(1).map(|at| self.span(at.rule)).collect();
        let at = self.span(first.rule);
        let mut finding = self.error(code::MORE_THAN_ALL, at, message, help);
        for other in related {
            finding = finding.related(other, say!("the other rule"));
        }
    }

    fn no_instant(&mut self, hours: &[EffectAt]) {
        let Some(first) = hours.first() else { return };
        let message = match hours {
            [only] => say!(
                "`{}` of `{}` leaves no instant of a week: where it applies, nothing is ever sent",
                self.words(*only),
                self.id(only.rule)
            ),
            _ => say!(
                "{} together can leave no instant of a week: to a query like this one nothing is ever sent",
                self.named(hours)
            ),
        };
        let help = say!("widen the hours, or write `then: block`, if nothing shall be sent there");
        let related: Vec<Span> = hours.iter().skip(1).map(|at| self.span(at.rule)).collect();
        let at = self.span(first.rule);
        let mut finding = self.warning(code::NO_INSTANT, at, message, help);
        for other in related {
            finding = finding.related(other, say!("the other rule"));
        }
    }

    /// The rules of effects, each once.
    fn named(&self, effects: &[EffectAt]) -> String {
        let mut rules: Vec<RuleIx> = effects.iter().map(|at| at.rule).collect();
        rules.dedup();
        quoted(rules.iter().map(|rule| self.id(*rule)))
    }

    fn never_matches(&mut self, rule: RuleIx) {
        let message = say!(
            "`{}` never applies: no query meets all of its conditions",
            self.id(rule)
        );
        let help = say!(
            "look for conditions that exclude each other, among `applies_to`, `when`, `unless` and the exceptions; this query meets what the file demands, and the rule is silent"
        );
        let at = self.span(rule);
        self.warning(code::NEVER_MATCHES, at, message, help);
    }

    fn always_matches(&mut self, rule: RuleIx) {
        let when = self
            .draft(rule)
            .and_then(|draft| self.places.when(&draft.card.id));
        let message = say!(
            "the `when` of `{}` cannot be false: it rules nothing out",
            self.id(rule)
        );
        let help = say!(
            "leave `when` out, if the rule is meant for everything that its file speaks of; else correct it"
        );
        let at = when.unwrap_or_else(|| self.span(rule));
        self.warning(code::ALWAYS_MATCHES, at, message, help);
    }

    fn covered(&mut self, rule: RuleIx, by: RuleIx) {
        let message = say!(
            "`{}` changes nothing: wherever it applies, `{}` blocks",
            self.id(rule),
            self.id(by)
        );
        let help = say!("delete it, or narrow the block");
        let (at, other) = (self.span(rule), self.span(by));
        self.warning(code::COVERED, at, message, help)
            .related(other, say!("the block"));
    }

    fn covered_together(&mut self, rule: RuleIx, by: &[RuleIx]) {
        let message = say!(
            "`{}` changes nothing: wherever it applies, one of these blocks: {}",
            self.id(rule),
            quoted(by.iter().map(|by| self.id(*by)))
        );
        let help = say!("delete it, or narrow one of the blocks");
        let related: Vec<Span> = by.iter().map(|by| self.span(*by)).collect();
        let at = self.span(rule);
        let mut finding = self.warning(code::COVERED, at, message, help);
        for other in related {
            finding = finding.related(other, say!("the block"));
        }
    }

    fn dominated(&mut self, bound: EffectAt, by: EffectAt) {
        let message = say!(
            "`{}` of `{}` changes nothing: wherever it applies, `{}` says `{}`",
            self.words(bound),
            self.id(bound.rule),
            self.id(by.rule),
            self.words(by)
        );
        let help = say!("delete it, or change one of the amounts");
        let (at, other) = (self.span(bound.rule), self.span(by.rule));
        self.warning(code::DOMINATED, at, message, help)
            .related(other, say!("the tighter bound"));
    }

    fn cut_off(&mut self, value: EffectAt, bound: EffectAt) {
        let message = say!(
            "`{}` of `{}` lies outside of `{}` of `{}`: where both apply, the bound decides",
            self.words(value),
            self.id(value.rule),
            self.words(bound),
            self.id(bound.rule)
        );
        let help = say!("choose a value inside the bound, or let their `when` exclude each other");
        let (at, other) = (self.span(value.rule), self.span(bound.rule));
        self.warning(code::CUT_OFF, at, message, help)
            .related(other, say!("the bound"));
    }

    fn idle_exemption(&mut self, rule: RuleIx, place: usize) {
        let id = self.draft(rule).map(|draft| draft.card.id.clone());
        let written = id.as_ref().and_then(|id| self.places.exemption(id, place));
        let own = id.is_some_and(|id| self.places.is_unless(&id, place));
        let message = if own {
            say!(
                "the `unless` of `{}` takes nothing out: the rule does not apply there anyway",
                self.id(rule)
            )
        } else {
            say!(
                "the exception to `{}` takes nothing out: the rule does not apply there anyway",
                self.id(rule)
            )
        };
        let help = say!("delete it, or correct its conditions or the rule's");
        let at = written.unwrap_or_else(|| self.span(rule));
        self.warning(code::IDLE_EXEMPTION, at, message, help);
    }

    fn untested(&mut self, rules: &[RuleIx]) {
        let Some(first) = rules.first() else { return };
        let message = if rules.len() == 1 {
            say!("no test fails when `{}` is deleted", self.id(*first))
        } else {
            let few: Vec<String> = rules.iter().take(3).map(|rule| self.id(*rule)).collect();
            say!(
                "of {} rules of this file none is missed by a test when it is deleted: {}, …",
                rules.len(),
                quoted(few)
            )
        };
        let help = say!("write a test in which it decides, with `because_of`");
        let at = self.span(*first);
        self.warning(code::UNTESTED, at, message, help);
    }

    fn no_start(&mut self, campaign: &CampaignId) {
        let message = say!(
            "`{}` declares a market, and no `start_at` leads there while it is new",
            campaign
        );
        let help = say!(
            "write a rule for it: `then: {start_at: 1.80 EUR, model_may_move: 20%, hand_over_at: 50 conversions in 30 days}`"
        );
        let at = self.places.campaign(campaign);
        let at = at.unwrap_or_else(|| Span::start_of(FileId(u32::MAX)));
        self.warning(code::NO_START, at, message, help);
    }
}
