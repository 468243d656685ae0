//! Positions, many of them.

/// A position in CSS pixels from the scene's top left corner. `f32`: a path has many of them, and a 1/1000 px is enough.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Point {
    pub x: f32,
    pub y: f32,
}

impl Point {
    pub fn new(x: f64, y: f64) -> Self {
        Self { x: x as f32, y: y as f32 }
    }
}
