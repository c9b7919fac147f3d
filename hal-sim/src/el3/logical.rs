//! EL3's logical partitions: services of the firmware that ask partitions, and that nobody asks.
//!
//! Modelled on TF-A 2.12 built with ENABLE_SPMD_LP (`services/std_svc/spmd/spmd_logical_sp.c`). What has one of them
//! do something is an SMC of the platform, here [`function::SEND`] and [`function::FIND`] of the normal world, which
//! gets what the partition gets: TF-A's platforms have them so.

use hal::Registers;

use super::answers::error;
use super::function::{self, SMC64};
use super::spmd::{Asked, FromNormal, Spmd};

/// A logical partition of EL3.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LogicalPartition {
    /// Its endpoint id, 0xffc0 to 0xfffe.
    pub id: u16,
    /// Its UUID, as two registers carry it.
    pub uuid: [u64; 2],
}

/// The ids that logical partitions may have.
const IDS: std::ops::RangeInclusive<u64> = 0xffc0..=0xfffe;
/// What each of them is told to be: it sends direct requests, and runs in AArch64.
const PROPERTIES: u64 = 1 << 1 | 1 << 8;
/// Bytes of a descriptor, and how many registers hold.
const SIZE: u64 = 24;
const ROOM: usize = 5;

impl Spmd {
    /// True where `id` is one that a logical partition may have, and there are some.
    pub(super) fn is_logical(&self, id: u64) -> bool {
        !self.logical.is_empty() && IDS.contains(&id)
    }

    /// The normal world has a logical partition send a direct request: x1 to x4 are the request's.
    pub(super) fn send(&mut self, core: usize, arguments: &Registers) -> FromNormal {
        let x = &arguments.0;
        let (sender, receiver) = (x[1] >> 16 & 0xffff, x[1] & 0xffff);
        if x[2] != 0 {
            return FromNormal::Answer(error(arguments, function::DENIED));
        }
        let goes = self.is_logical(sender) && !self.is_logical(receiver) && Self::is_partition(receiver);
        if !goes {
            return FromNormal::Answer(error(arguments, function::INVALID_PARAMETERS));
        }
        self.asks(core, Asked::Message, [function::DIRECT_REQ.into(), x[1], x[2], x[3], x[4]])
    }

    /// The normal world has a logical partition look for partitions: x1 to x3 are those of FFA_PARTITION_INFO_GET_REGS.
    pub(super) fn find(&mut self, core: usize, arguments: &Registers) -> FromNormal {
        let x = &arguments.0;
        if x[3] >> 16 & 0xffff != 0 {
            return FromNormal::Answer(error(arguments, function::INVALID_PARAMETERS));
        }
        let function = function::PARTITION_INFO_GET_REGS | SMC64;
        self.asks(core, Asked::List, [function.into(), x[1], x[2], x[3], 0])
    }

    /// FFA_PARTITION_INFO_GET_REGS of the monitor: lists the logical partitions.
    pub(super) fn list(&self, arguments: &Registers) -> Registers {
        let x = &arguments.0;
        let (uuid, start) = ([x[1], x[2]], (x[3] & 0xffff) as usize);
        if x[3] >> 16 & 0xffff != 0 {
            return error(arguments, function::RETRY);
        }
        let named = |partition: &&LogicalPartition| uuid == [0, 0] || uuid == partition.uuid;
        let found: Vec<_> = self.logical.iter().filter(named).collect();
        if found.is_empty() {
            return error(arguments, function::NOT_SUPPORTED);
        }
        if start >= found.len() {
            return error(arguments, function::INVALID_PARAMETERS);
        }
        let shown = &found[start..found.len().min(start + ROOM)];
        let mut answer = Registers::ZERO;
        answer.0[0] = (function::SUCCESS | SMC64).into();
        answer.0[2] = SIZE << 48 | ((start + shown.len() - 1) as u64) << 16 | (found.len() - 1) as u64;
        for (place, partition) in answer.0[3..].chunks_exact_mut(3).zip(shown) {
            place[0] = PROPERTIES << 32 | 1 << 16 | u64::from(partition.id);
            if uuid == [0, 0] {
                place[1..].copy_from_slice(&partition.uuid);
            }
        }
        answer
    }

    /// What becomes of a call by which the monitor would give way while it serves a logical partition: `None` where that is
    /// the answer.
    pub(super) fn denied(arguments: &Registers) -> Option<Registers> {
        let id = arguments.0[0] as u32 & !SMC64;
        let answers = matches!(id, function::ERROR | function::DIRECT_RESP | function::DIRECT_RESP2);
        (!answers).then(|| error(arguments, function::DENIED))
    }

    /// True for an id of the secure world that is neither the SPMC's nor the SPMD's.
    const fn is_partition(id: u64) -> bool {
        id > 0x8000 && id < 0xffff
    }
}
