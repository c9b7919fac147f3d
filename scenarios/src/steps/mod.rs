//! Parts of scenarios. In each, what every program does stands side by side, in the order in which it happens.

mod boot;
mod descriptor;
mod discovery;
mod end;
mod isolation;
mod messages;
mod preemption;
mod sharing;

pub use boot::{boot, first_message};
pub use discovery::discovery;
pub use end::end;
pub use isolation::isolation;
pub use messages::{chain, echo, many_echoes, self_request};
pub use preemption::{preemption, unseen_preemption};
pub use sharing::sharing;

use crate::program::{Program, Role, Step};

/// The normal world.
const NWD: Role = Role::NormalWorld;
/// The first partition.
const SP1: Role = Role::Partition(1);
/// The second partition.
const SP2: Role = Role::Partition(2);

/// The programs of a scenario under construction.
pub struct Stage {
    normal_world: Program,
    partitions: Vec<Program>,
    step: u32,
}

impl Stage {
    /// The normal world and this many partitions, all about to take their first own action.
    pub fn new(partitions: u16) -> Self {
        Self {
            normal_world: Program::new(NWD),
            partitions: (1..=partitions).map(|number| Program::new(Role::Partition(number))).collect(),
            step: 0,
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

    /// Ends the construction: the normal world, then the partitions.
    pub fn finish(self) -> (crate::program::Image, Vec<crate::program::Image>) {
        let partitions = self.partitions.into_iter().map(Program::finish).collect();
        (self.normal_world.finish(), partitions)
    }
}
