//! Calls of a history: values that can be made again in another run, where handles have other numbers.

use super::vms;
use crate::ffa;
use crate::program::puppet::{DATA, DATA_SIZE, REGISTER_COUNT, REGISTERS, TARGET};
use crate::program::{Context, Role};
use crate::psci;
use crate::transcript::registers_in_words;

/// x0 to x17.
pub type Registers = [u64; REGISTER_COUNT];

/// A call, and what its caller writes into memory before it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Call {
    /// What it is made with.
    pub registers: Registers,
    /// The bytes that are written, and where.
    pub writes: Option<(u64, Vec<u8>)>,
    /// A handle that it names.
    pub handle: Option<HandleOf>,
}

/// The handle that an earlier call was given.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct HandleOf {
    /// The number of that call.
    pub call: u32,
    /// Where it is named.
    pub place: Place,
}

/// Where a call names a handle.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    /// In x1 and x2.
    Registers,
    /// At this offset in what is written.
    Written(usize),
}

impl Call {
    /// The call with the first registers as given, and no others.
    pub fn new<const N: usize>(first: [u64; N]) -> Self {
        let mut registers = [0; REGISTER_COUNT];
        registers[..N].copy_from_slice(&first);
        Self { registers, writes: None, handle: None }
    }

    /// The same call, before which `bytes` are written to `address`.
    pub fn writing(mut self, address: u64, mut bytes: Vec<u8>) -> Self {
        bytes.resize(bytes.len().next_multiple_of(8), 0);
        assert!(bytes.len() <= DATA_SIZE, "{} bytes to write", bytes.len());
        self.writes = Some((address, bytes));
        self
    }

    /// The same call, naming the handle that call number `call` was given.
    pub fn naming(mut self, call: u32, place: Place) -> Self {
        self.handle = Some(HandleOf { call, place });
        self
    }

    /// Puts it into a program's block, with `handle` for the one that it names.
    pub fn put(&self, block: &mut [u8], handle: u64) {
        let mut registers = self.registers;
        let mut writes = self.writes.clone();
        match self.handle.map(|named| named.place) {
            Some(Place::Registers) => [registers[1], registers[2]] = [handle & 0xFFFF_FFFF, handle >> 32],
            Some(Place::Written(at)) => {
                let (_, bytes) = writes.as_mut().expect("what names a handle is written");
                bytes[at..at + 8].copy_from_slice(&handle.to_le_bytes());
            }
            None => {}
        }
        let mut word = |at: usize, word: u64| block[at..at + 8].copy_from_slice(&word.to_le_bytes());
        for (index, value) in registers.into_iter().enumerate() {
            word(REGISTERS + 8 * index, value);
        }
        let (address, bytes) = writes.unwrap_or_default();
        word(TARGET, address);
        word(TARGET + 8, bytes.len() as u64);
        block[DATA..DATA + bytes.len()].copy_from_slice(&bytes);
    }
}

/// What the last call left in a program's block.
pub fn left_in(block: &[u8]) -> Registers {
    let word = |at: usize| u64::from_le_bytes(block[at..at + 8].try_into().expect("eight bytes"));
    std::array::from_fn(|index| word(REGISTERS + 8 * index))
}

/// A call that a program made, and what came back.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// The number of the call, unique in a history.
    pub number: u32,
    /// Who made it.
    pub who: Context,
    /// The call.
    pub call: Call,
    /// What came back, once it did.
    pub back: Option<Registers>,
}

impl Exchange {
    /// The name of the function called, and whether a hypervisor called for a VM.
    pub fn function(&self) -> String {
        let id = self.call.registers[0];
        let name = ffa::function_name(id).or_else(|| psci::function_name(id));
        let name = name.unwrap_or("another function");
        let for_vm = self.who.role == Role::NormalWorld && vms::is_for_vm(&self.call);
        if for_vm { format!("{name} for a VM") } else { name.to_string() }
    }

    /// What came of it, by name.
    pub fn result(&self) -> String {
        match self.back {
            None => "(not back yet)".to_string(),
            Some([ffa::ERROR, _, code, ..]) => {
                ffa::error_name(code as u32).map_or_else(|| format!("error {code:#x}"), ToString::to_string)
            }
            Some([word, ..]) if word as u32 == u32::MAX => "-1".to_string(),
            Some([word, ..]) => ffa::function_name(word).unwrap_or("a value").to_string(),
        }
    }

    /// True where it came back and not as a refusal.
    pub fn succeeded(&self) -> bool {
        self.back.is_some_and(|back| back[0] != ffa::ERROR && back[0] as u32 != u32::MAX)
    }

    /// The whole in a line.
    pub fn in_words(&self) -> String {
        let Context { role, cpu } = self.who;
        let [call, back] = registers_in_words(&self.call.registers, self.back.as_ref().map(|back| &back[..]));
        let handle = match self.call.handle {
            Some(named) => format!(", handle of call {}", named.call),
            None => String::new(),
        };
        format!("{:4}. {}.{cpu} → {call}{handle} = {back}", self.number, role.name())
    }
}
