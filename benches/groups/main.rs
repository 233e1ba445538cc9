//! Criterion's groups: `group/case/implementation`, with the size in the case.
//!
//! `cargo bench --bench groups` runs all of them in some 10 minutes,
//! `cargo bench --bench groups -- reads/get` those whose name contains that, and
//! `-- --quick` ends early where the numbers are steady. What the numbers are
//! held against is measured in the same run; the targets are in the report, and so
//! are bytes, which criterion does not measure. Forests are aged before they are measured.
//! They take 4 GiB.

#[path = "../common/ageing.rs"]
mod ageing;
#[path = "../common/bare.rs"]
mod bare;
#[path = "../common/edits.rs"]
mod edits;
mod fixture;
#[path = "../common/forest.rs"]
mod forest;
#[path = "../common/order.rs"]
mod order;
mod reads;
mod shapes;
#[path = "../common/shapes.rs"]
mod shapes_of;
#[path = "../common/vcpus.rs"]
mod vcpus;
mod versions;
mod walks;
mod writes;

use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};

criterion_group! {
    name = groups;
    config = Criterion::default()
        .sample_size(30)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2));
    targets = reads::group, walks::group, writes::group, versions::group, shapes::group
}
criterion_main!(groups);
