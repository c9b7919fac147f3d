//! What the normal world's scheduler is told: at once or later, of whom, and of each once.

use hal_sim::View;

use crate::calls::Words;
use crate::notices::map_of;
use crate::oracle::Oracle;
use crate::pending::{Pending, Sent};

/// What is to be told to the scheduler on a core before the normal world runs there.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Scheduler {
    /// It was told.
    told: bool,
    /// It is to be.
    owed: bool,
}

impl Oracle {
    /// The monitor of `core` made the schedule receiver interrupt pending.
    pub(crate) fn tells_scheduler(&mut self, core: usize) {
        self.schedulers[core].told = true;
    }

    /// The normal world runs on `core`.
    pub(crate) fn normal_world_runs(&mut self, view: &View<'_>, pending: Option<&Pending>) {
        let Scheduler { told, owed } = std::mem::take(&mut self.schedulers[view.core]);
        if owed && !told {
            let when = pending.map_or_else(String::new, |pending| pending.when(&self.state));
            self.find(format!(
                "the normal world runs {when}, and its scheduler was not told of notifications"
            ));
        }
    }

    /// Something of `to` is pending that the caller of `pending` set: the scheduler is told now, or `delays`.
    pub(super) fn schedules(&mut self, core: usize, pending: &Pending, to: u16, delays: bool) {
        let untold = self.state.receivers.get(&to).is_some_and(|own| !own.untold.is_empty());
        if !untold || self.hides_reports {
            return;
        }
        self.schedulers[core].owed = true;
        if !delays && !self.schedulers[core].told {
            let name = self.state.name(to);
            let when = pending.when(&self.state);
            self.find(format!("the scheduler of {name} was not told {when} of its notifications"));
        }
    }

    /// FFA_NOTIFICATION_INFO_GET of `pending` listed what is in `x`.
    pub(super) fn was_reported(&mut self, pending: &Pending, wide: bool, x: &Words) {
        let each = if wide { 4 } else { 2 };
        let ids: Vec<u16> =
            x[3..8].iter().flat_map(|word| (0..each).map(move |at| (word >> (16 * at)) as u16)).collect();
        let (mut at, room) = (0, ids.len());
        for list in 0..(x[2] >> 7 & 0x1f) {
            let vcpus = (x[2] >> (12 + 2 * list) & 3) as usize;
            let Some(listed) = ids.get(at..at + 1 + vcpus) else {
                return self.find(format!("FFA_NOTIFICATION_INFO_GET listed more than {room} ids"));
            };
            at += 1 + vcpus;
            let of: Vec<_> =
                if vcpus == 0 { vec![None] } else { listed[1..].iter().copied().map(Some).collect() };
            for of in of {
                self.was_listed(pending, listed[0], of);
            }
        }
        let untold = self.state.receivers.values().any(|own| !own.untold.is_empty());
        if !self.hides_reports && untold && (x[2] & 1 == 0 || room - at > 1) {
            self.find("FFA_NOTIFICATION_INFO_GET left out who has notifications pending".into());
        }
    }

    /// The scheduler was told of `id`, or of its virtual CPU.
    fn was_listed(&mut self, pending: &Pending, id: u16, of: Option<u16>) {
        let has_interrupts =
            of.is_some() && self.state.partition(id).is_some_and(|one| !one.spec.interrupts.is_empty());
        let own = self.state.receivers.get_mut(&id);
        let known = own.is_some_and(|own| own.untold.remove(&of));
        if !known && !has_interrupts && !self.hides_reports {
            let name = self.state.name(id);
            self.find(format!("{name} was listed {}, and has nothing new", pending.when(&self.state)));
        }
    }

    /// The message of `pending` is in the RX buffer of who receives it, which is told where it has notifications.
    pub(crate) fn notifies_of_message(&mut self, core: usize, pending: &Pending) {
        let Sent::Message { from, to } = pending.sent else { return };
        let Some(own) = self.state.receivers.get_mut(&to) else { return };
        own.full[map_of(from)] = true;
        own.untold.insert(None);
        self.schedules(core, pending, to, pending.x[2] & 2 != 0);
    }
}
