//! `3.2`: the second step, or exercise, of chapter 3.

use std::fmt;

/// The place of a step or an exercise in the book. Ordered as the book is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) chapter: u32,
    pub(crate) number: u32,
}

impl Place {
    /// Reads `3.2`, and the beginning of a name: `ch03_2_park`, `03_2_park`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = text.strip_prefix("ch").unwrap_or(text);
        let mut parts = text.splitn(3, ['.', '_']);
        let chapter = number(parts.next()?)?;
        let number = number(parts.next()?)?;
        Some(Self { chapter, number })
    }
}

/// Digits alone: `parse` would take a sign as well.
fn number(text: &str) -> Option<u32> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.chapter, self.number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_has_several_spellings() {
        let place = Place { chapter: 3, number: 2 };
        for text in ["3.2", "3_2", "03_2", "ch03_2_park", "03_2_name_of_more_words"] {
            assert_eq!(Place::parse(text), Some(place), "{text}");
        }
        assert_eq!(place.to_string(), "3.2");
    }

    #[test]
    fn what_is_no_place_is_refused() {
        for text in ["", "3", "3.", ".2", "park", "3.x", "+3.2", "3.-2", "chapter", "99999999999.1"]
        {
            assert_eq!(Place::parse(text), None, "{text}");
        }
    }

    #[test]
    fn places_are_in_the_order_of_reading() {
        let place = |text| Place::parse(text).unwrap();
        assert!(place("2.9") < place("2.10"));
        assert!(place("2.10") < place("10.1"));
    }
}
