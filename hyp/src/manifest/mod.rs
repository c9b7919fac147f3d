//! What the machine's owner wrote: device trees and partition packages to typed configuration. Pure.
//!
//! ```text
//!   x0 at entry: the monitor's manifest --CoreManifest::read--> who there is, where, and which memory is whose
//!       for each partition: its package --Package::read-------> where its manifest and its image are
//!                          its manifest --PartitionConfig::read--> what it is and what it may reach
//! ```
//!
//! Each reader reads a private copy, at most [`MAX_MANIFEST_SIZE`](crate::capacity::MAX_MANIFEST_SIZE) bytes: that
//! bounds every loop, and nothing recurses. A reader says everything that it finds to a [`Report`], and goes on: what
//! is wrong, what asks for a service that is not there yet, what nobody reads. A [`Finding`] names the node, the
//! property, what was found there and what is allowed; after an error what was read is good for nothing, and the
//! reader returns [`Wrong`].
//!
//! A further property is its name in the list of its node's and a line that reads it: [`tree::Properties`].

pub mod core_manifest;
pub mod device_region;
pub mod error;
pub mod interrupts;
mod later;
pub mod mailbox;
pub mod memory_region;
pub mod package;
pub mod partition_manifest;
pub mod partition_node;
pub mod services;
mod transfer_list;
pub mod tree;
mod walk;

pub use core_manifest::{CoreManifest, MemoryKind, MemoryRange};
pub use device_region::DeviceRegion;
pub use error::{Finding, Problem, Report, Wrong};
pub use mailbox::Mailbox;
pub use memory_region::{MemoryRegion, RegionAttributes, RegionBase};
pub use package::{Extent, Package};
pub use partition_manifest::{AbortAction, BootInfoRequest, ExceptionLevel, PartitionConfig, Regions};
pub use partition_node::{PartitionNode, Smcs};
pub use services::Service;

#[cfg(test)]
mod tests;
