//! The FF-A language: what the words in x0 to x17 and in the mailboxes mean. Pure.
//!
//! ```text
//!   Registers --Call::decode--> Call --(relayer decides)--> Result<answer, Error>
//!                                                              |        |
//!   Registers <-----------------response::*--------------------+--------+   Error::code(): the one place where
//!                                                                           a rich error becomes an FF-A code
//! ```
//!
//! Reading never panics, whatever the bits; what it returns has been checked for everything that can be checked
//! without knowing who called and what the world looks like. Descriptors are read from a private copy of a
//! mailbox, never from memory that a guest can still write.
//!
//! The rules that reading enforces have ids of our own, like `direct.1`: `rules/README.md` says what they are. The line
//! that enforces one stands below a comment with its id, and tests name it.

pub mod call;
pub mod error;
pub mod error_code;
pub mod function;
pub mod ids;
pub mod indirect;
pub mod memory;
pub mod notification_lists;
pub mod partition_info;
pub mod response;
pub mod wording;

pub use call::{
    BufferPair, Call, DirectMessage, FeatureQuery, FrameworkRequest, Lengths, MessageKind, Transfer, Width,
};
pub use error::Error;
pub use error_code::ErrorCode;
pub use function::FunctionId;
pub use ids::{Handle, PartitionId, TargetInfo, Uuid, Version};
pub use response::Answer;
pub use wording::{Clause, Item};

#[cfg(test)]
mod tests;
