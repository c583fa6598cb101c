//! A logarithmic axis.

/// From values to pixels.
pub(super) struct Scale {
    pub(super) from: f64,
    pub(super) to: f64,
    /// The pixels of the two.
    pub(super) pixels: (i32, i32),
}

impl Scale {
    /// Where a value lies; one beyond the ends lies at the end.
    pub(super) fn at(&self, value: f64) -> i32 {
        let part = (value / self.from).ln() / (self.to / self.from).ln();
        let (start, end) = self.pixels;
        start + (f64::from(end - start) * part.clamp(0.0, 1.0)).round() as i32
    }

    /// Round numbers to draw lines at: fewer of them for each power of ten, where there are many.
    pub(super) fn ticks(&self) -> Vec<f64> {
        let steps: &[f64] = match self.to / self.from {
            wide if wide > 2_000.0 => &[1.0],
            wide if wide > 30.0 => &[1.0, 3.0],
            _ => &[1.0, 1.5, 2.0, 3.0, 5.0, 7.0],
        };
        (-4..=12)
            .flat_map(|power| steps.iter().map(move |step| 10_f64.powi(power) * step))
            .filter(|tick| (self.from..=self.to).contains(tick))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twice_and_half_are_equally_long() {
        let scale = Scale { from: 0.25, to: 4.0, pixels: (100, 500) };
        assert_eq!(
            [0.25, 0.5, 1.0, 2.0, 4.0, 9.0].map(|it| scale.at(it)),
            [100, 200, 300, 400, 500, 500]
        );
        assert!(scale.ticks().contains(&1.0));
    }

    #[test]
    fn a_narrow_range_has_ticks_and_a_wide_one_not_too_many() {
        for (from, to) in [(260.0, 1_000.0), (1.0, 1e6), (0.5, 40.0), (12_000.0, 13_000_000.0)] {
            let ticks = Scale { from, to, pixels: (0, 1) }.ticks().len();
            assert!((3..=12).contains(&ticks), "{from} to {to}: {ticks}");
        }
    }
}
