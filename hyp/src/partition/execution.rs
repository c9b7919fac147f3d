//! The run state of one vCPU: a table of allowed moves.

use super::interrupts::VirtualInterrupts;
use super::runtime_model::RuntimeModel;
use super::timer::Timers;
use crate::ffa::TargetInfo;

/// What a vCPU does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RunState {
    /// It has not begun, or its core was turned off.
    Off,
    /// It called FFA_MSG_WAIT or answered: it waits for a message or for cycles.
    Waiting,
    /// A core runs it.
    Running,
    /// It called another endpoint and waits for the answer.
    Blocked,
    /// An interrupt took the core from it: it goes on when who gave it the core runs it.
    Preempted,
    /// A vCPU took the core from it that handles a secure interrupt: it goes on when that is done.
    Interrupted,
    /// It called FFA_YIELD: it goes on when who gave it the core runs it.
    Yielded,
    /// Its partition aborted: it never runs again.
    Aborted,
}

/// Every move that a vCPU can make.
const MOVES: &[(RunState, RunState)] = &[
    (RunState::Off, RunState::Running),
    (RunState::Waiting, RunState::Running),
    (RunState::Running, RunState::Waiting),
    (RunState::Running, RunState::Blocked),
    (RunState::Running, RunState::Preempted),
    (RunState::Running, RunState::Interrupted),
    (RunState::Running, RunState::Yielded),
    (RunState::Running, RunState::Aborted),
    (RunState::Blocked, RunState::Running),
    (RunState::Blocked, RunState::Preempted),
    (RunState::Preempted, RunState::Running),
    (RunState::Interrupted, RunState::Running),
    (RunState::Yielded, RunState::Running),
    (RunState::Waiting, RunState::Off),
    (RunState::Preempted, RunState::Off),
    (RunState::Yielded, RunState::Off),
];

/// The same by the state before: a bit for each that can follow.
const FOLLOWING: [u8; 8] = {
    let mut following = [0; 8];
    let mut left = MOVES;
    while let [(from, to), rest @ ..] = left {
        following[*from as usize] |= 1 << *to as u8;
        left = rest;
    }
    following
};

/// The table has no such move.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NotAMove;

/// The run state of one vCPU, and to whom it owes the core.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Execution {
    state: RunState,
    model: RuntimeModel,
    caller: Option<TargetInfo>,
    /// True from the interruption, or FFA_YIELD, of a vCPU that this one called until it runs that on: it owes it
    /// the core.
    owes: bool,
    /// The core that runs it, or did last.
    core: u8,
    /// Its virtual interrupts.
    pub interrupts: VirtualInterrupts,
    /// Its timers.
    pub timers: Timers,
}

impl Execution {
    /// A vCPU that has not begun, the empty value.
    pub const OFF: Self = Self {
        state: RunState::Off,
        model: RuntimeModel::Init,
        caller: None,
        owes: false,
        core: 0,
        interrupts: VirtualInterrupts::EMPTY,
        timers: Timers::OFF,
    };

    /// What the vCPU does.
    pub const fn state(&self) -> RunState {
        self.state
    }

    /// Why the vCPU has the core.
    pub const fn model(&self) -> RuntimeModel {
        self.model
    }

    /// Who gets the core back when the vCPU is done with its present work; nobody in [`RuntimeModel::Init`].
    pub const fn caller(&self) -> Option<TargetInfo> {
        self.caller
    }

    /// True where `giver` gave the vCPU the core, or a VM did for which `giver` speaks.
    pub fn works_for(&self, giver: TargetInfo) -> bool {
        let TargetInfo { partition, vcpu } = giver;
        self.caller.is_some_and(|caller| caller.vcpu == vcpu && partition.speaks_for(caller.partition))
    }

    /// True while a vCPU that this one called is interrupted, or yielded, and only this one can run it on. It cannot end its work
    /// until then, or the other would be stuck.
    pub const fn owes(&self) -> bool {
        self.owes
    }

    /// Has its interrupt follow its timers, as they are at the count `now`; true where they ask for it.
    pub fn follow_timers(&mut self, now: u64) -> bool {
        let asks = self.timers.ask(now);
        self.interrupts.set_timer(asks);
        asks
    }

    /// Makes `caller` the one who gets the core back.
    pub fn set_caller(&mut self, caller: TargetInfo) {
        self.caller = Some(caller);
    }

    /// Notes whether a vCPU that this one called is interrupted.
    pub fn set_owes(&mut self, owes: bool) {
        self.owes = owes;
    }

    /// Moves to `to`, or refuses a move that the table does not have.
    pub fn move_to(&mut self, to: RunState) -> Result<(), NotAMove> {
        let following = FOLLOWING.get(self.state as usize).copied().unwrap_or(0);
        if following >> to as u8 & 1 == 0 {
            return Err(NotAMove);
        }
        self.state = to;
        Ok(())
    }

    /// The core is turned off: nothing of the vCPU is left but that it can begin again, and has notifications.
    pub fn power_off(&mut self) -> Result<(), NotAMove> {
        self.move_to(RunState::Off)?;
        self.interrupts.power_off();
        let interrupts = core::mem::replace(&mut self.interrupts, VirtualInterrupts::EMPTY);
        *self = Self { interrupts, ..Self::OFF };
        Ok(())
    }

    /// The vCPU, which runs, never runs again; returns who waits for it, if anybody does.
    pub fn abort(&mut self) -> Result<Option<TargetInfo>, NotAMove> {
        self.move_to(RunState::Aborted)?;
        self.owes = false;
        Ok(self.caller.take())
    }

    /// The linear index of the core that runs the vCPU, or did last.
    pub const fn core(&self) -> usize {
        self.core as usize
    }

    /// Goes on, on the core with the linear index `core`.
    #[inline(always)]
    pub fn go_on(&mut self, core: usize) -> Result<(), NotAMove> {
        self.move_to(RunState::Running)?;
        self.core = core as u8;
        Ok(())
    }

    /// Begins work for `caller` in `model`, on the core with the linear index `core`.
    pub fn begin(
        &mut self,
        model: RuntimeModel,
        caller: Option<TargetInfo>,
        core: usize,
    ) -> Result<(), NotAMove> {
        self.go_on(core)?;
        self.model = model;
        self.caller = caller;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ffa::MessageKind;
    use crate::manifest::interrupts::Signal;
    use crate::partition::interrupts::Place;

    #[test]
    fn a_vcpu_that_waits_cannot_be_preempted() {
        let mut execution = Execution::OFF;
        execution.begin(RuntimeModel::Init, None, 0).unwrap();
        execution.move_to(RunState::Waiting).unwrap();
        let before = execution.clone();
        assert!(execution.move_to(RunState::Preempted).is_err());
        assert_eq!(execution, before, "a refused move changes nothing");
    }

    #[test]
    fn a_vcpu_that_aborted_does_nothing_any_more() {
        let mut execution = Execution::OFF;
        let caller = TargetInfo::default();
        execution.begin(RuntimeModel::Run, Some(caller), 0).unwrap();
        assert_eq!(execution.abort(), Ok(Some(caller)));
        assert_eq!(execution.caller(), None);
        for state in
            [RunState::Off, RunState::Waiting, RunState::Running, RunState::Blocked, RunState::Preempted]
        {
            assert!(execution.move_to(state).is_err(), "{state:?}");
        }
    }

    #[test]
    fn who_gave_way_to_a_handler_goes_on_and_nothing_else() {
        let mut execution = Execution::OFF;
        execution.begin(RuntimeModel::Run, Some(TargetInfo::default()), 0).unwrap();
        execution.move_to(RunState::Interrupted).unwrap();
        let stopped = execution.clone();
        for state in [
            RunState::Off,
            RunState::Waiting,
            RunState::Blocked,
            RunState::Preempted,
            RunState::Yielded,
            RunState::Aborted,
        ] {
            assert!(execution.move_to(state).is_err(), "{state:?}");
        }
        assert_eq!(execution, stopped);
        execution.go_on(3).unwrap();
        assert_eq!((execution.state(), execution.core()), (RunState::Running, 3));
    }

    #[test]
    fn only_who_runs_or_waits_for_an_answer_is_stopped_for_one_further_up_its_chain() {
        let runs = |last: RunState| {
            let mut execution = Execution::OFF;
            execution.begin(RuntimeModel::Run, Some(TargetInfo::default()), 0).unwrap();
            execution.move_to(last).map(|()| execution).unwrap()
        };
        assert!(runs(RunState::Blocked).move_to(RunState::Preempted).is_ok());
        for last in [RunState::Waiting, RunState::Preempted, RunState::Interrupted, RunState::Yielded] {
            assert!(runs(last).move_to(RunState::Preempted).is_err(), "{last:?}");
        }
    }

    #[test]
    fn an_interrupt_that_is_pending_outlives_the_beginning_of_work_and_not_the_core() {
        let mut execution = Execution::OFF;
        execution.interrupts.enable(Place::of_device(0), true, Signal::Irq);
        execution.interrupts.pend(Place::of_device(0));
        execution.begin(RuntimeModel::Init, None, 0).unwrap();
        execution.move_to(RunState::Waiting).unwrap();
        execution.begin(RuntimeModel::SecureInterrupt, Some(TargetInfo::default()), 0).unwrap();
        assert_eq!(execution.interrupts.first(), Some(Place::of_device(0)));
        execution.move_to(RunState::Waiting).unwrap();
        execution.interrupts.pend(Place::NPI);
        execution.power_off().unwrap();
        execution.interrupts.enable(Place::NPI, true, Signal::Irq);
        assert_eq!(execution.interrupts.take(), Some(Place::NPI), "notifications stay");
        assert!(execution.interrupts.is_idle());
    }

    #[test]
    fn a_vcpu_whose_core_goes_off_can_begin_again_and_owes_nothing() {
        let caller = TargetInfo::default();
        for last in [RunState::Waiting, RunState::Preempted, RunState::Yielded] {
            let mut execution = Execution::OFF;
            execution.begin(RuntimeModel::DirectRequest(MessageKind::Plain), Some(caller), 0).unwrap();
            execution.move_to(last).unwrap();
            execution.power_off().unwrap();
            assert_eq!(execution, Execution::OFF);
            execution.begin(RuntimeModel::Init, None, 0).unwrap();
            assert!(execution.power_off().is_err(), "a vCPU that runs has its core");
        }
    }
}
