//! Numbers with their units, as a person reads them.

use std::fmt;

/// A number in words: `1.62` + `s`, `99.94` + `%`, `$` + `12`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Formatted {
    /// What stands before the number without a space, such as a currency.
    pub prefix: String,
    pub number: String,
    pub suffix: String,
    /// Whether the suffix follows without a space, as `%` does.
    pub is_suffix_attached: bool,
}

/// One prefix for a whole axis: the number is divided, the suffix is common.
#[derive(Debug, Clone, PartialEq)]
pub struct Scaling {
    pub divisor: f64,
    pub prefix: String,
    pub suffix: String,
    pub is_suffix_attached: bool,
}

/// Three significant digits, or `decimals` if given.
pub fn format(unit: &str, value: f64, decimals: Option<u32>) -> Formatted {
    let _ = (unit, decimals);
    Formatted { number: value.to_string(), ..Formatted::default() }
}

/// Every digit, in the unit's base, for hovering and exports.
pub fn format_full(unit: &str, value: f64) -> Formatted {
    let _ = unit;
    Formatted { number: value.to_string(), ..Formatted::default() }
}

/// The prefix that suits the largest value of an axis.
pub fn scaling_for(unit: &str, largest: f64) -> Scaling {
    let _ = (unit, largest);
    Scaling { divisor: 1.0, prefix: String::new(), suffix: String::new(), is_suffix_attached: false }
}

/// A value under an axis' common prefix, with exactly so many decimals.
pub fn format_scaled(value: f64, scaling: &Scaling, decimals: u32) -> Formatted {
    let _ = (scaling, decimals);
    Formatted { number: value.to_string(), ..Formatted::default() }
}

/// The unit in words, for a panel's header: `requests per second`. Empty for a plain number.
pub fn title(unit: &str) -> String {
    unit.to_owned()
}

impl fmt::Display for Formatted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { prefix, number, suffix, is_suffix_attached } = self;
        let space = if suffix.is_empty() || *is_suffix_attached { "" } else { " " };
        write!(f, "{prefix}{number}{space}{suffix}")
    }
}
