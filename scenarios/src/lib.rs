//! What happens.

pub mod qemu;
