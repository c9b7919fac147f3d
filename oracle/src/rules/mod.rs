//! What must hold, a file for each subject.

pub mod answers;
mod buffers;
mod deaths;
pub mod interrupts;
mod mailboxes;
mod notifications;
mod reach;
mod registers;
pub mod scheduler;
pub mod timers;
mod transactions;
pub mod turns;
