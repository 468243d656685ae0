//! Geometry of what is drawn about traces.

pub mod calls;
pub mod minimap;
pub mod scatter;

use crate::{
    chart::{Ink, series_slots},
    model::labels::Labels,
};

/// The inks of services: that of the same service's series on a dashboard.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ServiceInks {
    /// By name.
    services: Vec<(String, u8)>,
}

impl ServiceInks {
    pub fn of<'a>(services: impl IntoIterator<Item = &'a str>) -> Self {
        let mut names: Vec<&str> = services.into_iter().collect();
        names.sort_unstable();
        names.dedup();
        let labels: Vec<Labels> = names.iter().map(|name| Labels::from_pairs([("service", *name)])).collect();
        let slots = series_slots(&labels);
        Self { services: names.iter().map(|name| (*name).to_owned()).zip(slots).collect() }
    }

    /// 0 to 9.
    pub fn slot(&self, service: &str) -> u8 {
        let place = self.services.binary_search_by(|(known, _)| known.as_str().cmp(service));
        place.ok().and_then(|place| self.services.get(place)).map_or(9, |(_, slot)| *slot)
    }

    pub fn ink(&self, service: &str) -> Ink {
        Ink::Series(self.slot(service))
    }

    /// By name.
    pub fn services(&self) -> impl ExactSizeIterator<Item = (&str, u8)> {
        self.services.iter().map(|(name, slot)| (name.as_str(), *slot))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_has_its_ink_in_whatever_company_and_order() {
        let alone = ServiceInks::of(["agentarea-api"]);
        let among = ServiceInks::of(["postgresql", "agentarea-api", "mcp-manager", "agentarea-api"]);
        assert_eq!(alone.slot("agentarea-api"), among.slot("agentarea-api"));
        assert_eq!(among.services().len(), 3);
        assert_eq!(among, ServiceInks::of(["mcp-manager", "agentarea-api", "postgresql"]));
        assert_eq!(among.slot("unknown"), 9);
    }
}
