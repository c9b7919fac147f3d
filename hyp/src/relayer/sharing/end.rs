//! FFA_MEM_RELINQUISH and FFA_MEM_RECLAIM: what was borrowed is given back, and the transaction ends.
//!
//! Rules (`rules/`): `relinquish`, `reclaim`.

use hal::Hal;

use super::{access_of, find, owned_by};
use crate::core::Core;
use crate::ffa::memory::Relinquish;
use crate::ffa::wording::{Clause, Item};
use crate::ffa::{Answer, Error, Handle, PartitionId, response};
use crate::relayer::{Relayer, unknown};

/// Bytes of a relinquish descriptor for one endpoint.
const RELINQUISH_SIZE: usize = 18;

impl<H: Hal> Relayer<H> {
    /// FFA_MEM_RELINQUISH of a partition: unmaps the pages.
    pub fn mem_relinquish(&self, core: &mut Core<'_, H>, caller: PartitionId) -> Result<Answer, Error> {
        let (_, loaded) = self.partition(caller).ok_or(unknown(caller))?;
        let mut scratch = self.scratch_on(core.index).ok_or(unknown(caller))?.lock(&core.token);
        let (descriptor, _) = self.read_tx(core.hal, &core.token, caller, &mut scratch, RELINQUISH_SIZE)?;
        let Relinquish { handle, zero, endpoint } = Relinquish::parse(descriptor)?;
        // rule: relinquish.3
        if endpoint != caller {
            return Err(Error::SpoofedSender { claimed: endpoint, caller });
        }
        let mut shares = self.shares.lock(&core.token);
        let share = find(shares.find(handle), handle)?;
        access_of(&share.transaction, caller)?;
        // rule: relinquish.4
        if !share.is_held_by(caller) {
            return Err(Error::NotRetrieved { handle, caller });
        }
        // rule: relinquish.5
        if zero {
            return Err(Error::Field {
                field: Item::RelinquishFlags,
                found: 1,
                allowed: Clause::ShareNotZeroed,
            });
        }
        let mut pool = self.pool.lock(&core.token);
        for extent in &share.extents {
            // rule: relinquish.7
            loaded.stage2.unmap(core.hal, &mut pool, *extent);
        }
        share.set_held(caller, false);
        Ok(response::success())
    }

    /// FFA_MEM_RECLAIM of the normal world: the transaction ends, `zero`ed if the owner wants.
    pub fn mem_reclaim(
        &self,
        core: &mut Core<'_, H>,
        caller: PartitionId,
        handle: Handle,
        zero: bool,
    ) -> Result<Answer, Error> {
        let mut shares = self.shares.lock(&core.token);
        let share = find(shares.find(handle), handle)?;
        owned_by(share, caller)?;
        // rule: reclaim.4
        if let Some(borrower) = share.holder() {
            return Err(Error::StillBorrowed { handle, borrower });
        }
        // rule: reclaim.5
        if zero {
            for extent in &share.extents {
                core.hal.zero(*extent)?;
            }
        }
        // rule: reclaim.6
        shares.remove(handle);
        Ok(response::success())
    }
}
