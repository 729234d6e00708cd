//! The statistics: medians, because a host interrupts; intervals without a
//! belief about how the noise is distributed.

use rand::RngExt;
use rand::rngs::Xoshiro256PlusPlus;
use serde::{Deserialize, Serialize};

/// Samples that the bootstrap draws.
const DRAWS: usize = 2000;
/// Of hundred samples so many are outside of the interval, half on each side.
const OUTSIDE: f64 = 5.0;

/// A value and the interval in which it is in 95 of 100 cases.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// The median.
    pub median: f64,
    /// The interval's lower end.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
}

/// The median; none of nothing.
pub fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => None,
        odd if odd % 2 == 1 => Some(sorted[middle]),
        _ => Some((sorted[middle - 1] + sorted[middle]) / 2.0),
    }
}

/// The geometric mean, which is right for ratios: 2 and 1/2 give 1.
pub fn geometric_mean(ratios: impl IntoIterator<Item = f64>) -> Option<f64> {
    let (mut count, mut sum) = (0.0, 0.0);
    for ratio in ratios {
        count += 1.0;
        sum += ratio.ln();
    }
    (count > 0.0).then(|| f64::exp(sum / count))
}

/// The median of the launches' medians: a launch has its code and data where it
/// has them, for as long as it runs.
fn of_launches(launches: &[Vec<f64>]) -> Option<f64> {
    let medians: Option<Vec<f64>> = launches.iter().map(|values| median(values)).collect();
    median(&medians?)
}

/// The median of what was measured in several launches, with its interval, by
/// drawing samples of the same size, with repetition, launches first and values
/// of each then, and looking where their medians are.
pub fn bootstrap(launches: &[Vec<f64>], random: &mut Xoshiro256PlusPlus) -> Option<Estimate> {
    let median = of_launches(launches)?;
    let mut sample = launches.to_vec();
    let mut medians: Vec<f64> = (0..DRAWS)
        .filter_map(|_| {
            for values in &mut sample {
                let from = &launches[random.random_range(0..launches.len())];
                values.clear();
                values.extend((0..from.len()).map(|_| from[random.random_range(0..from.len())]));
            }
            of_launches(&sample)
        })
        .collect();
    medians.sort_by(f64::total_cmp);
    let outside = (DRAWS as f64 * OUTSIDE / 200.0) as usize;
    Some(Estimate {
        median,
        low: medians[outside],
        high: medians[DRAWS - 1 - outside],
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    fn random() -> Xoshiro256PlusPlus {
        Xoshiro256PlusPlus::seed_from_u64(1)
    }

    #[test]
    fn a_median_is_in_the_middle_whatever_the_order() {
        assert_eq!(median(&[]), None);
        assert_eq!(median(&[3.0, 1.0, 900.0]), Some(3.0));
        assert_eq!(median(&[4.0, 1.0, 900.0, 2.0]), Some(3.0));
    }

    #[test]
    fn a_geometric_mean_is_of_ratios() {
        assert_eq!(geometric_mean([]), None);
        let mean = geometric_mean([0.5, 2.0, 1.0]).expect("three");
        assert!((mean - 1.0).abs() < 1e-12, "{mean}");
        let mean = geometric_mean([0.1, 0.001]).expect("two");
        assert!((mean - 0.01).abs() < 1e-12, "{mean}");
    }

    /// The interval of the values 1 to 101 is known: the ranks of the order
    /// statistics between which the median is in 95 of 100 cases are 41 and 61.
    #[test]
    fn the_interval_is_that_of_the_order_statistics() {
        let values: Vec<f64> = (1..=101).map(f64::from).collect();
        let estimate = bootstrap(std::slice::from_ref(&values), &mut random()).expect("values");
        assert_eq!(estimate.median, 51.0);
        assert!((40.0..=43.0).contains(&estimate.low), "{estimate:?}");
        assert!((59.0..=62.0).contains(&estimate.high), "{estimate:?}");
    }

    /// More of the same make the interval smaller; what is far off does not
    /// matter.
    #[test]
    fn the_interval_shrinks_with_the_number_and_ignores_outliers() {
        let noisy = |number: u32| -> Vec<f64> {
            (0..number)
                .map(|n| match n % 20 {
                    0 => 50.0,
                    n => 1.0 + f64::from(n) / 1000.0,
                })
                .collect()
        };
        let width = |number| {
            let estimate = bootstrap(&[noisy(number)], &mut random()).expect("values");
            assert!(estimate.low >= 1.0 && estimate.high < 1.02, "{estimate:?}");
            estimate.high - estimate.low
        };
        assert!(width(4000) < width(40) / 3.0);
    }

    #[test]
    fn the_same_seed_gives_the_same_interval() {
        let values = vec![1.0, 1.5, 0.9, 1.1, 1.3, 0.7];
        let first = bootstrap(std::slice::from_ref(&values), &mut random());
        assert_eq!(
            first,
            bootstrap(std::slice::from_ref(&values), &mut random())
        );
        assert_eq!(bootstrap(&[], &mut random()), None);
    }

    /// One launch of three is off: the figure is not, and the interval says so.
    #[test]
    fn a_launch_that_is_off_makes_the_interval_wide() {
        let launch =
            |value: f64| -> Vec<f64> { (0..50).map(|n| value + f64::from(n) / 1e4).collect() };
        let estimate = bootstrap(&[launch(1.0), launch(1.4), launch(1.01)], &mut random());
        let estimate = estimate.expect("values");
        assert!((1.0..1.02).contains(&estimate.median), "{estimate:?}");
        assert!(estimate.low < 1.01 && estimate.high > 1.4, "{estimate:?}");
    }
}
