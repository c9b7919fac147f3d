//! The device trees of a scenario, as values that print themselves as source and as blob, and packages.

mod core;
mod edits;
mod extras;
mod package;
mod partition;
mod tree;

pub use self::core::{PartitionPlace, Smcs, core_manifest, firmware_config};
pub use edits::Edits;
pub use extras::{Base, Extras, Region};
pub use package::{Format, package};
pub(crate) use partition::firmware_form;
pub use partition::{partition_manifest, uuid_of};
pub use tree::{Node, Value};
