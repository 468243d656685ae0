//! Where the rows of the timeline stand.
//!
//! Invariant: all rows are of one height; below one of them there may be a room, for what is known of its span.

/// Lengths are CSS pixels from the top of the first row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stack {
    pub row_px: f64,
    /// The place of the row above the room, and the room's height.
    pub room: Option<(usize, f64)>,
}

impl Stack {
    pub fn top_px(self, place: usize) -> f64 {
        let room_px = self.room.filter(|(above, _)| place > *above).map_or(0.0, |(_, height)| height);
        place as f64 * self.row_px + room_px
    }

    /// Of the room; where it would be without one.
    pub fn room_top_px(self) -> f64 {
        self.room.map_or(0.0, |(above, _)| (above + 1) as f64 * self.row_px)
    }

    /// From a row's top to where it ends, with the room where that is below it.
    pub fn extent_px(self, place: usize) -> (f64, f64) {
        let top = self.top_px(place);
        let room_px = self.room.filter(|(above, _)| place == *above).map_or(0.0, |(_, height)| height);
        (top, top + self.row_px + room_px)
    }

    pub fn height_px(self, row_count: usize) -> f64 {
        row_count as f64 * self.row_px + self.room.filter(|(above, _)| *above < row_count).map_or(0.0, |(_, px)| px)
    }

    /// The first row of which something is below `y_px`; in the room, the row below it.
    pub fn place_at(self, y_px: f64) -> usize {
        let room_px = match self.room {
            Some((_, height)) if y_px >= self.room_top_px() => height.min(y_px - self.room_top_px()),
            _ => 0.0,
        };
        ((y_px - room_px) / self.row_px).floor().max(0.0) as usize
    }

    /// Where the rows have to be scrolled to so that a row is in view, with as much as there is space for of its room;
    /// `None` where it is.
    pub fn scroll_to_px(self, place: usize, (from_px, height_px): (f64, f64)) -> Option<f64> {
        let (top, bottom) = self.extent_px(place);
        if top < from_px {
            Some((top - self.row_px).max(0.0))
        } else if bottom > from_px + height_px {
            // A row more on each side, where there is space: what comes next.
            let target = (bottom - height_px + self.row_px).min(top - self.row_px).max(0.0);
            (target > from_px).then_some(target)
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Stack = Stack { row_px: 20.0, room: None };
    const OPEN: Stack = Stack { row_px: 20.0, room: Some((2, 100.0)) };

    #[test]
    fn rows_make_room() {
        let tops = |stack: Stack| [0, 2, 3, 9].map(|place| stack.top_px(place) as u32);
        assert_eq!(tops(PLAIN), [0, 40, 60, 180]);
        assert_eq!(tops(OPEN), [0, 40, 160, 280]);
        assert_eq!((PLAIN.height_px(10), OPEN.height_px(10), OPEN.height_px(2)), (200.0, 300.0, 40.0));
        assert_eq!((OPEN.room_top_px(), OPEN.extent_px(2), OPEN.extent_px(3)), (60.0, (40.0, 160.0), (160.0, 180.0)));
    }

    #[test]
    fn a_height_leads_to_its_row() {
        for stack in [PLAIN, OPEN] {
            for place in 0..10 {
                let top = stack.top_px(place);
                assert_eq!((stack.place_at(top), stack.place_at(top + 19.9)), (place, place), "{stack:?}");
            }
        }
        assert_eq!([60.0, 100.0, 159.0].map(|y| OPEN.place_at(y)), [3, 3, 3]);
        assert_eq!(PLAIN.place_at(-5.0), 0);
    }

    #[test]
    fn only_what_is_out_of_view_is_scrolled_to() {
        let check = |stack: Stack, place, view, expect: Option<f64>| {
            assert_eq!(stack.scroll_to_px(place, view), expect, "{stack:?} {place} {view:?}");
        };
        check(PLAIN, 3, (40.0, 100.0), None);
        check(PLAIN, 0, (40.0, 100.0), Some(0.0));
        check(PLAIN, 9, (40.0, 100.0), Some(120.0));
        // The room is larger than the view: the row comes to its top.
        check(OPEN, 2, (0.0, 90.0), Some(20.0));
        check(OPEN, 2, (20.0, 90.0), None);
        check(OPEN, 2, (0.0, 160.0), None);
    }
}
