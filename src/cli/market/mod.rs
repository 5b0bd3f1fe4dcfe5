//! `balustrade market`: a simulated market by itself, and what happened in it.

mod report;

use std::{path::PathBuf, sync::Arc};

use indicatif::ProgressBar;

use anyhow::{Context as _, bail};

use super::Ended;
use crate::{
    app::{App, Diary, StatedClock, SystemClock, Tally, Traffic, Watched, World},
    domain::{Campaign, CampaignId, Clock as _, Duration, Kind, Micros, Timestamp, Verdict, Word},
    journal::Damage,
    settings::Settings,
    simulator::Market,
};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// How many days to simulate.
    #[arg(long, default_value_t = 7)]
    days: u32,
    /// Names the market; the same seed is the same market.
    #[arg(long, default_value_t = 7)]
    seed: u64,
    /// About how many impressions a day.
    #[arg(long, default_value_t = 5_000)]
    impressions: u32,
    /// Days of history that the models learn from before the first day.
    #[arg(long, default_value_t = 14)]
    history: u32,
    /// The campaign that the report is about, and a country: `nova-italy-launch:IT`. Without it the first that bids.
    #[arg(long, value_name = "CAMPAIGN[:COUNTRY]", value_parser = watched)]
    watch: Option<Watched>,
    /// Draws what was bid, who led and how the evidence grew, as SVG.
    #[arg(long, value_name = "FILE.svg")]
    report: Option<PathBuf>,
    /// The rules folder; without it the one that the settings name.
    #[arg(long, value_name = "DIR")]
    rules: Option<PathBuf>,
    /// Keeps the data folder of the market, to look at it afterwards; it must not be there yet. Without it nothing is kept.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

/// How often the models learn, in the market's time: often enough for a day to see what its morning taught.
const LEARN_EVERY: Duration = Duration::from_secs(3_600);

pub(super) fn run(args: &Args, mut settings: Settings) -> anyhow::Result<Ended> {
    let forgotten = tempfile::tempdir()?;
    settings.journal.folder = match &args.data {
        Some(data) if data.exists() => bail!("`{}` is there already: a market begins anew", data.display()),
        Some(data) => data.clone(),
        None => forgotten.path().to_owned(),
    };
    if let Some(rules) = &args.rules {
        settings.rules.folder.clone_from(rules);
    }
    let start = Timestamp::from_millis(SystemClock.now().day() * 86_400_000);
    let clock = Arc::new(StatedClock::at(start));
    let world = World::Simulated(market_name(args.seed));
    let app = Arc::new(App::open(
        &settings,
        Damage::Refuse,
        Arc::clone(&clock) as _,
        &world,
    )?);
    let market = opened(&app, args.seed, start).with_daily_impressions(args.impressions);
    println!("{}: {} days from {start}", market_name(args.seed), args.days);
    let learnt = teach(&app, &market, args.history)?;
    println!(
        "learnt from {learnt} impressions of the {} days before",
        args.history
    );
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(live(args, app, market, start, &clock))?;
    Ok(Ended::Fine)
}

/// What every answer of a simulated market says of itself.
pub(super) fn market_name(seed: u64) -> Arc<str> {
    Arc::from(format!("simulated market, seed {seed}"))
}

/// A market in which every declared campaign that bids takes part.
pub(super) fn opened(app: &App, seed: u64, start: Timestamp) -> Market {
    let rules = app.activations.rules().load_full();
    let bidding = rules
        .campaigns()
        .filter(|campaign| campaign.baselines.serve(Kind::Bid));
    let campaigns: Vec<_> = bidding.cloned().collect();
    Market::new(seed, &campaigns, start)
}

/// Writes the days before the market's start to the journal and learns them; answers how many impressions.
pub(super) fn teach(app: &App, market: &Market, days: u32) -> anyhow::Result<u64> {
    let mut count = 0;
    for observation in market.history(days) {
        app.journal.observe(observation)?;
        count += 1;
    }
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    runtime.block_on(app.journal.settled())?;
    app.catch_up()?;
    Ok(count)
}

async fn live(
    args: &Args,
    app: Arc<App>,
    market: Market,
    start: Timestamp,
    clock: &StatedClock,
) -> anyhow::Result<()> {
    let mut traffic = Traffic::new(Arc::clone(&app), market, args.seed).learning_every(LEARN_EVERY);
    let mut diary = Diary::of(about(args, &app)?);
    let bar = ProgressBar::new(u64::from(args.days));
    println!("{}", heading());
    for day in 1..=i64::from(args.days) {
        let end = start.plus(Duration::from_days(day));
        traffic.run_until(end, clock, |step| diary.note(step)).await?;
        bar.inc(1);
        let today = &diary.close(traffic.tally()).market;
        bar.suspend(|| println!("{}", line(&format!("day {day}"), today)));
    }
    bar.finish_and_clear();
    println!("{}", line("all", traffic.tally()));
    if let Some(file) = &args.report {
        report::draw(&diary, &title(args, diary.watched()), file)?;
        println!("drawn: {}", file.display());
    }
    Ok(())
}

/// Whom the report is about.
fn about(args: &Args, app: &App) -> anyhow::Result<Watched> {
    let rules = app.activations.rules().load_full();
    match &args.watch {
        Some(watched) if rules.campaign(&watched.campaign).is_some() => Ok(watched.clone()),
        Some(watched) => bail!("`{}` is no declared campaign", watched.campaign),
        None => {
            let bidding = |campaign: &&Arc<Campaign>| campaign.baselines.serve(Kind::Bid);
            let first = rules.campaigns().find(bidding);
            let first = first.context("no campaign declares a bid as its baseline")?;
            Ok(Watched {
                campaign: first.id.clone(),
                country: None,
            })
        }
    }
}

fn watched(text: &str) -> Result<Watched, String> {
    let (campaign, country) = match text.split_once(':') {
        Some((campaign, country)) => (campaign, Some(country)),
        None => (text, None),
    };
    let country = country.map(Word::new).transpose();
    Ok(Watched {
        campaign: CampaignId::new(campaign).map_err(|error| format!("a campaign's name {error}"))?,
        country: country.map_err(|error| format!("a country's code {error}"))?,
    })
}

fn title(args: &Args, watched: &Watched) -> String {
    let country = watched
        .country
        .as_ref()
        .map_or_else(String::new, |code| format!(" in {code}"));
    format!("{}: {}{country}", market_name(args.seed), watched.campaign)
}

fn heading() -> String {
    let [allowed, changed, held, blocked] = Verdict::ALL.map(Verdict::name);
    format!(
        "{:>8} {:>11} {allowed:>8} {changed:>8} {held:>8} {blocked:>8} {:>8} {:>8} {:>7} {:>11} {:>10}",
        "", "impressions", "bids", "wins", "clicks", "conversions", "spend"
    )
}

fn line(name: &str, tally: &Tally) -> String {
    let [allowed, changed, held, blocked] = tally.verdicts;
    let spend = Micros::new(tally.spend.get() / 1_000);
    let Tally {
        impressions,
        bids,
        wins,
        clicks,
        conversions,
        ..
    } = tally;
    format!(
        "{name:>8} {impressions:>11} {allowed:>8} {changed:>8} {held:>8} {blocked:>8} {bids:>8} {wins:>8} \
         {clicks:>7} {conversions:>11} {:>10}",
        spend.to_string()
    )
}
