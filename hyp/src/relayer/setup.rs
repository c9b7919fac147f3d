//! Versions, and where vCPUs begin.
//!
//! | rule | what |
//! |---|---|
//! | `version.1` | a version word with bit 31 set, of another major or of a higher minor version: NOT_SUPPORTED in w0 |
//! | `version.2` | another version after any other call: NOT_SUPPORTED in w0; the same one again: ours |
//! | `version.3` | a partition whose manifest says 1.3 is offered that: it has FFA_ABORT, and no other call of 1.3 yet |
//! | `version.40` | the normal world is offered what the monitor's manifest says, and 1.3 at most |
//! | `secondary.1` | FFA_SECONDARY_EP_REGISTER by the normal world or a partition with one vCPU: NOT_SUPPORTED |
//! | `secondary.2` | once the caller's first vCPU has initialised itself: DENIED. Before, the last one counts |
//! | `secondary.3` | an entry point that is no instruction's address, or not in memory that is the caller's own to execute: INVALID_PARAMETERS |

use hal::{Hal, PAGE_SIZE, Registers};

use super::{Relayer, VERSION};
use crate::core::Core;
use crate::ffa::{Error, FunctionId, PartitionId, TargetInfo, Version, response};
use crate::memory::entry::{Access, PageState};
use crate::partition::endpoint::Endpoint;

impl<H: Hal> Relayer<H> {
    /// FFA_VERSION: agrees on a version with `endpoint`. The error is for the trace: the caller gets -1 in w0.
    pub fn version(
        &self,
        endpoint: &Endpoint<H::Locks>,
        caller: PartitionId,
        requested: Option<Version>,
    ) -> Result<Version, Error> {
        let requested = requested.ok_or(Error::MalformedVersion)?;
        let offered = match self.partition(caller) {
            Some((_, loaded)) => loaded.config.ffa_version.max(VERSION),
            // rule: version.40
            None => self.platform.get().map_or(VERSION, |platform| platform.version),
        };
        if !requested.is_understood_by(offered) {
            return Err(Error::IncompatibleVersion { requested, offered });
        }
        if !endpoint.version.set(requested) {
            return Err(Error::VersionLocked { requested, agreed: endpoint.version.get() });
        }
        Ok(offered)
    }

    /// FFA_SECONDARY_EP_REGISTER: the caller's vCPUs other than its first begin at `entry`.
    pub fn secondary_entry_register(
        &self,
        core: &Core<'_, H>,
        caller: TargetInfo,
        entry: u64,
    ) -> Result<Registers, Error> {
        let function = FunctionId::SECONDARY_EP_REGISTER_64;
        let (partition, loaded) = self
            .partition(caller.partition)
            .filter(|(_, caller)| caller.is_pinned())
            .ok_or(Error::NotSupported { function })?;
        let late = Error::CallNotAllowed { function, model: "after its initialisation" };
        if partition.secondary_entry.is_fixed() {
            return Err(late);
        }
        let executable = || {
            let page = hal::Pa::secure(entry / PAGE_SIZE * PAGE_SIZE);
            let frames = self.platform.get()?.memory.frames(page, 1).ok()?;
            let _tables = self.pool.lock(&core.token);
            let mapping = loaded.stage2.lookup_all(&*core.hal, frames)?;
            let own = mapping.state != PageState::Borrowed && mapping.access.contains(Access::EXECUTE);
            (own && entry.is_multiple_of(4)).then_some(())
        };
        let allowed = "it must be an instruction in the caller's own memory";
        executable().ok_or(Error::Register { function, register: "x1", found: entry, allowed })?;
        if !partition.secondary_entry.set(entry) {
            return Err(late);
        }
        Ok(response::success())
    }
}
