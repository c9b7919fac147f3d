//! FFA_FEATURES: which functions a caller has, and with which properties. What it has it is told, and nothing else.
//!
//! Rules: `rules/features.toml`.

use hal::Hal;

use super::{Relayer, unknown};
use crate::capacity::MAX_BUFFER_PAGES;
use crate::ffa::call::FeatureQuery;
use crate::ffa::partition_info::Properties;
use crate::ffa::{Error, FunctionId, PartitionId, Version};
use crate::partition::Loaded;
use crate::partition::interrupts::{NPI, SRI};

/// FFA_FEATURES(FFA_MEM_RETRIEVE_REQ): who asks understands the NS bit, who answers reports it.
const NS_BIT: u32 = 1 << 1;
/// The same: a hypervisor can ask what was sent.
const HYPERVISOR_RETRIEVE: u32 = 1 << 2;

/// Features: the notification pending interrupt, the schedule receiver interrupt, notifications (1.3).
const NOTIFICATION_PENDING: u8 = 1;
const SCHEDULE_RECEIVER: u8 = 2;
const NOTIFICATIONS: u8 = 4;
/// The latter: neither VMs nor partitions have notifications for one vCPU.
const NOT_PER_VCPU: u32 = 0b11;

impl<H: Hal> Relayer<H> {
    /// FFA_FEATURES: the properties of a function that `caller` has.
    pub fn features(&self, caller: PartitionId, query: FeatureQuery, properties: u32) -> Result<u32, Error> {
        let version = self.endpoint(caller).ok_or(unknown(caller))?.version.get();
        let (id, offered) = match query {
            FeatureQuery::Feature(id) => (u32::from(id), self.feature(caller, version, id)),
            FeatureQuery::Function(function) => {
                // rule: features.40
                let known = function.is_in(version);
                (function.0, known.then(|| self.offered(caller, version, function, properties)).flatten())
            }
        };
        // rule: features.7, features.8
        offered.ok_or(Error::UnknownFeature { id, properties })
    }

    /// What feature number `id` is for `caller`; `None` where the caller does not have it.
    fn feature(&self, caller: PartitionId, version: Version, id: u8) -> Option<u32> {
        if version < Version::V1_1 {
            return None;
        }
        let receives =
            |(_, loaded): (_, &Loaded)| loaded.messaging.contains(Properties::RECEIVES_NOTIFICATIONS);
        match id {
            // rule: features.50
            NOTIFICATION_PENDING if self.partition(caller).is_some_and(receives) => Some(NPI.0),
            // rule: features.51
            SCHEDULE_RECEIVER if !caller.is_secure() => Some(SRI.0),
            // rule: features.52
            NOTIFICATIONS if version >= Version::V1_3 => Some(NOT_PER_VCPU),
            _ => None,
        }
    }

    /// The properties of `function` for `caller`, which knows it; `None` where the caller does not have it.
    fn offered(
        &self,
        caller: PartitionId,
        version: Version,
        function: FunctionId,
        properties: u32,
    ) -> Option<u32> {
        use FunctionId as Id;
        let there = match function {
            Id::MEM_RETRIEVE_REQ | Id::MEM_RETRIEVE_REQ_64 => {
                // rule: features.3, features.5, features.6, features.10
                let understands = properties & NS_BIT != 0 || version < Version::V1_1;
                let told = if caller.is_secure() { NS_BIT } else { NS_BIT | HYPERVISOR_RETRIEVE };
                return understands.then_some(told);
            }
            // Bits [1:0] are zero: they begin at multiples of 4 KiB.
            Id::RXTX_MAP | Id::RXTX_MAP_64 => {
                // rule: features.41
                if version < Version::V1_2 {
                    return Some(0);
                }
                return Some(MAX_BUFFER_PAGES << 16);
            }
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
            | Id::MSG_SEND_DIRECT_REQ_64
            | Id::MSG_SEND_DIRECT_REQ2
            | Id::MSG_SEND2
            | Id::NOTIFICATION_BIND
            | Id::NOTIFICATION_UNBIND
            | Id::NOTIFICATION_SET
            | Id::NOTIFICATION_GET => true,
            // rule: features.44
            Id::PARTITION_INFO_GET_REGS => true,
            // rule: features.4, features.13
            Id::SECONDARY_EP_REGISTER | Id::SECONDARY_EP_REGISTER_64
                if self.partition(caller).is_some_and(|(_, caller)| caller.is_pinned()) =>
            {
                true
            }
            // rule: features.42, features.43
            Id::RX_ACQUIRE
            | Id::MEM_SHARE
            | Id::MEM_SHARE_64
            | Id::MEM_RECLAIM
            | Id::NOTIFICATION_BITMAP_CREATE
            | Id::NOTIFICATION_BITMAP_DESTROY
            | Id::NOTIFICATION_INFO_GET
            | Id::NOTIFICATION_INFO_GET_64
                if !caller.is_secure() =>
            {
                true
            }
            // rule: features.9, features.12
            Id::ABORT
            | Id::ABORT_64
            | Id::MSG_WAIT
            | Id::CONSOLE_LOG
            | Id::CONSOLE_LOG_64
            | Id::MSG_SEND_DIRECT_RESP
            | Id::MSG_SEND_DIRECT_RESP_64
            | Id::MSG_SEND_DIRECT_RESP2
            | Id::YIELD
            | Id::MEM_RELINQUISH
                if caller.is_secure() =>
            {
                true
            }
            _ => false,
        };
        there.then_some(0)
    }
}
