//! Stage-2 tables, the page pool they come from, and whose a page is.
//!
//! For a partition's memory the software bits of its table entries are the truth ([`entry::PageState`]); for
//! normal-world memory the live transactions' extents are ([`share::Shares`]).

pub mod entry;
pub mod pool;
pub mod share;
pub mod stage2;

#[cfg(test)]
mod tests;
