//! Who sits at the terminal: the host's side of semihosting's SYS_READ.

use std::cell::RefCell;
use std::rc::Rc;

use crate::debug::Go;

/// Who is asked when a guest reads from the console.
pub trait Terminal {
    /// A guest reads into `buffer`. It holds what is in the guest's memory there, so the guest can say who it is and
    /// what it saw; what it holds afterwards is what the guest gets.
    fn read(&mut self, buffer: &mut [u8]) -> Go;
}

/// A terminal that its owner keeps.
pub type Attached = Rc<RefCell<dyn Terminal>>;
