//! Who is there.
//!
//! Rules: `rules/info.toml`.

use hal::{Hal, Registers};

use super::{Relayer, VERSION, unknown};
use crate::capacity::MAX_LOGICAL;
use crate::core::Core;
use crate::ffa::partition_info::{Form, PartitionInfo, Properties, indices};
use crate::ffa::wording::{Clause, Item};
use crate::ffa::{Answer, Error, ErrorCode, FunctionId, PartitionId, Uuid, Version, response};

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
    ) -> Result<Answer, Error> {
        let endpoint = self.endpoint(caller).ok_or(unknown(caller))?;
        let query = Query { caller, version: endpoint.version.get(), uuid };
        let mut scratch = self.scratch_on(core.index).ok_or(unknown(caller))?.lock(&core.token);
        // Each descriptor is written whole, so nothing of what was there before is told. There is room for more
        // than half of all that there can be, so the list is made twice at most.
        let (words, _) = scratch.as_chunks_mut();
        let count = found(uuid, self.list(query, 0, words))?;
        // rule: info.7
        if count_only {
            return Ok(response::success_with([count.into(), 0]));
        }
        let form = Form::of(query.version);
        let mut mailbox = endpoint.mailbox.lock(&core.token);
        let rx = mailbox.free_rx(caller)?;
        let needed = u64::from(count) * form.size() as u64;
        // rule: info.6
        if needed > rx.size() {
            return Err(Error::AnswerTooLarge { needed, size: rx.size() });
        }
        let at_once = (words.len() / form.words()) as u16;
        let mut done = 0;
        loop {
            let shown = at_once.min(count - done);
            let bytes = words.as_flattened().get(..usize::from(shown) * form.size()).unwrap_or_default();
            core.hal.write(rx, u64::from(done) * form.size() as u64, bytes)?;
            done += shown;
            if done == count {
                break;
            }
            self.list(query, done, words);
        }
        mailbox.fill();
        Ok(response::success_with([count.into(), form.stated_size()]))
    }

    /// FFA_PARTITION_INFO_GET_REGS: the descriptors of the partitions with `uuid` from number `start` on, as many as
    /// registers hold, of the list that `tag` names. A partition is told of EL3's logical partitions, too, behind the others.
    pub fn partition_info_get_regs(
        &self,
        core: &mut Core<'_, H>,
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
        let form = Form::of(version);
        let mut words = [[0; 8]; 15];
        let room = words.len() / form.words();
        let query = Query { caller, version, uuid };
        let mut count = self.list(query, start, &mut words);
        // What EL3 asks itself comes in the normal world's name, and EL3 would take a question for the answer.
        // rule: info.49
        if caller.is_secure() {
            count = list_logical(core, query, count, start, &mut words)?;
        }
        let count = found(uuid, count)?;
        // rule: info.42, info.48
        if start >= count {
            return Err(Error::Register {
                function: FunctionId::PARTITION_INFO_GET_REGS,
                register: Item::StartIndex,
                found: u64::from(start),
                allowed: Clause::DescriptorIndex,
            });
        }
        let x2 = indices(form, start, (room as u16).min(count - start), count);
        Ok(response::success_with_64(x2, words.map(u64::from_le_bytes)))
    }

    /// How many descriptors answer `query`. Those from number `start` on are in `words` then, as many
    /// as there is room for, in the form of the caller's version.
    #[inline(never)]
    fn list(&self, query: Query, start: u16, words: &mut [[u8; 8]]) -> u16 {
        let Query { caller, version, uuid } = query;
        let mut known = Properties::known_to(version);
        // rule: info.4
        if !caller.is_secure() {
            known -= Properties::SENDS_DIRECT_REQUESTS | Properties::SENDS_DIRECT_REQUESTS_2;
        }
        let mut places = words.chunks_exact_mut(Form::of(version).words());
        let mut count = 0;
        for (id, _, loaded) in self.loaded().filter(|(_, partition, loaded)| loaded.is_listed(partition)) {
            // Only the normal world has VMs to tell of.
            let told = if caller.is_secure() { Properties::empty() } else { loaded.config.vm_messages };
            for service in &loaded.config.services {
                if !uuid.is_nil() && service.uuid != uuid {
                    continue;
                }
                if count >= start
                    && let Some(place) = places.next()
                {
                    let mut protocol = service.uuid;
                    // rule: info.44
                    if !uuid.is_nil() {
                        protocol = Uuid::NIL;
                    }
                    let info = PartitionInfo {
                        id,
                        // A manifest has at most as many as a machine has cores.
                        execution_contexts: loaded.config.execution_contexts as u16,
                        properties: (service.messaging | told | Properties::AARCH64) & known,
                        protocol,
                        image: Uuid::NIL,
                        version: loaded.config.ffa_version,
                    };
                    for (word, value) in place.iter_mut().zip(info.to_words()) {
                        *word = value.to_le_bytes();
                    }
                }
                count += 1;
                // rule: info.40
                if version < Version::V1_2 {
                    break;
                }
            }
        }
        count
    }
}

/// `count`, where a partition has `uuid`.
fn found(uuid: Uuid, count: u16) -> Result<u16, Error> {
    // rule: info.2, info.48
    if count == 0 { Err(Error::UnknownUuid { uuid }) } else { Ok(count) }
}

/// How many descriptors answer `query` with those of EL3's logical partitions, which EL3 lists, behind `own` others. Of
/// these those from number `start` on are in `words` then.
#[inline(never)]
fn list_logical<H: Hal>(
    core: &mut Core<'_, H>,
    query: Query,
    own: u16,
    start: u16,
    words: &mut [[u8; 8]],
) -> Result<u16, Error> {
    let form = Form::of(query.version);
    let mut listed = 0;
    while listed < MAX_LOGICAL {
        let answer = core.hal.call(&response::partition_info_get_regs(query.uuid, listed));
        let [x0, _, x2, values @ ..] = &answer.0;
        let [last, shown, _, size] = [0, 16, 32, 48].map(|shift| (*x2 >> shift) as u16);
        let function = FunctionId::from_register(*x0);
        // Where nobody is listed EL3 says so by NOT_SUPPORTED.
        if function == FunctionId::ERROR && *x2 as i32 == ErrorCode::NotSupported as i32 {
            break;
        }
        let sizes = Form::Uuid.size() as u16..=size_of_val(values) as u16;
        if function != FunctionId::SUCCESS_64 || shown < listed || !sizes.contains(&size) {
            return Err(Error::NotListed { found: *x0 });
        }
        for descriptor in values.chunks_exact(usize::from(size) / 8).take(usize::from(shown - listed) + 1) {
            let number = own + listed;
            let place = words.chunks_exact_mut(form.words()).nth(usize::from(number.wrapping_sub(start)));
            if let Some(place) = place.filter(|_| number >= start) {
                let ours = [0, 0, u64::from(VERSION.to_word())];
                let values = descriptor.iter().take(3).chain(&ours);
                place.iter_mut().zip(values).for_each(|(word, value)| *word = value.to_le_bytes());
            }
            listed += 1;
        }
        if shown == last {
            break;
        }
    }
    Ok(own + listed)
}
