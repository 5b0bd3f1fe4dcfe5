use super::{campaigns::Campaigns, code};
use crate::{
    domain::{Campaign, Currency},
    rules::{
        Lexicon,
        condition::Truth,
        draft::RuleDraft,
        interpreter,
        syntax::{FileId, Findings, Message, Span, ast::Files, say},
    },
};

/// Reports amounts in another currency than a campaign that their rule can reach.
///
/// A rule reaches a campaign unless the campaign's own facts rule it out, everything else being unknown.
pub(super) fn report(
    files: &Files,
    lexicon: &Lexicon,
    drafts: &[RuleDraft],
    campaigns: &Campaigns,
    findings: &mut Findings<'_>,
) {
    for draft in drafts {
        let currencies = draft.effects.iter().filter_map(|effect| effect.action.currency());
        for currency in currencies {
            let reached = campaigns.values().find(|campaign| {
                campaign.currency != currency
                    && interpreter::reach(lexicon, draft, &campaign.facts) != Truth::False
            });
            if let Some(reached) = reached {
                let nobodys = campaigns.values().all(|campaign| campaign.currency != currency);
                let help = if nobodys {
                    say!(
                        "no campaign bids in {}: write the amount in {}",
                        currency,
                        reached.currency
                    )
                } else {
                    let theirs = reached.currency;
                    say!(
                        "add `currency: {}` to `when`, and write a second rule in {}",
                        currency,
                        theirs
                    )
                };
                clash(files, draft, currency, reached, help, findings);
            }
        }
    }
}

fn clash(
    files: &Files,
    draft: &RuleDraft,
    currency: Currency,
    reached: &Campaign,
    help: Message,
    findings: &mut Findings<'_>,
) {
    let at = span_of(files, draft);
    let message = say!(
        "`{}` speaks of {} and reaches the campaign `{}`, which bids in {}",
        draft.card.id,
        currency,
        reached.id,
        reached.currency
    );
    findings.error(code::CURRENCY, at, message).help(help);
}

/// Where a rule's id was written.
pub(super) fn span_of(files: &Files, draft: &RuleDraft) -> Span {
    let rules = files.rules.iter().flat_map(|file| &file.rules);
    let found = rules
        .map(|rule| &rule.id)
        .find(|id| id.value == draft.card.id.as_str());
    found.map_or_else(|| Span::start_of(FileId(0)), |id| id.span)
}
