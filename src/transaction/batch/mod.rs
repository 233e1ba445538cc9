//! Many providers at once: the one engine behind `populate`, `replace_all` and `apply`.
//!
//! Each of these describes the forest that it wants, as a [`Batch`]. The engine takes out
//! everything that is removed or moves, lowest first, and puts everything that is new or
//! moves into its place, highest first:
//!
//! ```text
//!   records ─► providers ─┐                   ┌─ clear ─┐           ┌─ place ──┐
//!                         ├─► batch ─► fork ──┤ update  ├─ arrivals ┤ top-down ├─ names ─► keep
//!   changes ──────────────┘                   │ take out│           │ once each│
//!                                             └─────────┘           └──────────┘
//! ```
//!
//! So nothing moves twice, and only the result must be a valid forest: no intermediate
//! state is too deep or cyclic. It all happens in a fork, which replaces the transaction's
//! forest if every rule of [`checks`] holds and is dropped if not. This
//! module knows nothing of versions and commits.

// In the order of the page of `Transaction`.
mod records;

mod changes;

mod arrivals;
mod interner;
mod placing;
mod subtree;

use foldhash::HashSet;
use uuid::Uuid;

use self::arrivals::{Arrivals, Ticket};
use self::subtree::Subtree;
use super::checks::{self, Named};
use super::generations::Generations;
use crate::error::Error;
use crate::forest::diff::change::Place;
use crate::forest::edit::Editor;
use crate::forest::iter::Descendants;
use crate::provider::path::Path;
use crate::provider::provider::Provider;
use crate::transaction::transaction::Transaction;

/// What turns one forest into another.
struct Batch<'p> {
    /// The call that asks for it, for reports.
    operation: &'static str,
    /// Providers that are new or change, in their new state.
    given: Vec<Given<'p>>,
    removed: HashSet<Uuid>,
    named: Vec<Named<'p>>,
    generations: Generations,
}

struct Given<'p> {
    provider: Source<'p>,
    /// Its current path, if it is not new.
    path: Option<Path>,
    /// Its place among its siblings; `None` if it stays where it is.
    place: Option<Place>,
}

/// A provider in its new state, at any path.
enum Source<'p> {
    Made(Box<Provider>),
    Shown(&'p Provider),
}

impl Source<'_> {
    fn get(&self) -> &Provider {
        match self {
            Self::Made(provider) => provider,
            Self::Shown(provider) => provider,
        }
    }

    fn into_box(self) -> Box<Provider> {
        match self {
            Self::Made(provider) => provider,
            Self::Shown(provider) => Box::new(provider.clone()),
        }
    }
}

/// What is left to do once everything that leaves has been taken out.
struct Cleared {
    arrivals: Arrivals,
    /// Providers that should stay though their parent is removed, with that parent.
    orphans: Vec<(Uuid, Uuid)>,
    /// These, and everything below them that should stay.
    stranded: HashSet<Uuid>,
}

impl<'p> Batch<'p> {
    fn new(operation: &'static str) -> Self {
        Self {
            operation,
            given: Vec::new(),
            removed: HashSet::default(),
            named: Vec::new(),
            generations: Generations::default(),
        }
    }

    fn is_empty(&self) -> bool {
        self.given.is_empty() && self.removed.is_empty()
    }

    /// Adds a provider in its new state, and its new place if it has one. Add each once.
    fn give(
        &mut self,
        old: Option<&Provider>,
        provider: Source<'p>,
        name: &'p str,
        place: Option<Place>,
    ) {
        let uuid = provider.get().uuid();
        let from = old.and_then(Provider::generation);
        self.generations
            .note(uuid, from, provider.get().generation(), self.operation);
        let is_renamed = old.is_some_and(|old| old.name() != name);
        if is_renamed || old.is_none() {
            let is_new = old.is_none();
            self.named.push(Named { uuid, name, is_new });
        }
        self.given.push(Given {
            provider,
            path: old.map(|old| old.path().clone()),
            place,
        });
    }

    /// Updates providers in place, and takes out what is removed or moves.
    ///
    /// Names may pass from one provider to another, so two may have the same name until all
    /// have arrived.
    fn clear(&mut self, editor: &mut Editor) -> Cleared {
        let mut arrivals = Arrivals::default();
        let mut leaving: Vec<(Path, Option<Ticket>)> = Vec::new();
        for given in self.given.drain(..) {
            let provider = given.provider;
            if let Some(path) = &given.path
                && given.place.is_none()
            {
                let path = path.clone();
                editor.replace(provider.get().edited(|head| head.path = path));
            }
            if let Some(place) = given.place {
                let ticket = arrivals.add(Subtree::new(provider.into_box()), place);
                leaving.extend(given.path.map(|path| (path, Some(ticket))));
            }
        }
        let removed = self.removed.iter().filter_map(|&uuid| editor.get(uuid));
        let is_removed = |uuid| self.removed.contains(&uuid);
        // Removing a provider removes everything below it.
        let topmost = removed.filter(|one| !one.parent_uuid().is_some_and(is_removed));
        leaving.extend(topmost.map(|one| (one.path().clone(), None)));
        // Lowest first, so that each takes along only what stays below it.
        leaving.sort_unstable_by(|(a, _), (b, _)| b.cmp(a));
        let mut orphans = Vec::new();
        let mut stranded = HashSet::default();
        for (path, ticket) in leaving {
            if let Some(subtree) = ticket.and_then(|ticket| arrivals.get_mut(&ticket)) {
                subtree.take_out(editor, &path);
                continue;
            }
            for one in Descendants::of(editor, &path) {
                if is_removed(one.uuid()) {
                    continue;
                }
                stranded.insert(one.uuid());
                let parent = one.parent_uuid().filter(|&uuid| is_removed(uuid));
                orphans.extend(parent.map(|parent| (one.uuid(), parent)));
            }
            drop(editor.detach(&path));
        }
        Cleared {
            arrivals,
            orphans,
            stranded,
        }
    }
}

impl Cleared {
    /// Puts everything that arrives into its place.
    fn place(self, editor: &mut Editor) -> Result<(), Error> {
        let missing = self.orphans.iter().map(|(_, parent)| *parent).collect();
        self.arrivals.place(editor, missing, &self.stranded)
    }
}

impl Transaction {
    /// Adopts the forest that a batch has made, if its names are valid.
    fn keep(&mut self, editor: Editor, batch: Batch<'_>, edits: u64) -> Result<(), Error> {
        checks::names(&self.editor, &batch.removed, &batch.named)?;
        self.editor = editor;
        self.generations.append(batch.generations);
        self.edits += edits;
        Ok(())
    }
}
