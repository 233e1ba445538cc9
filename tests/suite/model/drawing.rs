//! The model, printed like a forest.

use provider_tree::{Inventory, ProviderRecord, ResourceClass, Trait};

use super::walk::Walk;

/// One line per provider, below its parent.
pub fn drawing(walk: &Walk<'_>) -> String {
    let lines = walk.0.iter().enumerate().map(|(at, (depth, one))| {
        let mut margin = String::new();
        for level in 1..=*depth {
            let goes_on = has_more(walk, at, level);
            margin += match (level == *depth, goes_on) {
                (true, true) => "├── ",
                (true, false) => "└── ",
                (false, true) => "│   ",
                (false, false) => "    ",
            };
        }
        margin + &line(one) + "\n"
    });
    lines.collect()
}

/// Whether the ancestor at a level, or the provider itself, has a later
/// sibling.
fn has_more(walk: &Walk<'_>, at: usize, level: usize) -> bool {
    let mut after = walk.0[at + 1..].iter().map(|(depth, _)| *depth);
    after.find(|depth| *depth <= level) == Some(level)
}

fn line(one: &ProviderRecord) -> String {
    let name = one.name.replace('\n', "\\n");
    let generation = one.generation.map(|at| format!(" generation {at}"));
    let total = |(class, one): (&ResourceClass, &Inventory)| format!(" {class}:{}", one.total);
    let totals: String = one.inventory.iter().map(total).collect();
    let traits: Vec<&str> = one.traits.iter().map(Trait::as_str).collect();
    let traits = match traits.join(" ") {
        none if none.is_empty() => none,
        some => format!(" [{some}]"),
    };
    format!(
        "{name} {}{}{totals}{traits}",
        one.uuid,
        generation.unwrap_or_default()
    )
}
