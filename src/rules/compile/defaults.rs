//! What is answered where the limits leave nothing: one declaration a kind, and stricter ones of brands.

use std::collections::BTreeMap;

use super::{campaigns::Campaigns, code};
use crate::{
    domain::{BrandId, Choice, DeclaredDefault, Kind, Micros, NoBid, SafeDefaults, Tier},
    rules::syntax::{
        Findings, Span, Spanned,
        ast::{AtomTest, Clause, Files, RuleFile, SafeDefaultDef},
        say,
    },
};

/// The safe defaults of all brands, and of those that declare their own.
#[derive(Debug, Clone, Default, PartialEq)]
pub(in crate::rules) struct Defaults {
    everybody: SafeDefaults,
    brands: BTreeMap<BrandId, SafeDefaults>,
}

impl Defaults {
    /// Of a kind, for a brand.
    pub(in crate::rules) fn of(&self, kind: Kind, brand: &BrandId) -> DeclaredDefault {
        self.brands.get(brand).unwrap_or(&self.everybody).of(kind)
    }
}

type Declared = [(Spanned<Kind>, Spanned<SafeDefaultDef>)];

/// Reads what is declared, and reports what is missing or looser than it may be.
pub(super) fn defaults(files: &Files, campaigns: &Campaigns, findings: &mut Findings<'_>) -> Defaults {
    let Some(file) = &files.defaults else {
        return Defaults::default();
    };
    report_missing(files, findings);
    report_currency(&file.safe_defaults, campaigns, findings);
    let everybody = over(SafeDefaults::default(), &file.safe_defaults);
    let mut brands: BTreeMap<BrandId, SafeDefaults> = BTreeMap::new();
    for file in files.rules.iter().filter(|file| !file.safe_defaults.is_empty()) {
        for own in brands_of(file, findings) {
            let known = brands.entry(own).or_insert(everybody);
            for (kind, default) in &file.safe_defaults {
                let declared = declared(default.value);
                if strictness(declared) < strictness(everybody.of(kind.value))
                    || is_other_value(declared, everybody.of(kind.value))
                {
                    report_looser(*kind, default.span, findings);
                } else if strictness(declared) > strictness(known.of(kind.value)) {
                    *known = with(*known, kind.value, declared);
                }
            }
        }
    }
    Defaults { everybody, brands }
}

/// Every kind that a campaign serves has a safe default.
fn report_missing(files: &Files, findings: &mut Findings<'_>) {
    let Some(file) = &files.defaults else {
        return;
    };
    let campaigns = files.campaigns.iter().flat_map(|file| &file.campaigns);
    let served: Vec<Kind> = campaigns.flat_map(|campaign| campaign.baseline.kinds()).collect();
    for kind in Kind::ALL.into_iter().filter(|kind| served.contains(kind)) {
        if file.safe_defaults.iter().all(|(of, _)| of.value != kind) {
            findings
                .error(
                    code::MISSING_DEFAULT,
                    Span::start_of(file.file),
                    say!("`{}` has no safe default", kind),
                )
                .help(say!(
                    "write `safe_default: {}`, or `blocked`",
                    format!("{{{kind}: {}}}", mildest(kind))
                ));
        }
    }
}

/// What is usually declared for a kind, for the help.
const fn mildest(kind: Kind) -> &'static str {
    match kind {
        Kind::Bid => "no_bid",
        Kind::SendTime => "held",
        Kind::Recommendation => "baseline",
        Kind::Budget => "last_split",
        Kind::Score => "3%",
    }
}

fn report_currency(declared: &Declared, campaigns: &Campaigns, findings: &mut Findings<'_>) {
    for (_, default) in declared {
        let SafeDefaultDef::Bid(money) = default.value else {
            continue;
        };
        let foreign = campaigns
            .values()
            .find(|campaign| campaign.baselines.bid.is_some() && campaign.currency != money.currency);
        if let Some(foreign) = foreign {
            let message = say!(
                "`{}` would answer for `{}` too, which bids in {}",
                money,
                foreign.id,
                foreign.currency
            );
            findings.error(code::CURRENCY, default.span, message).help(say!(
                "campaigns have several currencies: write `no_bid` or `blocked`"
            ));
        }
    }
}

fn report_looser(kind: Spanned<Kind>, at: Span, findings: &mut Findings<'_>) {
    findings
        .error(
            code::LOOSER_DEFAULT,
            at,
            say!(
                "this safe default for `{}` is not stricter than that of `defaults.yaml`",
                kind.value
            ),
        )
        .help(say!(
            "a brand may only be stricter, such as `blocked`; leave it out to take the one of `defaults.yaml`"
        ));
}

/// The brands that a file at tier brand is about.
fn brands_of(file: &RuleFile, findings: &mut Findings<'_>) -> Vec<BrandId> {
    let terms = file.applies_to.iter().flat_map(|scope| &scope.terms);
    let named = terms.filter_map(|term| match term {
        Clause::Atom(atom) if atom.key.value == "brand" => match &atom.test {
            AtomTest::Values(values) => Some(values),
            AtomTest::Operators(_) => None,
        },
        Clause::Atom(_) | Clause::Any(_) | Clause::All(_) | Clause::Not(_) => None,
    });
    let brands: Vec<BrandId> = named
        .flatten()
        .filter_map(|brand| BrandId::new(&brand.value).ok())
        .collect();
    let alone = file
        .applies_to
        .as_ref()
        .is_some_and(|scope| scope.terms.len() == 1);
    if (file.tier.value != Tier::Brand || !alone)
        && let Some((_, default)) = file.safe_defaults.first()
    {
        findings
            .error(
                code::LOOSER_DEFAULT,
                default.span,
                say!("only a file of tier `brand`, about its brand and nothing else, has a `safe_default` of its own"),
            )
            .help(say!("write it into `defaults.yaml`, or into a file with `tier: brand` and `applies_to: {brand: …}`"));
        return Vec::new();
    }
    brands
}

fn over(defaults: SafeDefaults, declared: &Declared) -> SafeDefaults {
    declared.iter().fold(defaults, |so_far, (kind, default)| {
        with(so_far, kind.value, self::declared(default.value))
    })
}

const fn with(defaults: SafeDefaults, kind: Kind, declared: DeclaredDefault) -> SafeDefaults {
    match kind {
        Kind::Bid => SafeDefaults {
            bid: declared,
            ..defaults
        },
        Kind::SendTime => SafeDefaults {
            send_time: declared,
            ..defaults
        },
        Kind::Recommendation => SafeDefaults {
            recommendation: declared,
            ..defaults
        },
        Kind::Budget => SafeDefaults {
            budget: declared,
            ..defaults
        },
        Kind::Score => SafeDefaults {
            score: declared,
            ..defaults
        },
    }
}

fn declared(def: SafeDefaultDef) -> DeclaredDefault {
    match def {
        SafeDefaultDef::Blocked => DeclaredDefault::Blocked,
        SafeDefaultDef::NoBid => DeclaredDefault::Answer(Choice::NoBid(NoBid::SafeDefault)),
        SafeDefaultDef::Bid(money) => DeclaredDefault::Answer(Choice::Bid(money.amount)),
        SafeDefaultDef::Held => DeclaredDefault::Held,
        SafeDefaultDef::Baseline => DeclaredDefault::Baseline,
        SafeDefaultDef::LastSplit => DeclaredDefault::LastSplit,
        SafeDefaultDef::Probability(share) => {
            DeclaredDefault::Answer(Choice::Score(Micros::new(i64::from(share.get()) * 100)))
        }
    }
}

/// How little a default lets out.
const fn strictness(default: DeclaredDefault) -> u8 {
    match default {
        DeclaredDefault::Answer(Choice::NoBid(_)) => 1,
        DeclaredDefault::Answer(_) | DeclaredDefault::Baseline | DeclaredDefault::LastSplit => 0,
        DeclaredDefault::Held => 2,
        DeclaredDefault::Blocked => 3,
    }
}

/// Whether both let a value out, and not the same one.
fn is_other_value(own: DeclaredDefault, everybodys: DeclaredDefault) -> bool {
    strictness(own) == 0 && strictness(everybodys) == 0 && own != everybodys
}
