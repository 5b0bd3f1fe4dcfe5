//! The report of a simulated market, drawn: what was bid, who led, and how the evidence grew.

use std::path::Path;

use anyhow::{Context as _, anyhow};
use plotters::{
    chart::{ChartBuilder, LabelAreaPosition, SeriesLabelPosition},
    coord::Shift,
    drawing::{DrawingArea, IntoDrawingArea as _},
    element::PathElement,
    prelude::SVGBackend,
    series::LineSeries,
    style::{Color as _, RGBColor, ShapeStyle, WHITE},
};

use crate::app::{Day, Diary};

const SIZE: (u32, u32) = (1_000, 960);
const BLUE: RGBColor = RGBColor(31, 119, 180);
const ORANGE: RGBColor = RGBColor(214, 96, 0);
const GREY: RGBColor = RGBColor(150, 150, 150);
const GREEN: RGBColor = RGBColor(44, 140, 60);
/// Room above the highest value, for the names of the lines.
const HEADROOM: f64 = 1.5;
/// Days over which lines are smoothed: a week, so that weekdays do not show.
const SMOOTHED_OVER: usize = 7;

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Points = Vec<(f64, f64)>;

/// One line of a panel.
struct Line {
    name: &'static str,
    colour: RGBColor,
    points: Points,
}

/// Draws the days of a diary as SVG; `title` names the market.
pub(super) fn draw(diary: &Diary, title: &str, file: &Path) -> anyhow::Result<()> {
    let whole = SVGBackend::new(file, SIZE).into_drawing_area();
    let drawn = || {
        whole.fill(&WHITE).map_err(|error| anyhow!("{error}"))?;
        let titled = whole
            .titled(title, ("sans-serif", 20))
            .map_err(|error| anyhow!("{error}"))?;
        let panels = titled.split_evenly((3, 1));
        let days = diary.days();
        let lines = [prices(days), leaders(days), evidence(days)];
        let names = [
            "bids, mean price for a thousand",
            "who led, part of the bids",
            "outcomes in the last 30 days, and clicks a day in the whole market",
        ];
        for ((panel, lines), name) in panels.iter().zip(&lines).zip(names) {
            chart(panel, name, days.len(), lines)?;
        }
        whole.present().map_err(|error| anyhow!("{error}"))
    };
    drawn().with_context(|| format!("cannot draw `{}`", file.display()))
}

fn prices(days: &[Day]) -> Vec<Line> {
    let units = |micros: f64| micros / 1_000_000.0;
    let band =
        |end: fn((f64, f64)) -> f64| days.iter().map(move |day| day.band.map(end).map(units)).collect();
    let of = |value: fn(&Day) -> Option<f64>| smoothed(days.iter().map(|day| value(day).map(units)));
    vec![
        line("lowest that the new market allows", GREY, band(|(low, _)| low)),
        line("highest", GREY, band(|(_, high)| high)),
        line("wished by the model", ORANGE, of(Day::mean_wish_micros)),
        line("bid", BLUE, of(Day::mean_bid_micros)),
    ]
}

fn leaders(days: &[Day]) -> Vec<Line> {
    let of = |leader: usize| smoothed(days.iter().map(|day| day.led_by()?.get(leader).copied()));
    vec![
        line("a person", GREEN, of(0)),
        line("blend", ORANGE, of(1)),
        line("the model", BLUE, of(2)),
    ]
}

fn evidence(days: &[Day]) -> Vec<Line> {
    let have = days
        .iter()
        .map(|day| day.evidence.map(|(have, _)| f64::from(have)));
    let need = days
        .iter()
        .map(|day| day.evidence.map(|(_, need)| f64::from(need)));
    #[expect(clippy::cast_precision_loss, reason = "clicks of a day stay far below 2^53")]
    let clicks = days.iter().map(|day| Some(day.market.clicks as f64));
    vec![
        line("outcomes of the campaign", BLUE, have.collect()),
        line("mature from here on", GREY, need.collect()),
        line("clicks", ORANGE, smoothed(clicks)),
    ]
}

/// The mean of the last days, of those that have a value.
fn smoothed(values: impl Iterator<Item = Option<f64>>) -> Vec<Option<f64>> {
    let values: Vec<Option<f64>> = values.collect();
    (0..values.len())
        .map(|day| {
            let first = (day + 1).saturating_sub(SMOOTHED_OVER);
            let known: Vec<f64> = values.get(first..=day)?.iter().flatten().copied().collect();
            #[expect(clippy::cast_precision_loss, reason = "at most a week")]
            (!known.is_empty()).then(|| known.iter().sum::<f64>() / known.len() as f64)
        })
        .collect()
}

fn line(name: &'static str, colour: RGBColor, values: Vec<Option<f64>>) -> Line {
    let days = (1_u32..).map(f64::from);
    Line {
        name,
        colour,
        points: days
            .zip(values)
            .filter_map(|(day, value)| Some((day, value?)))
            .collect(),
    }
}

fn chart(panel: &Area<'_>, name: &str, days: usize, lines: &[Line]) -> anyhow::Result<()> {
    let highest = lines
        .iter()
        .flat_map(|line| &line.points)
        .map(|(_, value)| *value);
    let highest = highest.fold(0.0, f64::max).max(f64::MIN_POSITIVE);
    #[expect(clippy::cast_precision_loss, reason = "days of a simulation")]
    let last = days.max(2) as f64;
    let mut chart = ChartBuilder::on(panel)
        .caption(name, ("sans-serif", 15))
        .margin(10)
        .set_label_area_size(LabelAreaPosition::Left, 50)
        .set_label_area_size(LabelAreaPosition::Bottom, 30)
        .build_cartesian_2d(1.0..last, 0.0..highest * HEADROOM)
        .map_err(|error| anyhow!("{error}"))?;
    chart
        .configure_mesh()
        .x_desc("day")
        .light_line_style(WHITE)
        .draw()
        .map_err(|error| anyhow!("{error}"))?;
    for line in lines {
        let style = ShapeStyle::from(line.colour).stroke_width(2);
        chart
            .draw_series(LineSeries::new(line.points.iter().copied(), style))
            .map_err(|error| anyhow!("{error}"))?
            .label(line.name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], style));
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperRight)
        .background_style(WHITE.mix(0.8))
        .label_font(("sans-serif", 13))
        .draw()
        .map_err(|error| anyhow!("{error}"))
}
