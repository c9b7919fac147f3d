//! The normal world where a person brings none: it sends each partition a number and powers off.

use crate::program::{Program, Role, Serves, Step, args};
use crate::psci;
use crate::scenario::Prepared;

/// The number that it sends.
const NUMBER: u64 = 0x1000;

/// The program for this many partitions.
pub(super) fn program(partitions: u16) -> Prepared {
    let mut normal_world = Program::new(Role::NormalWorld.into(), 1, Serves::Nobody);
    normal_world.begin(Step { number: 1, title: "The normal world sends each partition a number" });
    for number in 1..=partitions {
        let partition = Role::Partition(number);
        normal_world.asks(&format!("sends {} a number", partition.name()), partition, args![NUMBER]);
    }
    normal_world.call("powers off", args![psci::SYSTEM_OFF]).times(0);
    Prepared::alone("own", 1, normal_world.finish())
}
