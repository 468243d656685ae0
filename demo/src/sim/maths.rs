//! Random numbers and the few transcendental functions that drawing them takes.
//!
//! Invariant: the same seed gives the same bits on every platform. Therefore only `+ - * /` and `sqrt`, which IEEE 754
//! defines exactly, are used; the C library's `exp`, `ln` and `sin` differ in the last bit from one system to the next.

use std::f64::consts::{LN_2, PI};

/// The output function of `SplitMix64`: a good mixer of a counter into 64 bits (Steele, Lea, Flood 2014).
pub(crate) const fn mix(mut z: u64) -> u64 {
    z = z.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A hash of three numbers, for choices that must not depend on how many numbers were drawn before.
pub(crate) const fn mix3(a: u64, b: u64, c: u64) -> u64 {
    mix(mix(mix(a) ^ b) ^ c)
}

/// 64 bits to a number in `[0, 1)`.
pub(crate) fn unit(bits: u64) -> f64 {
    (bits >> 11) as f64 * (1.0 / 9_007_199_254_740_992.0)
}

/// A stream of random numbers: `SplitMix64`, whose state is one counter.
#[derive(Debug, Clone)]
pub(super) struct Rng {
    state: u64,
}

impl Rng {
    pub(super) const fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    pub(super) const fn next_u64(&mut self) -> u64 {
        let out = mix(self.state);
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        out
    }

    /// Uniform in `[0, 1)`.
    pub(super) fn uniform(&mut self) -> f64 {
        unit(self.next_u64())
    }

    /// Uniform in `0..n`; 0 when `n` is 0.
    pub(super) fn below(&mut self, n: usize) -> usize {
        ((u128::from(self.next_u64()) * n as u128) >> 64) as usize
    }

    pub(super) fn chance(&mut self, probability: f64) -> bool {
        self.uniform() < probability
    }

    /// Standard normal, by the polar method.
    pub(super) fn normal(&mut self) -> f64 {
        loop {
            let x = 2.0 * self.uniform() - 1.0;
            let y = 2.0 * self.uniform() - 1.0;
            let s = x * x + y * y;
            if s > 0.0 && s < 1.0 {
                return x * (-2.0 * ln(s) / s).sqrt();
            }
        }
    }

    /// Log-normal with the given median; `sigma` is the spread of the logarithm.
    pub(super) fn lognormal(&mut self, median: f64, sigma: f64) -> f64 {
        median * exp(sigma * self.normal())
    }

    /// Poisson with the given mean: by products below 30, by the normal approximation above.
    pub(super) fn poisson(&mut self, mean: f64) -> usize {
        if mean <= 0.0 {
            return 0;
        }
        if mean > 30.0 {
            return (mean + mean.sqrt() * self.normal() + 0.5).max(0.0) as usize;
        }
        let limit = exp(-mean);
        let mut product = self.uniform();
        let mut count = 0;
        while product > limit {
            product *= self.uniform();
            count += 1;
        }
        count
    }

    /// An index into `weights`, drawn in proportion to them.
    pub(super) fn weighted(&mut self, weights: &[f64]) -> usize {
        let mut left = self.uniform() * weights.iter().sum::<f64>();
        for (index, weight) in weights.iter().enumerate() {
            left -= weight;
            if left < 0.0 {
                return index;
            }
        }
        weights.len().saturating_sub(1)
    }
}

/// `e^x`, relative error below 1e-15 in the range the simulator uses; 0 and infinity beyond ±700.
pub(super) fn exp(x: f64) -> f64 {
    if x < -700.0 {
        return 0.0;
    }
    if x > 700.0 {
        return f64::INFINITY;
    }
    // x = k ln 2 + r with |r| ≤ ln 2 / 2; the Taylor series of e^r is exact to the last bits after 14 terms.
    let k = (x / LN_2 + if x < 0.0 { -0.5 } else { 0.5 }) as i64;
    let r = x - k as f64 * LN_2;
    let mut sum = 1.0;
    for n in (1..=13).rev() {
        sum = 1.0 + r * sum / f64::from(n);
    }
    sum * f64::from_bits(((1023 + k) as u64) << 52)
}

/// Natural logarithm of a positive, normal number.
pub(super) fn ln(x: f64) -> f64 {
    let bits = x.to_bits();
    let mut exponent = ((bits >> 52) & 0x7ff) as i64 - 1023;
    let mut mantissa = f64::from_bits((bits & 0x000f_ffff_ffff_ffff) | 0x3ff0_0000_0000_0000);
    if mantissa > std::f64::consts::SQRT_2 {
        mantissa *= 0.5;
        exponent += 1;
    }
    // ln m = 2 artanh((m-1)/(m+1)); |s| ≤ 0.172, so the series ends soon.
    let s = (mantissa - 1.0) / (mantissa + 1.0);
    let s2 = s * s;
    let mut sum = 0.0;
    for n in (0..10).rev() {
        sum = sum * s2 + 1.0 / f64::from(2 * n + 1);
    }
    2.0 * s * sum + exponent as f64 * LN_2
}

/// Sine of `turns` full circles.
pub(super) fn sin_turns(turns: f64) -> f64 {
    let mut t = turns - turns.floor();
    let sign = if t >= 0.5 { -1.0 } else { 1.0 };
    if t >= 0.5 {
        t -= 0.5;
    }
    if t > 0.25 {
        t = 0.5 - t;
    }
    let x = 2.0 * PI * t;
    let x2 = x * x;
    let mut sum = 1.0;
    for n in (1..=9).rev() {
        sum = 1.0 - sum * x2 / f64::from(2 * n * (2 * n + 1));
    }
    sign * x * sum
}

/// 0 below `from`, 1 above `to`, linear between.
pub(super) fn ramp(x: f64, from: f64, to: f64) -> f64 {
    ((x - from) / (to - from)).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_agree_with_the_library() {
        for i in -400..=400 {
            let x = f64::from(i) * 0.05;
            assert!((exp(x) / x.exp() - 1.0).abs() < 1e-13, "exp({x})");
            assert!((sin_turns(x) - (2.0 * PI * x).sin()).abs() < 1e-11, "sin_turns({x})");
            let y = x.exp();
            assert!((ln(y) - y.ln()).abs() < 1e-12, "ln({y})");
        }
    }

    #[test]
    fn draws_have_the_moments_they_claim() {
        let mut rng = Rng::new(7);
        let n = 20_000_u32;
        let (mut sum, mut squares, mut small, mut large) = (0.0, 0.0, 0.0, 0.0);
        for _ in 0..n {
            let z = rng.normal();
            sum += z;
            squares += z * z;
            small += rng.poisson(3.0) as f64;
            large += rng.poisson(80.0) as f64;
        }
        let n = f64::from(n);
        assert!((sum / n).abs() < 0.03);
        assert!((squares / n - 1.0).abs() < 0.05);
        assert!((small / n - 3.0).abs() < 0.06);
        assert!((large / n - 80.0).abs() < 0.3);
    }

    #[test]
    fn weights_are_respected() {
        let mut rng = Rng::new(1);
        let mut counts = [0_u32; 3];
        for _ in 0..10_000 {
            counts[rng.weighted(&[1.0, 0.0, 3.0])] += 1;
        }
        assert_eq!(counts[1], 0);
        assert!((2300..2700).contains(&counts[0]), "{counts:?}");
    }

    /// Bits, not approximations: a platform on which one of these differs would tell another story from the same seed.
    #[test]
    fn bits_are_the_same_everywhere() {
        let mut rng = Rng::new(42);
        let drawn = [rng.uniform(), rng.normal(), rng.lognormal(0.02, 0.7), rng.poisson(4.0) as f64, sin_turns(0.3)];
        assert_eq!(
            drawn.map(f64::to_bits),
            [
                0x3fe7_bae6_44c5_fd6d,
                0xbfe8_8139_39bf_902b,
                0x3f93_1322_a3fa_e5da,
                0x4014_0000_0000_0000,
                0x3fee_6f0e_1344_5500
            ]
        );
    }
}
