//! Pages that one guest writes cached and another uses uncached.

use std::collections::BTreeMap;
use std::fmt;

use hal::{Pa, Space};

use super::lines::page_of;
use crate::mmu::regime::Regime;
use crate::mmu::report;

/// Whose accesses.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct User {
    world: Space,
    /// `None` at EL2.
    vmid: Option<u16>,
}

impl User {
    /// Who runs in `regime`.
    pub fn of(regime: &Regime) -> Self {
        Self { world: regime.world, vmid: (regime.el < 2).then_some(regime.vmid) }
    }

    /// The guest of `world` under `vmid`.
    pub const fn guest(world: Space, vmid: u16) -> Self {
        Self { world, vmid: Some(vmid) }
    }
}

impl fmt::Display for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let world = report::world(self.world);
        match self.vmid {
            Some(vmid) => write!(f, "{world}, VMID {vmid}"),
            None => write!(f, "{world}, EL2"),
        }
    }
}

/// Who wrote each page cached since it was last cleaned.
#[derive(Default)]
pub struct Aliases(BTreeMap<Pa, Vec<User>>);

impl Aliases {
    /// Notes that `user` writes `page` cached.
    pub fn note(&mut self, page: Pa, user: User) {
        let users = self.0.entry(page).or_default();
        if !users.contains(&user) {
            users.push(user);
        }
    }

    /// Somebody else than `user` who wrote `page` cached; told once for each page.
    pub fn take_other(&mut self, page: Pa, user: User) -> Option<User> {
        let other = self.0.get(&page)?.iter().find(|other| **other != user).copied()?;
        self.0.remove(&page);
        Some(other)
    }

    /// Notes that the lines of `size` bytes from `start` were cleaned: pages of which that is all are nobody's.
    pub fn clean(&mut self, start: Pa, size: u64) {
        let end = start.address.saturating_add(size);
        let last = Pa { address: end, ..start };
        let cleaned: Vec<_> = self.0.range(page_of(start)..last).map(|(page, _)| *page).collect();
        for page in cleaned {
            if page.address >= start.address && page.address + hal::PAGE_SIZE <= end {
                self.0.remove(&page);
            }
        }
    }
}
