//! Power messages of the framework that EL3 does not send, or that are not EL3's: what the monitor answers.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use hal::cpu::{Exit, GuestRegisters};
use hal::lock::Token;
use hal::{Cpu, Monitor, Registers};
use hal_sim::SimCore;
use scenarios::{ffa, psci};

use crate::failures;
use crate::machine::Bug;

/// w1 of a message from the SPMD to the SPMC.
const FROM_SPMD: u64 = ffa::sender_receiver(SPMD, ffa::SPMC);
const SPMD: u16 = 0xffff;
/// w2 of a power request, and of the answer to it.
const POWER_REQUEST: u64 = 1 << 31;
const POWER_RESPONSE: u64 = 1 << 31 | 2;
/// PSCI CPU_SUSPEND.
const CPU_SUSPEND: u64 = 0xC400_0001;

/// The first of x0 to x17.
type Words = [u64; 4];

/// The answer to a power request whose PSCI function the monitor does not know.
const UNKNOWN: Words =
    [ffa::DIRECT_RESP_32, ffa::sender_receiver(ffa::SPMC, SPMD), POWER_RESPONSE, ffa::NOT_SUPPORTED];
/// The answer to a message that nobody may send so.
const REFUSED: Words = [ffa::ERROR, 0, ffa::INVALID_PARAMETERS, 0];

/// Messages, and what each is answered with.
type Messages = &'static [(Words, Words)];

/// What comes from EL3.
const FROM_EL3: Messages = &[
    ([ffa::DIRECT_REQ_32, FROM_SPMD, POWER_REQUEST, CPU_SUSPEND], UNKNOWN),
    ([ffa::DIRECT_REQ_64, FROM_SPMD, POWER_REQUEST, CPU_SUSPEND], UNKNOWN),
    ([ffa::DIRECT_REQ_32, FROM_SPMD, POWER_REQUEST, psci::CPU_ON], UNKNOWN),
    ([ffa::DIRECT_REQ_32, FROM_SPMD, POWER_REQUEST, 0], UNKNOWN),
    ([ffa::DIRECT_REQ_32, FROM_SPMD, POWER_REQUEST | 3, psci::CPU_OFF], REFUSED),
    ([ffa::DIRECT_REQ_32, FROM_SPMD, POWER_REQUEST | 1 << 8, psci::CPU_OFF], REFUSED),
    ([ffa::DIRECT_REQ_32, ffa::sender_receiver(0, ffa::SPMC), POWER_REQUEST, psci::CPU_OFF], REFUSED),
    ([ffa::DIRECT_REQ_32, ffa::sender_receiver(0x8001, ffa::SPMC), POWER_REQUEST, psci::CPU_OFF], REFUSED),
    ([ffa::DIRECT_REQ_32, ffa::sender_receiver(SPMD, 0x8001), POWER_REQUEST, psci::CPU_OFF], REFUSED),
];

/// What comes from a partition.
const FROM_PARTITION: Messages = &[
    ([ffa::DIRECT_REQ_32, FROM_SPMD, POWER_REQUEST, psci::CPU_OFF], REFUSED),
    ([ffa::DIRECT_REQ_32, ffa::sender_receiver(0x8001, ffa::SPMC), POWER_REQUEST, psci::CPU_OFF], REFUSED),
];

/// Answers, one after the other.
type Answers = Rc<RefCell<Vec<Words>>>;

/// Before the first request of the normal world, and instead of a partition's first call, come `messages`; the
/// call goes on then as if nothing had been.
struct Messaged<Before> {
    messages: Messages,
    answers: Answers,
    /// What is due when all messages are answered.
    before: Cell<Option<Before>>,
}

impl<Before> Messaged<Before> {
    fn new(messages: Messages, answers: &Answers) -> Box<Self> {
        Box::new(Self { messages, answers: answers.clone(), before: Cell::new(None) })
    }

    /// The monitor has answered a message with `x`.
    fn is_answered(&self, x: &[u64]) {
        self.answers.borrow_mut().extend(x.first_chunk().copied());
    }

    /// The next message, if there is one more.
    fn next(&self) -> Option<Words> {
        self.messages.get(self.answers.borrow().len()).map(|(message, _)| *message)
    }
}

impl Bug for Messaged<Registers> {
    fn next_request(&self, core: &mut SimCore, token: &mut Token, answer: &Registers) -> Registers {
        let before = self.before.take().inspect(|_| self.is_answered(&answer.0)).unwrap_or(*answer);
        match self.next() {
            Some(message) => {
                self.before.set(Some(before));
                let mut request = Registers::ZERO;
                request.0[..4].copy_from_slice(&message);
                request
            }
            None => core.next_request(token, &before),
        }
    }
}

impl Bug for Messaged<(Exit, GuestRegisters)> {
    fn enter(&self, core: &mut SimCore, token: &mut Token, registers: &mut GuestRegisters) -> Exit {
        let (exit, left) = match self.before.take() {
            Some(before) => {
                self.is_answered(&registers.x);
                before
            }
            None => (core.enter(token, registers), *registers),
        };
        *registers = left;
        if let Some(message) = self.next() {
            self.before.set(Some((exit, left)));
            registers.x[..4].copy_from_slice(&message);
        }
        exit
    }
}

/// CPU_OFF has more arguments than it knows.
struct Arguments(Rc<Cell<u32>>);

impl Bug for Arguments {
    fn next_request(&self, core: &mut SimCore, token: &mut Token, answer: &Registers) -> Registers {
        let mut request = core.next_request(token, answer);
        if request.0[..4] == [ffa::DIRECT_REQ_32, FROM_SPMD, POWER_REQUEST, psci::CPU_OFF] {
            request.0[4..].fill(u64::MAX);
            self.0.update(|count| count + 1);
        }
        request
    }
}

/// Runs `hello` with the messages of `bug`, which change nothing of it.
fn assert_answered(messages: Messages, bug: impl FnOnce(&Answers) -> Box<dyn Bug>) {
    let answers = Answers::default();
    assert_eq!(failures("hello", bug(&answers), 0), Vec::<String>::new());
    let due: Vec<Words> = messages.iter().map(|(_, due)| *due).collect();
    assert_eq!(*answers.borrow(), due);
}

#[test]
fn a_power_message_with_an_unknown_function_or_in_anothers_name_is_answered_so_and_changes_nothing() {
    assert_answered(FROM_EL3, |answers| Messaged::<Registers>::new(FROM_EL3, answers));
}

#[test]
fn a_partition_sends_no_power_message() {
    assert_answered(FROM_PARTITION, |answers| {
        Messaged::<(Exit, GuestRegisters)>::new(FROM_PARTITION, answers)
    });
}

#[test]
fn a_core_goes_off_whatever_is_behind_the_function() {
    let count = Rc::new(Cell::new(0));
    assert_eq!(failures("core-on-off", Box::new(Arguments(count.clone())), 0), Vec::<String>::new());
    assert_eq!(count.get(), 1);
}
