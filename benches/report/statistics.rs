//! The few statistics that the report needs.

/// How values lie: the ends, the quartiles and the middle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Spread {
    pub(crate) low: f64,
    pub(crate) first_quartile: f64,
    pub(crate) median: f64,
    pub(crate) third_quartile: f64,
    pub(crate) high: f64,
}

impl Spread {
    /// Nothing lies nowhere.
    pub(crate) fn of(values: &[f64]) -> Option<Self> {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        Some(Self {
            low: *sorted.first()?,
            first_quartile: quantile(&sorted, 0.25)?,
            median: quantile(&sorted, 0.5)?,
            third_quartile: quantile(&sorted, 0.75)?,
            high: *sorted.last()?,
        })
    }
}

/// The value below which that part of the sorted values lies; between two of them, in proportion.
pub(crate) fn quantile(sorted: &[f64], part: f64) -> Option<f64> {
    let at = part * sorted.len().checked_sub(1)? as f64;
    let (below, above) = (sorted[at.floor() as usize], sorted[at.ceil() as usize]);
    Some(below + (above - below) * at.fract())
}

/// The middle one, or the mean of the two in the middle.
pub(crate) fn median(values: impl IntoIterator<Item = f64>) -> Option<f64> {
    Spread::of(&values.into_iter().collect::<Vec<_>>()).map(|spread| spread.median)
}

/// The mean for ratios: twice as fast and half as fast make 1.
pub(crate) fn geometric_mean(ratios: impl IntoIterator<Item = f64>) -> Option<f64> {
    let logs: Vec<f64> = ratios.into_iter().map(f64::ln).collect();
    (!logs.is_empty()).then(|| (logs.iter().sum::<f64>() / logs.len() as f64).exp())
}

/// To four significant digits. The machine promises less; the files need not say more.
pub(crate) fn rounded(value: f64) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return value;
    }
    let places = 3 - value.abs().log10().floor() as i32;
    // Through text, because a division would leave a tail of binary digits.
    if places >= 0 {
        format!("{value:.*}", places as usize).parse().unwrap_or(value)
    } else {
        let scale = 10_f64.powi(-places);
        (value / scale).round() * scale
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(a: Option<f64>, b: f64) -> bool {
        a.is_some_and(|a| (a - b).abs() < 1e-9)
    }

    #[test]
    fn the_middle_of_an_odd_and_of_an_even_number() {
        assert!(close(median([3.0, 1.0, 2.0]), 2.0));
        assert!(close(median([4.0, 1.0, 2.0, 3.0]), 2.5));
        assert_eq!(median([]), None);
    }

    #[test]
    fn the_median_of_paired_ratios_ignores_what_disturbs_both() {
        // The second round was disturbed on both sides: the ratio stays.
        let (tokio, handcrank) = ([200.0, 900.0, 210.0], [100.0, 450.0, 100.0]);
        let ratios = tokio.iter().zip(handcrank).map(|(tokio, handcrank)| tokio / handcrank);
        assert!(close(median(ratios), 2.0));
    }

    #[test]
    fn quartiles_lie_between_the_values() {
        let spread = Spread::of(&[1.0, 2.0, 3.0, 4.0, 5.0]).unwrap();
        assert_eq!(
            spread,
            Spread { low: 1.0, first_quartile: 2.0, median: 3.0, third_quartile: 4.0, high: 5.0 }
        );
        assert!(close(quantile(&[0.0, 10.0], 0.25), 2.5));
        assert!(close(quantile(&[7.0], 0.75), 7.0));
    }

    #[test]
    fn twice_and_half_make_one() {
        assert!(close(geometric_mean([2.0, 0.5]), 1.0));
        assert!(close(geometric_mean([1.0, 10.0, 100.0]), 10.0));
        assert_eq!(geometric_mean([]), None);
    }

    #[test]
    fn four_digits_are_kept() {
        let written = |value| rounded(value).to_string();
        assert_eq!(written(1.234_567), "1.235");
        assert_eq!(written(0.001_234_567), "0.001235");
        assert_eq!(written(123_456.0), "123500");
        assert_eq!(written(0.0), "0");
    }
}
