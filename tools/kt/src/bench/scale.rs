//! Logarithmic axes: where a value is, and which values are written beside them.

/// An axis.
pub struct Scale {
    low: f64,
    high: f64,
    from: f64,
    to: f64,
}

impl Scale {
    /// An axis from place to place on which all values are, with some air.
    pub fn around(values: impl IntoIterator<Item = f64>, places: (f64, f64)) -> Self {
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for value in values {
            let value = value.log10();
            low = low.min(value);
            high = high.max(value);
        }
        let air = ((high - low) * 0.05).max(0.02);
        Self {
            low: low - air,
            high: high + air,
            from: places.0,
            to: places.1,
        }
    }

    /// The place of a value.
    pub fn at(&self, value: f64) -> f64 {
        let part = (value.log10() - self.low) / (self.high - self.low);
        self.from + part * (self.to - self.from)
    }

    /// Round values on the axis, not more than have room.
    pub fn ticks(&self) -> Vec<f64> {
        let decades = self.high - self.low;
        let (steps, every): (&[f64], i32) = match decades {
            d if d < 0.7 => (&[1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0], 1),
            d if d < 2.6 => (&[1.0, 2.0, 5.0], 1),
            d if d < 5.0 => (&[1.0], 1),
            _ => (&[1.0], 2),
        };
        let (first, last) = (self.low.floor() as i32, self.high.ceil() as i32);
        (first..=last)
            .filter(|decade| decade % every == 0)
            .flat_map(|decade| steps.iter().map(move |step| step * 10f64.powi(decade)))
            .filter(|tick| (self.low..=self.high).contains(&tick.log10()))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Scale;

    #[test]
    fn equal_factors_are_equally_far() {
        let scale = Scale::around([0.1, 10.0], (0.0, 100.0));
        let (half, one, double) = (scale.at(0.5), scale.at(1.0), scale.at(2.0));
        assert!((one - 50.0).abs() < 1e-9);
        assert!((one - half - (double - one)).abs() < 1e-9);
        assert!(scale.at(0.1) > 0.0 && scale.at(10.0) < 100.0);
    }

    #[test]
    fn an_axis_may_run_the_other_way() {
        let scale = Scale::around([1.0, 100.0], (200.0, 0.0));
        assert!(scale.at(100.0) < scale.at(1.0));
    }

    /// A few ticks, whatever the range: one value, one decade, nine.
    #[test]
    fn ticks_are_round_and_few() {
        for (low, high) in [
            (1.0, 1.0),
            (0.8, 1.25),
            (0.2, 1.25),
            (0.001, 1.25),
            (1.0, 1e9),
        ] {
            let ticks = Scale::around([low, high], (0.0, 1.0)).ticks();
            assert!((1..=8).contains(&ticks.len()), "{low} {high}: {ticks:?}");
        }
        let ticks = Scale::around([0.2, 1.25], (0.0, 1.0)).ticks();
        assert_eq!(ticks, [0.2, 0.5, 1.0]);
    }
}
