//! Versions, and where vCPUs begin.
//!
//! Rules (`rules/`): `version`, `secondary`.

use hal::{Hal, PAGE_SIZE};

use super::{Relayer, VERSION};
use crate::core::Core;
use crate::ffa::wording::{Clause, Item};
use crate::ffa::{Answer, Error, FunctionId, PartitionId, TargetInfo, Version, response};
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
        let mut offered = VERSION;
        if let Some((_, loaded)) = self.partition(caller) {
            // rule: version.3
            offered = offered.max(loaded.config.ffa_version);
        } else if let Some(platform) = self.platform.get() {
            // rule: version.40
            offered = platform.version;
        }
        // rule: version.1, version.4, version.5
        if !requested.is_understood_by(offered) {
            return Err(Error::IncompatibleVersion { requested, offered });
        }
        // rule: version.2
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
    ) -> Result<Answer, Error> {
        let function = FunctionId::SECONDARY_EP_REGISTER_64;
        let (partition, loaded) = self
            .partition(caller.partition)
            // rule: secondary.4
            .filter(|(_, caller)| caller.is_pinned())
            .ok_or(Error::NotSupported { function })?;
        let late = Error::CallNotAllowed { function, model: Clause::AfterInitialisation };
        // rule: secondary.2
        if partition.secondary_entry.is_fixed() {
            return Err(late);
        }
        let executable = || {
            let page = hal::Pa::secure(entry / PAGE_SIZE * PAGE_SIZE);
            let frames = self.platform.get()?.memory.frames(page, 1).ok()?;
            let _tables = self.pool.lock(&core.token);
            let mapping = loaded.stage2.lookup_all(&*core.hal, frames)?;
            // rule: secondary.6
            let own = mapping.state != PageState::Borrowed && mapping.access.contains(Access::EXECUTE);
            // rule: secondary.3
            (own && entry.is_multiple_of(4)).then_some(())
        };
        let allowed = Clause::OwnInstruction;
        executable().ok_or(Error::Register { function, register: Item::X1, found: entry, allowed })?;
        // rule: secondary.2, secondary.5
        if !partition.secondary_entry.set(entry) {
            return Err(late);
        }
        Ok(response::success())
    }
}
