//! What happens: guest programs, the scenarios that they play, what they testify, and how to boot it elsewhere.
//!
//! A scenario is written once and runs on two machines; the guests testify what they saw, and their testimony is
//! one text, kept as one snapshot.
//!
//! | module | what it is about |
//! |---|---|
//! | [`program`] | AArch64 code assembled in place, beside it what is expected of it |
//! | [`steps`] | parts of scenarios: what each program does in them |
//! | [`scenario`] | the catalogue, and judging a run |
//! | [`manifest`] | device trees and packages |
//! | [`pack`] | a directory that any TF-A build can boot |
//! | [`transcript`] | the stream of a run, decoded and told |
//! | [`machine`] | where a scenario runs |
//! | [`conformance`] | which rules of FF-A are shown |
//! | [`check`] | manifests and packages, before they boot |
//! | [`gdb`] | a run under gdb, forwards and backwards |
//! | [`own`] | a person's own partitions, from files |
//! | [`histories`] | random calls by everybody, under the oracle |
//! | [`out`] | standard output |
//! | [`qemu`] | packed scenarios booted under TF-A |
//! | [`soak`] | random cases without end, each repeatable |

#![forbid(unsafe_code)]

pub mod check;
pub mod conformance;
pub mod ffa;
pub mod firmware;
pub mod gdb;
pub mod histories;
pub mod machine;
pub mod manifest;
pub mod out;
pub mod own;
pub mod pack;
pub mod paravirtual;
pub mod program;
pub mod psci;
pub mod qemu;
pub mod scenario;
pub mod soak;
pub mod steps;
pub mod transcript;
