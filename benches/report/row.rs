//! One line of the report.

/// Two operations compared in one run.
pub struct Row {
    /// `reads`, `walks`, `writes`, `versions`, `shapes`, `memory`, `threads`,
    /// `tail` or `writers`.
    pub group: &'static str,
    /// The operation and the size.
    pub case: String,
    /// Both figures with their units.
    pub measured: String,
    /// The first figure divided by the second.
    pub ratio: f64,
    /// The ratio that the project promises, if any.
    pub target: Option<Target>,
}

/// A bound of a ratio.
pub enum Target {
    /// At most this.
    AtMost(f64),
    /// At least this.
    AtLeast(f64),
}

impl Target {
    /// Whether the ratio meets the bound.
    pub fn holds(&self, ratio: f64) -> bool {
        match *self {
            Self::AtMost(bound) => ratio <= bound,
            Self::AtLeast(bound) => ratio >= bound,
        }
    }
}
