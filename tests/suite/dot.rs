//! The forest as a graph for Graphviz.

use provider_tree::{Inventory, NewProvider, ResourceClass};
use uuid::Uuid;

use crate::cases::new_tree;

const A: Uuid = Uuid::from_u128(0xa);
const B: Uuid = Uuid::from_u128(0xb);

#[test]
fn a_graph_has_a_node_for_each_provider_and_an_edge_for_each_parent() {
    let tree = new_tree();
    tree.update(|transaction| {
        transaction.new_root(NewProvider::new("host").uuid(A).generation(4))?;
        transaction.new_child(NewProvider::new("numa0").uuid(B), A)?;
        transaction.add_traits(A, ["HW_CPU_X86_AVX2"])?;
        let mut memory = Inventory::new(65_536);
        memory.reserved = Some(512);
        memory.allocation_ratio = Some(1.5);
        let cpus = (ResourceClass::VCPU, Inventory::new(8));
        transaction.update_inventory(B, [(ResourceClass::MEMORY_MB, memory), cpus], None)
    })
    .unwrap();
    let graph = tree.snapshot().to_dot().to_string();
    let lines: Vec<_> = graph.lines().collect();
    let host = "<b>host</b><br/>generation 4<br/><i>HW_CPU_X86_AVX2</i>";
    let numa = "<b>numa0</b><br/>MEMORY_MB: 65536, 512 reserved, ratio 1.5<br/>VCPU: 8";
    assert_eq!(lines[0], "digraph providers {");
    assert_eq!(
        lines[lines.len() - 4..],
        [
            format!("  \"{A}\" [label=<{host}>]"),
            format!("  \"{B}\" [label=<{numa}>]"),
            format!("  \"{A}\" -> \"{B}\""),
            "}".to_owned(),
        ]
    );
}

#[test]
fn names_are_escaped_in_labels() {
    let tree = new_tree();
    tree.new_root(NewProvider::new("</b>>] \"&\n\u{202e}\\\u{ffff}").uuid(A))
        .unwrap();
    let graph = tree.snapshot().to_dot().to_string();
    let label = "<b>&lt;/b&gt;&gt;] &quot;&amp;\\n\\u{202e}\\\\\\u{ffff}</b>";
    assert!(graph.contains(&format!("[label=<{label}>]\n")), "{graph}");
}

#[test]
fn an_empty_forest_is_an_empty_graph() {
    let graph = new_tree().snapshot().to_dot().to_string();
    assert!(!graph.contains("label") && graph.ends_with("}\n"));
}
