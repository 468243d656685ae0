//! Positions in the order of numbers, by counting: the standard library's sort, compiled for size, takes several times as long.

/// Bits that one pass looks at.
const BITS: u32 = 11;
const BUCKETS: usize = 1 << BITS;

/// The positions of `numbers`, ascending; those of equal numbers in their order. Each pass over 11 bits of what the numbers
/// differ by is linear; numbers that are in order take none.
pub fn ascending(numbers: &[i64]) -> Vec<u32> {
    let mut order: Vec<u32> = (0_u32..).zip(numbers).map(|(at, _)| at).collect();
    if numbers.is_sorted() {
        return order;
    }
    let least = numbers.iter().copied().min().unwrap_or_default();
    // The difference of two `i64` fits into `u64`.
    let mut keys: Vec<u64> = numbers.iter().map(|number| number.wrapping_sub(least) as u64).collect();
    let most = keys.iter().copied().max().unwrap_or_default();
    let (mut other_order, mut other_keys) = (vec![0; order.len()], vec![0; keys.len()]);
    let mut shift = 0;
    while shift < u64::BITS - most.leading_zeros() {
        let bucket = |key: u64| (key >> shift) as usize & (BUCKETS - 1);
        let mut starts = [0_u32; BUCKETS];
        for key in &keys {
            if let Some(count) = starts.get_mut(bucket(*key)) {
                *count += 1;
            }
        }
        let mut sum = 0;
        for start in &mut starts {
            sum += std::mem::replace(start, sum);
        }
        for (key, at) in keys.iter().zip(&order) {
            let Some(place) = starts.get_mut(bucket(*key)) else { continue };
            if let (Some(other_key), Some(other)) =
                (other_keys.get_mut(*place as usize), other_order.get_mut(*place as usize))
            {
                (*other_key, *other) = (*key, *at);
            }
            *place += 1;
        }
        std::mem::swap(&mut keys, &mut other_keys);
        std::mem::swap(&mut order, &mut other_order);
        shift += BITS;
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_is_that_of_a_stable_sort() {
        let mut state = 7_u64;
        for len in 0..200 {
            let numbers: Vec<i64> = (0..len)
                .map(|at| {
                    state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                    match len % 4 {
                        0 => state as i64,
                        1 => (state >> 60) as i64,
                        2 => 1_767_225_600_000_000_000 + (state >> 30) as i64,
                        _ => i64::from(at),
                    }
                })
                .collect();
            let mut expect: Vec<u32> = (0..len as u32).collect();
            expect.sort_by_key(|at| numbers[*at as usize]);
            assert_eq!(ascending(&numbers), expect, "{numbers:?}");
        }
        assert_eq!(ascending(&[i64::MAX, 0, i64::MIN]), [2, 1, 0]);
    }
}
