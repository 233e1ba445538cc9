//! What the types forbid. Each example must fail to compile with the given error. Only
//! `.ci/rustdoc` compares the codes, since that needs rustdoc's unstable features. Without it
//! any error passes, even an unused result, since examples deny warnings.

/// A reader belongs to one thread.
///
/// ```compile_fail,E0499
/// let tree = provider_tree::ProviderTree::new();
/// let mut reader = tree.reader();
/// std::thread::scope(|scope| {
///     scope.spawn(|| reader.load().len());
///     scope.spawn(|| reader.load().len());
/// });
/// ```
///
/// A loaded snapshot is borrowed until the next load.
///
/// ```compile_fail,E0499
/// let tree = provider_tree::ProviderTree::new();
/// let mut reader = tree.reader();
/// let older = reader.load();
/// reader.load();
/// older.len();
/// ```
struct Reader;

/// A scoped read does not let its snapshot escape.
///
/// ```compile_fail,E0521
/// let tree = provider_tree::ProviderTree::new();
/// let mut kept = None;
/// tree.read(|snapshot| kept = Some(snapshot));
/// ```
///
/// A provider lives no longer than the snapshot that it was found in.
///
/// ```compile_fail,E0716
/// let tree = provider_tree::ProviderTree::new();
/// let found = tree.snapshot().find("host");
/// found.is_some();
/// ```
struct Snapshot;

/// A transaction does not outlive its update.
///
/// ```compile_fail,E0521
/// use provider_tree::{Error, ProviderTree};
///
/// let tree = ProviderTree::new();
/// let mut kept = None;
/// tree.update(|transaction| {
///     kept = Some(transaction);
///     Ok::<_, Error>(())
/// });
/// ```
///
/// It is committed once.
///
/// ```compile_fail,E0382
/// let tree = provider_tree::ProviderTree::new();
/// let transaction = tree.begin();
/// tree.commit(transaction);
/// tree.commit(transaction);
/// ```
///
/// A borrow from a transaction ends at its next edit.
///
/// ```compile_fail,E0502
/// let tree = provider_tree::ProviderTree::new();
/// let mut transaction = tree.begin();
/// let found = transaction.find("host");
/// transaction.remove("host");
/// found.is_some();
/// ```
struct Transaction;

/// A tree is shared by reference or in an `Arc`; a clone could be taken for a fork.
///
/// ```compile_fail,E0599
/// provider_tree::ProviderTree::new().clone();
/// ```
struct ProviderTree;

/// Nobody else can implement a cell.
///
/// ```compile_fail,E0277
/// struct Mine;
///
/// impl provider_tree::SnapshotCell for Mine {}
/// ```
///
/// Nor can anyone else call its methods, even through a bound.
///
/// ```compile_fail,E0061
/// use provider_tree::{Snapshot, SnapshotCell};
///
/// fn store<C: SnapshotCell>(cell: &C, base: &Snapshot) {
///     cell.compare_and_swap(base, Snapshot::default());
/// }
/// ```
struct SnapshotCell;

/// Only the library makes errors: any variant may gain fields.
///
/// ```compile_fail,E0603
/// let _ = provider_tree::Error::NestedUpdate;
/// ```
///
/// ```compile_fail,E0603
/// let _ = provider_tree::Error::ForeignTransaction;
/// ```
struct Error;
