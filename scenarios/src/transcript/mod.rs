//! The stream of a run, decoded into events and told to people and tools.
//!
//! Two kinds of frames share the stream: records, in which the guests testify, and events, which a traced monitor
//! tells of itself. **Only the records are compared between machines**; [`guest_lines`] are told from them alone.

mod decode;
mod handles;
mod json;
mod mermaid;
mod registers;
mod snapshot;
mod tell;
mod text;
pub mod words;

pub use decode::{Event, MonitorEvent, Record, decode};
pub use json::json;
pub use mermaid::mermaid;
pub use registers::in_words as registers_in_words;
pub use snapshot::{snapshot_directory, snapshot_guest_lines};
pub use text::{guest_lines, text};
