//! Countries by their ISO 3166-1 alpha-2 codes, and the names under which people look for them.

use super::syntax::did_you_mean;

/// The codes in use, in order, each followed by one space.
const CODES: &str = "\
    AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS \
    BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE \
    EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM \
    HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC \
    LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA \
    NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW \
    SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO \
    TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW";

/// Names that people write where a code belongs.
const NAMES: [(&str, &str); 31] = [
    ("italy", "IT"),
    ("italia", "IT"),
    ("spain", "ES"),
    ("españa", "ES"),
    ("espana", "ES"),
    ("sp", "ES"),
    ("spagna", "ES"),
    ("france", "FR"),
    ("francia", "FR"),
    ("germany", "DE"),
    ("germania", "DE"),
    ("alemania", "DE"),
    ("deutschland", "DE"),
    ("portugal", "PT"),
    ("portogallo", "PT"),
    ("norway", "NO"),
    ("norvegia", "NO"),
    ("noruega", "NO"),
    ("austria", "AT"),
    ("switzerland", "CH"),
    ("svizzera", "CH"),
    ("suiza", "CH"),
    ("uk", "GB"),
    ("united kingdom", "GB"),
    ("regno unito", "GB"),
    ("reino unido", "GB"),
    ("greece", "GR"),
    ("grecia", "GR"),
    ("usa", "US"),
    ("united states", "US"),
    ("stati uniti", "US"),
];

/// Whether the text is a code, in capitals or not.
#[must_use]
pub fn is_code(text: &str) -> bool {
    codes().any(|code| code.eq_ignore_ascii_case(text))
}

/// The code that somebody who wrote `text` probably meant.
///
/// Two letters that are no code are near to a dozen that are, so of those only what people are known to write is
/// answered.
#[must_use]
pub fn meant(text: &str) -> Option<&'static str> {
    let wanted = text.trim().to_lowercase();
    let named = |wanted: &str| NAMES.iter().find(|(name, _)| *name == wanted);
    if let Some((_, code)) = named(&wanted) {
        return Some(code);
    }
    if wanted.chars().count() < 3 {
        return None;
    }
    let names = NAMES.iter().map(|(name, _)| *name).filter(|name| name.len() > 3);
    match did_you_mean(&wanted, names).and_then(named) {
        Some((_, code)) => Some(code),
        None => did_you_mean(&wanted, codes()),
    }
}

/// Every code.
pub fn codes() -> impl Iterator<Item = &'static str> {
    CODES.split_ascii_whitespace()
}
