//! What is right: the logic of Tantalum, generic over a machine.
#![no_std]
#![forbid(unsafe_code)]
