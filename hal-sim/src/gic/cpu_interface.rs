//! A core's CPU interface: which of its interrupts the core is signalled.

use hal::Space;

use super::priority::{self, IDLE, SHIFT};
use super::{Group, Pending};

/// The CPU interface of one core.
pub struct CpuInterface {
    /// ICC_PMR_EL1, as the secure state sees it: only what is more urgent is signalled.
    pub mask: u8,
    enabled: [bool; 3],
    binary_points: [u8; 3],
    /// ICC_APnR0: the group priorities of active interrupts, a bit each; the lowest one is the most urgent.
    active: [u32; 3],
    /// ICC_CTLR_EL1.EOImode of the secure state and the normal world.
    two_steps: [bool; 2],
}

/// The groups in the order in which their registers are kept.
const GROUPS: [Group; 3] = [Group::Zero, Group::Secure, Group::NonSecure];

/// Where a pair that is banked by security state keeps the element of `world`.
const fn bank(world: Space) -> usize {
    match world {
        Space::Secure => 0,
        Space::NonSecure => 1,
    }
}

impl CpuInterface {
    /// As firmware leaves it: nothing masked, secure Group 1 on.
    pub fn after_firmware() -> Self {
        Self {
            mask: priority::BITS,
            enabled: [true, true, false],
            binary_points: GROUPS.map(priority::smallest_binary_point),
            active: [0; 3],
            two_steps: [false; 2],
        }
    }

    /// ICC_IGRPENn of `group`.
    pub const fn enables(&self, group: Group) -> bool {
        self.enabled[group as usize]
    }

    /// Writes ICC_IGRPENn of `group`.
    pub const fn enable(&mut self, group: Group, on: bool) {
        self.enabled[group as usize] = on;
    }

    /// ICC_BPRn of `group`.
    pub const fn binary_point(&self, group: Group) -> u8 {
        self.binary_points[group as usize]
    }

    /// Writes ICC_BPRn of `group`, which has a least value.
    pub fn set_binary_point(&mut self, group: Group, value: u8) {
        self.binary_points[group as usize] = (value & 7).max(priority::smallest_binary_point(group));
    }

    /// ICC_APnR0 of `group`.
    pub const fn active(&self, group: Group) -> u32 {
        self.active[group as usize]
    }

    /// Writes ICC_APnR0 of `group`.
    pub const fn set_active(&mut self, group: Group, priorities: u32) {
        self.active[group as usize] = priorities;
    }

    /// ICC_CTLR_EL1.EOImode of `world`: the end of an interrupt drops its priority, and no more.
    pub const fn ends_in_two_steps(&self, world: Space) -> bool {
        self.two_steps[bank(world)]
    }

    /// Writes ICC_CTLR_EL1.EOImode of `world`.
    pub const fn set_ends_in_two_steps(&mut self, world: Space, on: bool) {
        self.two_steps[bank(world)] = on;
    }

    /// The running priority: that of the most urgent active interrupt.
    pub fn running(&self) -> u8 {
        let active = self.active.iter().fold(0, |all, active| all | active);
        if active == 0 { IDLE } else { (active.trailing_zeros() as u8) << SHIFT }
    }

    /// The group of the interrupt that runs.
    pub fn running_group(&self) -> Option<Group> {
        let urgent = |group: &Group| self.active(*group).trailing_zeros();
        GROUPS.into_iter().filter(|group| self.active(*group) != 0).min_by_key(urgent)
    }

    /// True where `pending` gets past the priority mask and the running priority.
    pub fn lets_through(&self, pending: &Pending) -> bool {
        let running = self.running();
        let preempts = || self.group_priority(pending) < running & self.group_bits(pending.group);
        pending.priority < self.mask && (running == IDLE || preempts())
    }

    /// The bits that decide about preemption by interrupts of `group`.
    fn group_bits(&self, group: Group) -> u8 {
        priority::group_bits(group, self.binary_point(group))
    }

    fn group_priority(&self, pending: &Pending) -> u8 {
        pending.priority & self.group_bits(pending.group)
    }

    /// `pending` was acknowledged.
    pub fn raise(&mut self, pending: &Pending) {
        self.active[pending.group as usize] |= 1 << (self.group_priority(pending) >> SHIFT);
    }

    /// The most urgent active interrupt of `group` has ended.
    pub const fn drop_priority(&mut self, group: Group) {
        let active = &mut self.active[group as usize];
        *active &= active.wrapping_sub(1);
    }
}
