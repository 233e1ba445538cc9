//! What the types forbid. Each example must fail to compile, with that error: the codes are
//! compared where rustdoc has unstable features, as in `.ci/run`.

/// A reader is one thread's.
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
/// What it has shown ends where it loads again.
///
/// ```compile_fail,E0499
/// let tree = provider_tree::ProviderTree::new();
/// let mut reader = tree.reader();
/// let older = reader.load();
/// reader.load();
/// older.len();
/// ```
struct Reader;

/// A scoped read keeps its snapshot to itself.
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
/// What it has shown ends where it edits.
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

/// Nobody else makes a cell.
///
/// ```compile_fail,E0277
/// struct Mine;
///
/// impl provider_tree::SnapshotCell for Mine {}
/// ```
///
/// Nor does anybody else call one, though a bound names its methods.
///
/// ```compile_fail,E0061
/// use provider_tree::{Snapshot, SnapshotCell};
///
/// fn store<C: SnapshotCell>(cell: &C, base: &Snapshot) {
///     cell.compare_and_swap(base, Snapshot::default());
/// }
/// ```
struct SnapshotCell;
