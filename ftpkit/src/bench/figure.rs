//! [`Figure`]: one measured value, with what it means.

use serde::Serialize;

/// A measured value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Figure {
    /// What was measured, if the workload's name does not say it.
    pub(super) name: &'static str,
    /// The unit of the value.
    pub(super) unit: &'static str,
    /// Which values are good ones.
    pub(super) better: Better,
    /// The value.
    pub(super) value: f64,
}

/// Which of two values is the better one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Better {
    Higher,
    Lower,
}

impl Figure {
    /// A value of which more is better.
    pub(super) const fn gain(name: &'static str, unit: &'static str, value: f64) -> Self {
        Self { name, unit, better: Better::Higher, value }
    }

    /// A value of which less is better.
    pub(super) const fn cost(name: &'static str, unit: &'static str, value: f64) -> Self {
        Self { name, unit, better: Better::Lower, value }
    }
}
