//! Single look-ups.

use provider_tree::{EpochCell, Provider, ProviderTree};

use super::compared;
use super::fixture::{Fixture, over};
use crate::alternate::Effort;
use crate::forest;
use crate::row::{Row, Target};

pub fn rows(effort: Effort, all: &Fixture) -> Vec<Row> {
    let size = all.size;
    let names: Vec<String> = all.order.iter().map(|&(n, _)| forest::name(n)).collect();
    let missing: Vec<_> = (size..2 * size).map(forest::uuid).collect();
    let epoch: ProviderTree<EpochCell> = ProviderTree::from_snapshot(all.tree.snapshot());
    let (mut default, mut epoch) = (all.tree.reader(), epoch.reader());

    let mut get = over(&all.uuids, 1, |&uuid| seen(default.load().get(uuid)));
    let mut get_on_epoch = over(&all.uuids, 1, |&uuid| seen(epoch.load().get(uuid)));
    let mut bare = over(&all.uuids, 1, |uuid| usize::from(all.bare.has(uuid)));
    let mut finder = all.tree.reader();
    let mut find = over(&names, 1, |name| seen(finder.load().find(name)));
    let mut misser = all.tree.reader();
    let mut miss = over(&missing, 0, |&uuid| seen(misser.load().get(uuid)));

    let row = |case: &str, times: &_, bound: Option<f64>| {
        let case = format!("{case}, {size}");
        compared("reads", case, times, bound.map(Target::AtMost))
    };
    vec![
        row(
            "reader get by UUID / imbl::HashMap get",
            &effort.compare(&mut get, &mut bare),
            Some(1.2),
        ),
        row(
            "reader of EpochCell get by UUID / imbl::HashMap get",
            &effort.compare(&mut get_on_epoch, &mut bare),
            Some(1.2),
        ),
        row(
            "reader find by name / get by UUID",
            &effort.compare(&mut find, &mut get),
            None,
        ),
        row(
            "reader miss / get by UUID",
            &effort.compare(&mut miss, &mut get),
            None,
        ),
    ]
}

/// Reads from the provider found, as a caller would.
fn seen(provider: Option<&Provider>) -> usize {
    usize::from(provider.is_some_and(|one| one.generation().is_some()))
}
