//! Parts of scenarios. In each, what every program does stands side by side, in the order in which it happens.

mod aborts;
mod boot;
mod borrowed;
mod borrower_rules;
mod buffers;
mod console;
mod cores;
mod counted;
mod cycles;
mod described;
pub(crate) mod descriptor;
mod devices;
mod discovery;
mod echoes;
mod end;
mod entries;
mod everybody;
mod features;
mod indirect;
mod information;
mod interrupt_actions;
mod interrupt_lines;
mod interrupt_owners;
mod interrupts;
mod isolation;
mod kept;
mod lending;
mod listing;
mod listing_registers;
mod logical;
mod logical_interrupts;
mod mailboxes;
mod messages;
mod notifications;
mod notifications_framework;
mod notifications_info;
mod notifications_rules;
mod old_clients;
mod old_partition;
mod order;
mod pages;
mod preemption;
mod properties;
mod races;
mod refusals;
mod regions;
mod services;
mod share_room;
mod share_rules;
mod share_shapes;
mod sharing;
mod timers;
mod traps;
mod versions;
mod vm_calls;
mod vm_news;
pub(crate) mod vms;
mod yields;

pub use aborts::{
    aborts_as_borrower, aborts_at_work, destroyed, fails_by_abort, fails_by_error, fails_by_fault,
    fails_by_silence, faults_at_work, is_late, waits_in_vain, works_later,
};
pub use boot::{boot, first_message};
pub use borrowed::{many_pages, share_read_only, two_borrowers};
pub use borrower_rules::{relinquish_reclaim_rules, retrieve_rules};
pub use buffers::given_buffers;
pub use console::console_log;
pub use cores::{
    aborts_on_all_cores, aborts_while_it_waits, all_cores_on_but_one, at_answer, between_vcpus,
    busy_elsewhere, chain_elsewhere, come_and_go, contended, contended_rx, cores_end, cores_on,
    fails_on_core_1, goes_and_comes, in_turn, notified_at_once, notified_vcpus, off_in_work,
    owner_goes_on_elsewhere, owner_left_the_core, owner_on_another_core, pending_at_off, preempted_elsewhere,
    released, routed, set_against_get, shared_across, shared_at_once, silent_on_core_1, sp1_receives,
    timer_elsewhere, timer_handed_over, together, unmapped_everywhere,
};
pub use counted::every_call;
pub use cycles::{boot_by_the_rules, response_rules, run_rules};
pub use described::described;
pub use devices::device_region;
pub use discovery::discovery;
pub use echoes::{alternating, echo_32, echo_64, three_partitions};
pub use end::end;
pub use entries::entry_points;
pub use everybody::{asks_everybody, eight_partitions};
pub use features::features;
pub(crate) use indirect::Message;
pub use indirect::{indirect_messages, indirect_rules, indirect_versions};
pub use information::{boot_information, boot_information_variants, boot_registers};
pub use interrupt_actions::{managed_exit, queued_for_others, queued_interrupts};
pub use interrupt_lines::{
    asserted_level, interrupt_of_another, interrupt_ranges, left_active, reconfigured, second_edge,
    second_interrupt,
};
pub use interrupt_owners::{
    handler_asks, handler_rules, interrupt_of_the_aborted, interrupt_of_the_preempted,
    interrupt_of_who_yielded, interrupt_up_the_chain,
};
pub use interrupts::{
    boot_with_edge, boot_with_level, edge_interrupt, interrupt_at_boot, interrupt_before_ready,
    interrupt_calls, interrupt_of_who_asked, interrupt_of_who_works, level_interrupt,
};
pub use isolation::isolation;
pub use kept::kept_registers;
pub use listing::{list_too_long, partition_count, partition_list};
pub use listing_registers::{listed_in_registers, one_entry_for_old_callers};
pub use logical::{logical_partitions_are_listed, logical_partitions_ask, logical_partitions_notify_nobody};
pub use logical_interrupts::{aborts_for_logical, never_answers_logical, queued_for_logical};
pub use mailboxes::{buffer_sizes, rxtx_of_normal_world, rxtx_of_partition, wait_releases_rx};
pub use messages::{chain, echo, many_echoes, self_request};
pub use notifications::{notifications_of_both_worlds, notifications_of_partitions};
pub use notifications_framework::full_buffers;
pub use notifications_info::{notification_lists, notifications_of_the_dead, scheduled_for_interrupts};
pub use notifications_rules::{notification_bitmaps, notification_rules, notifications_of_1_3};
pub use old_clients::{borrower_1_0, client_1_0, client_1_1, client_1_3};
pub use old_partition::calls_of_1_1;
pub use order::{boot_order, boot_order_last};
pub use pages::{reclaim_zero, secure_alias, share_again};
pub use preemption::{
    aborted_chain, preempted_chain, preempted_for_vm, preemption, unseen_preemption,
    waits_for_the_interrupted,
};
pub use properties::{entry_point, load_address, not_served, services};
pub use races::{
    map_against_map, off_against_ask, reclaim_against_reclaim, share_against_share,
    version_against_first_call,
};
pub use refusals::{cycle, messaging_methods, spoofed_sender, unknown_receiver};
pub use regions::{memory_regions, region_rights};
pub use services::{service_requests, service_rules};
pub use share_room::room_for_shares;
pub use share_rules::{share_lengths, share_pages, share_rules};
pub use share_shapes::share_shapes;
pub use sharing::sharing;
pub use timers::{
    never_exits, never_exits_after_another, never_handles, timer_beside_the_normal_worlds,
    timer_of_who_aborted, timer_of_who_asked, timer_of_who_waits, timer_of_who_works, timer_registers,
    timers_of_two,
};
pub use traps::{hvc, id_registers, smcs, trapped_registers, unknown_smc};
pub use versions::{ids, version_negotiation};
pub use vm_calls::{memory_of_vms, messages_of_vms, requests_of_vms};
pub use vm_news::vm_news;
pub use vms::{buffers_of_vms, room_for_vms};
pub use yields::{yield_rules, yields, yields_in_chain, yields_to_who_boots};

use hal_sim::LogicalPartition;

use crate::ffa;
use crate::machine::layout;
use crate::manifest::{Edits, Extras};
use crate::program::{Context, Program, Role, Serves, Signal, Step, args};
use crate::scenario::{By, Ends, Handler, Parameters, Prepared, Scenario, Server};

/// The normal world.
const NWD: Role = Role::NormalWorld;
/// The first partition.
const SP1: Role = Role::Partition(1);
/// The second partition.
const SP2: Role = Role::Partition(2);
/// The third partition.
const SP3: Role = Role::Partition(3);

/// What is otherwise than usual in the manifests of a machine with two partitions.
pub(crate) struct Manifests<'a> {
    /// In the monitor's.
    pub monitor: &'a mut Edits,
    /// In the first partition's manifest and package.
    pub sp1: &'a mut Extras,
    /// In the second's.
    pub sp2: &'a mut Extras,
}

/// The programs of a scenario under construction.
pub struct Stage {
    name: &'static str,
    ends: Ends,
    says: &'static [&'static str],
    rules: &'static [&'static str],
    /// What the monitor's manifest has otherwise than usual.
    monitor: Edits,
    normal_world: Program,
    partitions: Vec<Program>,
    /// The programs of all further execution contexts.
    further: Vec<Program>,
    cores: u16,
    /// The version of FF-A that the SPMC's manifest says.
    version: u64,
    /// EL3's logical partitions.
    logical_partitions: Vec<LogicalPartition>,
    step: u32,
    /// How many words are signals already.
    signals: u64,
    parameters: Parameters,
    /// A partition that no step knows of.
    witness: Option<Program>,
}

impl Stage {
    /// The normal world and the partitions of `scenario`, all about to take their first own action.
    pub fn new(scenario: &Scenario, parameters: &Parameters) -> Self {
        let &Scenario { name, cores, partitions, pinned, ends, says, rules, .. } = scenario;
        let contexts = |role| match role {
            Role::Partition(number) if !pinned.contains(&number) => 1,
            _ => cores,
        };
        let handles = |by| match by {
            By::Devices => Serves::Devices,
            By::Timer => Serves::Timer,
        };
        let serves = |role, cpu| match parameters.server {
            Some(Server { handler: Handler::FirstPartition, by }) if role == SP1 && cpu == 0 => handles(by),
            Some(Server { handler: Handler::FirstPartition, .. }) => Serves::Another,
            _ => Serves::Nobody,
        };
        let program = |role, cpu| Program::new(Context { role, cpu }, contexts(role), serves(role, cpu));
        let roles = || (1..=partitions).map(Role::Partition);
        let further = |role| (1..contexts(role)).map(move |cpu| program(role, cpu));
        Self {
            name,
            ends,
            says,
            rules,
            monitor: Edits::default(),
            normal_world: program(NWD, 0),
            partitions: roles().map(|role| program(role, 0)).collect(),
            further: std::iter::once(NWD).chain(roles()).flat_map(further).collect(),
            cores,
            version: ffa::VERSION_1_2,
            logical_partitions: Vec::new(),
            step: 0,
            signals: 0,
            parameters: *parameters,
            witness: parameters.server.filter(|server| server.handler == Handler::Witness).map(|server| {
                let context = Role::Partition(partitions + 1).into();
                let mut witness = Program::new(context, 1, handles(server.by));
                witness.initialise();
                witness
            }),
        }
    }

    /// Begins a step: the normal world on the first core, and the first virtual CPUs of the partitions.
    fn begin(&mut self, title: &'static str) -> (&mut Program, &mut [Program]) {
        self.step += 1;
        let step = Step { number: self.step, title };
        self.normal_world.begin(step);
        self.partitions.iter_mut().chain(&mut self.further).for_each(|program| program.begin(step));
        (&mut self.normal_world, &mut self.partitions)
    }

    /// How many partitions a list of them has.
    fn listed(&self) -> u64 {
        (self.partitions.len() + usize::from(self.witness.is_some())) as u64
    }

    /// The normal world on `core`.
    fn nwd(&mut self, core: u16) -> &mut Program {
        self.vcpu(NWD, core)
    }

    /// The partition `role`, which migrates.
    fn sp(&mut self, role: Role) -> &mut Program {
        self.vcpu(role, 0)
    }

    /// The program of `role` on its virtual CPU number `cpu`.
    fn vcpu(&mut self, role: Role, cpu: u16) -> &mut Program {
        let mut programs =
            std::iter::once(&mut self.normal_world).chain(&mut self.partitions).chain(&mut self.further);
        let context = Context { role, cpu };
        programs.find(|program| program.context() == context).expect("a program that plays")
    }

    /// The cores but the first.
    fn further_cores(&self) -> std::ops::Range<u16> {
        1..self.cores
    }

    /// The partitions with a virtual CPU for each core, but those that aborted.
    fn pinned(&self) -> Vec<Role> {
        let pinned =
            self.partitions.iter().filter(|program| program.contexts() > 1 && !program.has_aborted());
        pinned.map(Program::role).collect()
    }

    /// The partitions with one virtual CPU, which runs on whichever core asks for it.
    fn migrating(&self) -> Vec<Role> {
        let migrating = self.partitions.iter().filter(|partition| partition.contexts() == 1);
        migrating.map(Program::role).collect()
    }

    /// A signal that all of the normal world reach, and partitions that borrow its page.
    fn signal(&mut self, what: impl Into<String>) -> Signal {
        self.signal_in(layout::SIGNALS, what)
    }

    /// A signal in the page at `page`.
    fn signal_in(&mut self, page: u64, what: impl Into<String>) -> Signal {
        self.signals += 1;
        Signal { address: page + 8 * self.signals, what: what.into() }
    }

    /// The manifests of a machine with two partitions.
    pub(crate) fn manifests(&mut self) -> Manifests<'_> {
        let [sp1, sp2] = &mut self.partitions[..] else { panic!("two partitions play") };
        Manifests { monitor: &mut self.monitor, sp1: &mut sp1.extras, sp2: &mut sp2.extras }
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

    /// Ends the construction.
    pub fn finish(self) -> Prepared {
        let finish = |programs: Vec<Program>| programs.into_iter().map(Program::finish).collect();
        Prepared {
            name: self.name,
            cores: self.cores,
            ends: self.ends,
            says: self.says,
            rules: self.rules,
            monitor: self.monitor,
            version: self.version,
            logical_partitions: self.logical_partitions,
            normal_world: self.normal_world.finish(),
            partitions: finish(self.partitions.into_iter().chain(self.witness).collect()),
            further: finish(self.further),
        }
    }
}
