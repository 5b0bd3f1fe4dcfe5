//! `balustrade evaluate`: what the models reach on real data, beside the public library's figure; or what a deployment's own
//! journal says of how it chose.

mod over_grpc;

use std::path::{Path, PathBuf};

use clap::ValueEnum;

use self::over_grpc::OverGrpc;
use super::Ended;
use crate::{
    journal::Journal,
    learning::evaluation::{
        EvaluationError, JournalEvaluation, MERIDIAN, MMM_STAN, OBD_SETS, Paced, ROBYN, SCORE_SETS, Shop,
        Start, evaluate_headlines, evaluate_journal, evaluate_media, evaluate_obd, evaluate_pacing,
        evaluate_planted, evaluate_score, evaluate_send_hours, evaluate_slates, evaluate_splits, in_process,
    },
    settings::Settings,
};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The folder of data sets; what is not there is said and passed over.
    #[arg(long, value_name = "DIR", required_unless_present = "journal")]
    data: Option<PathBuf>,
    /// The data folder of a deployment instead (`journal.folder` of its settings), while no server uses it: what was
    /// done there was worth, and what people alone and the model alone would have been.
    #[arg(long, value_name = "DIR", conflicts_with = "data")]
    journal: Option<PathBuf>,
    /// The rules whose campaigns the journal is read by. Without it: the folder of the settings.
    #[arg(long, value_name = "DIR", requires = "journal")]
    rules: Option<PathBuf>,
    /// How many seeds of planted clicks.
    #[arg(long, default_value_t = 20)]
    seeds: u64,
    /// MovieLens 100k (`ml-100k.inter`, of the Python package recbole); else `recommendation/ml-100k.inter` of the
    /// folder.
    #[arg(long, value_name = "FILE")]
    movielens: Option<PathBuf>,
    /// How the paced bidder of the budget replay is asked.
    #[arg(long, value_enum, default_value_t)]
    replay: Replay,
    /// Only the measures of this part; all of them if it is not given.
    #[arg(long, value_enum)]
    only: Option<Part>,
}

/// The folder of data sets, and what of it is measured how.
struct Sets {
    data: PathBuf,
    seeds: u64,
    movielens: Option<PathBuf>,
    replay: Replay,
    only: Option<Part>,
}

/// What the journal of a data folder says.
fn of_journal(folder: &Path, rules: &Path) -> anyhow::Result<JournalEvaluation> {
    let journal = folder.join("journal");
    anyhow::ensure!(
        journal.is_dir(),
        "`{}` holds no journal: name the data folder of a deployment, `journal.folder` of its settings",
        folder.display()
    );
    let rulebook = super::rules::rulebook_of(rules)?;
    let journal = Journal::open(&journal, crate::journal::Settings::default())?;
    Ok(evaluate_journal(&journal, rulebook.campaigns().cloned())?)
}

/// A part of the measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// Bids.
    Bid,
    /// Send times.
    SendTime,
    /// Recommendations and creatives.
    Recommendation,
    /// Budgets.
    Budget,
    /// Scores.
    Score,
    /// What another way of choosing would have been worth.
    Estimators,
}

impl Part {
    const ALL: [Self; 6] = [
        Self::Bid,
        Self::SendTime,
        Self::Recommendation,
        Self::Budget,
        Self::Score,
        Self::Estimators,
    ];
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum Replay {
    /// The whole server, over gRPC.
    #[default]
    Grpc,
    /// The models alone.
    InProcess,
}

pub(super) fn run(args: &Args, settings: &Settings) -> anyhow::Result<Ended> {
    if let Some(folder) = &args.journal {
        let rules = args.rules.as_ref().unwrap_or(&settings.rules.folder);
        println!("{}", of_journal(folder, rules)?);
        return Ok(Ended::Fine);
    }
    let Some(data) = &args.data else {
        return Ok(Ended::Fine);
    };
    let args = &Sets {
        data: data.clone(),
        seeds: args.seeds,
        movielens: args.movielens.clone(),
        replay: args.replay,
        only: args.only,
    };
    let parts = Part::ALL.into_iter();
    for part in parts.filter(|part| args.only.is_none_or(|only| only == *part)) {
        match part {
            Part::Bid => bids(args)?,
            Part::SendTime => send_times(args)?,
            Part::Recommendation => recommendations(args)?,
            Part::Budget => budgets(args)?,
            Part::Score => scores(args)?,
            Part::Estimators => estimators(args)?,
        }
    }
    Ok(Ended::Fine)
}

fn bids(args: &Sets) -> anyhow::Result<()> {
    let train = args.data.join("bids/ipinyou_2259.train.log.txt.gz");
    let test = args.data.join("bids/ipinyou_2259.test.log.txt.gz");
    println!("{}\n", shown(evaluate_planted(&train, &test, args.seeds))?);
    println!("{}\n", paced(args, &train, &test)?);
    Ok(())
}

const BASKETS: &str = "recommendation/completejourney.transactions_sample.csv.gz";

fn send_times(args: &Sets) -> anyhow::Result<()> {
    println!("{}\n", shown(evaluate_send_hours(&args.data.join(BASKETS)))?);
    Ok(())
}

fn recommendations(args: &Sets) -> anyhow::Result<()> {
    let films = args.movielens.clone();
    let films = films.unwrap_or_else(|| args.data.join("recommendation/ml-100k.inter"));
    let headlines = args.data.join("bandit/upworthy_half.csv.gz");
    println!("{}\n", shown(evaluate_slates(&films, Shop::MovieLens))?);
    println!(
        "{}\n",
        shown(evaluate_slates(&args.data.join(BASKETS), Shop::CompleteJourney))?
    );
    println!("{}\n", shown(evaluate_headlines(&headlines, args.seeds))?);
    Ok(())
}

fn budgets(args: &Sets) -> anyhow::Result<()> {
    println!("{}\n", shown(evaluate_splits(args.seeds))?);
    for (file, weeks) in [
        ("budget/mmm_stan.csv", MMM_STAN),
        ("budget/robyn_simulated_weekly.csv", ROBYN),
        ("budget/meridian_national_simulated.csv.gz", MERIDIAN),
    ] {
        println!("{}\n", shown(evaluate_media(&args.data.join(file), weeks))?);
    }
    Ok(())
}

fn scores(args: &Sets) -> anyhow::Result<()> {
    for set in SCORE_SETS {
        println!("{}\n", shown(evaluate_score(&args.data, set))?);
    }
    Ok(())
}

fn estimators(args: &Sets) -> anyhow::Result<()> {
    for set in OBD_SETS {
        println!("{}\n", shown(evaluate_obd(&args.data, set))?);
    }
    Ok(())
}

/// A result in words; a missing data set too. Anything else that is wrong ends the command.
fn shown(result: Result<impl std::fmt::Display, EvaluationError>) -> anyhow::Result<String> {
    match result {
        Ok(measured) => Ok(measured.to_string()),
        Err(missing @ EvaluationError::Missing(_)) => Ok(format!("passed over: {missing}")),
        Err(error) => Err(error.into()),
    }
}

/// The bidders of a replay: the whole server over gRPC, or the models alone.
fn paced(args: &Sets, train: &Path, test: &Path) -> anyhow::Result<String> {
    let summaries = match args.replay {
        Replay::Grpc => evaluate_pacing(train, test, args.seeds, over_grpc),
        Replay::InProcess => evaluate_pacing(
            train,
            test,
            args.seeds,
            |start, replay: &mut dyn FnMut(&mut Paced)| {
                in_process(start, replay).map_err(anyhow::Error::from)
            },
        ),
    };
    match summaries {
        Ok(summaries) => Ok(summaries
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join("\n")),
        Err(error) => shown(Err::<String, _>(error.downcast::<EvaluationError>()?)),
    }
}

fn over_grpc(start: Start, replay: &mut dyn FnMut(&mut OverGrpc)) -> anyhow::Result<()> {
    let mut bidder = OverGrpc::start(&start)?;
    replay(&mut bidder);
    bidder.failure().map_or(Ok(()), Err)
}
