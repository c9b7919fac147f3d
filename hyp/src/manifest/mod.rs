//! What the machine's owner wrote: device trees and partition packages to typed configuration. Pure.
//!
//! ```text
//!   x0 at entry: the monitor's manifest --CoreManifest::parse--> who there is, where, and which memory is whose
//!       for each partition: its package --Package::parse-------> where its manifest and its image are
//!                          its manifest --PartitionConfig::parse--> what it is and what it may reach
//! ```
//!
//! Each parser reads a private copy, at most [`MAX_MANIFEST_SIZE`](crate::capacity::MAX_MANIFEST_SIZE) bytes: that
//! bounds every loop, and nothing recurses. Properties that are not known here are ignored, the known ones are
//! checked whether or not somebody uses them. An [`Error`] names the node, the property, what was found there and
//! what is allowed.
//!
//! Reading one more property is one line: a field of the configuration, filled by [`tree::Node::required`] or
//! [`tree::Node::optional`] of a type that implements [`tree::Value`].
#![allow(
    clippy::result_large_err,
    reason = "an error carries its words with it, as there is no heap, and ends what it is about"
)]

pub mod core_manifest;
pub mod error;
pub mod memory_region;
pub mod package;
pub mod partition_manifest;
pub mod tree;

pub use core_manifest::{CoreManifest, MemoryKind, MemoryRange, PartitionNode};
pub use error::{Error, Problem};
pub use memory_region::{MemoryRegion, RegionAttributes, RegionBase};
pub use package::{Extent, Package};
pub use partition_manifest::{ExceptionLevel, Mailbox, NsInterruptsAction, PartitionConfig, Service};

#[cfg(test)]
mod tests;
