//! Keeping a forest in step with OpenStack Placement: what is guaranteed, what isn't, and what
//! it costs.
//!
//! A [`Mirror`] belongs to one [`ProviderTree`](crate::ProviderTree) and one scope: the whole
//! forest, or the trees of some providers. It reads Placement, merges what it read into the
//! tree, and sends what the tree has changed. Any number of mirrors, and any other client of
//! Placement, may change the same providers at the same time.
//!
//! # Three states
//!
//! ```text
//!                            base
//!                what both sides last agreed on
//!                   (kept by the mirror)
//!                    /                \
//!        your edits /                  \ other clients' edits
//!                  v                    v
//!               ours                  theirs
//!          (your forest)           (Placement)
//!                  \                    /
//!                   \                  /
//!                    v                v
//!                    merge, by field
//!                    │             │
//!   one commit: ours <┘             └> requests: theirs
//! ```
//!
//! A push sends the difference between ours and base; a pull commits the difference between
//! theirs and base. Base moves forward only with an answer of Placement's, never before one.
//! So a push that stops half-way needs no journal: the next one plans what is left.
//!
//! Base is in memory. After a restart, [`pull`] first.
//!
//! ## What is merged
//!
//! The merge is by field: the name, the parent, each class's inventory record, each trait and
//! each aggregate is a field of its own. If you add a trait while someone else changes `VCPU`,
//! both changes stay.
//!
//! - The generation is Placement's. A [`set_generation`] of yours sends nothing.
//! - Inventories are compared by effective value. Placement answers with all defaults filled
//!   in. That is no change, and your records stay as you wrote them.
//! - [`resources`] and the order of siblings are yours: Placement has neither, and a pull
//!   leaves them as they are.
//!
//! Requests are never sent from within the closure of an update: the mirror fetches first and
//! then merges in one update, with whatever the forest has at that moment. So no commit of a
//! mirror hides an edit that was made while it waited for an answer.
//!
//! # Conflicts
//!
//! A conflict is a field that both sides changed differently, or edits of both sides that
//! together are no forest: [`ConflictKind`] has all kinds. Every conflict is reported as a
//! [`FieldConflict`] with base, ours and theirs, whatever the [`Policy`]:
//!
//! | policy | the field | use it if |
//! |---|---|---|
//! | [`Stop`](crate::placement::Policy::Stop), the default | stays as it is on each side, with the rest of its provider; other providers are merged | somebody has to decide |
//! | [`Theirs`](crate::placement::Policy::Theirs) | is taken from Placement | others own these providers |
//! | [`Ours`](crate::placement::Policy::Ours) | is sent to Placement | this process owns them |
//!
//! A provider that was removed on one side is removed on the other if it is unchanged there.
//! If it was changed, that is a conflict: it is neither removed nor created again silently.
//! The same holds for a host whose database was rebuilt, so that its name belongs to another
//! UUID: [`NameTaken`](crate::placement::ConflictKind::NameTaken). A mirror never deletes a
//! provider that it did not know.
//!
//! A 409 is not a conflict in this sense. It says that the generation has moved; the mirror
//! reads *that one provider* again, merges, and sends again. Most of the time the other client
//! changed another field, and there is nothing to decide.
//!
//! # What is atomic
//!
//! | atomic | not atomic |
//! |---|---|
//! | the mirror's commit: readers of the forest see all of a pull or nothing of it | a push: other clients may see some of its requests without the rest |
//! | one request: all inventories, all traits or all aggregates of one provider, at one generation | the creation of a provider and of its content: it exists empty for a moment |
//! | [`push_atomic`]: the inventories of several providers, in one reshape | traits, aggregates, names and parents of several providers |
//! | the read of one provider: its inventories, traits and aggregates agree in their generation | the read of several: they may be of different moments |
//!
//! # Failure
//!
//! Placement's API has no transactions and no request IDs. If an answer is lost, the request
//! may have been carried out, and repeating it then looks like a conflict with someone else.
//! So a mirror never repeats a change blindly: it reads the provider, and a change that is
//! already there counts as done.
//!
//! | event | what the mirror does |
//! |---|---|
//! | 409: another generation | reads that provider again, merges, sends again; a bounded number of times, after a random pause |
//! | no answer, connection lost, 5xx (a lost race for traits is a 500) | reads; done if the change is there, else as above |
//! | 409: in use by allocations | reports it and leaves the edit pending; the other steps continue |
//! | 409: name or UUID taken | reads by UUID: with the same name and parent, its own request created it; otherwise it is a conflict |
//! | 404 for a DELETE | done |
//! | a 4xx page of another server, such as an ingress during a rollout | as if there was no answer |
//! | unreachable, 502, 503, 504, 429 | tries again a bounded number of times, after a pause that doubles up to a cap ([`Retry`]) or that `Retry-After` asks for; then the call fails, and [`run`] retries later |
//! | 401 | asks for a new token, once; then it is an error |
//! | 403 | reports it and names the missing role; the other steps continue |
//! | 406 | an error that names the microversions that the service has |
//! | a huge, endless or slow answer | an error, at the limits of the client |
//!
//! Nothing is lost while Placement is down: your edits stay in the forest and are sent later,
//! as one difference. Unknown fields in Placement's answers are ignored.
//!
//! [`push`] reports what was done, what failed and what was not tried. With the feature
//! `tracing`, each request is an event.
//!
//! # Order of requests
//!
//! Custom resource classes and traits come first, then new providers, parents first, then
//! renames and moves, then content, then deletions, children first. Several providers are sent
//! at the same time, over as many connections as the client has; inventories, traits and
//! aggregates of one provider one after the other, since each answer has the generation that
//! the next request needs. [`plan`] shows all of it as text without changing anything.
//!
//! # Requests
//!
//! Placement answers some 200 requests per second, so the number of requests decides what a
//! client costs. For a host of 17 providers, compared with Nova 34's report client:
//!
//! | operation | Nova: requests | here |
//! |---|---|---|
//! | create the host | 87 | 53 |
//! | look for changes when there are none | 17 | 1 |
//! | the same, 300 s after the last full read | 70 | 1 |
//! | 2 providers changed | 19 | 2 |
//! | read everything | 53 | 52 |
//! | one conflict | 89: it drops its cache of the tree | 5 |
//! | 17 inventories in one step | not possible | 1, and 1 to read the generations |
//!
//! The tests assert the numbers on the right against the real service, and
//! `tests/placement/nova/compare` in the repository counts both in turns. Reading a forest of N
//! providers takes 1 + 3N requests; if there are far fewer distinct traits than providers, the
//! mirror lists providers by trait, which saves almost a third.
//!
//! # Authentication
//!
//! [`Password`] and [`ApplicationCredential`] log in to Keystone (v3), keep the token and
//! replace it before it expires. [`Token`] takes one that you have, [`NoAuth`] is for a
//! Placement with `auth_strategy = noauth2`, and [`auth_from_env`] reads the `OS_*` variables.
//! For anything else, implement [`Auth`]. Reading and writing need the role `admin` or
//! `service`, [`push_atomic`] needs `service`. HTTPS needs the feature `placement-tls` or your
//! own [`Transport`].
//!
//! ```no_run
//! use std::sync::Arc;
//! use provider_tree::ProviderTree;
//! use provider_tree::placement::{Client, Mirror, Scope, auth_from_env};
//!
//! let tree = Arc::new(ProviderTree::new());
//! let client = Client::builder("http://controller:8778").auth(auth_from_env()?).build()?;
//! let mirror = Mirror::new(Arc::clone(&tree), client, Scope::Forest);
//! mirror.pull()?;
//! print!("{}", tree.snapshot());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Limits
//!
//! - **Deletions, renames and moves have a window.** Placement checks no generation for these
//!   three. The mirror reads the provider right before, so another client's edit is lost only
//!   if it falls between that read and the request, a few milliseconds.
//! - **A delayed rename or move can win.** If its answer is lost, and it reaches the service
//!   only after the mirror has read the provider and moved on, it looks like another client's.
//! - **Names and parents don't move the generation.** If two clients rename one provider
//!   within that window, the last one silently wins.
//! - **Lost races for traits answer 500, not 409.** Placement inserts the rows before it
//!   checks the generation. The mirror treats this as an unknown outcome, which costs three
//!   reads.
//! - **Resource classes created at the same moment get lost.** On PostgreSQL, Placement 16.0.0
//!   answers a PUT of a class with 204 and creates nothing if another class takes its number.
//!   The mirror creates its own one at a time, and creates one again when the inventory is
//!   refused.
//! - **Temporary names.** Two providers that swap names take three requests, and one of them
//!   has a made-up name meanwhile. A push that stops there leaves it; the next one finishes
//!   the swap.
//! - **MySQL treats names as equal if they differ only in case** or in trailing blanks. Here
//!   they are two names. The service refuses to create the second one, and the mirror reports
//!   it.
//! - **Traits and resource classes are never deleted**, even custom ones that no provider has
//!   any more: other clients may be about to use them.
//! - **Allocations are not mirrored.** They change a provider's generation, which costs one
//!   read of it.
//!
//! [`ApplicationCredential`]: crate::placement::ApplicationCredential
//! [`Auth`]: crate::placement::Auth
//! [`ConflictKind`]: crate::placement::ConflictKind
//! [`FieldConflict`]: crate::placement::FieldConflict
//! [`Mirror`]: crate::placement::Mirror
//! [`NoAuth`]: crate::placement::NoAuth
//! [`Password`]: crate::placement::Password
//! [`Retry`]: crate::placement::Retry
//! [`Policy`]: crate::placement::Policy
//! [`Token`]: crate::placement::Token
//! [`Transport`]: crate::placement::Transport
//! [`auth_from_env`]: crate::placement::auth_from_env
//! [`plan`]: crate::placement::Mirror::plan
//! [`pull`]: crate::placement::Mirror::pull
//! [`push_atomic`]: crate::placement::Mirror::push_atomic
//! [`push`]: crate::placement::Mirror::push
//! [`resources`]: crate::Provider::resources
//! [`run`]: crate::placement::Mirror::run
//! [`set_generation`]: crate::ProviderTree::set_generation
