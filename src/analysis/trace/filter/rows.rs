//! The rows of a timeline: which spans are left by filters, and which of them are not folded away.
//!
//! Invariant: a span is never shown without its ancestors, unless one of them is collapsed, which shows in its stead.

use super::super::{at, set};
use crate::{base::order, model::trace::Trace};

/// Why a row is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Keep {
    #[default]
    No,
    /// It passes no filter itself, but a descendant does.
    AsAncestor,
    Yes,
}

/// A span has to pass all of them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RowFilter<'a> {
    /// Shorter spans are hidden.
    pub min_duration_ns: i64,
    /// Only spans of these services; of all where it is empty.
    pub services: &'a [String],
    /// Only failed spans: with their ancestors, the paths of errors.
    pub errors_only: bool,
    /// Only these, sorted: the matches of a search, for instance.
    pub only: Option<&'a [u32]>,
    /// Only spans with time on the critical path: [`super::super::critical_path::critical_ns`].
    pub critical_ns: Option<&'a [i64]>,
}

impl RowFilter<'_> {
    /// Whether it keeps all spans.
    pub fn is_open(&self) -> bool {
        *self == Self::default()
    }
}

/// For each span whether it is kept. O(n).
pub fn kept(trace: &Trace, filter: &RowFilter) -> Vec<Keep> {
    let RowFilter { min_duration_ns, services, errors_only, only, critical_ns } = filter;
    let is_service: Vec<bool> = (0..trace.name_count())
        .map(|key| services.is_empty() || services.iter().any(|service| service == trace.name(key as u32)))
        .collect();
    let mut keep = vec![Keep::No; trace.len()];
    for span in (0..trace.len()).rev() {
        let passes = trace.span_duration_ns(span) >= *min_duration_ns
            && at(&is_service, trace.service_key(span) as usize)
            && (!errors_only || trace.is_error(span))
            && only.is_none_or(|only| only.binary_search(&(span as u32)).is_ok())
            && critical_ns.is_none_or(|critical| at(critical, span) > 0);
        if passes {
            set(&mut keep, span, Keep::Yes);
        }
        // Descendants stand behind: they have been looked at.
        let is_wanted = passes || at(&keep, span) == Keep::AsAncestor;
        if let Some(parent) = trace.parent(span).filter(|_| is_wanted) {
            set(&mut keep, parent, Keep::AsAncestor);
        }
    }
    keep
}

/// The spans that a timeline shows, in its order: kept, and below nothing that is collapsed. O(rows + collapsed).
pub fn visible_rows(trace: &Trace, keep: Option<&[Keep]>, collapsed: &Collapsed) -> Vec<u32> {
    let mut rows = Vec::new();
    let mut span = 0;
    while span < trace.len() {
        if keep.is_some_and(|keep| at(keep, span) == Keep::No) {
            // What is not kept has no kept descendant.
            span = trace.subtree(span).end.max(span + 1);
            continue;
        }
        rows.push(span as u32);
        span = if collapsed.contains(span) { trace.subtree(span).end.max(span + 1) } else { span + 1 };
    }
    rows
}

/// Spans whose descendants are folded away.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Collapsed(Vec<u32>);

impl Collapsed {
    /// Nothing is folded.
    pub fn none() -> Self {
        Self::default()
    }

    /// Every span that has children.
    pub fn all(trace: &Trace) -> Self {
        Self::from_depth(trace, 0)
    }

    /// Every span of that depth and below that has children: so many levels below the roots are shown.
    pub fn from_depth(trace: &Trace, depth: usize) -> Self {
        Self(
            (0..trace.len()).filter(|s| trace.depth(*s) >= depth && trace.has_children(*s)).map(|s| s as u32).collect(),
        )
    }

    pub fn contains(&self, span: usize) -> bool {
        self.0.binary_search(&(span as u32)).is_ok()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn toggle(&mut self, span: usize) {
        match self.0.binary_search(&(span as u32)) {
            Ok(place) => {
                self.0.remove(place);
            }
            Err(place) => self.0.insert(place, span as u32),
        }
    }

    /// Unfolds what hides a span: a match, or one that an address names.
    pub fn reveal(&mut self, trace: &Trace, span: usize) {
        let mut ancestors: Vec<u32> =
            std::iter::successors(trace.parent(span), |s| trace.parent(*s)).map(|s| s as u32).collect();
        order::sort_by(&mut ancestors, Ord::cmp);
        self.0.retain(|span| ancestors.binary_search(span).is_err());
    }

    /// Folds the deepest of the unfolded levels that show.
    pub fn collapse_level(&mut self, trace: &Trace) {
        let rows = visible_rows(trace, None, self);
        let is_open = |span: &usize| trace.has_children(*span) && !self.contains(*span);
        let open: Vec<usize> = rows.into_iter().map(|row| row as usize).filter(is_open).collect();
        let deepest = open.iter().map(|span| trace.depth(*span)).max();
        self.0.extend(open.into_iter().filter(|span| Some(trace.depth(*span)) == deepest).map(|span| span as u32));
        order::sort_by(&mut self.0, Ord::cmp);
    }

    /// Unfolds the highest of the folded levels that show.
    pub fn expand_level(&mut self, trace: &Trace) {
        let rows = visible_rows(trace, None, self);
        let folded: Vec<u32> = rows.into_iter().filter(|row| self.contains(*row as usize)).collect();
        let highest = folded.iter().map(|row| trace.depth(*row as usize)).min();
        self.0.retain(|row| Some(trace.depth(*row as usize)) != highest || folded.binary_search(row).is_err());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        analysis::trace::{
            critical_path::{critical_ns, critical_path},
            random::{self, Random},
        },
        model::trace::drawn,
    };

    const DRAWING: &str = "
        api POST /agents    |===========|
          api create         |=======|
            db BEGIN          |
            db INSERT         |=====|     !error
              db lock          |
          mcp list                   |=|
        mcp other                |=|
        ";

    fn rows(filter: &RowFilter, collapsed: &Collapsed) -> Vec<u32> {
        let trace = drawn::trace(DRAWING);
        visible_rows(&trace, Some(&kept(&trace, filter)), collapsed)
    }

    #[test]
    fn what_passes_is_kept_with_its_ancestors() {
        let none = Collapsed::none();
        assert_eq!(rows(&RowFilter::default(), &none), [0, 1, 2, 3, 4, 5, 6]);
        let short = RowFilter { min_duration_ns: 3_000_000, ..RowFilter::default() };
        assert_eq!(rows(&short, &none), [0, 1, 3]);
        let errors = RowFilter { errors_only: true, ..RowFilter::default() };
        assert_eq!(rows(&errors, &none), [0, 1, 3]);
        let services = ["mcp".to_owned()];
        let of_service = RowFilter { services: &services, ..RowFilter::default() };
        assert_eq!(rows(&of_service, &none), [0, 5, 6]);
        assert_eq!(rows(&RowFilter { only: Some(&[4, 6]), ..RowFilter::default() }, &none), [0, 1, 3, 4, 6]);
        let trace = drawn::trace(DRAWING);
        let critical = critical_ns(&trace, &critical_path(&trace));
        let on_path = RowFilter { critical_ns: Some(&critical), ..RowFilter::default() };
        assert_eq!(rows(&on_path, &none), [0, 1, 3, 5]);
        let keep = kept(&trace, &errors);
        assert_eq!((keep[0], keep[3], keep[5]), (Keep::AsAncestor, Keep::Yes, Keep::No));
        assert!(RowFilter::default().is_open() && !errors.is_open());
    }

    #[test]
    fn levels_fold_and_unfold() {
        let trace = drawn::trace(DRAWING);
        let shown = |collapsed: &Collapsed| visible_rows(&trace, None, collapsed);
        let mut collapsed = Collapsed::none();
        collapsed.collapse_level(&trace);
        assert_eq!(shown(&collapsed), [0, 1, 2, 3, 5, 6]);
        collapsed.collapse_level(&trace);
        assert_eq!(shown(&collapsed), [0, 1, 5, 6]);
        collapsed.collapse_level(&trace);
        assert_eq!(shown(&collapsed), [0, 6]);
        collapsed.collapse_level(&trace);
        assert_eq!(collapsed, Collapsed::all(&trace));
        collapsed.expand_level(&trace);
        assert_eq!(shown(&collapsed), [0, 1, 5, 6]);
        collapsed.reveal(&trace, 4);
        assert_eq!(shown(&collapsed), [0, 1, 2, 3, 4, 5, 6]);
        collapsed.toggle(1);
        assert_eq!(shown(&collapsed), [0, 1, 5, 6]);
        collapsed.toggle(1);
        assert!(collapsed.is_empty());
        assert_eq!(shown(&Collapsed::from_depth(&trace, 1)), [0, 1, 5, 6]);
    }

    #[test]
    fn no_row_without_its_parent() {
        let mut random = Random(5);
        for _ in 0..1000 {
            let trace = random::trace(&mut random, 20);
            let filter = RowFilter {
                min_duration_ns: random.below(40) as i64,
                errors_only: random.below(2) == 0,
                ..RowFilter::default()
            };
            let mut collapsed = Collapsed::none();
            collapsed.toggle(random.below(20) as usize);
            let rows = visible_rows(&trace, Some(&kept(&trace, &filter)), &collapsed);
            assert!(rows.is_sorted());
            for row in &rows {
                if let Some(parent) = trace.parent(*row as usize) {
                    assert!(rows.contains(&(parent as u32)) && !collapsed.contains(parent));
                }
            }
        }
        let chain = random::chain(200_000);
        assert_eq!(visible_rows(&chain, Some(&kept(&chain, &RowFilter::default())), &Collapsed::none()).len(), 200_000);
        let mut collapsed = Collapsed::all(&chain);
        collapsed.reveal(&chain, 199_999);
        assert!(collapsed.is_empty());
    }
}
