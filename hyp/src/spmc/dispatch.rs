//! From a call to who decides it.

use hal::Hal;
use hal::trace::Event;

use super::Spmc;
use crate::core::Core;
use crate::ffa::call::{FrameworkRequest, Transfer, console_characters};
use crate::ffa::wording::Clause;
use crate::ffa::{Call, Error, FunctionId, PartitionId, TargetInfo, Version, response};
use crate::relayer::VERSION;
use crate::relayer::next::Next;

impl<H: Hal> Spmc<H> {
    /// Decides a call of `caller`: the normal world, or the vCPU whose registers are in the core.
    pub(super) fn dispatch(&self, core: &mut Core<'_, H>, caller: TargetInfo) -> Next {
        let arguments = &core.exchange;
        core.hal.trace(Event::Call { caller: caller.partition.0, arguments });
        let [function, ..] = arguments.0;
        let function = FunctionId::from_register(function);
        // rule: function.4
        if !function.is_ffa() {
            return self.foreign(core, caller, function);
        }
        let served = match Call::decode(arguments) {
            // By reference: moving it would cost more than most calls.
            Ok(ref call) => self.serve(core, caller, call),
            Err(error) => {
                // A call that is wrong in itself is a call all the same.
                if let Some(endpoint) = self.relayer.endpoint(caller.partition) {
                    endpoint.version.fix();
                }
                Err(error)
            }
        };
        served.unwrap_or_else(|error| self.refused(core, caller, &error))
    }

    /// `caller` gets the code of `error`, and the trace its sentence.
    pub(super) fn refused(&self, core: &mut Core<'_, H>, caller: TargetInfo, error: &Error) -> Next {
        core.hal.trace(Event::Refused { caller: caller.partition.0, reason: error });
        core.give(caller, response::error(error.code()))
    }

    fn serve(&self, core: &mut Core<'_, H>, caller: TargetInfo, call: &Call) -> Result<Next, Error> {
        let relayer = &self.relayer;
        let id = caller.partition;
        let endpoint = relayer.endpoint(id).ok_or(Error::UnknownReceiver { receiver: id })?;
        let not_supported = || Error::NotSupported { function: call.function() };

        // What agrees on a version, and what the SPMD sends in its own name, does not fix the version.
        match *call {
            Call::Version { requested } => {
                let agreed = relayer.version(endpoint, id, requested);
                let agreed = self.noted(core, id, agreed);
                return Ok(core.give(caller, response::version(agreed)));
            }
            Call::FrameworkRequest { sender, receiver, request } => {
                // rule: direct.12
                if id.is_secure() || sender != PartitionId::SPMD || receiver != PartitionId::SPMC {
                    return Err(Error::SpoofedSender { claimed: sender, caller: id });
                }
                let answer = match request {
                    FrameworkRequest::Version { requested } => {
                        let agreed = relayer.version(endpoint, id, requested);
                        response::framework_version(self.noted(core, id, agreed))
                    }
                    FrameworkRequest::Psci { function } => self.power(core, function),
                };
                return Ok(core.give(caller, answer));
            }
            Call::Interrupt { .. } if !id.is_secure() => return Ok(self.resume_normal_world(core)),
            _ => {}
        }
        endpoint.version.fix_where(|| {
            // rule: version.41
            let is_firmwares = !id.is_secure() && call.may_be_firmwares();
            !is_firmwares
        });
        let version = endpoint.version.get();
        if version < VERSION {
            call.check_version(version)?;
        }

        let answer = match *call {
            Call::Features { query, properties } => {
                let offered = relayer.features(id, query, properties)?;
                return Ok(core.give(caller, response::success_with([offered])));
            }
            Call::IdGet => response::success_with_id(id),
            Call::SpmIdGet => response::success_with_id(PartitionId::SPMC),
            Call::PartitionInfoGet { uuid, count_only } => {
                relayer.partition_info_get(core, id, uuid, count_only)?
            }
            // rule: info.43
            Call::PartitionInfoGetRegs { uuid, start, tag } => {
                let answer = relayer.partition_info_get_regs(core, id, uuid, start, tag)?;
                return Ok(core.give_all(caller, &answer));
            }
            Call::RxtxMap(buffers) => relayer.rxtx_map(core, id, buffers)?,
            Call::RxtxMapForVm => relayer.rxtx_map_for_vm(core, id)?,
            Call::RxtxUnmap { id: named } => relayer.rxtx_unmap(core, id, named)?,
            Call::RxRelease { id: named } => relayer.rx_release(core, id, named)?,
            Call::RxAcquire { id: named } => relayer.rx_acquire(core, id, named)?,
            Call::DirectRequest { ref message, service } => {
                return relayer.direct_request(core, caller, message, service);
            }
            Call::DirectResponse(ref message) if id.is_secure() => {
                return relayer.direct_response(core, caller, message);
            }
            Call::Error { code, .. } if id.is_secure() => {
                relayer.fails(core, caller, code)?;
                return Ok(self.abort(core, caller, &"it cannot initialise itself"));
            }
            // rule: abort.2, abort.11
            Call::Abort { code } if id.is_secure() && version >= Version::V1_3 => {
                return Ok(self.abort(core, caller, &format_args!("it says so, with code {code:#x}")));
            }
            Call::Run { target } => return relayer.run(core, caller, target),
            Call::MsgWait { keep_rx } if id.is_secure() => {
                let next = relayer.msg_wait(core, caller, keep_rx)?;
                return Ok(next.unwrap_or_else(|| self.begin_next(core)));
            }
            // rule: yield.41, run.43, direct.48
            Call::Yield { timeout } if id.is_secure() => return relayer.yield_core(core, caller, timeout),
            // rule: send2.53
            Call::MsgSend2 { sender, delays } => relayer.msg_send2(core, id, sender, delays)?,
            // rule: function.5
            Call::Interrupt { .. } => {
                let model = Clause::FromPartition;
                return Err(Error::CallNotAllowed { function: FunctionId::INTERRUPT, model });
            }
            Call::Notification(ref call) => relayer.notification(core, caller, call)?,
            Call::SecondaryEntryRegister { entry } => {
                relayer.secondary_entry_register(core, caller, entry)?
            }
            // rule: console.5
            Call::ConsoleLog { width, count } if id.is_secure() => {
                let characters = console_characters(&core.exchange, width);
                core.print_for(caller, characters.get(..count).unwrap_or_default());
                response::success()
            }
            // Partitions share nothing yet: all pages of transactions are the normal world's.
            Call::MemSend { transfer: Transfer::Share, lengths } if !id.is_secure() => {
                relayer.mem_share(core, id, lengths)?
            }
            Call::MemRetrieveRequest { length } if id.is_secure() => {
                relayer.mem_retrieve(core, id, length)?
            }
            // rule: describe.5
            Call::MemRetrieveRequest { length } => relayer.mem_describe(core, id, length)?,
            Call::MemRelinquish if id.is_secure() => relayer.mem_relinquish(core, id)?,
            Call::MemReclaim { handle, zero } if !id.is_secure() => {
                relayer.mem_reclaim(core, id, handle, zero)?
            }
            _ => return Err(not_supported()),
        };
        Ok(core.give(caller, answer))
    }

    /// `agreed` without its reason, which goes to the trace: the answer to a version is not FFA_ERROR.
    fn noted<T>(&self, core: &mut Core<'_, H>, caller: PartitionId, agreed: Result<T, Error>) -> Option<T> {
        agreed.inspect_err(|reason| core.hal.trace(Event::Refused { caller: caller.0, reason })).ok()
    }
}
