//! Where the built files are, and where boots happen: all below `build/` of this repository.

use std::path::{Path, PathBuf};

/// An SPMC to boot scenarios with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Spmc<'a> {
    /// Ours with its events in the stream.
    Traced,
    /// Ours as it ships.
    Shipped,
    /// Any other, a raw image linked for the start of secure DRAM.
    File(&'a Path),
}

impl Spmc<'_> {
    /// What a report calls it.
    pub fn name(&self) -> &'static str {
        match self {
            Spmc::Traced => "traced",
            Spmc::Shipped => "shipped",
            Spmc::File(_) => "other",
        }
    }

    /// The raw image.
    pub(super) fn raw(&self) -> PathBuf {
        match self {
            Spmc::Traced => build().join("images/spmc-traced.bin"),
            Spmc::Shipped => build().join("images/spmc.bin"),
            Spmc::File(path) => path.to_path_buf(),
        }
    }
}

/// The ELF file of the traced image.
pub(super) fn traced_elf() -> PathBuf {
    build().join("images/spmc-traced.elf")
}

/// The ELF file of the image that ships.
pub(super) fn shipped_elf() -> PathBuf {
    build().join("images/spmc.elf")
}

/// TF-A's image `name`.
pub(super) fn firmware(name: &str) -> PathBuf {
    build().join("tfa").join(name)
}

/// The directory in which scenario `name` boots for `purpose`.
pub(super) fn work(name: &str, purpose: &str) -> PathBuf {
    build().join("scenarios").join(name).join(purpose)
}

fn build() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("build")
}
