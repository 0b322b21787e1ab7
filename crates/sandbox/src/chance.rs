//! Chance that depends on the seed and on what it is for, never on when it is asked.

use rand::SeedableRng as _;
use rand::rand_core::Rng as _;
use rand_chacha::ChaCha8Rng;
use sha2::{Digest as _, Sha256};

/// Digest of the seed, a purpose and some numbers: the root of everything random here.
pub(crate) fn digest(seed: u64, purpose: &str, parts: &[u64]) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(seed.to_be_bytes());
    hash.update(purpose.as_bytes());
    hash.update([0]);
    for part in parts {
        hash.update(part.to_be_bytes());
    }
    hash.finalize().into()
}

/// A stream of draws that is the same for the same seed, purpose and numbers.
#[derive(Debug, Clone)]
pub(crate) struct Chance(ChaCha8Rng);

impl Chance {
    pub fn new(seed: u64, purpose: &str, parts: &[u64]) -> Self {
        Self(ChaCha8Rng::from_seed(digest(seed, purpose, parts)))
    }

    /// Uniform in [0, 1).
    #[expect(clippy::cast_precision_loss, reason = "53 bits fit exactly")]
    pub fn unit(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Uniform in [low, high).
    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        self.unit().mul_add(high - low, low)
    }

    /// Standard normal (Box and Muller; one of the two values is dropped, which keeps draws
    /// countable).
    pub fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.unit()).cos()
    }

    /// A log-normal factor with mean 1.
    pub fn factor(&mut self, sigma: f64) -> f64 {
        (sigma * self.normal() - sigma * sigma / 2.0).exp()
    }

    /// An index below `length`; 0 for an empty list.
    #[expect(clippy::cast_possible_truncation, reason = "the remainder is below a usize")]
    pub fn index(&mut self, length: usize) -> usize {
        (self.0.next_u64() % length.max(1) as u64) as usize
    }

    /// One of the items.
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.index(items.len())]
    }

    /// An index, chosen in proportion to the weights.
    pub fn weighted(&mut self, weights: &[f64]) -> usize {
        let mut left = self.unit() * weights.iter().sum::<f64>();
        for (index, weight) in weights.iter().enumerate() {
            left -= weight;
            if left < 0.0 {
                return index;
            }
        }
        weights.len().saturating_sub(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_purpose_draws_the_same_and_another_does_not() {
        let draw = |purpose: &str| Chance::new(7, purpose, &[1]).unit().to_bits();
        assert_eq!(draw("a"), draw("a"));
        assert_ne!(draw("a"), draw("b"));
    }

    #[test]
    fn factors_have_mean_one() {
        let mut chance = Chance::new(7, "mean", &[]);
        let mean = (0..20_000).map(|_| chance.factor(0.5)).sum::<f64>() / 20_000.0;
        assert!((mean - 1.0).abs() < 0.02, "{mean}");
    }
}
