//! Access orders, computed before anything is timed.

/// Xorshift64*, random enough for an order.
pub struct Random(u64);

impl Random {
    /// The seed must not be 0, a fixed point.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let number = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D);
        ((u128::from(number) * end as u128) >> 64) as usize
    }

    pub fn shuffle<T>(&mut self, list: &mut [T]) {
        for at in (1..list.len()).rev() {
            list.swap(at, self.below(at + 1));
        }
    }
}

/// The numbers below `count` that are `rest` modulo `step`, shuffled, the same in each run.
pub fn scattered(count: usize, step: usize, rest: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (rest..count).step_by(step).collect();
    Random::new(1).shuffle(&mut order);
    order
}
