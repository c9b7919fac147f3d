//! The conversation with gdb, held at the moments at which the guest is about to execute an instruction.

use std::io;
use std::net::TcpStream;

use gdbstub::common::Signal;
use gdbstub::conn::ConnectionExt;
use gdbstub::stub::SingleThreadStopReason as Stop;
use gdbstub::stub::state_machine::GdbStubStateMachine as State;
use gdbstub::stub::{GdbStub, GdbStubError};
use gdbstub::target::ext::base::reverse_exec::ReplayLogPosition;
use hal_sim::{Debugger, Go, Guest};

use super::Whom;
use super::target::{Debugged, Wish};

/// Guest instructions after which gdb is asked whether it wants to interrupt.
const PATIENCE: u64 = 1 << 12;

type Conversation = State<'static, Debugged, TcpStream>;

/// One side of the conversation.
pub(super) struct Server {
    whom: Whom,
    target: Debugged,
    /// None once gdb is gone.
    state: Option<Conversation>,
    /// The guest's program counters, an instruction each, as far as it ever ran.
    path: Vec<u64>,
    /// How many instructions of the guest began in this run of the machine.
    begun: usize,
    /// The machine's instruction count and program counter when this was asked last.
    asked: Option<(u64, u64)>,
    /// The instruction at which to stop, and what to say there, while the machine runs from its start again.
    goal: Option<(usize, Stop<u64>)>,
    again: bool,
    interrupted: bool,
    /// Since gdb was asked last.
    instructions: u64,
}

impl Server {
    /// Greets gdb.
    pub fn new(connection: TcpStream, whom: Whom) -> io::Result<Self> {
        let mut target = Debugged { guest: None, breakpoints: Default::default(), wish: Wish::Step };
        let state = GdbStub::new(connection).run_state_machine(&mut target);
        let state = state.map_err(|error| io::Error::other(error.to_string()))?;
        Ok(Self {
            whom,
            target,
            state: Some(state),
            path: Vec::new(),
            begun: 0,
            asked: None,
            goal: None,
            again: false,
            interrupted: false,
            instructions: 0,
        })
    }

    /// True where the machine shall run once more from its start, to come to an earlier instruction.
    pub fn begins_again(&mut self) -> bool {
        self.begun = 0;
        self.asked = None;
        self.target.guest = None;
        std::mem::take(&mut self.again)
    }

    /// The machine is off.
    pub fn ends(&mut self) {
        if let Some(State::Running(state)) = self.state.take() {
            let _ = state.report_stop(&mut self.target, Stop::Exited(0));
        }
    }

    /// Why the guest stops at its present instruction, if it does.
    fn reason(&mut self, pc: u64) -> Option<Stop<u64>> {
        if let Some((at, reason)) = self.goal {
            return (at + 1 == self.begun).then(|| {
                self.goal = None;
                reason
            });
        }
        if std::mem::take(&mut self.interrupted) {
            return Some(Stop::Signal(Signal::SIGINT));
        }
        match self.target.wish {
            Wish::Step => Some(Stop::DoneStep),
            _ => self.target.breakpoints.contains(&pc).then_some(Stop::SwBreak(())),
        }
    }

    /// Tells gdb that the guest stopped, and does as it says until it wants the guest to go on.
    fn stops(&mut self, reason: Stop<u64>) -> Go {
        let told = match self.state.take() {
            Some(State::Running(state)) => state.report_stop(&mut self.target, reason),
            Some(state) => Ok(state),
            None => return Go::On,
        };
        self.state = self.listen(told);
        let Some(now) = self.begun.checked_sub(1) else { return Go::On };
        let goal = match self.target.wish {
            Wish::Continue | Wish::Step => return Go::On,
            Wish::ReverseStep => now.checked_sub(1).map(|at| (at, Stop::DoneStep)),
            Wish::ReverseContinue => {
                let stop = |at: &usize| self.target.breakpoints.contains(&self.path[*at]);
                (0..now).rev().find(stop).map(|at| (at, Stop::SwBreak(())))
            }
        };
        let begin = Stop::ReplayLog { tid: None, pos: ReplayLogPosition::Begin };
        self.goal = Some(goal.unwrap_or((0, begin)));
        self.again = true;
        Go::End
    }

    /// Reads from gdb until the guest shall go on, or gdb is gone.
    fn listen(&mut self, mut state: Result<Conversation, Wrong>) -> Option<Conversation> {
        loop {
            state = match state.ok()? {
                State::Idle(mut idle) => {
                    let byte = idle.borrow_conn().read().ok()?;
                    idle.incoming_data(&mut self.target, byte)
                }
                State::CtrlCInterrupt(state) => state.interrupt_handled(&mut self.target, None::<Stop<u64>>),
                State::Disconnected(_) => return None,
                running @ State::Running(_) => return Some(running),
            };
        }
    }

    /// Notes whether gdb wants to interrupt the guest, without waiting for it.
    fn look(&mut self) {
        self.state = match self.state.take() {
            Some(State::Running(mut running)) => match running.borrow_conn().peek() {
                Ok(None) => Some(State::Running(running)),
                Ok(Some(_)) => running.borrow_conn().read().ok().and_then(|byte| {
                    match running.incoming_data(&mut self.target, byte).ok()? {
                        State::CtrlCInterrupt(state) => {
                            self.interrupted = true;
                            state.interrupt_handled(&mut self.target, None::<Stop<u64>>).ok()
                        }
                        state => Some(state),
                    }
                }),
                Err(_) => None,
            },
            state => state,
        };
    }
}

type Wrong = GdbStubError<std::convert::Infallible, io::Error>;

impl Debugger for Server {
    fn before(&mut self, guest: &Guest) -> Go {
        if self.state.is_none() {
            return Go::On;
        }
        self.instructions += 1;
        if self.instructions.is_multiple_of(PATIENCE) {
            self.look();
        }
        let (now, pc) = (guest.instructions(), guest.pc());
        if !self.whom.is(guest) || self.asked == Some((now, pc)) {
            return Go::On;
        }
        self.asked = Some((now, pc));
        if self.begun == self.path.len() {
            self.path.push(pc);
        }
        self.begun += 1;
        self.target.guest = Some(guest.clone());
        match self.reason(pc) {
            Some(reason) => self.stops(reason),
            None => Go::On,
        }
    }
}
