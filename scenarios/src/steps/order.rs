//! The order of booting.

use super::{SP1, SP2, Stage};
use crate::ffa;
use crate::program::{Program, args};

/// SP2's manifest has it boot before SP1: rule `boot.4`.
pub fn boot_order(stage: &mut Stage) {
    let (_, partitions) = stage.begin("The partitions boot, SP2 first");
    let [sp1, sp2] = partitions else { panic!("two partitions play") };
    sp1.extras.set("boot-order", 7u32);
    sp2.extras.set("boot-order", 3u32);
    sp2.initialise();
    sp2.asks("asks SP1, which has not begun", SP1, args![]).expect_error(ffa::BUSY).shows("direct.18");
    sp1.initialise();
    sp2.is_asked("is asked by SP1, which begins", SP1);
    sp2.answers("answers SP1", SP1, args![1]);
    sp1.asks("asks SP2, which waits", SP2, args![]).expect_response(SP2, SP1).expect(3, 1).shows("boot.4");
}

/// SP4 has the lowest order, SP3 a higher one, SP1 and SP2 have none: rule `boot.4`.
pub fn boot_order_last(stage: &mut Stage) {
    let (_, partitions) = stage.begin("The partitions boot: SP4, SP3, SP1, SP2");
    let [sp1, sp2, sp3, sp4] = partitions else { panic!("four partitions play") };
    sp1.extras.edits.remove("", "boot-order");
    sp2.extras.edits.remove("", "boot-order");
    sp3.extras.set("boot-order", 9u32);
    sp4.extras.set("boot-order", 2u32);
    let mut begun: Vec<&mut Program> = Vec::new();
    let mut waiting = vec![sp2, sp1, sp3, sp4];
    while let Some(next) = waiting.pop() {
        next.initialise();
        for earlier in &mut begun {
            let role = next.role();
            earlier.is_asked(&format!("is asked by {}, which begins", role.name()), role);
            earlier.answers(&format!("answers {}", role.name()), role, args![]);
            let name = earlier.role().name();
            next.asks(&format!("asks {name}, which waits"), earlier.role(), args![])
                .expect_response(earlier.role(), role);
        }
        for later in waiting.iter().rev() {
            let name = later.role().name();
            next.asks(&format!("asks {name}, which has not begun"), later.role(), args![])
                .expect_error(ffa::BUSY);
        }
        begun.push(next);
    }
}
