//! Which rows are left out, as the address says it.

use crate::state::traces::form::parse_duration_ns;

/// What rows are left out.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Filters {
    pub services: Vec<String>,
    pub errors_only: bool,
    pub critical_only: bool,
    pub min_duration: String,
    /// Spans that do not match what is looked for.
    pub matches_only: bool,
}

impl Filters {
    pub fn min_duration_ns(&self) -> i64 {
        parse_duration_ns(&self.min_duration).unwrap_or(0)
    }

    pub fn is_open(&self) -> bool {
        *self == Self::default()
    }
}

/// A name in a list that commas part.
pub fn escaped(name: &str) -> String {
    name.replace('%', "%25").replace(',', "%2C")
}

pub fn unescaped(name: &str) -> String {
    name.replace("%2C", ",").replace("%25", "%")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_a_list_may_hold_commas() {
        for name in ["api", "a,b", "50%", "%2C"] {
            assert_eq!(unescaped(&escaped(name)), name);
        }
    }
}
