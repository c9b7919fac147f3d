//! `tantalum run … --gdb PORT`: a run under gdb.

use std::net::{Ipv4Addr, TcpListener};

use hal::Pa;
use hal::memory::PhysicalRange;
use scenarios::gdb::{self, Whom};
use scenarios::machine::contents::Contents;
use scenarios::machine::sim::Conditions;
use scenarios::machine::{Run, layout};
use scenarios::program::Role;

use super::Failure;

/// What a person asks of gdb.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Gdb {
    /// The port to wait on.
    pub port: u16,
    /// Who is debugged.
    pub guest: Role,
}

/// Reads who is debugged: `nwd`, or `sp` and a number from 1 on.
pub(super) fn guest(text: &str) -> Result<Role, String> {
    if text == "nwd" {
        return Ok(Role::NormalWorld);
    }
    let number = text.strip_prefix("sp").and_then(|number| number.parse().ok()).filter(|number| *number > 0);
    number.map(Role::Partition).ok_or_else(|| "it is nwd, sp1, sp2 and so on".to_string())
}

/// Runs `contents` under gdb; `memory` says where the memory of a partition is, if it plays.
pub(super) fn run(
    contents: &Contents,
    conditions: &Conditions,
    gdb: Gdb,
    memory: impl Fn(Role) -> Option<PhysicalRange>,
) -> Result<Run, Failure> {
    let memory = match gdb.guest {
        Role::NormalWorld => {
            let (start, size) = layout::NORMAL_RAM;
            Some(PhysicalRange { start: Pa::non_secure(start), size })
        }
        partition => memory(partition),
    };
    let name = gdb.guest.name();
    let memory =
        memory.ok_or_else(|| Failure(format!("{name} does not play here; choose another --guest")))?;
    let wrong = |error| Failure(format!("port {}: {error}; choose another --gdb PORT", gdb.port));
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, gdb.port)).map_err(wrong)?;
    eprintln!("waiting for gdb; in gdb: target remote :{}", gdb.port);
    gdb::run(contents, conditions, &listener, Whom(memory)).map_err(wrong)
}
