//! What the other bidders do, and what an auction makes of it.

use super::{
    draws::Draws,
    impression::Traits,
    world::{COUNTRIES, EXCHANGES, PLACEMENTS},
};
use crate::domain::{AuctionType, Event, Micros};

/// The spread of the best rival's price, in logarithms.
const PRICE_SPREAD: f64 = 0.55;
/// How often nobody else bids.
const ALONE: f64 = 0.04;
/// OpenRTB loss reason: the bid was below the auction's floor.
const BELOW_FLOOR: u32 = 100;
/// OpenRTB loss reason: lost to a higher bid.
const OUTBID: u32 = 102;

/// What rivals pay beside the mean, by hour of the day from midnight: dearer in the evening.
const HOURS: [f64; 24] = [
    0.80, 0.75, 0.70, 0.70, 0.70, 0.75, 0.80, 0.90, 0.95, 1.00, 1.00, 1.00, //
    1.05, 1.05, 1.00, 1.00, 1.00, 1.05, 1.15, 1.25, 1.35, 1.35, 1.20, 0.95,
];

/// The best rival's price, CPM: log-normal around `median_micros` as exchange, placement, country and hour move
/// it; zero where nobody else bids.
pub(super) fn best_price(draws: &mut Draws, median_micros: f64, traits: Traits, hour: usize) -> Micros {
    if draws.happens(ALONE) {
        return Micros::ZERO;
    }
    let exchange = EXCHANGES
        .get(traits.exchange)
        .map_or(1.0, |exchange| exchange.price);
    let placement = PLACEMENTS.get(traits.placement).map_or(1.0, |slot| slot.price);
    let country = COUNTRIES.get(traits.country).map_or(1.0, |country| country.price);
    let hour = HOURS.get(hour).copied().unwrap_or(1.0);
    let typical = median_micros * exchange * placement * country * hour;
    Micros::from_f64(typical * (PRICE_SPREAD * draws.normal()).exp()).unwrap_or(Micros::ZERO)
}

/// What an auction makes of a bid. A tie is lost.
pub(super) fn settle(
    bid: Micros,
    floor: Micros,
    best_rival: Micros,
    auction_type: AuctionType,
) -> Result<Micros, Lost> {
    let min_to_win = floor.max(best_rival.plus(Micros::new(1)));
    if bid < floor {
        return Err(Lost {
            reason: BELOW_FLOOR,
            min_to_win,
        });
    }
    if bid <= best_rival {
        return Err(Lost {
            reason: OUTBID,
            min_to_win,
        });
    }
    Ok(match auction_type {
        AuctionType::FirstPrice => bid,
        AuctionType::SecondPrice => floor.max(best_rival),
    })
}

/// A lost auction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Lost {
    reason: u32,
    min_to_win: Micros,
}

impl Lost {
    /// The event, as an exchange tells it: the price that would have won only where it tells that.
    pub(super) fn event(self, draws: &mut Draws, traits: Traits) -> Event {
        let tells = EXCHANGES
            .get(traits.exchange)
            .map_or(0.0, |exchange| exchange.tells);
        Event::Loss {
            reason: Some(self.reason),
            min_to_win: draws.happens(tells).then_some(self.min_to_win),
        }
    }
}
