//! Who is there.
//!
//! Rules: `rules/info.toml`.

use hal::{Hal, Registers};

use super::{Relayer, unknown};
use crate::core::Core;
use crate::ffa::partition_info::{Form, PartitionInfo, Properties};
use crate::ffa::{Error, PartitionId, Uuid, Version, response};
use crate::manifest::Service;
use crate::partition::Loaded;

impl<H: Hal> Relayer<H> {
    /// FFA_PARTITION_INFO_GET: the number of partitions with `uuid`, and unless `count_only` their descriptors in
    /// the caller's RX buffer.
    pub fn partition_info_get(
        &self,
        core: &mut Core<'_, H>,
        caller: PartitionId,
        uuid: Uuid,
        count_only: bool,
    ) -> Result<Registers, Error> {
        let endpoint = self.endpoint(caller).ok_or(unknown(caller))?;
        let version = endpoint.version.get();
        let count = self.listed(uuid, version).count() as u32;
        // rule: info.2
        if count == 0 {
            return Err(Error::UnknownUuid { uuid });
        }
        // rule: info.7
        if count_only {
            return Ok(response::success_with([count, 0]));
        }
        let form = Form::of(version);
        let mut mailbox = endpoint.mailbox.lock(&core.token);
        let rx = mailbox.free_rx(caller)?;
        let needed = u64::from(count) * form.size() as u64;
        // rule: info.6
        if needed > rx.size() {
            return Err(Error::AnswerTooLarge { needed, size: rx.size() });
        }
        let mut offset = 0;
        for (id, loaded, service) in self.listed(uuid, version) {
            let mut properties = service.messaging | Properties::AARCH64;
            // rule: info.4
            if !caller.is_secure() {
                properties -= Properties::SENDS_DIRECT_REQUESTS | Properties::SENDS_DIRECT_REQUESTS_2;
                properties |= loaded.config.vm_messages;
            }
            let info = PartitionInfo {
                id,
                // A manifest has at most as many as a machine has cores.
                execution_contexts: loaded.config.execution_contexts as u16,
                properties,
                protocol: if uuid.is_nil() { service.uuid } else { Uuid::NIL },
                image: Uuid::NIL,
                version: loaded.config.ffa_version,
            };
            let bytes = info.to_bytes(form);
            core.hal.write(rx, offset, &bytes)?;
            offset += bytes.len() as u64;
        }
        mailbox.fill();
        Ok(response::success_with([count, form.stated_size()]))
    }

    /// The services that a query for `uuid` by a caller of `version` means: before 1.2 a partition is listed once.
    fn listed(&self, uuid: Uuid, version: Version) -> impl Iterator<Item = (PartitionId, &Loaded, &Service)> {
        let most = if version < Version::V1_2 { 1 } else { usize::MAX };
        let there = self.loaded().filter(|(_, partition, loaded)| loaded.is_listed(partition));
        there.flat_map(move |(id, _, loaded)| {
            let services = loaded.config.services.iter();
            let meant = services.filter(move |service| uuid.is_nil() || service.uuid == uuid);
            meant.take(most).map(move |service| (id, loaded, service))
        })
    }
}
