//! Common tasks, each done wrong and done right.
//!
//! # Reading more than one thing
//!
//! Each call on the tree reads the newest version, which may be a different one at the next
//! call. Wrong:
//!
//! ```
//! # use provider_tree::ProviderTree;
//! # let tree = ProviderTree::new();
//! # tree.new_root("host").unwrap();
//! if tree.exists("host") {
//!     // Another thread may have removed it by now: this can panic.
//!     let host = tree.find("host").unwrap();
//!     println!("{}", host.uuid());
//! }
//! ```
//!
//! Right: take one version and query only that.
//!
//! ```
//! # use provider_tree::ProviderTree;
//! # let tree = ProviderTree::new();
//! # tree.new_root("host").unwrap();
//! tree.read(|snapshot| {
//!     if let Some(host) = snapshot.find("host") {
//!         let root = snapshot.root_of(host).unwrap(); // the same version
//!         assert_eq!(root, host);
//!     }
//! });
//! ```
//!
//! # Changing what was read
//!
//! Commit on the version that you decided on. Wrong: the read and the write are two steps,
//! so they overwrite whatever another thread commits in between.
//!
//! ```
//! # use provider_tree::{Error, Inventory, ProviderTree, ResourceClass};
//! # let tree = ProviderTree::new();
//! # tree.new_root("host")?;
//! # tree.update_inventory("host", [(ResourceClass::VCPU, Inventory::new(8))], None)?;
//! let host = tree.find("host").unwrap();
//! let mut cpus = *host.inventory_of(&ResourceClass::VCPU).unwrap();
//! cpus.reserved = Some(cpus.effective().reserved + 1);
//! tree.update_inventory("host", [(ResourceClass::VCPU, cpus)], None)?;
//! # Ok::<(), Error>(())
//! ```
//!
//! Right: read inside the closure, from the transaction.
//!
//! ```
//! # use provider_tree::{Error, Inventory, ProviderTree, ResourceClass};
//! # let tree = ProviderTree::new();
//! # tree.new_root("host")?;
//! # tree.update_inventory("host", [(ResourceClass::VCPU, Inventory::new(8))], None)?;
//! tree.update(|transaction| {
//!     let host = transaction.require("host")?;
//!     let mut cpus = *host.inventory_of(&ResourceClass::VCPU).unwrap();
//!     cpus.reserved = Some(cpus.effective().reserved + 1);
//!     transaction.update_inventory("host", [(ResourceClass::VCPU, cpus)], None)
//! })?;
//! # Ok::<(), Error>(())
//! ```
//!
//! If you decided long before, or elsewhere, name the generation that you decided on. The
//! update fails if it has changed:
//!
//! ```
//! # use provider_tree::{Error, NewProvider, ProviderTree};
//! # let tree = ProviderTree::new();
//! # tree.new_root(NewProvider::new("host").generation(3))?;
//! let outcome = tree.update(|transaction| {
//!     transaction.expect_generation("host", 2)?; // what we had read
//!     transaction.update_traits("host", ["CUSTOM_GOLD"], 3)
//! });
//! assert!(matches!(
//!     outcome,
//!     Err(Error::GenerationConflict { expected: 2, actual: Some(3), .. })
//! ));
//! # Ok::<(), Error>(())
//! ```
//!
//! # What a closure may do
//!
//! The closure of an update may run more than once. Wrong: this counts attempts, not
//! commits.
//!
//! ```
//! # use provider_tree::{Error, ProviderTree};
//! # let tree = ProviderTree::new();
//! let mut hosts_added = 0;
//! tree.update(|transaction| {
//!     hosts_added += 1; // once per attempt!
//!     transaction.new_root("host")
//! })?;
//! # Ok::<(), Error>(())
//! ```
//!
//! Right: return what happened from the closure, and act on it once.
//!
//! ```
//! # use provider_tree::{Error, ProviderTree};
//! # let tree = ProviderTree::new();
//! let mut hosts_added = 0;
//! let committed = tree.update(|transaction| transaction.new_root("host"))?;
//! hosts_added += 1;
//! println!("host {hosts_added}: {} in version {}", committed.value, committed.version);
//! # Ok::<(), Error>(())
//! ```
//!
//! Nor may a closure wait for other threads that might update the same tree. On a
//! work-stealing pool that includes the pool's own threads: a `rayon::join` or `par_iter`
//! inside the closure lets the thread take another job while it waits. If that job updates
//! the same tree, it is an update inside an update, and refused with
//! [`Error::NestedUpdate`]. Wrong:
//!
//! ```ignore
//! tree.update(|transaction| {
//!     let (cpus, disks) = rayon::join(probe_cpus, probe_disks); // may run other jobs
//!     transaction.update_inventory("host", [cpus, disks], None)
//! })?;
//! ```
//!
//! Right: compute first, then update; the closure only reads and edits.
//!
//! ```
//! # use std::thread;
//! # use provider_tree::{Error, Inventory, ProviderTree, ResourceClass};
//! # let tree = ProviderTree::new();
//! # tree.new_root("host")?;
//! # let probe_cpus = || (ResourceClass::VCPU, Inventory::new(8));
//! # let probe_disks = || (ResourceClass::DISK_GB, Inventory::new(100));
//! // The same with rayon::join.
//! let (cpus, disks) = thread::scope(|scope| {
//!     let disks = scope.spawn(probe_disks);
//!     (probe_cpus(), disks.join().unwrap())
//! });
//! tree.update(|transaction| transaction.update_inventory("host", [cpus.clone(), disks.clone()], None))?;
//! # Ok::<(), Error>(())
//! ```
//!
//! And a closure must not commit to the same tree through [`begin`] and [`commit`]. Its update
//! then loses to its own closure in each attempt, and returns [`Error::Contended`] after
//! 10,000 of them. What the closure has committed stays. Make those edits in its
//! transaction, or after the update.
//!
//! Since it may run again, generate a random UUID *before* the update if others need to know
//! it: inside the closure, each attempt would generate another.
//!
//! For edits that can't be repeated, use `begin` and `commit` outside a closure. If that
//! transaction loses, its edits need not be lost: [`Conflict::rebase`] moves its changes onto
//! the version that it lost to, if nobody else has changed the same providers.
//!
//! # Many changes
//!
//! A transaction copies each tree that it touches only once, and readers see one step. A
//! thousand edits in one transaction take less than half the time of a thousand commits
//! (2-core AMD EPYC). Wrong: one commit per provider, so readers see half-finished states.
//!
//! ```
//! # use provider_tree::{Error, ProviderTree};
//! # let tree = ProviderTree::new();
//! # tree.new_root("host")?;
//! for number in 0..100 {
//!     tree.new_child(&format!("host_vf{number}"), "host")?;
//! }
//! # Ok::<(), Error>(())
//! ```
//!
//! Right:
//!
//! ```
//! # use provider_tree::{Error, ProviderTree};
//! # let tree = ProviderTree::new();
//! # tree.new_root("host")?;
//! tree.update(|transaction| {
//!     for number in 0..100 {
//!         transaction.new_child(&format!("host_vf{number}"), "host")?;
//!     }
//!     Ok(())
//! })?;
//! # Ok::<(), Error>(())
//! ```
//!
//! The same holds for [`populate`]: to load a forest in parts, call it many times in one
//! update rather than in many updates.
//!
//! # Following another source of truth
//!
//! To apply one host's report, from its driver say, call [`populate`] once: in the trees of
//! the given providers it adds, replaces and removes what differs, and if nothing differs
//! it commits nothing.
//!
//! ```
//! # use provider_tree::{Error, ProviderRecord, ProviderTree};
//! # use uuid::Uuid;
//! # let tree = ProviderTree::new();
//! let host = ProviderRecord::new(Uuid::from_u128(1), "host");
//! let device = ProviderRecord::new(Uuid::from_u128(2), "host_gpu0").with_parent(host.uuid);
//! let mut report = vec![host, device];
//!
//! assert_eq!(tree.populate(&report)?.version, 1);
//! assert_eq!(tree.populate(&report)?.version, 1); // nothing new
//! report.pop(); // the device is gone
//! tree.populate(&report)?;
//! assert_eq!(tree.len(), 1);
//! # Ok::<(), Error>(())
//! ```
//!
//! A list of *all* providers, from Placement say, needs another call. Wrong: `populate`
//! keeps hosts that no longer exist, and refuses one that reappears under its old name with
//! another UUID because its database was rebuilt.
//!
//! ```
//! # use provider_tree::{Error, NewProvider, ProviderRecord, ProviderTree};
//! # use uuid::Uuid;
//! # let tree = ProviderTree::new();
//! # tree.new_root(NewProvider::new("host1").uuid(Uuid::from_u128(1)))?;
//! # tree.new_root(NewProvider::new("host2").uuid(Uuid::from_u128(2)))?;
//! let all = [ProviderRecord::new(Uuid::from_u128(3), "host2")]; // rebuilt; host1 is gone
//! let refused = tree.populate(&all).unwrap_err();
//! assert!(matches!(refused, Error::NameTaken { name, .. } if name == "host2"));
//! # Ok::<(), Error>(())
//! ```
//!
//! Right: [`replace_all`]. The forest becomes exactly the records, in one step.
//!
//! ```
//! # use provider_tree::{Error, NewProvider, ProviderRecord, ProviderTree};
//! # use uuid::Uuid;
//! # let tree = ProviderTree::new();
//! # tree.new_root(NewProvider::new("host1").uuid(Uuid::from_u128(1)))?;
//! # tree.new_root(NewProvider::new("host2").uuid(Uuid::from_u128(2)))?;
//! # let all = [ProviderRecord::new(Uuid::from_u128(3), "host2")];
//! assert!(!all.is_empty(), "no records would empty the forest");
//! let committed = tree.replace_all(&all)?;
//! assert_eq!(tree.len(), 1);
//! assert_eq!(tree.find("host2").unwrap().uuid(), all[0].uuid);
//! // The same list again, in any order, is no change.
//! assert_eq!(tree.replace_all(&all)?.version, committed.version);
//! # Ok::<(), Error>(())
//! ```
//!
//! If you have only one host's records, remove the stale provider that still has the name
//! in the same update. That removes its whole tree, so the records must include everything
//! of it that still exists.
//!
//! ```
//! # use provider_tree::{Error, NewProvider, ProviderRecord, ProviderTree};
//! # use uuid::Uuid;
//! # let tree = ProviderTree::new();
//! # tree.new_root(NewProvider::new("host1").uuid(Uuid::from_u128(1)))?;
//! # tree.new_root(NewProvider::new("host2").uuid(Uuid::from_u128(2)))?;
//! let report = [ProviderRecord::new(Uuid::from_u128(3), "host2")];
//! tree.update(|transaction| {
//!     let stale = transaction.find("host2").map(|holder| holder.uuid());
//!     if let Some(stale) = stale.filter(|uuid| *uuid != report[0].uuid) {
//!         transaction.remove(stale)?;
//!     }
//!     transaction.populate(&report)
//! })?;
//! assert_eq!(tree.find("host2").unwrap().uuid(), report[0].uuid);
//! assert!(tree.exists("host1"));
//! # Ok::<(), Error>(())
//! ```
//!
//! # Publishing changes
//!
//! To keep a copy of the forest elsewhere, in Placement say, ask what has changed since the
//! last copy. Wrong: comparing all providers, or sending each edit as you make it; others
//! commit too.
//!
//! Right: a subscription. It waits, skips intermediate versions, and returns the changes
//! since the version that it took last, in an order in which you can apply them one by one.
//!
//! ```
//! # use std::sync::Arc;
//! # use std::thread;
//! # use provider_tree::{Change, Error, ProviderTree};
//! # let tree = Arc::new(ProviderTree::new());
//! let mut subscription = tree.subscribe();
//! let copying = thread::spawn(move || {
//!     let mut requests = Vec::new();
//!     while let Some(transition) = subscription.wait() {
//!         for change in transition.changes() {
//!             requests.push(match &change {
//!                 Change::Added { provider, .. } => format!("POST {}", provider.uuid()),
//!                 Change::Removed { provider, .. } => format!("DELETE {}", provider.uuid()),
//!                 Change::Updated { after, .. } => format!("PUT {}", after.uuid()),
//!             });
//!         }
//!     }
//!     requests // the tree is gone
//! });
//! let host = tree.new_root("host")?.value;
//! drop(tree);
//! assert_eq!(copying.join().unwrap(), [format!("POST {host}")]);
//! # Ok::<(), Error>(())
//! ```
//!
//! To follow a single host, [`subscribe_to`] it: commits elsewhere do not wake the
//! subscriber, however many hosts are followed.
//!
//! ```
//! # use provider_tree::{Error, ProviderTree};
//! # let tree = ProviderTree::new();
//! # tree.new_root("host")?;
//! # tree.new_root("other")?;
//! let mut subscription = tree.subscribe_to("host")?;
//! tree.set_generation("other", 1)?;
//! tree.set_generation("host", 1)?;
//! let transition = subscription.wait().expect("the tree still exists");
//! assert_eq!(transition.changes().len(), 1);
//! # Ok::<(), Error>(())
//! ```
//!
//! # Trying something out
//!
//! A fork is an independent forest, made in O(1): change it, look at the result, throw it
//! away.
//!
//! ```
//! # use provider_tree::{Error, ProviderTree};
//! # let tree = ProviderTree::new();
//! # tree.new_root("host")?;
//! let what_if = ProviderTree::from(tree.snapshot());
//! what_if.remove("host")?;
//! assert!(what_if.is_empty() && !tree.is_empty());
//! # Ok::<(), Error>(())
//! ```
//!
//! # Don't keep stale snapshots
//!
//! Wrong: a snapshot in long-lived state that is never renewed. It keeps showing the past,
//! and keeps it in memory.
//!
//! ```
//! # use provider_tree::{ProviderTree, Snapshot};
//! # let tree = ProviderTree::new();
//! struct Scheduler {
//!     forest: Snapshot,
//! }
//! let scheduler = Scheduler { forest: tree.snapshot() };
//! tree.new_root("host").unwrap();
//! assert!(!scheduler.forest.exists("host"));
//! ```
//!
//! Right: a reader, loaded again for each decision.
//!
//! ```
//! # use provider_tree::{ProviderTree, Reader};
//! # let tree = ProviderTree::new();
//! struct Scheduler {
//!     forest: Reader,
//! }
//! let mut scheduler = Scheduler { forest: tree.reader() };
//! tree.new_root("host").unwrap();
//! assert!(scheduler.forest.load().exists("host"));
//! ```
//!
//! [`Conflict::rebase`]: crate::Conflict::rebase
//! [`begin`]: crate::ProviderTree::begin
//! [`commit`]: crate::ProviderTree::commit
//! [`Error::Contended`]: crate::Error::Contended
//! [`Error::NestedUpdate`]: crate::Error::NestedUpdate
//! [`subscribe_to`]: crate::ProviderTree::subscribe_to
//! [`populate`]: crate::ProviderTree::populate
//! [`replace_all`]: crate::ProviderTree::replace_all
