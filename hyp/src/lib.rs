//! What is right: the logic of Tantalum, generic over a machine.
//!
//! | room | what is in it |
//! |---|---|
//! | [`ffa`] | the language: typed calls from registers, answers to registers, descriptors, errors. Pure |
//! | [`manifest`] | device trees and partition packages to typed configuration. Pure |
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
pub mod ffa;
pub mod manifest;
