//! What is refused before a partition gets anything: what cannot run here, and interrupts that are another's.

use hal::Hal;
use hal::interrupt::Intid;

use super::super::owners::Owner;
use super::Boots;
use crate::console::print_line;
use crate::manifest::{ExceptionLevel, PartitionConfig, PartitionNode, Wrong};
use crate::relayer::partition_id;

impl<H: Hal> Boots<'_, H> {
    /// Refuses what cannot run, and says what is otherwise than the manifest has it.
    pub(super) fn check(
        &mut self,
        config: &PartitionConfig,
        node: &PartitionNode,
        cores: usize,
    ) -> Result<(), Wrong> {
        let (contexts, entry, size) = (config.execution_contexts, config.entrypoint_offset, node.memory_size);
        match config.exception_level {
            ExceptionLevel::SecureEl1 => {}
            ExceptionLevel::SecureEl0 => {
                return Err(
                    self.refuse(format_args!("exception-level is 1 (S-EL0): only 2 (S-EL1) is served"))
                );
            }
            ExceptionLevel::El1 => {
                return Err(self.refuse(format_args!("exception-level is 0 (EL1): only 2 (S-EL1) is served")));
            }
        }
        if contexts != 1 && contexts as usize != cores {
            return Err(self.refuse(format_args!(
                "execution-ctx-count is {contexts}: it must be 1, or one for each core, {cores}"
            )));
        }
        if entry >= size {
            return Err(self.refuse(format_args!(
                "entrypoint-offset is {entry:#x}: it must be below {size:#x}, the partition's memory"
            )));
        }
        if let Some(wanted) = config.load_address
            && wanted != node.load_address
        {
            let (subject, used) = (self.subject, node.load_address);
            print_line(self.hal, format_args!("{subject}: load-address is {wanted:#x}: it is at {used:#x}"));
        }
        Ok(())
    }

    /// The partition number `index` has the interrupts of its devices, which nobody else may have.
    #[inline(never)]
    pub(super) fn own_interrupts(&mut self, index: usize, config: &PartitionConfig) -> Result<(), Wrong> {
        for (device, interrupt) in config.interrupts.iter().enumerate() {
            let Intid(id) = interrupt.intid;
            // rule: interrupt.18
            if interrupt.intid == self.hal.deadline_interrupt() {
                return Err(self.refuse(format_args!("a device has the interrupt of the monitor's timer")));
            }
            let other = self.owners.of_interrupt(interrupt.intid);
            // rule: interrupt.18
            if let Some(other) = other.map(|owner| partition_id(owner.partition)) {
                return Err(self.refuse(format_args!("interrupt {id} is {other}'s as well")));
            }
            self.owners.add(interrupt.intid, Owner { partition: index, device });
        }
        Ok(())
    }
}
