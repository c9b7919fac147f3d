//! Calls of a hypervisor for its VMs in which one VM passes for another.

use std::cell::Cell;

use hal::cpu::{Exit, GuestRegisters};
use hal::lock::Token;
use hal::memory::{AccessFault, Frames};
use hal::{Cpu, Memory, Monitor, Registers};
use hal_sim::SimCore;
use scenarios::ffa;

use crate::machine::Bug;
use crate::planted::{Checker, Planted};

/// The bugs of this file.
pub const PLANTED: &[Planted] = &[
    Planted {
        what: "an answer goes to another VM than asked",
        scenario: "vm-requests",
        checker: Checker::Turns,
        words: &[
            "the normal world runs after FFA_MSG_SEND_DIRECT_RESP by SP1 (0x8001)",
            "no request of it is owed an answer of this kind",
        ],
        bug: || Box::<AnyVm>::default(),
    },
    Planted {
        what: "the sender of a VM's message is not compared with the VM",
        scenario: "vm-messages",
        checker: Checker::Buffers,
        words: &["FFA_MSG_SEND2 for VM 0x2 succeeded with a message of VM 0x1"],
        bug: || Box::new(SaysVm2),
    },
    Planted {
        what: "the sender of a retrieve request is not compared with the VM that sent",
        scenario: "vm-memory",
        checker: Checker::Transactions,
        words: &[
            "FFA_MEM_RETRIEVE_REQ of handle 0x1 by SP1 (0x8001) succeeded, and VM 0x1 sent it",
            "who is not whom the caller named",
        ],
        bug: || Box::new(BorrowsFromVm1),
    },
];

/// Bytes of an indirect message's header, and the offset of its sender there.
const HEADER: usize = 40;
const MESSAGE_SENDER: usize = 14;
/// Bytes of a retrieve request with one receiver, and the offset of the sender there.
const REQUEST: usize = 80;
const REQUEST_SENDER: usize = 0;

/// The monitor is told of an answer to who asked last, and who is answered is as the partition said.
#[derive(Default)]
struct AnyVm {
    asked: Cell<u64>,
    said: Cell<Option<u64>>,
}

impl Bug for AnyVm {
    fn enter(&self, core: &mut SimCore, token: &mut Token, registers: &mut GuestRegisters) -> Exit {
        if registers.x[0] == ffa::DIRECT_REQ_64 {
            self.asked.set(registers.x[1] >> 16);
        }
        let exit = core.enter(token, registers);
        if registers.x[0] == ffa::DIRECT_RESP_64 {
            self.said.set(Some(registers.x[1]));
            registers.x[1] = registers.x[1] & !0xFFFF | self.asked.get();
        }
        exit
    }

    fn next_request(&self, core: &mut SimCore, token: &mut Token, answer: &Registers) -> Registers {
        let mut answer = *answer;
        if answer.0[0] == ffa::DIRECT_RESP_64
            && let Some(said) = self.said.take()
        {
            answer.0[1] = said;
        }
        core.next_request(token, &answer)
    }
}

/// The monitor reads that VM 2 says what VM 1 does.
struct SaysVm2;

impl Bug for SaysVm2 {
    fn read(
        &self,
        core: &mut SimCore,
        frames: Frames,
        offset: u64,
        into: &mut [u8],
    ) -> Result<(), AccessFault> {
        core.read(frames, offset, into)?;
        if into.len() == HEADER && into[MESSAGE_SENDER] == 1 {
            into[MESSAGE_SENDER] = 2;
        }
        Ok(())
    }
}

/// The monitor reads that who borrows borrows from VM 1.
struct BorrowsFromVm1;

impl Bug for BorrowsFromVm1 {
    fn read(
        &self,
        core: &mut SimCore,
        frames: Frames,
        offset: u64,
        into: &mut [u8],
    ) -> Result<(), AccessFault> {
        core.read(frames, offset, into)?;
        if into.len() == REQUEST {
            into[REQUEST_SENDER] = 1;
        }
        Ok(())
    }
}
