//! Calls that end otherwise than they may: answers, who runs, RX buffers.

use std::cell::Cell;

use hal::cpu::{Exit, GuestRegisters};
use hal::lock::Token;
use hal::memory::{AccessFault, Frames, PhysicalMemory, PhysicalRange};
use hal::{Cpu, Memory, Monitor, PAGE_SIZE, Pa, Registers};
use hal_sim::SimCore;
use scenarios::ffa;
use scenarios::machine::layout;

use crate::entries::PAGE_OF_SP1;
use crate::machine::Bug;
use crate::planted::{Checker, Planted};

/// The bugs of this file.
pub const PLANTED: &[Planted] = &[
    Planted {
        what: "a response is delivered in another's name",
        scenario: "hello",
        checker: Checker::Turns,
        words: &[
            "the normal world gets x1 = 0x80020000 after FFA_MSG_SEND_DIRECT_RESP by SP1 (0x8001), who sent 0x80010000",
        ],
        bug: || Box::new(OtherAnswer { when: ffa::DIRECT_RESP_64, index: 1, value: 0x8002_0000 }),
    },
    Planted {
        what: "a response has another payload",
        scenario: "hello",
        checker: Checker::Turns,
        words: &["the normal world gets x4 = 0xbad after FFA_MSG_SEND_DIRECT_RESP by SP1"],
        bug: || Box::new(OtherAnswer { when: ffa::DIRECT_RESP_64, index: 4, value: 0xbad }),
    },
    Planted {
        what: "a register of an answer shows what it should not",
        scenario: "share",
        checker: Checker::Answers,
        words: &[
            "FFA_RXTX_MAP of the normal world was answered with x6 = 0x5ec4e7, which its answer does not have",
        ],
        bug: || Box::new(OtherAnswer { when: ffa::SUCCESS_32, index: 6, value: 0x5e_c4e7 }),
    },
    Planted {
        what: "FFA_VERSION is answered with a version that is not there",
        scenario: "flow",
        checker: Checker::Answers,
        words: &["FFA_VERSION of the normal world", "was answered with 0x10001 where 0x10002 is due"],
        bug: || Box::new(OtherVersion),
    },
    Planted {
        what: "a version is agreed on after other calls",
        scenario: "version-negotiation",
        checker: Checker::Answers,
        words: &[
            "FFA_VERSION of SP1 (0x8001) for 0x10001 was answered with 0x10002 where 0xffffffff is due",
            "its version is fixed after its first other call",
        ],
        bug: || Box::new(OtherRegister { when: ffa::NOT_SUPPORTED, index: 0, value: ffa::VERSION_1_2 }),
    },
    Planted {
        what: "a refusal has a code that the call does not have",
        scenario: "chain",
        checker: Checker::Answers,
        words: &[
            "FFA_MSG_SEND_DIRECT_REQ of SP2 (0x8002) was refused with NO_DATA, a code that it does not have",
        ],
        bug: || Box::new(OtherRegister { when: ffa::ERROR, index: 2, value: 0xffff_fff7 }),
    },
    Planted {
        what: "an answer has a form that the call does not have",
        scenario: "chain",
        checker: Checker::Answers,
        words: &[
            "FFA_MSG_SEND_DIRECT_REQ of SP2 (0x8002) was answered with FFA_SUCCESS, which is no answer to it",
        ],
        bug: || Box::new(OtherRegister { when: ffa::ERROR, index: 0, value: ffa::SUCCESS_32 }),
    },
    Planted {
        what: "a partition is entered with the tables of another",
        scenario: "chain",
        checker: Checker::Turns,
        words: &["SP1 (0x8001) goes on with x19 = 0x0, and left it as 0x"],
        bug: || Box::<AlwaysTheFirst>::default(),
    },
    Planted {
        what: "an interrupt unwinds a call chain as a whole",
        scenario: "preempt-chain",
        checker: Checker::Turns,
        words: &[
            "the normal world runs after an interrupt took the core from SP1 (0x8001)",
            "it is not the one who gave the core",
        ],
        bug: || Box::<UnwindsAll>::default(),
    },
    Planted {
        what: "FFA_INTERRUPT names another than who was interrupted",
        scenario: "preempt-chain",
        checker: Checker::Turns,
        words: &[
            "SP2 (0x8002) goes on with 0x84000062, 0x80020000 after an interrupt took the core from SP1 (0x8001)",
            "where FFA_INTERRUPT, 0x80010000 is due",
        ],
        bug: || Box::new(OtherRegister { when: ffa::INTERRUPT, index: 1, value: 0x8002_0000 }),
    },
    Planted {
        what: "an RX buffer is written while its owner holds it",
        scenario: "flow",
        checker: Checker::Buffers,
        words: &["the RX buffer of the normal world at non-secure 0x600", "holds it until FFA_RX_RELEASE"],
        bug: || Box::<WritesAgain>::default(),
    },
    Planted {
        what: "an RX buffer is written by a call that is refused",
        scenario: "partition-count",
        checker: Checker::Buffers,
        words: &[
            "the RX buffer of the normal world was written after FFA_PARTITION_INFO_GET",
            "and was not handed over",
        ],
        bug: || Box::<WritesAndRefuses>::default(),
    },
    Planted {
        what: "a page of a partition's is written",
        scenario: "hello",
        checker: Checker::Buffers,
        words: &["secure 0xe418000 was written", "it belongs to SP1 (0x8001) and is no RX buffer"],
        bug: || Box::<WritesElsewhere>::default(),
    },
];

/// A register of an answer to the normal world is another, where its x0 is `when`.
pub struct OtherAnswer {
    pub when: u64,
    pub index: usize,
    pub value: u64,
}

impl Bug for OtherAnswer {
    fn next_request(&self, core: &mut SimCore, token: &mut Token, answer: &Registers) -> Registers {
        let mut answer = *answer;
        if answer.0[0] == self.when {
            answer.0[self.index] = self.value;
        }
        core.next_request(token, &answer)
    }
}

/// The version message is answered with a version that the monitor does not have.
struct OtherVersion;

impl Bug for OtherVersion {
    fn next_request(&self, core: &mut SimCore, token: &mut Token, answer: &Registers) -> Registers {
        let mut answer = *answer;
        if answer.0[2] == 1 << 31 | 9 {
            answer.0[3] = 0x1_0001;
        }
        core.next_request(token, &answer)
    }
}

/// A register of a partition is another, where its x0 is `when`.
pub struct OtherRegister {
    pub when: u64,
    pub index: usize,
    pub value: u64,
}

impl Bug for OtherRegister {
    fn enter(&self, core: &mut SimCore, token: &mut Token, registers: &mut GuestRegisters) -> Exit {
        if registers.x[0] == self.when {
            registers.x[self.index] = self.value;
        }
        core.enter(token, registers)
    }
}

/// Whoever is entered has the tables of who was entered first.
#[derive(Default)]
struct AlwaysTheFirst {
    vsttbr: Cell<Option<u64>>,
    vttbr: Cell<Option<u64>>,
}

impl Bug for AlwaysTheFirst {
    fn register(&self, name: &str, value: u64) -> u64 {
        let first = match name {
            "VSTTBR_EL2" => &self.vsttbr,
            "VTTBR_EL2" => &self.vttbr,
            _ => return value,
        };
        first.set(first.get().or(Some(value)));
        first.get().unwrap_or(value)
    }
}

/// Who gets FFA_INTERRUPT is interrupted before it runs.
#[derive(Default)]
struct UnwindsAll(Cell<bool>);

impl Bug for UnwindsAll {
    fn enter(&self, core: &mut SimCore, token: &mut Token, registers: &mut GuestRegisters) -> Exit {
        if registers.x[0] == ffa::INTERRUPT && !self.0.replace(true) {
            return Exit::Fiq;
        }
        core.enter(token, registers)
    }
}

/// The monitor writes the buffer that it answered in once more, at the next request.
#[derive(Default)]
struct WritesAgain(Cell<Option<Frames>>);

impl Bug for WritesAgain {
    fn write(
        &self,
        core: &mut SimCore,
        frames: Frames,
        offset: u64,
        bytes: &[u8],
    ) -> Result<(), AccessFault> {
        self.0.set(Some(frames));
        core.write(frames, offset, bytes)
    }

    fn next_request(&self, core: &mut SimCore, token: &mut Token, answer: &Registers) -> Registers {
        let request = core.next_request(token, answer);
        if let Some(frames) = self.0.take() {
            core.write(frames, 0, &[0]).expect("it was written before");
        }
        request
    }
}

/// The normal world gets an error where the monitor wrote its RX buffer.
#[derive(Default)]
struct WritesAndRefuses(Cell<bool>);

impl Bug for WritesAndRefuses {
    fn write(
        &self,
        core: &mut SimCore,
        frames: Frames,
        offset: u64,
        bytes: &[u8],
    ) -> Result<(), AccessFault> {
        self.0.set(true);
        core.write(frames, offset, bytes)
    }

    fn next_request(&self, core: &mut SimCore, token: &mut Token, answer: &Registers) -> Registers {
        let answer = if self.0.take() { refusal(ffa::BUSY) } else { *answer };
        core.next_request(token, &answer)
    }
}

/// FFA_ERROR with `code`.
pub fn refusal(code: u64) -> Registers {
    let mut answer = Registers::ZERO;
    answer.0[0] = ffa::ERROR;
    answer.0[2] = code;
    answer
}

/// The monitor writes a page of SP1 while it serves its first call.
#[derive(Default)]
struct WritesElsewhere(Cell<bool>);

impl Bug for WritesElsewhere {
    fn enter(&self, core: &mut SimCore, token: &mut Token, registers: &mut GuestRegisters) -> Exit {
        let exit = core.enter(token, registers);
        if !self.0.replace(true) {
            let range = |(start, size)| PhysicalRange { start: Pa::secure(start), size };
            let memory = PhysicalMemory::new(&[range(layout::SECURE_RAM)], range(layout::MONITOR), &[]);
            let page = memory.frames(Pa::secure(PAGE_OF_SP1 + 8 * PAGE_SIZE), 1).expect("a page");
            core.write(page, 0, &[1]).expect("it is RAM");
        }
        exit
    }
}
