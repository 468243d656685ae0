//! How wide columns are.

/// What a column wants.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Want {
    /// As the dashboard says.
    pub fixed_px: Option<f64>,
    pub min_px: f64,
    /// What its head and its cells take.
    pub natural_px: f64,
}

/// Columns of a given width have it; the others have what they need, and share the room that is left by what they need.
/// The sum is more than the room where it has to be: then the table scrolls.
pub fn widths_px(wants: &[Want], room_px: f64) -> Vec<f64> {
    let needed = |want: &Want| want.fixed_px.unwrap_or(want.natural_px).max(want.min_px).max(1.0);
    let total: f64 = wants.iter().map(needed).sum();
    let shared: f64 = wants.iter().filter(|want| want.fixed_px.is_none()).map(needed).sum();
    let spare = (room_px - total).max(0.0);
    wants
        .iter()
        .map(|want| {
            let own = needed(want);
            if want.fixed_px.is_some() || shared <= 0.0 { own } else { own + spare * own / shared }
        })
        .map(f64::floor)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_shared_by_need() {
        let want = |fixed_px: Option<f64>, min_px: f64, natural_px: f64| Want { fixed_px, min_px, natural_px };
        let check = |wants: &[Want], room_px: f64, expect: &[f64]| assert_eq!(widths_px(wants, room_px), expect);
        check(&[want(None, 0.0, 100.0), want(None, 0.0, 300.0)], 800.0, &[200.0, 600.0]);
        check(&[want(Some(120.0), 0.0, 10.0), want(None, 0.0, 300.0)], 800.0, &[120.0, 680.0]);
        check(&[want(None, 150.0, 60.0), want(None, 0.0, 300.0)], 100.0, &[150.0, 300.0]);
        check(&[want(Some(50.0), 0.0, 10.0)], 800.0, &[50.0]);
        check(&[want(Some(0.0), 0.0, 0.0)], 0.0, &[1.0]);
        check(&[], 800.0, &[]);
    }
}
