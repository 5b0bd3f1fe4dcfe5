//! The invented world of the simulated market: its countries, sites, exchanges, slots and devices, with their
//! shares of the traffic and what they do to prices.

use super::{
    impression::Traits,
    topics::{Section, Topic},
};
use crate::domain::{Attribute, AuctionType, FactValue, Facts, Word};

/// A table's text as a word.
#[expect(
    clippy::expect_used,
    reason = "only called with the texts of this room, which are short and printable"
)]
pub(super) fn word(text: &str) -> Word {
    Word::new(text).expect("a table's text is a valid word")
}

/// The languages that pages are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    Italian,
    Spanish,
    English,
}

impl Language {
    pub(super) const fn code(self) -> &'static str {
        match self {
            Self::Italian => "it",
            Self::Spanish => "es",
            Self::English => "en",
        }
    }
}

/// A country, and what its impressions cost beside the mean.
pub(super) struct Country {
    pub(super) code: &'static str,
    pub(super) language: Language,
    pub(super) share: f64,
    pub(super) price: f64,
}

pub(super) const COUNTRIES: [Country; 5] = [
    Country {
        code: "IT",
        language: Language::Italian,
        share: 0.44,
        price: 1.00,
    },
    Country {
        code: "ES",
        language: Language::Spanish,
        share: 0.30,
        price: 0.85,
    },
    Country {
        code: "GB",
        language: Language::English,
        share: 0.13,
        price: 1.45,
    },
    Country {
        code: "IE",
        language: Language::English,
        share: 0.07,
        price: 1.25,
    },
    Country {
        code: "CH",
        language: Language::Italian,
        share: 0.06,
        price: 1.60,
    },
];

/// A site. All end in `.example`, which nobody can own (RFC 2606).
pub(super) struct Site {
    pub(super) domain: &'static str,
    pub(super) section: Section,
    pub(super) share: f64,
}

const fn site(domain: &'static str, section: Section, share: f64) -> Site {
    Site {
        domain,
        section,
        share,
    }
}

/// How many sites a language has.
const SITES: usize = 10;

/// The sites of a language, news agencies and sites of ill repute among them; their shares sum to one.
pub(super) const fn sites(language: Language) -> &'static [Site; SITES] {
    use Section::{News, Only};
    use Topic::{Finance, Food, Sports, Technology, Travel};
    const ITALIAN: [Site; SITES] = [
        site("gazzetta-del-borgo.example", News, 0.18),
        site("agenzia-uno.example", News, 0.05),
        site("notizie-incredibili.example", News, 0.02),
        site("bufale-quotidiane.example", News, 0.01),
        site("notizie-oggi.example", News, 0.16),
        site("tribuna-azzurra.example", Only(Sports), 0.20),
        site("tavola-e-forno.example", Only(Food), 0.13),
        site("valigia-leggera.example", Only(Travel), 0.10),
        site("soldi-chiari.example", Only(Finance), 0.08),
        site("bit-e-dintorni.example", Only(Technology), 0.07),
    ];
    const SPANISH: [Site; SITES] = [
        site("diario-de-la-plaza.example", News, 0.17),
        site("agencia-central.example", News, 0.05),
        site("no-lo-vas-a-creer.example", News, 0.02),
        site("noticias-falsas.example", News, 0.01),
        site("noticias-al-dia.example", News, 0.15),
        site("grada-sur.example", Only(Sports), 0.22),
        site("cocina-de-barrio.example", Only(Food), 0.13),
        site("maleta-viajera.example", Only(Travel), 0.11),
        site("ahorro-facil.example", Only(Finance), 0.07),
        site("codigo-abierto.example", Only(Technology), 0.07),
    ];
    const ENGLISH: [Site; SITES] = [
        site("the-harbour-post.example", News, 0.19),
        site("wire-desk.example", News, 0.05),
        site("you-will-not-believe.example", News, 0.02),
        site("click-palace.example", News, 0.01),
        site("morning-courier.example", News, 0.14),
        site("touchline.example", Only(Sports), 0.20),
        site("plate-and-kettle.example", Only(Food), 0.12),
        site("slow-rails.example", Only(Travel), 0.10),
        site("penny-sense.example", Only(Finance), 0.09),
        site("kernel-notes.example", Only(Technology), 0.08),
    ];
    match language {
        Language::Italian => &ITALIAN,
        Language::Spanish => &SPANISH,
        Language::English => &ENGLISH,
    }
}

/// An exchange: how its winners pay, what it costs beside the mean, how often losers hear the winning price.
pub(super) struct Exchange {
    pub(super) name: &'static str,
    pub(super) share: f64,
    pub(super) auction_type: AuctionType,
    pub(super) price: f64,
    pub(super) tells: f64,
}

pub(super) const EXCHANGES: [Exchange; 3] = [
    Exchange {
        name: "northgate.example",
        share: 0.50,
        auction_type: AuctionType::FirstPrice,
        price: 1.10,
        tells: 0.9,
    },
    Exchange {
        name: "riverside.example",
        share: 0.30,
        auction_type: AuctionType::FirstPrice,
        price: 0.85,
        tells: 0.4,
    },
    Exchange {
        name: "oldmarket.example",
        share: 0.20,
        auction_type: AuctionType::SecondPrice,
        price: 1.00,
        tells: 0.0,
    },
];

/// What an ad is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Channel {
    Display,
    Video,
}

impl Channel {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Display => "display",
            Self::Video => "video",
        }
    }
}

/// A slot: where it stands, its size, what it costs beside the mean.
pub(super) struct Placement {
    pub(super) name: &'static str,
    pub(super) size: &'static str,
    pub(super) position: &'static str,
    pub(super) channel: Channel,
    pub(super) share: f64,
    pub(super) price: f64,
}

pub(super) const PLACEMENTS: [Placement; 5] = [
    Placement {
        name: "top-banner",
        size: "970x250",
        position: "above_fold",
        channel: Channel::Display,
        share: 0.25,
        price: 1.10,
    },
    Placement {
        name: "in-article",
        size: "300x250",
        position: "below_fold",
        channel: Channel::Display,
        share: 0.35,
        price: 0.90,
    },
    Placement {
        name: "sidebar",
        size: "300x600",
        position: "above_fold",
        channel: Channel::Display,
        share: 0.12,
        price: 0.95,
    },
    Placement {
        name: "footer",
        size: "728x90",
        position: "below_fold",
        channel: Channel::Display,
        share: 0.10,
        price: 0.50,
    },
    Placement {
        name: "pre-roll",
        size: "640x360",
        position: "above_fold",
        channel: Channel::Video,
        share: 0.18,
        price: 2.20,
    },
];

/// A sort of device, its operating system and browser, and its share.
pub(super) struct Device {
    pub(super) name: &'static str,
    pub(super) system: &'static str,
    pub(super) browser: &'static str,
    pub(super) share: f64,
}

pub(super) const DEVICES: [Device; 4] = [
    Device {
        name: "phone",
        system: "android",
        browser: "chrome",
        share: 0.42,
    },
    Device {
        name: "phone",
        system: "ios",
        browser: "safari",
        share: 0.20,
    },
    Device {
        name: "desktop",
        system: "windows",
        browser: "chrome",
        share: 0.29,
    },
    Device {
        name: "tablet",
        system: "ios",
        browser: "safari",
        share: 0.09,
    },
];

/// What invented advertisers sell: codes of the IAB Content Taxonomy 1.0, as `bcat` uses them, and the words in a
/// campaign's or brand's name that point to each.
pub(super) const AD_CATEGORIES: [(&str, &[&str]); 7] = [
    (
        "IAB8-5",
        &[
            "beer", "birra", "cerveza", "spritz", "aperitiv", "spirit", "vermut",
        ],
    ),
    (
        "IAB8",
        &["drink", "water", "cola", "juice", "bevand", "bebida", "soda"],
    ),
    ("IAB20", &["travel", "viagg", "viaje", "hotel", "flight", "train"]),
    (
        "IAB13",
        &["bank", "banc", "insur", "assicur", "seguro", "loan", "save"],
    ),
    (
        "IAB18",
        &[
            "shoe", "scarpe", "zapat", "fashion", "moda", "wear", "coat", "piumin",
        ],
    ),
    ("IAB19", &["phone", "tech", "electro", "camera", "audio"]),
    ("IAB2", &["car", "auto", "moto", "bike"]),
];

/// The facts that the tables give, as values: made once, cloned for every impression.
#[derive(Debug)]
pub(super) struct Stated {
    countries: [FactValue; COUNTRIES.len()],
    exchanges: [FactValue; EXCHANGES.len()],
    placements: [[FactValue; 4]; PLACEMENTS.len()],
    devices: [[FactValue; 3]; DEVICES.len()],
    topics: [Word; Topic::ALL.len()],
    sites: [[FactValue; SITES]; 3],
    languages: [FactValue; 3],
}

const LANGUAGES: [Language; 3] = [Language::Italian, Language::Spanish, Language::English];

impl Stated {
    pub(super) fn new() -> Self {
        let fact = |text: &str| FactValue::Word(word(text));
        Self {
            countries: COUNTRIES.map(|country| fact(country.code)),
            exchanges: EXCHANGES.map(|exchange| fact(exchange.name)),
            placements: PLACEMENTS.map(|slot| {
                [
                    fact(slot.channel.name()),
                    fact(slot.name),
                    fact(slot.size),
                    fact(slot.position),
                ]
            }),
            devices: DEVICES.map(|device| [fact(device.name), fact(device.system), fact(device.browser)]),
            topics: Topic::ALL.map(|topic| word(topic.name())),
            sites: LANGUAGES.map(|language| sites(language).each_ref().map(|site| fact(site.domain))),
            languages: LANGUAGES.map(|language| fact(language.code())),
        }
    }

    /// States market, slot and device of an impression.
    pub(super) fn state(&self, facts: &mut Facts, traits: Traits) {
        let mut set = |attribute, value: Option<&FactValue>| {
            if let Some(value) = value {
                facts.set(attribute, value.clone());
            }
        };
        set(Attribute::MarketCountry, self.countries.get(traits.country));
        if let Some([channel, name, size, position]) = self.placements.get(traits.placement) {
            set(Attribute::MarketChannel, Some(channel));
            set(Attribute::Placement, Some(name));
            set(Attribute::SlotSize, Some(size));
            set(Attribute::SlotPosition, Some(position));
        }
        if let Some([name, system, browser]) = self.devices.get(traits.device) {
            set(Attribute::DeviceType, Some(name));
            set(Attribute::DeviceOs, Some(system));
            set(Attribute::DeviceBrowser, Some(browser));
        }
        set(Attribute::Exchange, self.exchanges.get(traits.exchange));
    }

    /// States site and language of its page.
    pub(super) fn state_page(&self, facts: &mut Facts, language: Language, site: usize) {
        if let Some(value) = self.sites.get(language as usize).and_then(|of| of.get(site)) {
            facts.set(Attribute::PageSite, value.clone());
        }
        if let Some(value) = self.languages.get(language as usize) {
            facts.set(Attribute::PageLanguage, value.clone());
        }
    }

    /// The topic at that place of [`Topic::ALL`], as a word.
    pub(super) fn topic(&self, place: usize) -> Option<Word> {
        self.topics.get(place).cloned()
    }
}
