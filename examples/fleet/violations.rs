//! Violations: all are counted, the first few described.

/// How many are described.
const EXAMPLES: usize = 5;

#[derive(Default)]
pub struct Violations {
    count: u64,
    examples: Vec<String>,
}

impl Violations {
    pub fn note(&mut self, describe: impl FnOnce() -> String) {
        self.count += 1;
        if self.examples.len() < EXAMPLES {
            self.examples.push(describe());
        }
    }

    pub fn add(&mut self, others: Self) {
        self.count += others.count;
        self.examples.extend(others.examples);
        self.examples.truncate(EXAMPLES);
    }

    pub fn count(&self) -> u64 {
        self.count
    }

    pub fn examples(&self) -> &[String] {
        &self.examples
    }
}
