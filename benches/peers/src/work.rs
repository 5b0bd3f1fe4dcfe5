//! The one set of rules and facts that every system is given.

use jiff::{civil::date, tz::TimeZone};

const COUNTRIES: [&str; 20] = [
    "IT", "ES", "FR", "DE", "PT", "GB", "AT", "CH", "BE", "NL", "PL", "SE", "DK", "NO", "FI", "IE", "GR",
    "CZ", "HU", "RO",
];
const SITES: usize = 300;
const CATEGORIES: usize = 26;

/// Restricts a bid above a price, for two countries, three categories, one domain with its subdomains, and a
/// stretch of days.
#[derive(Debug, Clone)]
pub struct Rule {
    pub id: String,
    pub countries: [&'static str; 2],
    pub categories: [String; 3],
    pub site: String,
    /// The rule restricts a price above this, CPM in micros.
    pub price_micros: i64,
    /// The first day, as month and day of 2026.
    pub from: (i8, i8),
    /// The last day, inclusive.
    pub until: (i8, i8),
}

impl Rule {
    /// The stretch of days as milliseconds since 1970, half-open.
    pub fn window(&self) -> (i64, i64) {
        (midnight(self.from), midnight(self.until) + 86_400_000)
    }
}

fn midnight((month, day): (i8, i8)) -> i64 {
    let zoned = date(2026, month, day).to_zoned(TimeZone::UTC).unwrap();
    zoned.timestamp().as_millisecond()
}

/// What is known of one bid request.
#[derive(Debug, Clone)]
pub struct Facts {
    pub country: String,
    pub categories: Vec<String>,
    pub site: String,
    pub price_micros: i64,
    pub now_ms: i64,
}

/// A generator of numbers that is the same everywhere.
struct Draws(u64);

impl Draws {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % end
    }

    fn category(&mut self) -> String {
        format!("IAB{}-{}", 1 + self.below(CATEGORIES), 1 + self.below(4))
    }

    fn day(&mut self) -> (i8, i8) {
        (
            i8::try_from(1 + self.below(12)).unwrap(),
            i8::try_from(1 + self.below(28)).unwrap(),
        )
    }
}

/// The first so many rules of one endless row, so that a smaller set is a part of a larger.
pub fn rules(count: usize) -> Vec<Rule> {
    let mut draws = Draws(1);
    let one = |at| {
        let first = draws.below(COUNTRIES.len());
        let second = (first + 1 + draws.below(COUNTRIES.len() - 1)) % COUNTRIES.len();
        let (a, b) = (draws.day(), draws.day());
        Rule {
            id: format!("r{at}"),
            countries: [COUNTRIES[first], COUNTRIES[second]],
            categories: std::array::from_fn(|_| draws.category()),
            site: format!("site-{}.example", draws.below(SITES)),
            price_micros: 500_000 + 10_000 * i64::try_from(draws.below(400)).unwrap(),
            from: a.min(b),
            until: a.max(b),
        }
    };
    (0..count).map(one).collect()
}

/// So many requests; every second stands on the ground of some rule, so that rules do match.
pub fn requests(rules: &[Rule], count: usize) -> Vec<Facts> {
    let mut draws = Draws(2);
    let one = |at: usize| {
        let near = &rules[draws.below(rules.len())];
        let mut facts = Facts {
            country: COUNTRIES[draws.below(COUNTRIES.len())].to_owned(),
            categories: vec![draws.category(), draws.category()],
            site: format!("www.site-{}.example", draws.below(SITES)),
            price_micros: 400_000 + 10_000 * i64::try_from(draws.below(600)).unwrap(),
            now_ms: midnight(draws.day()) + i64::try_from(draws.below(86_400_000)).unwrap(),
        };
        if at.is_multiple_of(2) {
            facts.country = near.countries[0].to_owned();
            facts.categories[1].clone_from(&near.categories[2]);
            facts.site = format!("m.{}", near.site);
        }
        facts
    };
    (0..count).map(one).collect()
}

/// Plainly: which rules restrict these facts.
pub fn expected(rules: &[Rule], facts: &Facts) -> Vec<String> {
    let restricts = |rule: &&Rule| {
        let (from, until) = rule.window();
        rule.countries.contains(&facts.country.as_str())
            && facts
                .categories
                .iter()
                .any(|category| rule.categories.contains(category))
            && (facts.site == rule.site || facts.site.ends_with(&format!(".{}", rule.site)))
            && facts.price_micros > rule.price_micros
            && from <= facts.now_ms
            && facts.now_ms < until
    };
    let mut ids: Vec<String> = rules
        .iter()
        .filter(restricts)
        .map(|rule| rule.id.clone())
        .collect();
    ids.sort();
    ids
}
