//! What a step cost, where prices are given.
//!
//! Not here: prices. They change, and an operator's are their own.

use super::{Step, StepKind, Usage};

/// Of a million tokens.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Price {
    /// A model's name, or its beginning: `gpt-4o` is also the price of `gpt-4o-2024-08-06`.
    pub model: String,
    pub input: f64,
    pub output: f64,
    /// Of input read from a cache; as other input where it is not given.
    pub cache_read: Option<f64>,
    /// Of input written to a cache.
    pub cache_creation: Option<f64>,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct PriceTable {
    pub prices: Vec<Price>,
    /// `USD`.
    pub currency: String,
}

impl PriceTable {
    /// The price of the longest name that is the model's or begins it up to a sign.
    pub fn price_of(&self, model: &str) -> Option<&Price> {
        let is_of = |price: &&Price| {
            let rest = model.get(price.model.len()..);
            let begins = model.get(..price.model.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(&price.model));
            begins
                && !price.model.is_empty()
                && rest.is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '.'))
        };
        self.prices.iter().filter(is_of).max_by_key(|price| price.model.len())
    }
}

/// `None` where no tokens or no price are known.
pub fn of_step(step: &Step, prices: &PriceTable) -> Option<f64> {
    if step.usage.is_empty() || !matches!(step.kind, StepKind::Model | StepKind::Agent) {
        return None;
    }
    let models = [&step.response_model, &step.request_model];
    let price = models.into_iter().flatten().find_map(|model| prices.price_of(model))?;
    Some(of_usage(step.usage, price))
}

fn of_usage(usage: Usage, price: &Price) -> f64 {
    let Usage { input, output, cache_read, cache_creation, reasoning: _ } = usage;
    let (read, created) = (cache_read.unwrap_or_default(), cache_creation.unwrap_or_default());
    let fresh = input.unwrap_or_default().saturating_sub(read).saturating_sub(created);
    let parts = [
        (fresh, price.input),
        (read, price.cache_read.unwrap_or(price.input)),
        (created, price.cache_creation.unwrap_or(price.input)),
        (output.unwrap_or_default(), price.output),
    ];
    parts.into_iter().map(|(tokens, price)| tokens as f64 * price / 1e6).sum()
}
