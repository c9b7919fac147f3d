//! A GPIO: Arm's PL061 (Arm DDI 0190), whose inputs are low but for pulses from outside.
//!
//! An input that is to interrupt while it is low does so at once: software that turns an interrupt on by GPIOIE asserts
//! the line, and by turning it off releases it.

/// Offsets of registers.
mod offset {
    /// GPIODATA: bits 9 to 2 of the address say which pins.
    pub const DATA_END: u64 = 0x400;
    /// GPIODIR: 1 for an output.
    pub const DIRECTION: u64 = 0x400;
    /// GPIOIS: 1 where the level interrupts, not an edge.
    pub const SENSE: u64 = 0x404;
    /// GPIOIBE: both edges.
    pub const BOTH_EDGES: u64 = 0x408;
    /// GPIOIEV: 1 where being high interrupts, or the rising edge.
    pub const EVENT: u64 = 0x40c;
    /// GPIOIE: the interrupts that are wanted.
    pub const ENABLE: u64 = 0x410;
    /// GPIORIS: the interrupts that there are.
    pub const RAW: u64 = 0x414;
    /// GPIOMIS: those of them that are wanted.
    pub const MASKED: u64 = 0x418;
    /// GPIOIC: clears interrupts of edges.
    pub const CLEAR: u64 = 0x41c;
    /// GPIOPeriphID0.
    pub const ID: u64 = 0xfe0;
}

/// GPIOPeriphID0 to 3, GPIOPCellID0 to 3.
const ID: [u32; 8] = [0x61, 0x10, 0x04, 0x00, 0x0d, 0xf0, 0x05, 0xb1];

/// A GPIO of eight pins.
#[derive(Default)]
pub struct Pl061 {
    data: u8,
    outputs: u8,
    levels: u8,
    both_edges: u8,
    high: u8,
    wanted: u8,
    raw: u8,
}

impl Pl061 {
    /// Reads the register at `offset`.
    pub fn read(&self, offset: u64) -> u64 {
        let byte = match offset {
            ..offset::DATA_END => self.data & pins(offset),
            offset::DIRECTION => self.outputs,
            offset::SENSE => self.levels,
            offset::BOTH_EDGES => self.both_edges,
            offset::EVENT => self.high,
            offset::ENABLE => self.wanted,
            offset::RAW => self.raw,
            offset::MASKED => self.asserted(),
            offset::ID.. => return ID.get((offset - offset::ID) as usize / 4).copied().unwrap_or(0).into(),
            _ => 0,
        };
        byte.into()
    }

    /// Writes the register at `offset`.
    pub fn write(&mut self, offset: u64, value: u64) {
        let byte = value as u8;
        match offset {
            ..offset::DATA_END => {
                let written = pins(offset) & self.outputs;
                self.data = self.data & !written | byte & written;
            }
            offset::DIRECTION => self.outputs = byte,
            offset::SENSE => self.levels = byte,
            offset::BOTH_EDGES => self.both_edges = byte,
            offset::EVENT => self.high = byte,
            offset::ENABLE => self.wanted = byte,
            offset::CLEAR => self.raw &= !byte,
            _ => {}
        }
        self.raw |= !(self.data ^ self.high) & self.levels;
    }

    /// Input `pin` rises and falls: where an edge of it interrupts, that one has come.
    pub fn pulse(&mut self, pin: u32) {
        self.raw |= 1 << pin & !self.levels;
    }

    /// The pins whose interrupt is asserted, GPIOMIS.
    pub const fn asserted(&self) -> u8 {
        self.raw & self.wanted
    }

    /// True while the line of all of them is asserted, GPIOINTR.
    pub const fn interrupts(&self) -> bool {
        self.asserted() != 0
    }
}

/// The pins that an access at `offset` in GPIODATA is about.
const fn pins(offset: u64) -> u8 {
    (offset >> 2) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_low_input_interrupts_for_as_long_as_that_is_wanted() {
        let mut gpio = Pl061::default();
        gpio.write(offset::ENABLE, 1);
        assert!(!gpio.interrupts(), "no edge came");
        gpio.write(offset::SENSE, 1);
        assert!(gpio.interrupts());
        gpio.write(offset::CLEAR, 1);
        assert!(gpio.interrupts(), "it is low still");
        gpio.write(offset::ENABLE, 0);
        assert!(!gpio.interrupts());
    }

    #[test]
    fn a_pulse_interrupts_until_software_clears_it() {
        let mut gpio = Pl061::default();
        gpio.pulse(3);
        assert!(!gpio.interrupts(), "nobody wants it");
        gpio.write(offset::ENABLE, 1 << 3);
        assert!(gpio.interrupts(), "it came before somebody wanted it");
        gpio.write(offset::CLEAR, 1 << 3);
        assert!(!gpio.interrupts());
        gpio.pulse(2);
        assert!(!gpio.interrupts(), "another pin's");
        gpio.pulse(3);
        assert!(gpio.interrupts());
    }

    #[test]
    fn an_output_is_as_it_was_written() {
        let mut gpio = Pl061::default();
        gpio.write(offset::DIRECTION, 0b11);
        gpio.write(0b101 << 2, 0xff);
        assert_eq!(gpio.read(0xff << 2), 0b001, "pin 0 is an output, pin 2 is none");
    }
}
