//! Mistakes in manifests, packages and platforms, and what is said of them.

mod boots;
mod manifests;
mod packages;

pub use boots::of_boots;
pub use manifests::{of_core, of_partitions};
pub use packages::of_packages;
