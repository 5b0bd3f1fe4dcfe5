//! How words of each language go on in the plural and in the other gender, by their ending.
//!
//! The endings of a language stand in the order in which they are tried: the longer before what they end in.

/// An ending and what takes its place.
pub(super) struct Ending {
    pub(super) written: &'static str,
    pub(super) plural: &'static [&'static str],
    pub(super) gender: &'static [&'static str],
}

const fn end(
    written: &'static str,
    plural: &'static [&'static str],
    gender: &'static [&'static str],
) -> Ending {
    Ending {
        written,
        plural,
        gender,
    }
}

pub(super) const ENGLISH: &[Ending] = &[
    end("man", &["men"], &["woman", "women"]),
    end("ay", &["ays"], &[]),
    end("ey", &["eys"], &[]),
    end("oy", &["oys"], &[]),
    end("uy", &["uys"], &[]),
    end("y", &["ies"], &[]),
    end("ss", &["sses"], &[]),
    end("is", &["es", "ises"], &[]),
    end("us", &["uses", "i"], &[]),
    end("s", &["ses"], &[]),
    end("x", &["xes"], &[]),
    end("z", &["zes", "zzes"], &[]),
    end("ch", &["ches", "chs"], &[]),
    end("sh", &["shes"], &[]),
    end("fe", &["ves", "fes"], &[]),
    end("ff", &["ffs"], &[]),
    end("f", &["fs", "ves"], &[]),
    end("o", &["os", "oes"], &[]),
    end("", &["s"], &[]),
];

pub(super) const ITALIAN: &[Ending] = &[
    end("cio", &["ci"], &["cia", "ce", "cie"]),
    end("gio", &["gi"], &["gia", "ge", "gie"]),
    end("io", &["i", "ii"], &["ia", "ie"]),
    end("co", &["chi", "ci"], &["ca", "che"]),
    end("go", &["ghi", "gi"], &["ga", "ghe"]),
    end("o", &["i"], &["a", "e"]),
    end("cia", &["ce", "cie"], &["cio", "ci"]),
    end("gia", &["ge", "gie"], &["gio", "gi"]),
    end("ista", &["isti", "iste"], &[]),
    end("cida", &["cidi", "cide"], &[]),
    end("ema", &["emi"], &[]),
    end("ca", &["che"], &["co", "chi", "ci"]),
    end("ga", &["ghe"], &["go", "ghi"]),
    end("a", &["e"], &["o", "i"]),
    end("tore", &["tori"], &["trice", "trici"]),
    end("one", &["oni"], &["ona"]),
    end("e", &["i"], &[]),
];

pub(super) const SPANISH: &[Ending] = &[
    end("ión", &["iones"], &[]),
    end("ón", &["ones"], &["ona", "onas"]),
    end("án", &["anes"], &["ana", "anas"]),
    end("ín", &["ines"], &["ina", "inas"]),
    end("ún", &["unes"], &[]),
    end("és", &["eses"], &["esa", "esas"]),
    end("or", &["ores"], &["ora", "oras"]),
    end("z", &["ces"], &[]),
    end("ista", &["istas"], &[]),
    end("o", &["os"], &["a", "as"]),
    end("a", &["as"], &["o", "os"]),
    end("e", &["es"], &[]),
    end("á", &["ás"], &[]),
    end("é", &["és"], &[]),
    end("í", &["íes", "ís"], &[]),
    end("ú", &["úes", "ús"], &[]),
    end("s", &[], &[]),
    end("", &["es", "s"], &[]),
];

pub(super) const PORTUGUESE: &[Ending] = &[
    end("ão", &["ões", "ães", "ãos"], &["ã", "ãs", "ona", "onas", "oa"]),
    end("al", &["ais"], &[]),
    end("el", &["éis", "eis"], &[]),
    end("ol", &["óis"], &[]),
    end("ul", &["uis"], &[]),
    end("il", &["is", "eis"], &[]),
    end("m", &["ns"], &[]),
    end("ês", &["eses"], &["esa", "esas"]),
    end("or", &["ores"], &["ora", "oras"]),
    end("r", &["res"], &[]),
    end("z", &["zes"], &[]),
    end("s", &["ses"], &[]),
    end("ista", &["istas"], &[]),
    end("o", &["os"], &["a", "as"]),
    end("a", &["as"], &["o", "os"]),
    end("", &["s"], &[]),
];

pub(super) const FRENCH: &[Ending] = &[
    end("eau", &["eaux"], &["elle", "elles"]),
    end("au", &["aux"], &[]),
    end("teur", &["teurs"], &["teuse", "teuses", "trice", "trices"]),
    end("eur", &["eurs"], &["euse", "euses"]),
    end("eux", &[], &["euse", "euses"]),
    end("eu", &["eux", "eus"], &[]),
    end("ail", &["ails", "aux"], &[]),
    end("al", &["aux", "als"], &["ale", "ales"]),
    end("el", &["els"], &["elle", "elles"]),
    end("ou", &["ous", "oux"], &[]),
    end("if", &["ifs"], &["ive", "ives"]),
    end("ien", &["iens"], &["ienne", "iennes"]),
    end("on", &["ons"], &["onne", "onnes"]),
    end("er", &["ers"], &["ère", "ères"]),
    end("et", &["ets"], &["ette", "ettes"]),
    end("ée", &["ées"], &["é", "és"]),
    end("é", &["és"], &["ée", "ées"]),
    end("s", &[], &["se", "ses"]),
    end("x", &[], &["se", "ses"]),
    end("z", &[], &[]),
    end("e", &["es"], &[]),
    end("", &["s"], &["e", "es"]),
];

/// Cases too, since they are forms of the noun; what an umlaut adds stands beside.
pub(super) const GERMAN: &[Ending] = &[
    end("erin", &["erinnen"], &["er", "ern", "ers"]),
    end("in", &["innen", "ins"], &[]),
    end("heit", &["heiten"], &[]),
    end("keit", &["keiten"], &[]),
    end("schaft", &["schaften"], &[]),
    end("ung", &["ungen"], &[]),
    end("ion", &["ionen"], &[]),
    end("er", &["ern", "ers"], &["erin", "erinnen"]),
    end("el", &["eln", "els"], &[]),
    end("en", &["ens"], &[]),
    end("e", &["en", "es", "er", "em"], &[]),
    end("ss", &["sse", "ssen", "sses"], &[]),
    end("s", &["se", "sen", "ses", "ser", "sern"], &[]),
    end("", &["e", "en", "er", "ern", "es", "s"], &["in", "innen"]),
];
