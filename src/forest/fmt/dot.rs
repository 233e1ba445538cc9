//! The forest as a graph for Graphviz.

use std::fmt;

use crate::forest::forest::Forest;
use crate::provider::inventory::Inventory;
use crate::provider::provider::{Parts, Provider};
use crate::text::Escaped;

/// Prints a forest as a graph in Graphviz's language DOT. Returned by
/// [`Forest::to_dot`].
#[derive(Clone, Copy, Debug)]
pub struct Dot<'a>(&'a Forest);

impl Forest {
    /// The forest as a graph in Graphviz's language DOT, to be printed, with the name,
    /// generation, inventory and traits of each provider in its node. Control characters
    /// are escaped.
    ///
    /// Cost: O(1), and O(size of the provider) for each to print it.
    ///
    /// ```
    /// use provider_tree::{Inventory, NewProvider, ProviderTree, ResourceClass};
    /// use uuid::Uuid;
    ///
    /// let tree = ProviderTree::new();
    /// tree.new_root(NewProvider::new("host").uuid(Uuid::from_u128(1)).generation(4))?;
    /// tree.update_inventory("host", [(ResourceClass::VCPU, Inventory::new(8))], None)?;
    /// let dot = tree.snapshot().to_dot().to_string(); // for `dot -Tsvg`
    /// assert!(dot.starts_with("digraph providers {"));
    /// assert!(dot.contains("VCPU: 8"));
    /// # Ok::<(), provider_tree::Error>(())
    /// ```
    #[must_use]
    pub fn to_dot(&self) -> Dot<'_> {
        Dot(self)
    }
}

impl fmt::Display for Dot<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "digraph providers {{")?;
        writeln!(
            f,
            "  node [shape=box style=rounded fontname=\"sans-serif\" fontsize=10]"
        )?;
        writeln!(f, "  edge [dir=none]\n  rankdir=LR")?;
        for provider in self.0 {
            write!(f, "  \"{}\" [label=<", provider.uuid())?;
            write_label(f, provider)?;
            writeln!(f, ">]")?;
            if let Some(parent) = provider.parent_uuid() {
                writeln!(f, "  \"{parent}\" -> \"{}\"", provider.uuid())?;
            }
        }
        writeln!(f, "}}")
    }
}

/// A label in Graphviz's HTML: one line per item.
fn write_label(f: &mut fmt::Formatter<'_>, provider: &Provider) -> fmt::Result {
    let Parts {
        // Drawn as the node and the edge to it.
        uuid: _,
        name,
        generation,
        parent_uuid: _,
        inventory,
        traits,
        aggregates: _,
        resources: _,
    } = provider.parts();
    write!(f, "<b>{}</b>", Html(name))?;
    if let Some(generation) = generation {
        write!(f, "<br/>generation {generation}")?;
    }
    for (class, record) in inventory {
        write!(f, "<br/>{class}: ")?;
        write_inventory(f, record)?;
    }
    for each in traits {
        write!(f, "<br/><i>{each}</i>")?;
    }
    Ok(())
}

/// The total, and what reduces or multiplies it.
fn write_inventory(f: &mut fmt::Formatter<'_>, inventory: &Inventory) -> fmt::Result {
    write!(f, "{}", inventory.total)?;
    match inventory.effective().reserved {
        0 => {}
        reserved => write!(f, ", {reserved} reserved")?,
    }
    match inventory.effective().allocation_ratio {
        1.0 => Ok(()),
        ratio => write!(f, ", ratio {ratio}"),
    }
}

/// A caller's text in HTML.
struct Html<'a>(&'a str);

impl fmt::Display for Html<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for character in Escaped(self.0).to_string().chars() {
            match character {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                // XML does not allow these characters.
                '\u{fffe}' | '\u{ffff}' => write!(f, "{}", character.escape_default())?,
                other => write!(f, "{other}")?,
            }
        }
        Ok(())
    }
}
