//! Orders in which to ask for providers, made before anything is timed.

/// The numbers below `count` that leave `rest` when divided by `step`, in an
/// order without pattern, the same in each run.
pub fn scattered(count: usize, step: usize, rest: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (rest..count).step_by(step).collect();
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    // Fisher and Yates's shuffle on xorshift numbers.
    for at in (1..order.len()).rev() {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        order.swap(at, (state % (at as u64 + 1)) as usize);
    }
    order
}
