//! Compares the library with its peers in one run and says which of its targets hold.
//!
//! Run `cargo bench --bench report`; `--help` shows how to run parts of it.

#[path = "../common/ageing.rs"]
mod ageing;
mod alone;
mod alternate;
#[path = "../common/bare.rs"]
mod bare;
mod commits;
#[path = "../common/counting.rs"]
mod counting;
#[path = "../common/edits.rs"]
mod edits;
#[path = "../common/forest.rs"]
mod forest;
mod glance;
mod keys;
mod load;
mod machine;
mod options;
#[path = "../common/order.rs"]
mod order;
mod peers;
mod plot;
mod results;
mod row;
#[path = "../common/shapes.rs"]
mod shapes;
mod slice;
mod standing;
mod table;
mod tail;
mod threads;
#[path = "../common/vcpus.rs"]
mod vcpus;
mod writers;

use std::error::Error;
use std::fs;
use std::path::Path;
use std::time::Instant;

use clap::Parser;
use indicatif::{ProgressBar, ProgressStyle};

use crate::counting::Counting;
use crate::machine::Usage;
use crate::options::{Group, Options};
use crate::row::Row;
use crate::table::Table;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn main() -> Result<(), Box<dyn Error>> {
    let options = Options::parse();
    if let Some(load) = options.load {
        println!("{}", load.run());
        return Ok(());
    }
    let begun = Instant::now();
    let usage = Usage::now();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("..")
        .join(options.folder());
    fs::create_dir_all(&folder)?;
    // Goes to standard error, and only if that is a terminal.
    let progress = ProgressBar::new(0);
    progress.set_style(ProgressStyle::with_template(
        "{elapsed_precise} {wide_bar} {pos}/{len} {msg}",
    )?);

    // The groups run one after the other so as not to disturb each other.
    let mut rows: Vec<Row> = Vec::new();
    let mut tables: Vec<Table> = Vec::new();
    if options.includes(Group::Alone) {
        rows.extend(alone::rows(options.quick, &|next| {
            progress.set_message(next.to_owned());
        }));
    }
    if options.includes(Group::Threads) || options.includes(Group::Commits) {
        let results = results::measure(&options, &progress);
        if options.includes(Group::Threads) {
            plot::reads(&results, &folder.join("reads.svg"))?;
            plot::sizes(&results, &folder.join("sizes.svg"))?;
            rows.extend(standing::rows(&results));
            tables.push(glance::table(&results));
            tables.push(results.ages());
            tables.extend(standing::tables(&results));
        }
        tables.extend(results.commits);
    }
    if options.includes(Group::Tail) {
        let (measured, tail) = tail::measure(&options, &progress);
        rows.extend(tail);
        tables.extend(measured);
    }
    if options.includes(Group::Writers) {
        let (measured, writers) = writers::measure(&options, &progress)?;
        rows.extend(writers);
        tables.extend(measured);
    }
    progress.finish_and_clear();

    let of_rows = Table::of_rows(&rows).into_iter();
    tables.extend(of_rows.filter(|table| !table.lines.is_empty()));
    let mut head = machine::describe();
    if let Some(others) = usage.and_then(|usage| usage.others_since()) {
        let others = others * 100.0;
        let warning = if others > 5.0 {
            " Results of two threads can't be trusted."
        } else {
            ""
        };
        head += &format!(
            "Other processes used {others:.0} % of the processor during the run.{warning}\n"
        );
    }
    print!("{head}");
    let mut markdown = head;
    for table in &tables {
        print!("{}", table.to_text());
        markdown.push_str(&table.to_markdown());
    }
    let end = format!("\nTook {:.0} s.\n", begun.elapsed().as_secs_f64());
    print!("{end}");
    markdown.push_str(&end);
    fs::write(folder.join("report.md"), markdown)?;
    Ok(())
}

/// The median, which a single interruption does not shift.
fn median(figures: impl Iterator<Item = f64>) -> f64 {
    let mut figures: Vec<f64> = figures.collect();
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}
