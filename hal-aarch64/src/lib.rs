//! The real machine.
#![no_std]
