//! One line of the report.

/// What was measured of one thing beside another, in one run.
pub struct Row {
    /// `reads`, `walks`, `writes`, `versions`, `shapes`, `memory`, `threads`,
    /// `tail` or `writers`.
    pub group: &'static str,
    /// What was done, at which size.
    pub case: String,
    /// Both figures with their units.
    pub measured: String,
    /// The one divided by the other.
    pub ratio: f64,
    /// What the ratio has to be, where the project promises it.
    pub target: Option<Target>,
}

/// A bound of a ratio.
pub enum Target {
    /// This or less.
    AtMost(f64),
    /// This or more.
    AtLeast(f64),
}

impl Target {
    /// Whether a ratio is within the bound.
    pub fn holds(&self, ratio: f64) -> bool {
        match *self {
            Self::AtMost(bound) => ratio <= bound,
            Self::AtLeast(bound) => ratio >= bound,
        }
    }
}
