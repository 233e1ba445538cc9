//! The report as text and as Markdown.

use std::fmt::Write;

use crate::row::{Row, Target};

/// Rows under a header, all with the same number of cells.
pub struct Table {
    pub title: String,
    pub head: Vec<String>,
    pub lines: Vec<Vec<String>>,
}

impl Table {
    /// The rows without a target, and those with one and whether it holds.
    pub fn of_rows(rows: &[Row]) -> [Self; 2] {
        let (promised, others): (Vec<_>, Vec<_>) =
            rows.iter().partition(|row| row.target.is_some());
        let table = |title: &str, columns: usize, rows: Vec<&Row>| Self {
            title: title.to_owned(),
            head: HEAD[..columns].iter().copied().map(str::to_owned).collect(),
            lines: (rows.into_iter())
                .map(|row| line(row)[..columns].to_vec())
                .collect(),
        };
        [
            table("Ratios", 4, others),
            table("Targets", HEAD.len(), promised),
        ]
    }

    /// As aligned columns.
    pub fn to_text(&self) -> String {
        let widths = self.widths();
        let mut text = format!("\n{}\n", self.title);
        for line in std::iter::once(&self.head).chain(&self.lines) {
            let cells = self.cells(line, &widths);
            text.push_str(cells.join("  ").trim_end());
            text.push('\n');
        }
        text
    }

    /// As Markdown.
    pub fn to_markdown(&self) -> String {
        let widths = self.widths();
        let mut text = format!("\n### {}\n\n", self.title);
        let rule = (widths.iter().enumerate()).map(|(at, &width)| {
            let end = if self.is_number(at) { ":" } else { "-" };
            "-".repeat(width.max(2) - 1) + end
        });
        let rule = format!("| {} |\n", rule.collect::<Vec<_>>().join(" | "));
        for (at, line) in std::iter::once(&self.head).chain(&self.lines).enumerate() {
            let cells = self.cells(line, &widths).join(" | ");
            writeln!(text, "| {cells} |").expect("a string takes it");
            if at == 0 {
                text.push_str(&rule);
            }
        }
        text
    }

    fn cells(&self, line: &[String], widths: &[usize]) -> Vec<String> {
        let columns = line.iter().zip(widths).enumerate();
        columns
            .map(|(at, (cell, &width))| match self.is_number(at) {
                true => format!("{cell:>width$}"),
                false => format!("{cell:<width$}"),
            })
            .collect()
    }

    fn widths(&self) -> Vec<usize> {
        let longest = |at: usize| {
            let cells = std::iter::once(&self.head).chain(&self.lines);
            cells.map(|line| line[at].chars().count()).max()
        };
        (0..self.head.len())
            .map(|at| longest(at).unwrap_or(0))
            .collect()
    }

    /// Whether a column has only numbers, or dashes for missing ones.
    fn is_number(&self, at: usize) -> bool {
        let starts = |cell: &String| cell.starts_with(|first: char| first.is_ascii_digit());
        let mut cells = self.lines.iter().map(|line| &line[at]);
        cells.all(|cell| (starts(cell) && !cell.contains(' ')) || cell == NONE)
    }
}

/// A number with thousands separators.
pub fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The text of a cell without a number.
pub const NONE: &str = "-";

const HEAD: [&str; 6] = ["group", "case", "measured", "ratio", "target", ""];

fn line(row: &Row) -> Vec<String> {
    let (target, verdict) = match &row.target {
        None => (String::new(), ""),
        Some(target) => {
            let text = match target {
                Target::AtMost(bound) => format!("at most {bound}"),
                Target::AtLeast(bound) => format!("at least {bound}"),
            };
            let verdict = if target.holds(row.ratio) {
                "holds"
            } else {
                "MISSES"
            };
            (text, verdict)
        }
    };
    vec![
        row.group.to_owned(),
        row.case.clone(),
        row.measured.clone(),
        format!("{:.2}", row.ratio),
        target,
        verdict.to_owned(),
    ]
}
