//! Tests of manifests and packages: the valid ones, each thing that can be wrong, and broken bytes.

mod core_rules;
mod package_rules;
mod partition_rules;
mod properties;
mod trees;
