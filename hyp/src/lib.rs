//! What is right: the logic of Tantalum, generic over a machine.
//!
//! | room | what is in it |
//! |---|---|
//! | [`ffa`] | the language: typed calls from registers, answers to registers, descriptors, errors. Pure |
//! | [`manifest`] | device trees and partition packages to typed configuration. Pure |
//! | [`memory`] | stage-2 tables, the page pool, and whose a page is |
//! | [`partition`] | a partition, its vCPUs and their run states, its mailbox and version |
//! | [`relayer`] | what calls do, one function per call |
//! | [`spmc`] | the S-EL2 personality: boot, the loop, dispatch, exits |
//! | [`console`] | lines for a person |
//! | [`core`] | one core: whose registers are in it |
//! | [`traps`], [`exception`] | what a guest may touch, and what it takes when it touches more |
//! | [`id_registers`] | what a guest learns of the core |
//! | [`capacity`] | how many of everything there can be |
//!
//! What holds everywhere: no input panics, and no input decides how deep or how long something runs but within
//! a named capacity. A length, an offset or an address that somebody sent is an allegation until the room that
//! reads it has checked it; what a room hands on is checked.
#![no_std]
#![forbid(unsafe_code)]

#[cfg(test)]
extern crate std;

pub mod capacity;
pub mod console;
pub mod core;
pub mod exception;
pub mod ffa;
pub mod id_registers;
pub mod manifest;
pub mod memory;
pub mod partition;
pub mod relayer;
pub mod spmc;
pub mod traps;
