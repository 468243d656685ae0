//! Cutting lines and polygons at the edge of the plot: plotters backends cannot clip.

use super::scene::{Point, Rect};

/// The parts of a polyline inside a rectangle. Costs one comparison per point when all of it is inside.
pub(super) fn polyline(points: Vec<Point>, rect: Rect) -> Vec<Vec<Point>> {
    if points.iter().all(|p| is_inside(*p, rect)) {
        return vec![points];
    }
    let mut parts: Vec<Vec<Point>> = Vec::new();
    let mut end_of_last: Option<Point> = None;
    for (from, to) in points.iter().zip(points.iter().skip(1)) {
        let Some((a, b)) = segment(*from, *to, rect) else { continue };
        match parts.last_mut() {
            Some(part) if end_of_last == Some(a) => part.push(b),
            _ => parts.push(vec![a, b]),
        }
        end_of_last = Some(b);
    }
    parts
}

fn is_inside(p: Point, rect: Rect) -> bool {
    rect.contains(f64::from(p.x), f64::from(p.y))
}

/// Liang and Barsky: the part of a segment inside a rectangle.
fn segment(from: Point, to: Point, rect: Rect) -> Option<(Point, Point)> {
    if is_inside(from, rect) && is_inside(to, rect) {
        return Some((from, to));
    }
    let (x, y) = (f64::from(from.x), f64::from(from.y));
    let (dx, dy) = (f64::from(to.x) - x, f64::from(to.y) - y);
    let (mut enter, mut leave) = (0.0_f64, 1.0_f64);
    for (direction, distance) in
        [(-dx, x - rect.left), (dx, rect.right - x), (-dy, y - rect.top), (dy, rect.bottom - y)]
    {
        if direction == 0.0 {
            if distance < 0.0 {
                return None;
            }
        } else if direction < 0.0 {
            enter = enter.max(distance / direction);
        } else {
            leave = leave.min(distance / direction);
        }
    }
    let at = |ratio: f64| Point::new(x + ratio * dx, y + ratio * dy);
    (enter < leave).then(|| {
        let a = if enter > 0.0 { at(enter) } else { from };
        let b = if leave < 1.0 { at(leave) } else { to };
        (a, b)
    })
}

/// The part of a polygon inside a rectangle, after Sutherland and Hodgman. Parts of a concave polygon stay joined along
/// the rectangle's edge, which a fill does not show.
pub(super) fn polygon(points: Vec<Point>, rect: Rect) -> Vec<Point> {
    if points.iter().all(|p| is_inside(*p, rect)) {
        return points;
    }
    let (left, top, right, bottom) = (rect.left as f32, rect.top as f32, rect.right as f32, rect.bottom as f32);
    let points = cut(&points, |p| p.x - left);
    let points = cut(&points, |p| right - p.x);
    let points = cut(&points, |p| p.y - top);
    cut(&points, |p| bottom - p.y)
}

/// Keeps the side on which `depth` is not negative.
fn cut(points: &[Point], depth: impl Fn(Point) -> f32) -> Vec<Point> {
    let mut kept = Vec::with_capacity(points.len() + 2);
    let Some(last) = points.last() else { return kept };
    let mut before = *last;
    for point in points {
        let (a, b) = (depth(before), depth(*point));
        if (a < 0.0) != (b < 0.0) {
            let ratio = a / (a - b);
            let along = |from: f32, to: f32| from + (to - from) * ratio;
            kept.push(Point { x: along(before.x, point.x), y: along(before.y, point.y) });
        }
        if b >= 0.0 {
            kept.push(*point);
        }
        before = *point;
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECT: Rect = Rect::new(0.0, 0.0, 10.0, 10.0);

    fn points(list: &[(f64, f64)]) -> Vec<Point> {
        list.iter().map(|(x, y)| Point::new(*x, *y)).collect()
    }

    #[test]
    fn lines_leave_and_come_back() {
        let check = |line: &[(f64, f64)], expect: &[&[(f64, f64)]]| {
            let expect: Vec<Vec<Point>> = expect.iter().map(|part| points(part)).collect();
            assert_eq!(polyline(points(line), RECT), expect);
        };
        check(&[(1.0, 1.0), (9.0, 9.0)], &[&[(1.0, 1.0), (9.0, 9.0)]]);
        check(&[(2.0, 5.0), (4.0, 15.0), (6.0, 5.0)], &[&[(2.0, 5.0), (3.0, 10.0)], &[(5.0, 10.0), (6.0, 5.0)]]);
        check(&[(-5.0, 5.0), (15.0, 5.0)], &[&[(0.0, 5.0), (10.0, 5.0)]]);
        check(&[(-5.0, -5.0), (-1.0, 20.0)], &[]);
        check(&[(1.0, 12.0), (9.0, 12.0)], &[]);
    }

    #[test]
    fn polygons_are_cut_at_each_edge() {
        let cut = polygon(points(&[(2.0, 15.0), (2.0, -5.0), (8.0, -5.0), (8.0, 15.0)]), RECT);
        let area: f32 =
            cut.iter().zip(cut.iter().cycle().skip(1)).map(|(a, b)| a.x * b.y - b.x * a.y).sum::<f32>() / 2.0;
        assert!((area.abs() - 60.0).abs() < 1e-3, "{cut:?}");
        assert!(polygon(points(&[(20.0, 0.0), (30.0, 0.0), (30.0, 9.0)]), RECT).is_empty());
    }
}
