//! Direct messages whose registers or receivers are not what they may be.

use std::cell::Cell;

use hal::Cpu;
use hal::cpu::{Exit, GuestRegisters};
use hal::lock::Token;
use hal_sim::SimCore;
use scenarios::ffa;

use crate::calls::{OtherAnswer, OtherRegister};
use crate::machine::Bug;
use crate::planted::{Checker, Planted};

/// The bugs of this file.
pub const PLANTED: &[Planted] = &[
    Planted {
        what: "the normal world sees x8 of a partition behind a plain response",
        scenario: "kept-registers",
        checker: Checker::Flow,
        words: &["NWd \"asks SP1\"", "x8 expected 0x1008", "found 0x5ec4e7"],
        bug: || Box::new(OtherAnswer { when: ffa::DIRECT_RESP_64, index: 8, value: 0x5e_c4e7 }),
    },
    Planted {
        what: "a partition sees x17 of who asks it behind a plain request",
        scenario: "hello",
        checker: Checker::Turns,
        words: &["SP1 (0x8001) goes on with x17 = 0x5ec4e7, and left it as 0x0"],
        bug: || Box::new(OtherRegister { when: ffa::DIRECT_REQ_64, index: 17, value: 0x5e_c4e7 }),
    },
    Planted {
        what: "the UUID of a request to a service is not compared with the receiver's",
        scenario: "service-requests",
        checker: Checker::Turns,
        words: &[
            "SP2 (0x8002) runs after FFA_MSG_SEND_DIRECT_REQ2 by SP1 (0x8001)",
            "it has no service with UUID 0x616c000174616e74",
        ],
        bug: || Box::<AnyService>::default(),
    },
];

/// The monitor is told of no UUID, and the receiver of the one that was asked for.
#[derive(Default)]
struct AnyService(Cell<Option<[u64; 2]>>);

impl Bug for AnyService {
    fn enter(&self, core: &mut SimCore, token: &mut Token, registers: &mut GuestRegisters) -> Exit {
        if registers.x[0] == ffa::DIRECT_REQ2
            && let Some([low, high]) = self.0.take()
        {
            (registers.x[2], registers.x[3]) = (low, high);
        }
        let exit = core.enter(token, registers);
        if registers.x[0] == ffa::DIRECT_REQ2 {
            self.0.set(Some([registers.x[2], registers.x[3]]));
            (registers.x[2], registers.x[3]) = (0, 0);
        }
        exit
    }
}
