//! Parts of scenarios. In each, what every program does stands side by side, in the order in which it happens.

mod aborts;
mod boot;
mod borrowed;
mod borrower_rules;
mod console;
mod cycles;
mod descriptor;
mod discovery;
mod echoes;
mod end;
mod information;
mod isolation;
mod lending;
mod listing;
mod mailboxes;
mod messages;
mod old_clients;
mod pages;
mod preemption;
mod refusals;
mod regions;
mod share_rules;
mod sharing;
mod traps;
mod versions;

pub use aborts::{aborts_at_work, destroyed, fails_by_abort, fails_by_error, fails_by_fault, faults_at_work};
pub use boot::{boot, first_message};
pub use borrowed::{many_pages, share_read_only, two_borrowers};
pub use borrower_rules::{relinquish_reclaim_rules, retrieve_rules};
pub use console::console_log;
pub use cycles::{boot_by_the_rules, response_rules, run_rules};
pub use discovery::discovery;
pub use echoes::{alternating, echo_32, echo_64, three_partitions};
pub use end::end;
pub use information::boot_information;
pub use isolation::isolation;
pub use listing::{partition_count, partition_list};
pub use mailboxes::{rxtx_of_normal_world, rxtx_of_partition, wait_releases_rx};
pub use messages::{chain, echo, many_echoes, self_request};
pub use old_clients::{client_1_0, client_1_1};
pub use pages::{reclaim_zero, secure_alias, share_again};
pub use preemption::{aborted_chain, preempted_chain, preemption, unseen_preemption};
pub use refusals::{cycle, messaging_methods, spoofed_sender, unknown_receiver};
pub use regions::{aborts_as_borrower, asks_everybody, boot_order, device_region, memory_regions};
pub use share_rules::{share_lengths, share_pages, share_rules};
pub use sharing::sharing;
pub use traps::{hvc, trapped_registers, unknown_smc};
pub use versions::{features, ids, version_negotiation};

use crate::program::{Program, Role, Step, args};
use crate::scenario::Parameters;

/// The normal world.
const NWD: Role = Role::NormalWorld;
/// The first partition.
const SP1: Role = Role::Partition(1);
/// The second partition.
const SP2: Role = Role::Partition(2);
/// The third partition.
const SP3: Role = Role::Partition(3);

/// The programs of a scenario under construction.
pub struct Stage {
    normal_world: Program,
    partitions: Vec<Program>,
    step: u32,
    parameters: Parameters,
}

impl Stage {
    /// The normal world and this many partitions, all about to take their first own action.
    pub fn new(partitions: u16, parameters: &Parameters) -> Self {
        Self {
            normal_world: Program::new(NWD),
            partitions: (1..=partitions).map(|number| Program::new(Role::Partition(number))).collect(),
            step: 0,
            parameters: *parameters,
        }
    }

    /// Begins a step: the normal world, and the partitions.
    fn begin(&mut self, title: &'static str) -> (&mut Program, &mut [Program]) {
        self.step += 1;
        let step = Step { number: self.step, title };
        self.normal_world.begin(step);
        self.partitions.iter_mut().for_each(|partition| partition.begin(step));
        (&mut self.normal_world, &mut self.partitions)
    }

    /// A step in which `who` acts alone: the normal world by itself, a partition because the normal world asks it.
    fn alone(&mut self, title: &'static str, who: Role, act: impl FnOnce(&mut Program)) {
        let (nwd, partitions) = self.begin(title);
        let Role::Partition(number) = who else { return act(nwd) };
        let partition = &mut partitions[usize::from(number) - 1];
        partition.is_asked("is told to begin", NWD);
        act(partition);
        partition.answers("is done", NWD, args![]);
        nwd.asks(&format!("tells {} to begin", who.name()), who, args![]).expect_response(who, NWD);
    }

    /// Ends the construction: the normal world, then the partitions.
    pub fn finish(self) -> (crate::program::Image, Vec<crate::program::Image>) {
        let partitions = self.partitions.into_iter().map(Program::finish).collect();
        (self.normal_world.finish(), partitions)
    }
}
