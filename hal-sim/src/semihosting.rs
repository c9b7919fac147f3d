//! Semihosting: how guests write to the stream and end the run.
//!
//! `hlt #0xf000` with the operation in w0 and its argument in x1, from EL1 and EL2 of both worlds. Arm's
//! "Semihosting for AArch32 and AArch64" has the operations; those of a console are here.

use hal::PAGE_SIZE;

use crate::board::End;
use crate::debug::Go;
use crate::hardware::Hardware;
use crate::unicorn::Access;

/// `hlt #0xf000`.
pub const HLT: u32 = 0xd45e_0000;

/// Operations.
mod operation {
    pub const OPEN: u32 = 0x01;
    pub const CLOSE: u32 = 0x02;
    pub const WRITEC: u32 = 0x03;
    pub const WRITE0: u32 = 0x04;
    pub const WRITE: u32 = 0x05;
    pub const READ: u32 = 0x06;
    pub const EXIT: u32 = 0x18;
    pub const EXIT_EXTENDED: u32 = 0x20;
}

/// ADP_Stopped_ApplicationExit: the reason that comes with an exit code.
const APPLICATION_EXIT: u64 = 0x20026;
/// What a failed operation returns.
const FAILED: u64 = u64::MAX;
/// The handle of the console; every open console has it.
const CONSOLE: u64 = 1;
/// Bytes of the longest string that SYS_WRITE0 writes.
const LONGEST: u64 = 0x1_0000;

/// What came of SYS_READ.
enum Read {
    /// So many bytes were not read; nothing where the guest may not touch what it named.
    Left(Option<u64>),
    /// Who sits at the terminal ended the run.
    Ended,
}

impl Hardware {
    /// Does the operation that the guest asks for; gives the end of the run if it is one.
    pub fn semihosting(&mut self) -> Option<End> {
        let operation = self.registers().x(0) as u32;
        let argument = self.registers().x(1);
        let result = match operation {
            operation::OPEN => self.open(argument),
            operation::CLOSE => Some(0),
            operation::WRITEC => self.write_out(argument, 1),
            operation::WRITE0 => self.write_string(argument),
            operation::WRITE => self.write_block(argument),
            operation::READ => match self.read_block(argument) {
                Read::Left(bytes) => bytes,
                Read::Ended => return Some(End::Terminal),
            },
            operation::EXIT | operation::EXIT_EXTENDED => return Some(self.exit(argument)),
            _ => {
                self.platform.find(format!("semihosting operation {operation:#x} is not modelled"));
                None
            }
        };
        self.registers().set_x(0, result.unwrap_or(FAILED));
        None
    }

    /// SYS_OPEN: `[name, mode, length]`; only the console, for writing.
    fn open(&mut self, block: u64) -> Option<u64> {
        let [name, mode, length] = self.words(block)?;
        let console = length == 3 && self.bytes(name, 3)? == b":tt" && (4..12).contains(&mode);
        console.then_some(CONSOLE)
    }

    /// SYS_WRITE: `[handle, pointer, length]`; returns the number of bytes not written.
    fn write_block(&mut self, block: u64) -> Option<u64> {
        let [handle, pointer, length] = self.words(block)?;
        if handle != CONSOLE {
            return Some(length);
        }
        self.write_out(pointer, length)
    }

    /// SYS_READ: `[handle, pointer, length]`; returns the number of bytes not read: all, where nobody is at the terminal.
    fn read_block(&mut self, block: u64) -> Read {
        let Some([handle, pointer, length]) = self.words(block) else { return Read::Left(None) };
        let Some(terminal) = self.terminal.clone().filter(|_| handle == CONSOLE) else {
            return Read::Left(Some(length));
        };
        let Some(mut buffer) = self.bytes(pointer, length) else { return Read::Left(None) };
        match terminal.borrow_mut().read(&mut buffer) {
            Go::On => Read::Left(self.put(pointer, &buffer)),
            Go::End => Read::Ended,
        }
    }

    /// Writes `length` bytes at `pointer` to the stream.
    fn write_out(&mut self, pointer: u64, length: u64) -> Option<u64> {
        let bytes = self.bytes(pointer, length)?;
        self.platform.output.extend(bytes);
        Some(0)
    }

    /// SYS_WRITE0: a string that ends with a zero byte.
    fn write_string(&mut self, pointer: u64) -> Option<u64> {
        for offset in 0..LONGEST {
            match self.bytes(pointer + offset, 1)?[0] {
                0 => break,
                byte => self.platform.output.push(byte),
            }
        }
        Some(0)
    }

    /// SYS_EXIT and SYS_EXIT_EXTENDED: `[reason, code]`.
    fn exit(&mut self, block: u64) -> End {
        match self.words(block) {
            Some([APPLICATION_EXIT, code]) => End::Exit(code as u32),
            _ => End::Exit(1),
        }
    }

    /// The `N` words of a parameter block.
    fn words<const N: usize>(&mut self, block: u64) -> Option<[u64; N]> {
        let bytes = self.bytes(block, 8 * N as u64)?;
        let mut words = bytes.as_chunks::<8>().0.iter().map(|word| u64::from_le_bytes(*word));
        Some(std::array::from_fn(|_| words.next().expect("there are as many words as asked for")))
    }

    /// Reads `length` bytes at the guest's virtual address `address`, as the guest would.
    fn bytes(&mut self, address: u64, length: u64) -> Option<Vec<u8>> {
        let mut bytes = Vec::new();
        while (bytes.len() as u64) < length {
            let at = address.checked_add(bytes.len() as u64)?;
            let chunk = (PAGE_SIZE - at % PAGE_SIZE).min(length - bytes.len() as u64) as usize;
            let (engine, platform) = self.core_and_platform();
            let pa = platform.translate_to_ram(engine.registers(), at, Access::Read)?;
            let start = bytes.len();
            bytes.resize(start + chunk, 0);
            self.platform.ram.read(pa, &mut bytes[start..])?;
        }
        Some(bytes)
    }

    /// Writes `bytes` at the guest's virtual address `address`, as the guest would; returns how many are left.
    fn put(&mut self, address: u64, bytes: &[u8]) -> Option<u64> {
        let mut done = 0;
        while done < bytes.len() {
            let at = address.checked_add(done as u64)?;
            let chunk = ((PAGE_SIZE - at % PAGE_SIZE) as usize).min(bytes.len() - done);
            let (engine, platform) = self.core_and_platform();
            let pa = platform.translate_to_ram(engine.registers(), at, Access::Write)?;
            self.platform.ram.write(pa, &bytes[done..done + chunk])?;
            done += chunk;
        }
        Some(0)
    }
}
