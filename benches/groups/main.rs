//! Criterion's groups: `group/case/implementation`, with the size in the case.
//!
//! `cargo bench --bench groups` runs all of them in about 10 minutes,
//! `cargo bench --bench groups -- reads/get` those whose names contain the text, and
//! `-- --quick` stops early once the numbers are stable. The baselines are measured in the
//! same run. The report has the targets, and bytes, which criterion does not measure. Forests
//! are aged first. The run needs 4 GiB of memory.

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
