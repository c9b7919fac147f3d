//! Interrupts that software sends to cores.

use hal::Space;
use hal::interrupt::Intid;

use super::{Gic, Group};

/// What a write to an SGI generation register asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Request {
    /// The interrupt, 0 to 15.
    number: u32,
    targets: Targets,
}

/// Whom an SGI is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Targets {
    /// Every core but the sender (IRM).
    Others,
    /// Sixteen cores with the same upper affinities, a bit each.
    List {
        /// Aff3, Aff2, Aff1 and the upper half of Aff0, as an affinity.
        from: u64,
        /// Which of them.
        list: u64,
    },
}

impl Request {
    /// What `value` in ICC_SGI1R_EL1, ICC_ASGI1R_EL1 or ICC_SGI0R_EL1 asks for.
    pub const fn of(value: u64) -> Self {
        let targets = if value >> 40 & 1 != 0 {
            Targets::Others
        } else {
            let [aff3, range, aff2, aff1] =
                [value >> 48 & 0xff, value >> 44 & 0xf, value >> 32 & 0xff, value >> 16 & 0xff];
            Targets::List { from: aff3 << 32 | aff2 << 16 | aff1 << 8 | range << 4, list: value & 0xffff }
        };
        Self { number: (value >> 24 & 15) as u32, targets }
    }

    /// For the SGI `intid` on `core` alone.
    pub const fn to(intid: Intid, core: usize) -> Self {
        let core = core as u64;
        Self { number: intid.0, targets: Targets::List { from: core & !15, list: 1 << (core & 15) } }
    }

    /// True where `core` is meant by `sender`. Affinity level 0 counts the cores.
    const fn is_for(self, core: usize, sender: usize) -> bool {
        match self.targets {
            Targets::Others => core != sender,
            Targets::List { from, list } => core as u64 & !15 == from && list >> (core & 15) & 1 != 0,
        }
    }
}

impl Gic {
    /// Makes the requested SGI pending on every core that is meant and has it in `group`, if `world` may: the
    /// normal world makes its own only, since GICR_NSACR is zero. One of Group 0 can be asked for as
    /// one of secure Group 1 too, as on QEMU.
    pub(super) fn generate(&mut self, sender: usize, world: Space, group: Group, request: Request) {
        if !group.is_visible_to(world) {
            return;
        }
        let Request { number, .. } = request;
        for (core, redistributor) in self.redistributors.iter_mut().enumerate() {
            let found = redistributor.bank.group(number);
            let matches = found == group || found == Group::Zero && group == Group::Secure;
            if request.is_for(core, sender) && matches {
                redistributor.bank.latch(number);
            }
        }
        self.changed();
    }
}
