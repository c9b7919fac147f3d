//! Who is there.
//!
//! | rule | what |
//! |---|---|
//! | `info.2` | no partition with the UUID: INVALID_PARAMETERS |
//! | `info.3` | the RX buffer full or not mapped: BUSY; too small for the answer: NO_MEMORY. Only counting needs none |
//! | `info.4` | the normal world is not told that a partition sends direct requests |
//! | `info.40` | a partition is listed once for each of its UUIDs to callers from 1.2 on, once in all to others |
//! | `info.41` | a descriptor in registers of a list with a tag: RETRY. The only list has tag 0 |
//! | `info.42` | a descriptor in registers beyond the last: INVALID_PARAMETERS |
//! | `info.43` | in registers: as many as x3 to x17 hold, 5 of 24 bytes or 2 of 48, and in x2 which is the last there is and the last there |
//! | `info.44` | who asks by a UUID is told none |
//! | `info.45` | in registers no RX buffer is needed |
//! | `info.46` | each caller gets the form of its version, 8, 24 or 48 bytes, and the size in w3 from 1.1 on |
//! | `info.47` | no caller sees a property that its version does not have |

use hal::{Hal, Registers};

use super::{Relayer, unknown};
use crate::core::Core;
use crate::ffa::partition_info::{Form, MAX_WORDS, PartitionInfo, Properties, in_registers};
use crate::ffa::{Error, FunctionId, PartitionId, Uuid, Version, response};
use crate::manifest::Service;
use crate::partition::Loaded;

/// Bytes of the longest descriptor.
const MAX_SIZE: usize = 8 * MAX_WORDS;

/// Who asks for partitions, and for which.
#[derive(Clone, Copy)]
struct Query {
    caller: PartitionId,
    version: Version,
    uuid: Uuid,
}

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
        let query = Query { caller, version: endpoint.version.get(), uuid };
        let count = self.count(query)?;
        if count_only {
            return Ok(response::success_with([count, 0]));
        }
        // rule: info.46
        let form = Form::of(query.version);
        let mut mailbox = endpoint.mailbox.lock(&core.token);
        let rx = mailbox.free_rx(caller)?;
        let needed = u64::from(count) * form.size() as u64;
        if needed > rx.size() {
            return Err(Error::AnswerTooLarge { needed, size: rx.size() });
        }
        let mut offset = 0;
        for info in self.listed(query) {
            let mut bytes = [0; MAX_SIZE];
            for (bytes, word) in bytes.as_chunks_mut().0.iter_mut().zip(info.to_words()) {
                *bytes = word.to_le_bytes();
            }
            let bytes = bytes.get(..form.size()).unwrap_or_default();
            core.hal.write(rx, offset, bytes)?;
            offset += form.size() as u64;
        }
        mailbox.fill();
        Ok(response::success_with([count, form.stated_size()]))
    }

    /// FFA_PARTITION_INFO_GET_REGS: the descriptors of the partitions with `uuid` from number `start` on, as many as
    /// registers hold, of the list that `tag` names.
    pub fn partition_info_get_regs(
        &self,
        caller: PartitionId,
        uuid: Uuid,
        start: u16,
        tag: u16,
    ) -> Result<Registers, Error> {
        // rule: info.41
        if tag != 0 {
            return Err(Error::StaleTag { tag });
        }
        let version = self.endpoint(caller).ok_or(unknown(caller))?.version.get();
        let query = Query { caller, version, uuid };
        let count = self.count(query)?;
        // rule: info.42
        if u32::from(start) >= count {
            return Err(Error::Register {
                function: FunctionId::PARTITION_INFO_GET_REGS,
                register: "x3 (start index)",
                found: u64::from(start),
                allowed: "it must be the number of a descriptor, counted from 0",
            });
        }
        let form = Form::of(version);
        let rest = self.listed(query).skip(start.into());
        Ok(response::success_with_64(in_registers(form, count, start, rest)))
    }

    /// How many descriptors answer `query`, at least one.
    fn count(&self, query: Query) -> Result<u32, Error> {
        let count = self.services(query).count() as u32;
        if count == 0 { Err(Error::UnknownUuid { uuid: query.uuid }) } else { Ok(count) }
    }

    /// The descriptors that answer `query`.
    fn listed(&self, query: Query) -> impl Iterator<Item = PartitionInfo> {
        let Query { caller, version, uuid } = query;
        let mut known = Properties::known_to(version);
        if !caller.is_secure() {
            known -= Properties::SENDS_DIRECT_REQUESTS | Properties::SENDS_DIRECT_REQUESTS_2;
        }
        self.services(query).map(move |(id, loaded, service)| PartitionInfo {
            id,
            // A manifest has at most as many as a machine has cores.
            execution_contexts: loaded.config.execution_contexts as u16,
            properties: (service.messaging | Properties::AARCH64) & known,
            // rule: info.44
            protocol: if uuid.is_nil() { service.uuid } else { Uuid::NIL },
            image: Uuid::NIL,
            version: loaded.config.ffa_version,
        })
    }

    /// The services that `query` means.
    fn services(&self, query: Query) -> impl Iterator<Item = (PartitionId, &Loaded, &Service)> {
        let Query { version, uuid, .. } = query;
        let everybody = uuid.is_nil();
        // rule: info.40
        let most = if version < Version::V1_2 { 1 } else { usize::MAX };
        let there = self.loaded().filter(|(_, partition, loaded)| loaded.is_listed(partition));
        there.flat_map(move |(id, _, loaded)| {
            let services = loaded.config.services.iter();
            let meant = services.filter(move |service| everybody || service.uuid == uuid);
            meant.take(most).map(move |service| (id, loaded, service))
        })
    }
}
