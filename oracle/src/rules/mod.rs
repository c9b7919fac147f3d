//! What must hold, a file for each subject.

pub mod answers;
mod buffers;
mod deaths;
mod mailboxes;
mod reach;
mod transactions;
pub mod turns;
