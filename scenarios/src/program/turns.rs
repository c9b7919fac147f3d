//! A partition's turns: it waits, is asked, acts, answers, and waits again.
//!
//! FFA_MSG_WAIT and FFA_MSG_SEND_DIRECT_RESP come back with the next request. So what a partition says last in one
//! step of a scenario is emitted together with what wakes it in the next.

use super::call::OnInterrupt;
use super::{Arg, Kind, Program, Role, Site, Step, args, layout_of};
use crate::ffa;

/// A call with which a partition gives its turn back.
pub(super) struct Turn {
    label: String,
    step: Step,
    pub(super) args: Vec<Arg>,
}

impl Program {
    /// The partition tells where its buffers are; its turn ends with FFA_MSG_WAIT.
    pub fn initialise(&mut self) {
        let place = layout_of(self.context);
        self.call("gives the SPMC its buffers", args![ffa::RXTX_MAP_64, place.tx, place.rx, 1])
            .expect(0, ffa::SUCCESS_32);
        if self.contexts > 1 {
            self.call(
                "says where its other vCPUs begin",
                args![ffa::SECONDARY_EP_REGISTER_64, place.secondary_entry],
            )
            .expect_success();
        }
        self.is_ready();
    }

    /// The partition's virtual CPU has initialised itself; its turn ends with FFA_MSG_WAIT.
    pub fn is_ready(&mut self) {
        self.gives_way("is ready", args![ffa::MSG_WAIT]);
    }

    /// The partition's turn ends; the site returned is what it comes back with.
    ///
    /// # Panics
    /// When the partition has not ended its last turn: a mistake in a scenario.
    pub fn is_woken(&mut self, label: &str) -> &mut Site {
        let turn = self.take_turn();
        self.end_turn(turn, label)
    }

    /// The turn that the partition owes.
    pub(super) fn take_turn(&mut self) -> Turn {
        self.turn.take().expect("a partition gives its turn back before it has the next")
    }

    /// The partition's turn ends; it comes back with a direct request of `from`, which is the site returned.
    pub fn is_asked(&mut self, label: &str, from: Role) -> &mut Site {
        let role = self.context.role;
        self.is_woken(label).expect_message(ffa::DIRECT_REQ_64, from, role)
    }

    /// The partition's turn ends; it comes back because somebody ran it.
    pub fn is_run(&mut self, label: &str) -> &mut Site {
        let target = ffa::target(self.context.role.endpoint(), self.context.cpu);
        self.is_woken(label).expect(0, ffa::RUN).expect(1, target)
    }

    /// The partition will give its turn back by the call with `args`.
    pub fn gives_way(&mut self, label: &str, args: &[Arg]) {
        self.turn = Some(Turn { label: label.to_string(), step: self.step, args: args.to_vec() });
    }

    /// The partition will answer `to` with `payload` in x3 and on.
    pub fn answers(&mut self, label: &str, to: Role, payload: &[Arg]) {
        let route = ffa::sender_receiver(self.context.role.endpoint(), to.endpoint());
        let mut args = args![ffa::DIRECT_RESP_64, route, 0].to_vec();
        args.extend_from_slice(payload);
        self.gives_way(label, &args);
    }

    /// Makes a direct request of `to` with `payload` in x3 and on; the site returned is what came back.
    pub fn asks(&mut self, label: &str, to: Role, payload: &[Arg]) -> &mut Site {
        let request = self.request(to, payload);
        self.call(label, &request)
    }

    /// The arguments of a direct request of `to`.
    pub fn request(&self, to: Role, payload: &[Arg]) -> Vec<Arg> {
        let route = ffa::sender_receiver(self.context.role.endpoint(), to.endpoint());
        let mut args = args![ffa::DIRECT_REQ_64, route, 0].to_vec();
        args.extend_from_slice(payload);
        args
    }

    /// Emits the turn that the partition owes; nobody runs it again after that.
    pub(super) fn last_turn(&mut self) {
        if let Some(turn) = self.turn.take() {
            self.end_turn(turn, "is run again after its last word").times(0);
        }
        self.halt();
    }

    fn end_turn(&mut self, turn: Turn, label: &str) -> &mut Site {
        let site = self.turn_site(&turn);
        self.site(Kind::Return, label);
        self.emit_call(site, &turn.args, OnInterrupt::Return)
    }

    /// Notes the site of the call that ends `turn`, in the step in which it was said.
    pub(super) fn turn_site(&mut self, turn: &Turn) -> u32 {
        let step = std::mem::replace(&mut self.step, turn.step);
        let site = self.call_site(&turn.label, &turn.args);
        self.step = step;
        site
    }
}

impl Site {
    /// Requires the response of `from` to `to`.
    pub fn expect_response(&mut self, from: Role, to: Role) -> &mut Self {
        self.expect_message(ffa::DIRECT_RESP_64, from, to)
    }

    /// Requires the direct message `function` of `from` to `to`.
    pub fn expect_message(&mut self, function: u64, from: Role, to: Role) -> &mut Self {
        self.expect(0, function).expect(1, ffa::sender_receiver(from.endpoint(), to.endpoint())).expect(2, 0)
    }

    /// Requires an FFA_SUCCESS.
    pub fn expect_success(&mut self) -> &mut Self {
        self.expect(0, ffa::SUCCESS_32)
    }

    /// Requires an FFA_ERROR with `code`.
    pub fn expect_error(&mut self, code: u64) -> &mut Self {
        self.expect(0, ffa::ERROR).expect(2, code)
    }
}
