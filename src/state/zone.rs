//! The zone in which times are read and written.

use std::{cell::RefCell, collections::BTreeMap, fmt, rc::Rc};

use crate::{
    base::time::{TimeZone, Utc},
    platform::zone::{LocalZone, NamedZone},
};

/// The choice of a zone, as it stands in the URL. [`Zone::with`] gives the zone itself, which holds browser objects
/// and cannot travel in a signal.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Zone {
    /// The browser's own.
    #[default]
    Local,
    Utc,
    /// An IANA name that the browser knows.
    Named(String),
}

thread_local! {
    static ZONES: RefCell<BTreeMap<Zone, Rc<dyn TimeZone>>> = const { RefCell::new(BTreeMap::new()) };
}

impl Zone {
    /// `browser`, `utc` or an IANA name. `None`: the browser does not know it.
    pub fn parse(text: &str) -> Option<Self> {
        match text.trim() {
            "" | "browser" | "local" => Some(Self::Local),
            text if text.eq_ignore_ascii_case("utc") => Some(Self::Utc),
            text => NamedZone::new(text).map(|_| Self::Named(text.to_owned())),
        }
    }

    /// Calls `read` with the zone.
    pub fn with<R>(&self, read: impl FnOnce(&dyn TimeZone) -> R) -> R {
        let known = ZONES.with_borrow(|zones| zones.get(self).cloned());
        let zone = known.unwrap_or_else(|| {
            let zone: Rc<dyn TimeZone> = match self {
                Self::Local => Rc::new(LocalZone::new()),
                Self::Utc => Rc::new(Utc),
                Self::Named(name) => match NamedZone::new(name) {
                    Some(zone) => Rc::new(zone),
                    None => Rc::new(Utc),
                },
            };
            ZONES.with_borrow_mut(|zones| zones.insert(self.clone(), Rc::clone(&zone)));
            zone
        });
        read(zone.as_ref())
    }

    /// As shown beside a time range.
    pub fn label(&self) -> String {
        self.with(|zone| zone.name().to_owned())
    }
}

/// As [`Zone::parse`] reads it.
impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Local => "browser",
            Self::Utc => "utc",
            Self::Named(name) => name,
        })
    }
}
