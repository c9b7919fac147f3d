//! A UART: Arm's PL011 (Arm DDI 0183), as far as a guest sees that writes to it. Nothing ever arrives, and what is
//! written leaves at once.

/// Offsets of registers.
mod offset {
    /// UARTDR, the data.
    pub const DATA: u64 = 0x00;
    /// UARTFR, the flags.
    pub const FLAGS: u64 = 0x18;
    /// UARTCR, the control register.
    pub const CONTROL: u64 = 0x30;
    /// UARTIMSC: the interrupts that are wanted.
    pub const MASK: u64 = 0x38;
    /// UARTRIS: the interrupts that there are.
    pub const RAW: u64 = 0x3c;
    /// UARTMIS: those of them that are wanted.
    pub const MASKED: u64 = 0x40;
    /// UARTICR: clears interrupts.
    pub const CLEAR: u64 = 0x44;
    /// UARTPeriphID0.
    pub const ID: u64 = 0xfe0;
}

/// UARTFR: nothing to receive, nothing left to send.
const EMPTY: u32 = 1 << 4 | 1 << 7;
/// UARTCR.UARTEN and TXE: the UART sends.
const SENDS: u32 = 1 << 0 | 1 << 8;
/// UARTCR at reset: TXE and RXE.
const CONTROL_AT_RESET: u32 = 1 << 8 | 1 << 9;
/// The interrupt of what was sent.
const SENT: u32 = 1 << 5;
/// All interrupts.
const INTERRUPTS: u32 = 0x7ff;
/// UARTPeriphID0 to 3, UARTPCellID0 to 3.
const ID: [u32; 8] = [0x11, 0x10, 0x14, 0x00, 0x0d, 0xf0, 0x05, 0xb1];

/// Words of the registers that are kept and do nothing: baud rate, line control, FIFO levels, DMA.
const KEPT: usize = 0x4c / 4;

/// A UART.
pub struct Pl011 {
    control: u32,
    mask: u32,
    raw: u32,
    kept: [u32; KEPT],
    /// What was sent.
    pub sent: Vec<u8>,
}

impl Pl011 {
    /// A UART at reset.
    pub const fn at_reset() -> Self {
        Self { control: CONTROL_AT_RESET, mask: 0, raw: 0, kept: [0; KEPT], sent: Vec::new() }
    }

    /// Reads the register at `offset`.
    pub fn read(&self, offset: u64) -> u64 {
        let word = match offset {
            offset::DATA => 0,
            offset::FLAGS => EMPTY,
            offset::CONTROL => self.control,
            offset::MASK => self.mask,
            offset::RAW => self.raw,
            offset::MASKED => self.raw & self.mask,
            offset::ID.. => ID.get((offset - offset::ID) as usize / 4).copied().unwrap_or(0),
            _ => self.kept.get(offset as usize / 4).copied().unwrap_or(0),
        };
        word.into()
    }

    /// True while the line is asserted.
    pub const fn interrupts(&self) -> bool {
        self.raw & self.mask != 0
    }

    /// Writes the register at `offset`.
    pub fn write(&mut self, offset: u64, value: u64) {
        let word = value as u32;
        match offset {
            offset::DATA if self.control & SENDS == SENDS => {
                self.sent.push(word as u8);
                self.raw |= SENT;
            }
            offset::DATA | offset::FLAGS | offset::RAW | offset::MASKED => {}
            offset::CONTROL => self.control = word & 0xffff,
            offset::MASK => self.mask = word & INTERRUPTS,
            offset::CLEAR => self.raw &= !word,
            _ => {
                if let Some(kept) = self.kept.get_mut(offset as usize / 4) {
                    *kept = word;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uart_sends_once_it_is_enabled() {
        let mut uart = Pl011::at_reset();
        uart.write(offset::DATA, b'a'.into());
        uart.write(offset::CONTROL, SENDS.into());
        uart.write(offset::DATA, b'b'.into());
        assert_eq!(uart.sent, b"b");
    }

    #[test]
    fn what_was_sent_is_an_interrupt_that_is_masked_and_cleared() {
        let mut uart = Pl011::at_reset();
        uart.write(offset::CONTROL, SENDS.into());
        uart.write(offset::DATA, 0);
        assert_eq!((uart.read(offset::RAW), uart.read(offset::MASKED)), (SENT.into(), 0));
        uart.write(offset::MASK, SENT.into());
        assert_eq!(uart.read(offset::MASKED), SENT.into());
        uart.write(offset::CLEAR, SENT.into());
        assert_eq!((uart.read(offset::RAW), uart.read(offset::MASKED)), (0, 0));
    }
}
