//! Versions, features, and where vCPUs begin.
//!
//! Rules (`rules/`): `version`, `features`, `secondary`.

use hal::{Hal, PAGE_SIZE, Registers};

use super::{Relayer, VERSION};
use crate::core::Core;
use crate::ffa::call::FeatureQuery;
use crate::ffa::{Error, FunctionId, PartitionId, TargetInfo, Version, response};
use crate::memory::entry::{Access, PageState};
use crate::partition::endpoint::Endpoint;

/// FFA_FEATURES(FFA_MEM_RETRIEVE_REQ): who asks understands the NS bit, who answers reports it.
const NS_BIT: u32 = 1 << 1;

impl<H: Hal> Relayer<H> {
    /// FFA_VERSION: agrees on a version with `endpoint`. The error is for the trace: the caller gets -1 in w0.
    pub fn version(
        &self,
        endpoint: &Endpoint<H::Locks>,
        caller: PartitionId,
        requested: Option<Version>,
    ) -> Result<Version, Error> {
        let requested = requested.ok_or(Error::MalformedVersion)?;
        let offered =
            // rule: version.3
            self.partition(caller).map_or(VERSION, |(_, loaded)| loaded.config.ffa_version.max(VERSION));
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
    ) -> Result<Registers, Error> {
        let function = FunctionId::SECONDARY_EP_REGISTER_64;
        let (partition, loaded) = self
            .partition(caller.partition)
            // rule: secondary.4
            .filter(|(_, caller)| caller.is_pinned())
            // rule: secondary.1
            .ok_or(Error::NotSupported { function })?;
        let late = Error::CallNotAllowed { function, model: "after its initialisation" };
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
        let allowed = "it must be an instruction in the caller's own memory";
        executable().ok_or(Error::Register { function, register: "x1", found: entry, allowed })?;
        // rule: secondary.2, secondary.5
        if !partition.secondary_entry.set(entry) {
            return Err(late);
        }
        Ok(response::success())
    }

    /// True where the version that `caller` speaks has `function`.
    fn has(&self, caller: PartitionId, function: FunctionId) -> bool {
        let version = self.endpoint(caller).map(|caller| caller.version.get());
        version.zip(function.since()).is_some_and(|(version, since)| version >= since)
    }

    /// FFA_FEATURES: whether `caller` has a function, and with which properties.
    pub fn features(
        &self,
        caller: PartitionId,
        query: FeatureQuery,
        properties: u32,
    ) -> Result<Registers, Error> {
        use FunctionId as Id;
        let (id, offered) = match query {
            FeatureQuery::Feature(id) => (u32::from(id), None),
            FeatureQuery::Function(function) => (
                function.0,
                match function {
                    Id::MEM_RETRIEVE_REQ | Id::MEM_RETRIEVE_REQ_64 => {
                        let old = self.endpoint(caller).map(|caller| caller.version.get());
                        // rule: features.3, features.5, features.6, features.10
                        let understands = properties & NS_BIT != 0 || old == Some(Version::V1_0);
                        understands.then_some(NS_BIT)
                    }
                    // The smallest size and alignment is 4 KiB, and nothing is said of the largest: a client
                    // that does not mask the size away knows only this answer.
                    Id::RXTX_MAP | Id::RXTX_MAP_64 => Some(0),
                    // rule: features.11
                    Id::ERROR
                    | Id::SUCCESS
                    | Id::SUCCESS_64
                    | Id::INTERRUPT
                    | Id::VERSION
                    | Id::FEATURES
                    | Id::ID_GET
                    | Id::SPM_ID_GET
                    | Id::PARTITION_INFO_GET
                    | Id::RXTX_UNMAP
                    | Id::RX_RELEASE
                    | Id::RUN
                    | Id::MSG_SEND_DIRECT_REQ
                    | Id::MSG_SEND_DIRECT_REQ_64 => Some(0),
                    Id::ABORT | Id::ABORT_64 if caller.is_secure() && self.has(caller, function) => Some(0),
                    Id::MSG_SEND_DIRECT_REQ2 | Id::MSG_SEND2 if self.has(caller, function) => Some(0),
                    Id::MSG_SEND_DIRECT_RESP2 | Id::YIELD
                        if caller.is_secure() && self.has(caller, function) =>
                    {
                        Some(0)
                    }
                    // rule: features.4, features.13
                    Id::SECONDARY_EP_REGISTER | Id::SECONDARY_EP_REGISTER_64
                        if self.partition(caller).is_some_and(|(_, caller)| caller.is_pinned()) =>
                    {
                        Some(0)
                    }
                    Id::MEM_SHARE | Id::MEM_SHARE_64 | Id::MEM_RECLAIM if !caller.is_secure() => Some(0),
                    // rule: features.9, features.12
                    Id::MSG_WAIT
                    | Id::CONSOLE_LOG
                    | Id::CONSOLE_LOG_64
                    | Id::MSG_SEND_DIRECT_RESP
                    | Id::MSG_SEND_DIRECT_RESP_64
                    | Id::MEM_RELINQUISH
                        if caller.is_secure() =>
                    {
                        Some(0)
                    }
                    _ => None,
                },
            ),
        };
        offered
            .map(|offered| response::success_with([offered]))
            // rule: features.7, features.8
            .ok_or(Error::UnknownFeature { id, properties })
    }
}
