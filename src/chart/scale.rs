//! From values to pixels and back.

/// A linear or logarithmic axis. Pixels may run either way: on a vertical axis `start_px` is the bottom.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct ValueScale {
    pub min: f64,
    pub max: f64,
    pub start_px: f64,
    pub end_px: f64,
    /// `None` is linear. With a base, `min` and `max` are positive.
    pub log_base: Option<f64>,
    /// About linear up to here, about logarithmic beyond, in both directions from zero.
    pub linear_threshold: Option<f64>,
}

/// A time axis.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct TimeScale {
    pub start_ms: f64,
    pub end_ms: f64,
    pub start_px: f64,
    pub end_px: f64,
}

impl ValueScale {
    /// The pixel of a value. Values that a logarithmic axis cannot show lie far below its start.
    pub fn px_from_value(&self, value: f64) -> f64 {
        if self.log_base.is_some() && value <= 0.0 {
            return self.start_px + (self.start_px - self.end_px) * 1000.0;
        }
        let (min, max, value) = (self.bent(self.min), self.bent(self.max), self.bent(value));
        let span = max - min;
        if span > 0.0 {
            self.start_px + (value - min) / span * (self.end_px - self.start_px)
        } else {
            f64::midpoint(self.start_px, self.end_px)
        }
    }

    /// The value at a pixel.
    pub fn value_from_px(&self, px: f64) -> f64 {
        let width = self.end_px - self.start_px;
        let ratio = if width == 0.0 { 0.0 } else { (px - self.start_px) / width };
        let (min, max) = (self.bent(self.min), self.bent(self.max));
        let bent = min + ratio * (max - min);
        match (self.log_base, self.linear_threshold) {
            (Some(_), _) => bent.exp(),
            (None, Some(threshold)) => bent.sinh() * threshold,
            (None, None) => bent,
        }
    }

    /// The value as it is spread evenly over the pixels.
    fn bent(&self, value: f64) -> f64 {
        match (self.log_base, self.linear_threshold) {
            (Some(_), _) => value.ln(),
            // The inverse hyperbolic sine: a logarithm in both directions that does not break at zero.
            (None, Some(threshold)) => {
                let ratio = (value / threshold).abs();
                (ratio + (ratio * ratio + 1.0).sqrt()).ln().copysign(value)
            }
            (None, None) => value,
        }
    }
}

impl TimeScale {
    pub fn px_from_ms(&self, x_ms: f64) -> f64 {
        let span = self.end_ms - self.start_ms;
        if span > 0.0 {
            self.start_px + (x_ms - self.start_ms) / span * (self.end_px - self.start_px)
        } else {
            f64::midpoint(self.start_px, self.end_px)
        }
    }

    pub fn ms_from_px(&self, px: f64) -> f64 {
        let width = self.end_px - self.start_px;
        if width > 0.0 {
            self.start_ms + (px - self.start_px) / width * (self.end_ms - self.start_ms)
        } else {
            self.start_ms
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_go_there_and_back() {
        for log_base in [None, Some(10.0)] {
            let scale =
                ValueScale { min: 1.0, max: 1000.0, start_px: 200.0, end_px: 20.0, log_base, linear_threshold: None };
            for value in [1.0, 2.0, 10.0, 333.0, 1000.0] {
                assert!((scale.value_from_px(scale.px_from_value(value)) - value).abs() < 1e-9);
            }
            assert!((scale.px_from_value(1.0) - 200.0).abs() < 1e-9);
            assert!((scale.px_from_value(1000.0) - 20.0).abs() < 1e-9);
        }
        let time = TimeScale { start_ms: 1e12, end_ms: 1e12 + 3.6e6, start_px: 40.0, end_px: 640.0 };
        assert!((time.px_from_ms(1e12 + 1.8e6) - 340.0).abs() < 1e-9);
        assert!((time.ms_from_px(340.0) - (1e12 + 1.8e6)).abs() < 1e-3);
    }

    #[test]
    fn a_symmetric_logarithm_goes_through_zero() {
        let scale = ValueScale {
            min: -1000.0,
            max: 1000.0,
            start_px: 200.0,
            end_px: 0.0,
            log_base: None,
            linear_threshold: Some(1.0),
        };
        for value in [-1000.0, -10.0, -0.5, 0.0, 0.1, 3.0, 999.0] {
            assert!((scale.value_from_px(scale.px_from_value(value)) - value).abs() < 1e-6, "{value}");
        }
        assert!((scale.px_from_value(0.0) - 100.0).abs() < 1e-9);
        assert!(scale.px_from_value(-10.0) > scale.px_from_value(-1.0));
    }

    #[test]
    fn degenerate_scales_stay_in_the_middle() {
        let scale =
            ValueScale { min: 5.0, max: 5.0, start_px: 100.0, end_px: 0.0, log_base: None, linear_threshold: None };
        assert!((scale.px_from_value(5.0) - 50.0).abs() < 1e-9);
        let log = ValueScale {
            min: 1.0,
            max: 10.0,
            start_px: 100.0,
            end_px: 0.0,
            log_base: Some(10.0),
            linear_threshold: None,
        };
        assert!(log.px_from_value(0.0) > 1e4);
        let time = TimeScale { start_ms: 5.0, end_ms: 5.0, start_px: 0.0, end_px: 10.0 };
        assert!((time.px_from_ms(5.0) - 5.0).abs() < 1e-9);
    }
}
