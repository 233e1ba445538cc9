//! The forest as a drawing of its trees, one provider per line.

use std::fmt;

use crate::forest::forest::Forest;
use crate::provider::provider::{Parts, Provider};
use crate::text::Escaped;

/// Prints a line for each provider, below its parent: name, UUID, generation, totals of its
/// inventory, and traits. Control characters in names are escaped.
///
/// Cost: O(depth) per provider.
///
/// ```
/// use provider_tree::{Inventory, NewProvider, ProviderTree, ResourceClass};
/// use uuid::Uuid;
///
/// let tree = ProviderTree::new();
/// tree.new_root(NewProvider::new("host").uuid(Uuid::from_u128(1)).generation(4))?;
/// tree.new_child(NewProvider::new("numa0").uuid(Uuid::from_u128(2)), "host")?;
/// tree.update_inventory("numa0", [(ResourceClass::VCPU, Inventory::new(8))], None)?;
/// tree.add_traits("numa0", ["HW_NUMA_ROOT"])?;
/// tree.new_child(NewProvider::new("gpu0").uuid(Uuid::from_u128(3)), "numa0")?;
/// tree.new_child(NewProvider::new("numa1").uuid(Uuid::from_u128(4)), "host")?;
/// assert_eq!(tree.snapshot().to_string(), "\
/// host 00000000-0000-0000-0000-000000000001 generation 4
/// ├── numa0 00000000-0000-0000-0000-000000000002 VCPU:8 [HW_NUMA_ROOT]
/// │   └── gpu0 00000000-0000-0000-0000-000000000003
/// └── numa1 00000000-0000-0000-0000-000000000004
/// ");
/// # Ok::<(), provider_tree::Error>(())
/// ```
impl fmt::Display for Forest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What is drawn left of a provider's children: one piece per level.
        let mut margin: Vec<&str> = Vec::new();
        for provider in self {
            let levels = provider.path().levels();
            margin.truncate(levels.saturating_sub(2));
            for piece in &margin {
                f.write_str(piece)?;
            }
            if levels > 1 {
                let (branch, below) = if self.next_sibling(provider).is_none() {
                    ("└── ", "    ")
                } else {
                    ("├── ", "│   ")
                };
                f.write_str(branch)?;
                margin.push(below);
            }
            write_line(f, provider)?;
        }
        Ok(())
    }
}

fn write_line(f: &mut fmt::Formatter<'_>, provider: &Provider) -> fmt::Result {
    let Parts {
        uuid,
        name,
        generation,
        // Drawn by the branches.
        parent_uuid: _,
        inventory,
        traits,
        aggregates: _,
        resources: _,
    } = provider.parts();
    write!(f, "{} {}", Escaped(name), uuid)?;
    if let Some(generation) = generation {
        write!(f, " generation {generation}")?;
    }
    for (class, record) in inventory {
        write!(f, " {class}:{}", record.total)?;
    }
    if let [first, rest @ ..] = traits {
        write!(f, " [{first}")?;
        for other in rest {
            write!(f, " {other}")?;
        }
        f.write_str("]")?;
    }
    writeln!(f)
}

/// Lists the providers top-down.
impl fmt::Debug for Forest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self).finish()
    }
}
