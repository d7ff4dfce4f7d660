//! What several runs and several servers come to: medians, spread, ratios. Nothing here measures anything.

use super::figure::Better;

/// The middle of several values, and their spread.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Summary {
    pub(super) median: f64,
    pub(super) min: f64,
    pub(super) max: f64,
}

impl Summary {
    /// Of these values; `None` if there are none.
    pub(super) fn of(values: &[f64]) -> Option<Self> {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        let (&min, &max) = (sorted.first()?, sorted.last()?);
        let upper = *sorted.get(sorted.len() / 2)?;
        let lower = *sorted.get((sorted.len() - 1) / 2)?;
        Some(Self { median: f64::midpoint(lower, upper), min, max })
    }
}

/// The best of these; `None` if there are none.
pub(super) fn best(values: impl Iterator<Item = f64>, better: Better) -> Option<f64> {
    match better {
        Better::Higher => values.reduce(f64::max),
        Better::Lower => values.reduce(f64::min),
    }
}

/// How `value` compares with the best: 1 is as good, less is worse, for rates and costs alike.
pub(super) fn ratio(value: f64, best: f64, better: Better) -> f64 {
    let (small, large) = match better {
        Better::Higher => (value, best),
        Better::Lower => (best, value),
    };
    // Two that cost nothing are alike.
    if small >= large { 1.0 } else { small / large }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn close(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-9
    }

    #[test]
    fn the_median_is_the_middle() {
        let median = |values: &[f64]| Summary::of(values).map(|summary| summary.median);
        assert_eq!(median(&[]), None);
        assert!(median(&[3.0]).is_some_and(|m| close(m, 3.0)));
        assert!(median(&[9.0, 1.0, 2.0]).is_some_and(|m| close(m, 2.0)));
        assert!(median(&[4.0, 1.0, 2.0, 100.0]).is_some_and(|m| close(m, 3.0)));
    }

    #[test]
    fn a_ratio_is_one_for_the_best_and_less_for_the_others() {
        assert!(close(ratio(50.0, 100.0, Better::Higher), 0.5));
        assert!(close(ratio(2.0, 1.0, Better::Lower), 0.5));
        assert!(close(ratio(7.0, 7.0, Better::Lower), 1.0));
        assert!(close(ratio(0.0, 0.0, Better::Lower), 1.0));
        assert!(close(ratio(1.0, 0.0, Better::Lower), 0.0));
        assert_eq!(best([2.0, 3.0, 1.0].into_iter(), Better::Lower), Some(1.0));
        assert_eq!(best([2.0, 3.0, 1.0].into_iter(), Better::Higher), Some(3.0));
        assert_eq!(best(std::iter::empty(), Better::Higher), None);
    }

    proptest! {
        #[test]
        fn the_median_lies_within_the_spread(values in prop::collection::vec(0.0..1e9f64, 1..20)) {
            let summary = Summary::of(&values).ok_or_else(|| TestCaseError::fail("there are values"))?;
            prop_assert!(summary.min <= summary.median && summary.median <= summary.max);
            prop_assert!(values.contains(&summary.min) && values.contains(&summary.max));
            let below = values.iter().filter(|&&value| value <= summary.median).count();
            let above = values.iter().filter(|&&value| value >= summary.median).count();
            prop_assert!(2 * below >= values.len() && 2 * above >= values.len());
        }

        #[test]
        fn every_ratio_lies_between_nothing_and_one(values in prop::collection::vec(0.0..1e9f64, 1..9)) {
            for better in [Better::Higher, Better::Lower] {
                let best = best(values.iter().copied(), better).unwrap_or_default();
                let ratios: Vec<f64> = values.iter().map(|&value| ratio(value, best, better)).collect();
                prop_assert!(ratios.iter().all(|ratio| (0.0..=1.0).contains(ratio)));
                prop_assert!(ratios.contains(&1.0));
            }
        }
    }
}
