//! The device trees of a scenario, as values that print themselves as source and as blob, and packages; and what readers say of them.

mod core;
mod edits;
mod extras;
mod package;
mod partition;
mod said;
mod tree;

pub use self::core::{PartitionPlace, Smcs, core_manifest, firmware_config};
pub use edits::Edits;
pub use extras::{Base, Device, Extras, Region};
pub use package::{Format, package};
pub(crate) use partition::firmware_form;
pub use partition::{partition_manifest, uuid_of};
pub use said::{Said, quietly, said};
pub use tree::{Node, Value};
