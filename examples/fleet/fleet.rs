//! All hosts, copied from the machines in turn.

use provider_tree::{Error, Forest, ProviderTree};

use crate::machine::{Host, Machine};
use crate::progress;

/// How many hosts are added at a time.
const BATCH: usize = 1_000;

pub struct Fleet {
    machines: Vec<Machine>,
    hosts: usize,
}

impl Fleet {
    pub fn new(machines: &Forest, hosts: u32) -> Result<Self, Error> {
        let trees = machines.roots().map(|root| machines.subtree(root));
        let machines = trees.map(|tree| Ok(Machine::new(tree?.to_records().collect())));
        Ok(Self {
            machines: machines.collect::<Result<_, Error>>()?,
            hosts: hosts as usize,
        })
    }

    pub fn len(&self) -> usize {
        self.hosts
    }

    pub fn host(&self, number: usize) -> Host<'_> {
        Host {
            machine: &self.machines[number % self.machines.len()],
            number,
            digits: (self.hosts - 1).to_string().len(),
        }
    }

    /// A tree with all hosts, added in batches to show progress, but in one commit: many
    /// commits would be slower, since each has to copy parts of the previous version.
    pub fn populate(&self) -> Result<ProviderTree, Box<dyn std::error::Error>> {
        let tree = ProviderTree::new();
        let mut transaction = tree.begin();
        let bar = progress::bar(self.hosts as u64, "adding");
        for first in (0..self.hosts).step_by(BATCH) {
            let end = self.hosts.min(first + BATCH);
            transaction.populate((first..end).flat_map(|number| self.host(number).records()))?;
            bar.set_position(end as u64);
            bar.set_message(format!("{end} hosts"));
        }
        tree.commit(transaction)?;
        bar.finish_and_clear();
        Ok(tree)
    }
}
