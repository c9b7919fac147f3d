//! Addresses that know which address space they are in.
//!
//! The secure state of an Arm core has two intermediate physical address spaces and two physical ones. The same
//! number names different memory in each, so a bare `u64` stops at the edge: behind it an address is a [`Pa`] or
//! an [`Ipa`], and both carry their [`Space`].

use core::fmt;

/// Bytes in a page: the 4 KiB granule is the only one that Tantalum translates with.
pub const PAGE_SIZE: u64 = 4096;

/// A secure or a non-secure address space, physical or intermediate physical.
///
/// Neither is 0, so that "no address" is all zero and costs nothing in an image.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u64)]
pub enum Space {
    /// Reachable by the secure world only.
    Secure = 1,
    /// The normal world's.
    NonSecure = 2,
}

impl fmt::Display for Space {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Space::Secure => "secure",
            Space::NonSecure => "non-secure",
        })
    }
}

/// Defines an address: a number of bytes from the start of one of two spaces.
macro_rules! address {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub struct $name {
            /// The space that the address is in.
            pub space: Space,
            /// Bytes from the start of that space.
            pub address: u64,
        }

        impl $name {
            /// A secure address.
            pub const fn secure(address: u64) -> Self {
                Self { space: Space::Secure, address }
            }

            /// A non-secure address.
            pub const fn non_secure(address: u64) -> Self {
                Self { space: Space::NonSecure, address }
            }

            /// True at the first byte of a page.
            pub const fn is_page_aligned(self) -> bool {
                self.address % PAGE_SIZE == 0
            }

            /// The first byte of the page that this is in, and how many bytes that is before it.
            pub const fn in_page(self) -> (Self, u64) {
                let offset = self.address % PAGE_SIZE;
                (Self { space: self.space, address: self.address - offset }, offset)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{} {:#x}", self.space, self.address)
            }
        }
    };
}

address! {
    /// A physical address.
    Pa
}

address! {
    /// An intermediate physical address: what a guest's stage 1 yields and stage 2 translates.
    Ipa
}
