//! The ICC registers: the CPU interface as software of each world sees it.

use hal::Space;
use hal::interrupt::Intid;

use super::priority::{self, IDLE};
use super::{Gic, Group, SPURIOUS, sgi};
use crate::encoding::Encoding;

/// Their encodings.
pub(super) mod name {
    use crate::encoding::Encoding;

    pub const PMR_EL1: Encoding = Encoding::new(3, 0, 4, 6, 0);
    pub const IAR0_EL1: Encoding = Encoding::new(3, 0, 12, 8, 0);
    pub const EOIR0_EL1: Encoding = Encoding::new(3, 0, 12, 8, 1);
    pub const HPPIR0_EL1: Encoding = Encoding::new(3, 0, 12, 8, 2);
    pub const BPR0_EL1: Encoding = Encoding::new(3, 0, 12, 8, 3);
    pub const AP0R0_EL1: Encoding = Encoding::new(3, 0, 12, 8, 4);
    pub const AP1R0_EL1: Encoding = Encoding::new(3, 0, 12, 9, 0);
    pub const DIR_EL1: Encoding = Encoding::new(3, 0, 12, 11, 1);
    pub const RPR_EL1: Encoding = Encoding::new(3, 0, 12, 11, 3);
    pub const SGI1R_EL1: Encoding = Encoding::new(3, 0, 12, 11, 5);
    pub const ASGI1R_EL1: Encoding = Encoding::new(3, 0, 12, 11, 6);
    pub const SGI0R_EL1: Encoding = Encoding::new(3, 0, 12, 11, 7);
    pub const IAR1_EL1: Encoding = Encoding::new(3, 0, 12, 12, 0);
    pub const EOIR1_EL1: Encoding = Encoding::new(3, 0, 12, 12, 1);
    pub const HPPIR1_EL1: Encoding = Encoding::new(3, 0, 12, 12, 2);
    pub const BPR1_EL1: Encoding = Encoding::new(3, 0, 12, 12, 3);
    pub const CTLR_EL1: Encoding = Encoding::new(3, 0, 12, 12, 4);
    pub const SRE_EL1: Encoding = Encoding::new(3, 0, 12, 12, 5);
    pub const IGRPEN0_EL1: Encoding = Encoding::new(3, 0, 12, 12, 6);
    pub const IGRPEN1_EL1: Encoding = Encoding::new(3, 0, 12, 12, 7);
    pub const SRE_EL2: Encoding = Encoding::new(3, 4, 12, 9, 5);
}

/// ICC_CTLR_EL1: five bits of priority, 24-bit ids, affinity level 3, extended ids. CBPR is EL3's to write: zero.
const CONTROL: u64 = 4 << 8 | 1 << 11 | 1 << 15 | 1 << 19;
/// ICC_CTLR_EL1.EOImode.
const EOI_MODE: u64 = 1 << 1;

/// True for the registers of Group 0. Firmware has FIQs of the normal world taken to EL3 (SCR_EL3.FIQ), so there
/// these trap, and EL3 answers that they are undefined.
const fn is_of_group0(register: Encoding) -> bool {
    register.op1() == 0 && register.crn() == 12 && register.crm() == 8 || register.is(name::IGRPEN0_EL1)
}

/// True for the registers of the CPU interface that EL1 names.
pub const fn is_of_cpu_interface(register: Encoding) -> bool {
    let own = register.op0() == 3 && register.op1() == 0;
    own && matches!((register.crn(), register.crm()), (4, 6) | (12, 8..=12))
}

impl Gic {
    /// Reads the ICC register `register` on `core` as `world` sees it; `None` where it is none that can be read.
    pub fn read_register(&mut self, core: usize, world: Space, register: Encoding) -> Option<u64> {
        if world == Space::NonSecure && is_of_group0(register) {
            return None;
        }
        let group1 = Group::one_of(world);
        let seen = |priority| match world {
            Space::Secure => priority,
            Space::NonSecure => priority::seen_by_normal_world(priority),
        };
        let id = |intid: Option<Intid>| u64::from(intid.map_or(SPURIOUS, |intid| intid.0));
        let interface = &self.interfaces[core];
        Some(match register {
            name::PMR_EL1 => seen(interface.mask).into(),
            name::RPR_EL1 => match interface.running() {
                IDLE => IDLE.into(),
                running => seen(running).into(),
            },
            name::IAR0_EL1 => id(self.acknowledge(core, Group::Zero)),
            name::IAR1_EL1 => id(self.acknowledge(core, group1)),
            name::HPPIR0_EL1 => id(self.highest_of(core, Group::Zero)),
            name::HPPIR1_EL1 => id(self.highest_of(core, group1)),
            name::BPR0_EL1 => interface.binary_point(Group::Zero).into(),
            name::BPR1_EL1 => interface.binary_point(group1).into(),
            name::AP0R0_EL1 => interface.active(Group::Zero).into(),
            name::AP1R0_EL1 => interface.active(group1).into(),
            name::CTLR_EL1 if interface.ends_in_two_steps(world) => CONTROL | EOI_MODE,
            name::CTLR_EL1 => CONTROL,
            name::SRE_EL1 => 0x7,
            name::SRE_EL2 => 0xf,
            name::IGRPEN0_EL1 => interface.enables(Group::Zero).into(),
            name::IGRPEN1_EL1 => interface.enables(group1).into(),
            _ => return None,
        })
    }

    /// What HPPIR reads: the most urgent pending interrupt, if it is of `group`.
    fn highest_of(&mut self, core: usize, group: Group) -> Option<Intid> {
        self.highest(core).filter(|pending| pending.group == group).map(|pending| pending.intid)
    }

    /// Writes the ICC register `register` on `core` as `world` may; false where it is none that can be written.
    pub fn write_register(&mut self, core: usize, world: Space, register: Encoding, value: u64) -> bool {
        if world == Space::NonSecure && is_of_group0(register) {
            return false;
        }
        let group1 = Group::one_of(world);
        let intid = Intid(value as u32 & 0xff_ffff);
        let interface = &mut self.interfaces[core];
        match register {
            name::PMR_EL1 => match world {
                Space::Secure => interface.mask = value as u8 & priority::BITS,
                // The normal world cannot change a mask that the secure state put above its half.
                Space::NonSecure if interface.mask & 0x80 != 0 => {
                    interface.mask = priority::written_by_normal_world(value as u8);
                }
                Space::NonSecure => {}
            },
            name::EOIR0_EL1 => self.end(core, Group::Zero, intid),
            name::EOIR1_EL1 => self.end(core, group1, intid),
            name::DIR_EL1 if interface.ends_in_two_steps(world) => self.deactivate(core, world, intid),
            name::BPR0_EL1 => interface.set_binary_point(Group::Zero, value as u8),
            name::BPR1_EL1 => interface.set_binary_point(group1, value as u8),
            name::AP0R0_EL1 => interface.set_active(Group::Zero, value as u32),
            name::AP1R0_EL1 => interface.set_active(group1, value as u32),
            name::CTLR_EL1 => interface.set_ends_in_two_steps(world, value & EOI_MODE != 0),
            name::IGRPEN0_EL1 => self.enable_group(core, Group::Zero, value),
            name::IGRPEN1_EL1 => self.enable_group(core, group1, value),
            name::SGI0R_EL1 => self.generate(core, world, Group::Zero, sgi::Request::of(value)),
            name::SGI1R_EL1 => self.generate(core, world, group1, sgi::Request::of(value)),
            name::ASGI1R_EL1 => {
                let other = if group1 == Group::Secure { Group::NonSecure } else { Group::Secure };
                self.generate(core, world, other, sgi::Request::of(value));
            }
            name::DIR_EL1 | name::SRE_EL1 | name::SRE_EL2 => {}
            _ => return false,
        }
        true
    }

    /// Writes ICC_IGRPENn of `group`.
    fn enable_group(&mut self, core: usize, group: Group, value: u64) {
        self.interfaces[core].enable(group, value & 1 != 0);
        self.changed();
    }
}
