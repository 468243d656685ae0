//! Where labels stand on axes.
