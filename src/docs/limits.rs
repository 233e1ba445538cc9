//! What this crate can't do, and where it differs from Nova and from Placement.
//!
//! # Limits
//!
//! - **One process, in memory.** Nothing is written to disk:
//!   [`Forest::to_records`](crate::Forest::to_records) and the feature `serde` let you do
//!   that. Processes share a forest through Placement, with the feature `placement`: its
//!   chapter, `docs::placement`, says what is atomic then, and what is not.
//! - **Commits are serial.** Writers of unrelated trees also conflict and retry, because a
//!   version covers the whole forest. A commit takes a few microseconds, so this matters from about
//!   100,000 commits per second. Forests that never need a common version can be separate
//!   [`ProviderTree`](crate::ProviderTree)s.
//! - **A commit costs O(log n)**, where a lock around a hash map would change one slot. If you
//!   write more than you read, use another structure.
//! - **Writers free old versions**, so a commit pays for more than its own edits, as a rule 25
//!   µs at most: see [`docs::consistency`](crate::docs::consistency#old-versions). The exception
//!   is a tree of more than 32 providers: what only an older state of it has is freed at once, 1
//!   to 2 µs for each provider that was edited or removed since. Once the `ProviderTree` itself
//!   is gone, dropping the last snapshot of a version frees it: tens of milliseconds for 100,000
//!   providers.
//! - **Preempted threads pin memory.** A thread that is preempted while it reads or edits a
//!   version keeps all that later commits replace: with 32 writers on 2 cores, two to four times
//!   the memory of one writer. [`EpochCell`](crate::EpochCell) also keeps thousands of versions
//!   for as long.
//! - **No update inside an update.** The closure of an update can't update the same tree:
//!   [`Error::NestedUpdate`](crate::Error::NestedUpdate). If it waits for another thread that
//!   commits to the tree, the update loses each time, and ends with
//!   [`Error::Contended`](crate::Error::Contended) when ten of its claims have expired. That
//!   takes some 4 s, during which other writers wait for at most 1 s at a time. A closure that
//!   runs for a second or more may not get through while others keep committing: see
//!   [`docs::consistency`](crate::docs::consistency#fairness).
//! - **`EpochCell` shares the garbage of other crates.** All users of `crossbeam-epoch` in a
//!   process share one collector. So a read or a commit of an [`EpochCell`](crate::EpochCell)
//!   may run what other crates have deferred to it, a destructor for example. If that happens
//!   in a commit that has claimed priority, and the destructor blocks, others defer until the
//!   claim's deadline. `ArcSwapCell`, the default, has no collector.
//! - **A subscription to one tree sees only that tree**, and keeps alive only the last state of
//!   it that it took, which its thread frees if nobody else has it.
//!   [`before`](crate::Transition::before), [`after`](crate::Transition::after) and their
//!   [`changes`](crate::Transition::changes) cost O(t) for a tree of t providers. A subscription
//!   to the whole forest keeps alive the whole version that it took last.
//! - **A tree has at most 1,024 levels** ([`Forest::MAX_LEVELS`](crate::Forest::MAX_LEVELS)),
//!   a provider at most 4,294,967,295 children.
//! - **Random UUIDs** come from the operating system. If it has no random numbers to give,
//!   `new_root` and `new_child` without a UUID panic; no other call does. Pass your own UUIDs
//!   there.
//! - **Names of traits and resource classes are checked for syntax only**, not against a list:
//!   only Placement knows which exist.
//!
//! # Differences from Nova's `ProviderTree`
//!
//! Everything that the 26 tests of Nova 34's `ProviderTree` pin down holds here. Other tests
//! of Nova fill its tree with data that this crate refuses: three providers with one name, the
//! trait `trait1`, the resource class `CUSTOM_BOGU$$`, an inventory record without its total.
//! The differences are deliberate:
//!
//! | Nova 34 | here |
//! |---|---|
//! | a look-up of a child scans the forest | every look-up by UUID or name is one or two hash look-ups |
//! | names are unique only by luck; removing the second of two roots with one name fails half-way | names and UUIDs are unique in the forest, as in Placement; a duplicate is an error |
//! | a name may be the UUID of another provider | an error: text finds at most one provider. A provider's own UUID as its name is fine (Ironic does that) |
//! | a UUID is any text, or none | a UUID is a [`Uuid`](uuid::Uuid); text is understood in any spelling |
//! | `populate_from_iterable` can fail half-way and lose providers; a given provider whose parent the call drops can be lost without an error; if a UUID is given twice, the last record wins | all or nothing; a cycle, a missing or dropped parent and a UUID given twice are errors |
//! | `populate_from_iterable` leaves a tree alone if none of its providers is given | so does [`populate`](crate::Transaction::populate); [`replace_all`](crate::Transaction::replace_all) removes them |
//! | its report client adds a sharing provider of another tree as a root | a record whose parent is neither given nor in the forest is refused ([`Error::MissingParents`](crate::Error::MissingParents)): give a sharing provider as a root, without `parent_uuid` and `root_uuid` |
//! | a replaced provider moves behind its siblings | it keeps its place while it keeps its parent, so populating with the same content changes nothing |
//! | look-ups fail past 995 levels, `deepcopy` past 164, subtrees past 165 | all work to 1,024 levels, then [`Error::TooDeep`](crate::Error::TooDeep) |
//! | `has_sharing_provider` takes the lock once per provider and may mix versions | one snapshot |
//! | one process-wide lock for all trees | none |
//! | `deepcopy` copies everything, and shares the lock | [`ProviderTree::from`](crate::ProviderTree) is O(1), and the copy is independent |
//! | any number is a generation: negative, huge or fractional | a `u64`; any other number in JSON is an error |
//! | a generation is only stored | [`expect_generation`](crate::Transaction::expect_generation) refuses a stale one |
//! | `add_traits` without traits ignores an unknown provider, `add_aggregates` does not | an unknown provider is always an error |
//! | no validation | names, resource classes, traits and inventories follow Placement's schema |
//! | an inventory record may lack its `total`; `8`, `8.0` and `True` are equal | the total is required; types are checked when a record is made or read |
//! | unknown keys of a provider's dict are ignored | a record can't have any; in JSON, a field that neither Placement nor this crate defines is an error |
//! | an inventory, traits or aggregates may be `None` | the type system rules it out |
//! | `data()` copies a provider | a [`Provider`](crate::Provider) never changes: no copy is needed |
//! | changing a record that was passed in or returned may change the tree | records are copied in; what a call returns can't be changed |
//! | an aggregate is any text, compared as it is spelled | an aggregate is a [`Uuid`](uuid::Uuid): all spellings of one are equal |
//! | `update_resources` with an empty set is a change if none were ever set | it is not: there were none before, either |
//! | resources are sets by class | a set of [`Resource`](crate::Resource)s, each of which names its class |
//!
//! # Differences from Placement
//!
//! Names, UUIDs, resource classes, traits and inventories are valid here exactly if Placement
//! 16 accepts them: an allocation ratio is 0 to 3.40282e38, all of a total may be reserved but
//! no more, in JSON `8.0` and `1e1` are whole numbers, and `null` is not a value for an
//! inventory. A test compares with Placement's recorded answers to 114 requests. The
//! differences:
//!
//! | Placement 16 | here |
//! |---|---|
//! | a name may be the UUID of another provider | [`Error::NameIsUuid`](crate::Error::NameIsUuid), or [`Error::UuidIsName`](crate::Error::UuidIsName) for the UUID if the name existed first: text finds at most one provider |
//! | two names may spell one UUID differently | [`Error::NameTaken`](crate::Error::NameTaken), for the same reason |
//! | on MySQL, names that differ only in case (`VDC01`, `vDC01`) or in trailing blanks are equal | they are different names, as on SQLite and PostgreSQL |
//! | a provider with children can't be deleted | [`remove`](crate::Transaction::remove) removes the whole subtree, as in Nova |
//! | the tree of an unknown provider is empty | an error, as in Nova |
//! | a trait or a resource class must exist | only its syntax is checked: Placement alone knows which exist |
