//! Thirty-two interrupts, as the distributor and the redistributors keep them.

use hal::Space;
use hal::interrupt::{Intid, Line, Trigger};

use super::register::Field;
use super::{Group, Pending, priority};

/// Thirty-two interrupts, a bit each.
pub struct Bank {
    /// IGROUPR: the normal world's Group 1.
    non_secure: u32,
    /// IGRPMODR: of the others, secure Group 1; the rest is Group 0.
    modifier: u32,
    enabled: u32,
    /// Pending by software or by an edge.
    latched: u32,
    /// Asserted by devices.
    lines: u32,
    active: u32,
    /// ICFGR: triggered by an edge, not by the level.
    edges: u32,
    /// Those whose ICFGR cannot be written.
    fixed: u32,
    priorities: [u8; 32],
}

/// Non-secure Group 1, off, triggered by level, as urgent as the normal world can make them.
const NORMAL_WORLDS: Bank = Bank {
    non_secure: !0,
    modifier: 0,
    enabled: 0,
    latched: 0,
    lines: 0,
    active: 0,
    edges: 0,
    fixed: 0,
    priorities: [0x80; 32],
};

impl Bank {
    /// Shared interrupts as firmware leaves them: the normal world's.
    pub const fn shared() -> Self {
        NORMAL_WORLDS
    }

    /// A core's private interrupts as firmware leaves them: SGIs 8 to 15 are secure and on.
    pub const fn private() -> Self {
        const SGIS: u32 = 0xffff;
        const SECURE: u32 = 0xff00;
        let mut bank = NORMAL_WORLDS;
        bank.non_secure = !SECURE;
        bank.modifier = SECURE;
        bank.enabled = SECURE;
        bank.edges = SGIS;
        bank.fixed = SGIS;
        let mut number = 8;
        while number < 16 {
            bank.priorities[number] = 0;
            number += 1;
        }
        bank
    }

    /// The group of interrupt `number`.
    pub const fn group(&self, number: u32) -> Group {
        match (self.non_secure >> number & 1, self.modifier >> number & 1) {
            (0, 0) => Group::Zero,
            (0, _) => Group::Secure,
            _ => Group::NonSecure,
        }
    }

    /// The pending interrupts.
    const fn pending(&self) -> u32 {
        self.latched | self.lines & !self.edges
    }

    /// True where interrupt `number` is pending.
    pub const fn is_pending(&self, number: u32) -> bool {
        self.pending() >> number & 1 != 0
    }

    /// The interrupts that are pending, enabled and not active; `intid` makes an id of a number.
    pub fn ready(&self, intid: impl Fn(u32) -> Intid) -> impl Iterator<Item = Pending> {
        let mut left = self.pending() & self.enabled & !self.active;
        std::iter::from_fn(move || {
            let number = (left != 0).then(|| left.trailing_zeros())?;
            left &= left - 1;
            let priority = self.priorities[number as usize];
            Some(Pending { intid: intid(number), group: self.group(number), priority })
        })
    }

    /// What the interrupts are still, in words: pending and on, or active; `name` makes a name of a number.
    pub fn left(&self, name: impl Fn(u32) -> String) -> impl Iterator<Item = String> {
        let states = [(self.pending() & self.enabled, "pending"), (self.active, "active")];
        let bits = states.into_iter().flat_map(|(bits, state)| {
            (0..32).filter(move |number| bits >> number & 1 != 0).map(move |number| (number, state))
        });
        bits.map(move |(number, state)| format!("interrupt {} is {state}", name(number)))
    }

    /// Interrupt `number` is of Group 0, on, triggered by the rise of its line, and as urgent as can be.
    pub const fn give_to_firmware(&mut self, number: u32) {
        self.non_secure &= !(1 << number);
        self.edges |= 1 << number;
        self.priorities[number as usize] = 0;
        self.enable(number, true);
    }

    /// Interrupt `number` is the secure Group 1's and comes like `line`, is off, and nothing of it is left from before.
    pub fn claim(&mut self, number: u32, line: Line) {
        self.enable(number, false);
        self.deactivate(number);
        self.latched &= !(1 << number);
        self.non_secure &= !(1 << number);
        self.modifier |= 1 << number;
        self.priorities[number as usize] = line.priority & priority::BITS;
        let edge = u32::from(line.trigger == Trigger::Edge) << number;
        self.edges = self.edges & !(1 << number & !self.fixed) | edge & !self.fixed;
    }

    /// Interrupt `number` is on or off.
    pub const fn enable(&mut self, number: u32, on: bool) {
        self.enabled = self.enabled & !(1 << number) | (on as u32) << number;
    }

    /// Interrupt `number` is the normal world's, and off.
    pub const fn release(&mut self, number: u32) {
        self.enable(number, false);
        self.non_secure |= 1 << number;
        self.modifier &= !(1 << number);
        self.priorities[number as usize] = NORMAL_WORLDS.priorities[number as usize];
    }

    /// A core takes interrupt `number`.
    pub const fn activate(&mut self, number: u32) {
        self.active |= 1 << number;
        self.latched &= !(1 << number);
    }

    /// A core is done with interrupt `number`.
    pub const fn deactivate(&mut self, number: u32) {
        self.active &= !(1 << number);
    }

    /// Interrupt `number` is made pending, by software.
    pub const fn latch(&mut self, number: u32) {
        self.latched |= 1 << number;
    }

    /// Devices assert those of their `lines` that are in `asserted`; false where nothing changes.
    pub const fn set_lines(&mut self, lines: u32, asserted: u32) -> bool {
        let before = self.lines;
        self.lines = before & !lines | asserted & lines;
        self.latched |= self.lines & !before & self.edges;
        self.lines != before
    }

    /// The interrupts that `world` sees.
    const fn visible(&self, world: Space) -> u32 {
        match world {
            Space::Secure => !0,
            Space::NonSecure => self.non_secure,
        }
    }

    /// Reads `size` bytes of `field` from interrupt `first` on, as `world` sees them.
    pub fn read(&self, world: Space, field: Field, first: u32, size: u64) -> u64 {
        let seen = self.visible(world);
        let value = match field {
            Field::Priority => return self.read_priorities(world, first, size),
            Field::Configuration => return two_bits_each(self.edges & seen, first),
            Field::Group if world == Space::Secure => self.non_secure,
            Field::GroupModifier if world == Space::Secure => self.modifier,
            Field::Group | Field::GroupModifier => 0,
            Field::SetEnable | Field::ClearEnable => self.enabled & seen,
            Field::SetPending | Field::ClearPending => self.pending() & seen,
            Field::SetActive | Field::ClearActive => self.active & seen,
        };
        value.into()
    }

    /// Writes `size` bytes of `field` from interrupt `first` on, as `world` may.
    pub fn write(&mut self, world: Space, field: Field, first: u32, size: u64, value: u64) {
        let bits = value as u32 & self.visible(world);
        match field {
            Field::Priority => self.write_priorities(world, first, size, value),
            Field::Configuration => {
                let written = 0xffff << first & self.visible(world) & !self.fixed;
                self.edges = self.edges & !written | one_bit_each(value as u32, first) & written;
            }
            Field::Group if world == Space::Secure => self.non_secure = value as u32,
            Field::GroupModifier if world == Space::Secure => self.modifier = value as u32,
            Field::Group | Field::GroupModifier => {}
            Field::SetEnable => self.enabled |= bits,
            Field::ClearEnable => self.enabled &= !bits,
            Field::SetPending => self.latched |= bits,
            Field::ClearPending => self.latched &= !bits,
            Field::SetActive => self.active |= bits,
            Field::ClearActive => self.active &= !bits,
        }
    }

    /// Reads `size` priorities.
    fn read_priorities(&self, world: Space, first: u32, size: u64) -> u64 {
        (0..size as u32).rev().fold(0, |value, byte| {
            let number = first + byte;
            let priority = self.priorities[number as usize];
            let seen = match (world, self.group(number)) {
                (Space::Secure, _) => priority,
                (Space::NonSecure, Group::NonSecure) => priority::seen_by_normal_world(priority),
                (Space::NonSecure, _) => 0,
            };
            value << 8 | u64::from(seen)
        })
    }

    /// Writes `size` priorities.
    fn write_priorities(&mut self, world: Space, first: u32, size: u64, value: u64) {
        for (number, written) in (first..).zip(value.to_le_bytes()).take(size as usize) {
            let group = self.group(number);
            if group.is_visible_to(world) {
                self.priorities[number as usize] = match world {
                    Space::Secure => written & priority::BITS,
                    Space::NonSecure => priority::written_by_normal_world(written),
                };
            }
        }
    }
}

/// ICFGR of the sixteen interrupts from `first` on, of which those in `edges` are triggered by edges.
const fn two_bits_each(edges: u32, first: u32) -> u64 {
    let mut value = 0;
    let mut number = 0;
    while number < 16 {
        value |= (edges as u64 >> (first + number) & 1) << (2 * number + 1);
        number += 1;
    }
    value
}

/// The interrupts, among the sixteen from `first` on, that ICFGR `value` makes triggered by edges.
const fn one_bit_each(value: u32, first: u32) -> u32 {
    let mut edges = 0;
    let mut number = 0;
    while number < 16 {
        edges |= (value >> (2 * number + 1) & 1) << (first + number);
        number += 1;
    }
    edges
}
