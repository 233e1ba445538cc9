//! SVG plots of the results of `threads`.

use std::error::Error;
use std::path::Path;

use plotters::prelude::*;

use crate::results::Results;
use crate::table::grouped;
use crate::threads::{ONE, TWO};

/// Distinguishable colours, in the order of the implementations.
const COLOURS: [RGBColor; 11] = [
    RGBColor(200, 30, 30),
    RGBColor(255, 130, 0),
    RGBColor(31, 119, 180),
    RGBColor(120, 180, 230),
    RGBColor(90, 90, 90),
    RGBColor(44, 160, 44),
    RGBColor(148, 103, 189),
    RGBColor(140, 86, 75),
    RGBColor(227, 119, 194),
    RGBColor(188, 189, 34),
    RGBColor(23, 190, 207),
];

type Outcome = Result<(), Box<dyn Error>>;

/// Reads per second of two readers, with a group of bars per size.
pub fn reads(results: &Results, path: &Path) -> Outcome {
    let peers = results.peers();
    let speed = |size, peer| {
        results
            .of(size, TWO, peer)
            .map_or(0.0, |sample| sample.speed / 1e6)
    };
    let bars = results.sizes.iter().map(|&size| {
        let bars = peers.iter().map(|peer| speed(size, peer));
        bars.collect::<Vec<_>>()
    });

    let area = SVGBackend::new(path, (900, 560)).into_drawing_area();
    area.fill(&WHITE)?;
    let area = area.titled(
        "Reads of one provider, two threads (millions/s)",
        ("sans-serif", 20),
    )?;
    for (panel, (size, bars)) in area
        .split_evenly((1, results.sizes.len()))
        .iter()
        .zip(results.sizes.iter().zip(bars))
    {
        // Each size has its own scale: a million are far slower than a thousand.
        let most = bars.iter().copied().fold(0.0, f64::max);
        let mut chart = ChartBuilder::on(panel)
            .caption(format!("{} providers", grouped(*size)), ("sans-serif", 18))
            .margin(10)
            .x_label_area_size(30)
            .build_cartesian_2d(0.0..most * 1.05, 0.0..peers.len() as f64)?;
        chart
            .configure_mesh()
            .disable_y_mesh()
            .y_labels(0)
            .x_labels(4)
            .x_label_formatter(&|speed| format!("{speed:.0}"))
            .draw()?;
        for (at, (peer, speed)) in peers.iter().zip(bars).enumerate() {
            let top = (peers.len() - at) as f64;
            let bar = [(0.0, top - 0.4), (speed, top - 0.9)];
            chart.draw_series([Rectangle::new(bar, COLOURS[at % COLOURS.len()].filled())])?;
            let label = format!("{peer}: {speed:.2}");
            let style = ("sans-serif", 15).into_font().color(&BLACK);
            chart.draw_series([Text::new(label, (most * 0.01, top - 0.08), style)])?;
        }
    }
    area.present()?;
    Ok(())
}

/// Time of one read by one reader, with a line per implementation.
pub fn sizes(results: &Results, path: &Path) -> Outcome {
    let peers = results.peers();
    let lines: Vec<Vec<(f64, f64)>> = (peers.iter())
        .map(|peer| {
            let points = results.sizes.iter().filter_map(|&size| {
                let sample = results.of(size, ONE, peer)?;
                Some((size as f64, 1e9 / sample.speed))
            });
            points.collect()
        })
        .collect();
    let most = lines.iter().flatten().map(|&(_, y)| y).fold(0.0, f64::max);

    let area = SVGBackend::new(path, (900, 560)).into_drawing_area();
    area.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&area)
        .caption("Time of one read by size (ns)", ("sans-serif", 20))
        .margin(12)
        .x_label_area_size(40)
        .y_label_area_size(60)
        .build_cartesian_2d((800.0..1.2e6).log_scale(), (5.0..most * 1.2).log_scale())?;
    chart
        .configure_mesh()
        .x_desc("providers")
        .y_desc("ns")
        .x_label_formatter(&|size| grouped(*size as usize))
        .y_label_formatter(&|time| format!("{time:.0}"))
        .draw()?;
    for (at, (peer, points)) in peers.iter().zip(lines).enumerate() {
        let style = COLOURS[at % COLOURS.len()].stroke_width(2);
        chart
            .draw_series(LineSeries::new(points, style))?
            .label(*peer)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 20, y)], style));
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperLeft)
        .background_style(WHITE.mix(0.8))
        .border_style(BLACK)
        .draw()?;
    area.present()?;
    Ok(())
}
