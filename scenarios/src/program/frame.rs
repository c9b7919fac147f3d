//! A program's own working memory: the frame that all its routines know, at the label `->frame`.
//!
//! ```text
//! 0x000  the record under way: header (16 bytes), then x0 to x17 or the site's values
//! 0x0A0  x19 to x30 and the stack pointer as a call left them
//! 0x108  return addresses, flags, semihosting's parameter block
//! 0x140  the record of a register that lost its pattern
//! 0x190  slots: values that outlive a call
//! 0x260  what the call under way is made with, where it may have to be made again
//! ```

/// Header of the record under way.
pub const RECORD: u32 = 0x000;
/// The site, a u16, in that header.
pub const SITE: u32 = RECORD + 6;
/// The number of values, a u32, in that header.
pub const COUNT: u32 = RECORD + 8;
/// Values of that record: x0 to x17 for a call.
pub const VALUES: u32 = 0x010;
/// x19 to x30 after a call.
pub const GENERAL: u32 = 0x0A0;
/// The stack pointer after a call.
pub const STACK_POINTER: u32 = 0x100;
/// Where `->call` returns to.
pub const CALL_RETURN: u32 = 0x108;
/// Where `->check` and other routines that call `->emit` return to.
pub const INNER_RETURN: u32 = 0x110;
/// 1 where the call under way resumes by itself after an interrupt.
pub const RESUME: u32 = 0x118;
/// Semihosting's parameter block: handle, address, length.
pub const SEMIHOSTING: u32 = 0x120;
/// 1 while the program expects to take an abort.
pub const ABORT_EXPECTED: u32 = 0x138;
/// The record of a register that lost its pattern: header and four values.
pub const MISMATCH: u32 = 0x140;
/// The values of that record.
pub const MISMATCH_VALUES: u32 = 0x150;
/// Registers that lost their pattern in the check under way.
pub const LOST: u32 = 0x170;
/// 1 where the call under way is an HVC.
pub const BY_HVC: u32 = 0x178;
/// Where the program goes on when its core is switched on again; 0 where that is its beginning.
pub const AGAIN: u32 = 0x180;
/// The first of the slots.
pub const SLOTS: u32 = 0x190;
/// x0 to x17 with which the call under way is made.
pub const MADE_WITH: u32 = 0x260;
/// Bytes of the frame.
pub const SIZE: usize = 0x2F0;

/// A 64-bit variable of a program.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Slot(pub u32);

impl Slot {
    /// How many aborts were taken since the last attempt began.
    pub const ABORTS: Slot = Slot(0);
    /// ESR_EL1 of the last abort.
    pub const SYNDROME: Slot = Slot(1);
    /// FAR_EL1 of the last abort.
    pub const FAULT_ADDRESS: Slot = Slot(2);
    /// How many interrupts the program handled.
    pub const INTERRUPTS: Slot = Slot(3);
    /// The id of the last interrupt.
    pub const INTERRUPT_ID: Slot = Slot(4);
    /// How many calls came back and were followed by a check of the patterns.
    pub const CHECKS: Slot = Slot(5);
    /// The first of ten that a scenario may use.
    const FIRST_FREE: u32 = 6;

    /// x`number` as the program found it at its start, 0 to 3.
    pub const fn at_start(number: u32) -> Slot {
        assert!(number < 4);
        Slot(16 + number)
    }

    /// The word that a partition found, with its caches off, at the address in x0 to x3.
    pub const WORD_AT_START: Slot = Slot(20);

    /// 1 where the program was entered elsewhere than at its beginning.
    pub const ENTERED_ELSEWHERE: Slot = Slot(21);

    /// How many of the interrupts that the program handled came by the FIQ.
    pub const FIQS: Slot = Slot(22);

    /// The `index`-th of the slots that a scenario may use.
    pub const fn free(index: u32) -> Slot {
        assert!(index < 10);
        Slot(Self::FIRST_FREE + index)
    }

    /// How many interrupts from outside the program handled, which no scenario knows of.
    pub const FROM_OUTSIDE: Slot = Slot(23);

    /// Bytes from the start of the frame.
    pub const fn offset(self) -> u32 {
        SLOTS + 8 * self.0
    }
}
