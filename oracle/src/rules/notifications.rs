//! Notifications: what is set is got, once, and only who is bound sets.

use crate::calls::{Call, Words};
use crate::notices::{Meanwhile, Notification, Receiver, map_of, numbers};
use crate::oracle::Oracle;
use crate::pending::Pending;
use crate::state::{Partition, Who};
use crate::words;

const NO_MEMORY: i32 = -3;

impl Oracle {
    /// A core's monitor begins with `call` of `who`.
    pub(crate) fn begins_notification(&mut self, who: Who, call: &Call) -> Meanwhile {
        let mut meanwhile = Meanwhile::default();
        let is_about = |call: &Call| matches!(call, Call::Notification(_) | Call::Send2 { .. } | Call::Dies);
        if !is_about(call) {
            return meanwhile;
        }
        for other in self.at_work().filter(|other| other.call().is_some_and(is_about)) {
            other.meanwhile.others = true;
            meanwhile.others = true;
        }
        self.hides_reports |= meanwhile.others;
        if let Call::Notification(Notification::Get { receiver, maps }) = *call
            && (who.id == receiver.id || who.speaks_for(receiver.id))
            && let Some(own) = self.state.receivers.get(&receiver.id)
        {
            meanwhile.due = own.due(maps, receiver.vcpu);
        }
        meanwhile
    }

    /// The answer to `call` of `pending` was an error with `code`, or none.
    pub(crate) fn notification_answered(
        &mut self,
        core: usize,
        pending: &Pending,
        call: Notification,
        x: &Words,
        code: Option<i32>,
    ) {
        let name = self.state.name(pending.who.id);
        let function = words::function(pending.x[0]);
        let is_due = self.is_due(pending, call);
        match code {
            Some(NO_MEMORY) if matches!(call, Notification::Create { .. }) => return,
            _ if pending.meanwhile.others => {}
            Some(code) if is_due == Some(true) => {
                let code = words::error(code as u64);
                self.find(format!("{function} of {name} was refused with {code}, and must succeed"));
            }
            None if is_due == Some(false) => {
                self.find(format!("{function} of {name} succeeded, and must be refused"));
            }
            _ => {}
        }
        if code.is_some() {
            if pending.meanwhile.consumed != 0 {
                self.find(format!("{function} of {name} was refused, and another core got what it set"));
            }
            return;
        }
        match call {
            Notification::Create { vm, vcpus } => {
                let new = Receiver { vcpus: vcpus as u16, ..Receiver::default() };
                self.state.receivers.insert(vm, new);
            }
            Notification::Destroy { vm } => drop(self.state.receivers.remove(&vm)),
            Notification::Bind { from, to, bits, per_vcpu } => {
                if let Some(own) = self.state.receivers.get_mut(&to) {
                    own.bound.extend(numbers(bits).map(|bit| ((map_of(from), bit), (from, per_vcpu))));
                }
            }
            Notification::Unbind { from, to, bits } => {
                if let Some(own) = self.state.receivers.get_mut(&to) {
                    own.bound.retain(|(map, bit), _| *map != map_of(from) || bits >> *bit & 1 == 0);
                }
            }
            Notification::Set { from, to, bits, vcpu, delays } => {
                self.was_set(pending, (map_of(from), to), bits, vcpu);
                self.schedules(core, pending, to, delays);
            }
            Notification::Get { receiver, maps } => self.was_got(pending, receiver, maps, x),
            Notification::Info { wide } => self.was_reported(pending, wide, x),
        }
    }

    /// Whether `call` of `pending` must succeed; `None` where that is open.
    fn is_due(&mut self, pending: &Pending, call: Notification) -> Option<bool> {
        let who = pending.who;
        let is_nwd = who.is_normal_world();
        let version = self.state.endpoint(who.id).map_or(0, |endpoint| endpoint.version);
        let is_vm = |id: u16| id & 0x8000 == 0;
        let known = |oracle: &mut Self, id: u16| oracle.state.partition(id).is_some();
        let flags = pending.x[2] as u32;
        if version < 0x1_0001 {
            return Some(false);
        }
        Some(match call {
            Notification::Create { vm, vcpus } => {
                is_nwd && is_vm(vm) && vcpus != 0 && !self.state.receivers.contains_key(&vm)
            }
            Notification::Destroy { vm } => {
                is_nwd && self.state.receivers.get(&vm).is_some_and(|own| is_vm(vm) && !own.is_pending())
            }
            Notification::Bind { from, to, bits, per_vcpu } => {
                let is_dead = self.state.dead().contains(&from);
                let sender = if is_vm(from) { !is_nwd } else { known(self, from) && !is_dead };
                let own = self.state.receivers.get(&to);
                who.speaks_for(to)
                    && (sender && from != to && bits != 0 && flags & !1 == 0)
                    && !(per_vcpu && version >= 0x1_0003)
                    && own.is_some_and(|own| {
                        own.are_bound(map_of(from), bits, |bound| bound.is_none_or(|(id, _)| *id == from))
                            && !own.is_one_pending(map_of(from), bits)
                    })
            }
            Notification::Unbind { from, to, bits } => {
                let own = self.state.receivers.get(&to);
                who.speaks_for(to)
                    && (from != to && bits != 0 && flags == 0)
                    && own.is_some_and(|own| {
                        own.are_bound(map_of(from), bits, |bound| bound.is_some_and(|(id, _)| *id == from))
                            && !own.is_one_pending(map_of(from), bits)
                    })
            }
            Notification::Set { from, to, bits, vcpu, delays } => {
                let own = self.state.receivers.get(&to);
                let as_bound = Some((from, vcpu.is_some()));
                who.speaks_for(from)
                    && (from != to && bits != 0 && !(is_nwd && (is_vm(to) || delays)))
                    && !(vcpu.is_some() && version >= 0x1_0003)
                    && own.is_some_and(|own| {
                        vcpu.is_none_or(|vcpu| vcpu < own.vcpus)
                            && own.are_bound(map_of(from), bits, |bound| bound == as_bound.as_ref())
                    })
            }
            Notification::Get { receiver: Who { id, vcpu }, maps } => {
                let own = self.state.receivers.get(&id);
                let speaks = if is_nwd { is_vm(id) && maps & 0b1010 == 0 } else { who == Who { id, vcpu } };
                speaks && flags & !0xf == 0 && own.is_some_and(|own| vcpu < own.vcpus)
            }
            Notification::Info { .. } => {
                let untold = self.state.receivers.values().any(|own| !own.untold.is_empty());
                // Who has interrupts pending is not known here, nor what two cores did at once.
                let listed = |one: &Partition| !one.spec.interrupts.is_empty();
                let open = self.hides_reports || !untold && self.state.partitions.iter().any(listed);
                if is_nwd && open {
                    return None;
                }
                is_nwd && untold
            }
        })
    }

    /// FFA_NOTIFICATION_SET of `pending` set these `bits`.
    fn was_set(&mut self, pending: &Pending, (map, to): (usize, u16), bits: u64, vcpu: Option<u16>) {
        let Meanwhile { consumed, perhaps, .. } = pending.meanwhile;
        let Some(own) = self.state.receivers.get_mut(&to) else { return };
        for bit in numbers(bits & !consumed) {
            let notice = (map, bit, vcpu);
            if perhaps >> bit & 1 != 0 {
                own.perhaps.insert(notice);
            } else if own.pending.insert(notice) {
                own.untold.insert(vcpu);
            }
        }
    }

    /// FFA_NOTIFICATION_GET of `pending` got what is in `x`.
    fn was_got(&mut self, pending: &Pending, Who { id, vcpu }: Who, maps: u32, x: &Words) {
        let name = self.state.name(id);
        let halves = |low: u64, high: u64| (high & 0xffff_ffff) << 32 | low & 0xffff_ffff;
        let got = [halves(x[2], x[3]), halves(x[4], x[5])];
        let mut missing = pending.meanwhile.due.clone();
        for (map, bit) in (0..2).flat_map(|map| numbers(got[map]).map(move |bit| (map, bit))) {
            let keys = [(map, bit, None), (map, bit, Some(vcpu))];
            let mut known = false;
            if let Some(own) = self.state.receivers.get_mut(&id) {
                for key in keys {
                    known |= own.pending.remove(&key) | own.perhaps.remove(&key);
                    missing.remove(&key);
                }
            }
            for other in self.at_work() {
                match other.call() {
                    Some(Call::Notification(Notification::Get { .. })) => {
                        other.meanwhile.due.retain(|notice| !keys.contains(notice));
                    }
                    Some(Call::Notification(Notification::Set { from, to, bits, .. }))
                        if (*to, map_of(*from)) == (id, map) && bits >> bit & 1 != 0 =>
                    {
                        let seen =
                            if known { &mut other.meanwhile.perhaps } else { &mut other.meanwhile.consumed };
                        *seen |= 1 << bit;
                        known = true;
                    }
                    _ => {}
                }
            }
            if !known || maps >> map & 1 == 0 {
                self.find(format!(
                    "{name} got notification {bit} {}, which is not pending",
                    pending.when(&self.state)
                ));
            }
        }
        // What was got meanwhile by others, or became pending after, is not missing.
        let own = self.state.receivers.get_mut(&id);
        let lost =
            own.as_ref().and_then(|own| missing.into_iter().find(|notice| own.pending.contains(notice)));
        if let Some((map, bit, _)) = lost {
            let from = ["a partition", "the normal world"][map];
            self.find(format!(
                "{name} did not get notification {bit} {}, which {from} set",
                pending.when(&self.state)
            ));
        }
        let Some(own) = self.state.receivers.get_mut(&id) else { return };
        own.perhaps.retain(|(map, _, of)| maps >> map & 1 == 0 || of.is_some_and(|of| of != vcpu));
        let framework = [0, 1].map(|index| own.full[index] && maps >> (2 + index) & 1 != 0);
        own.full = [0, 1].map(|index| own.full[index] && !framework[index]);
        let is_left = |of: Option<u16>| {
            own.pending.iter().any(|(.., other)| *other == of) || of.is_none() && own.full.contains(&true)
        };
        own.untold = [None, Some(vcpu)]
            .into_iter()
            .filter(|of| own.untold.contains(of) && is_left(*of))
            .chain(own.untold.iter().copied().filter(|of| of.is_some_and(|of| of != vcpu)))
            .collect();
        if !pending.meanwhile.others && framework.map(u64::from) != [x[6], x[7]] {
            let when = pending.when(&self.state);
            self.find(format!("{name} got {:#x} and {:#x} of the framework {when}", x[6], x[7]));
        }
    }

    /// True where `id` has not got the framework's notification that its RX buffer is full.
    pub(crate) fn has_unread_rx(&self, id: u16) -> bool {
        self.state.receivers.get(&id).is_some_and(|own| own.full.contains(&true))
    }

    /// The partition `id` died.
    pub(crate) fn forgets_notifications(&mut self, id: u16) {
        self.state.receivers.remove(&id);
        for own in self.state.receivers.values_mut() {
            own.bound.retain(|_, (sender, _)| *sender != id);
        }
    }
}
