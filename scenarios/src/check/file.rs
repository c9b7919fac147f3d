//! A file, and what it is.

use std::fs;
use std::path::{Path, PathBuf};

use hyp::manifest::Package;
use hyp::manifest::tree::Node;

use super::directory;
use crate::manifest::quietly;
use crate::own::blob;

/// What a file is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// The monitor's manifest.
    Core,
    /// A partition's manifest.
    Partition,
    /// A partition's package.
    Package,
    /// TF-A's list of packages.
    Firmware,
    /// Nothing that is known here.
    Unknown,
}

/// A file.
pub struct File {
    /// Its name without directories.
    pub(super) name: String,
    /// Its bytes; a device tree's as a blob.
    pub(super) bytes: Vec<u8>,
    /// What it is.
    pub(super) kind: Kind,
}

impl File {
    /// The file called `name`, a package or a blob.
    pub fn new(name: impl Into<String>, bytes: Vec<u8>) -> Self {
        let kind = if Package::is_one(&bytes) { Kind::Package } else { kind_of_tree(&bytes) };
        Self { name: name.into(), bytes, kind }
    }

    /// Reads the file at `path`; text is the source of a device tree.
    pub(super) fn read(path: &Path) -> Result<Self, String> {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let bytes = fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
        let is_source = std::str::from_utf8(&bytes).is_ok();
        Ok(Self::new(name, if is_source { blob::read(path)? } else { bytes }))
    }

    /// Reads the files at `paths`; of a directory, those in it that a platform boots with.
    ///
    /// # Errors
    /// A sentence that names a file which cannot be read at all.
    pub fn read_all(paths: &[PathBuf]) -> Result<Vec<Self>, String> {
        let mut files = Vec::new();
        for path in paths {
            if path.is_dir() {
                files.append(&mut directory::read(path)?);
            } else {
                files.push(Self::read(path)?);
            }
        }
        Ok(files)
    }
}

fn kind_of_tree(blob: &[u8]) -> Kind {
    const KINDS: [(&str, Kind); 3] = [
        ("arm,ffa-core-manifest-1.0", Kind::Core),
        ("arm,ffa-manifest-1.0", Kind::Partition),
        ("arm,ffa-manifest-1.1", Kind::Partition),
    ];
    quietly(|report| {
        // What is too large is something all the same.
        let Some(root) = Node::root_within(usize::MAX, blob, report) else { return Kind::Unknown };
        let properties = root.properties(&["compatible"], report);
        let compatible = properties.compatible(&KINDS.map(|(name, _)| name), report);
        let known = KINDS.iter().find(|(name, _)| compatible == Some(*name)).map(|(_, kind)| *kind);
        let lists = root.children().any(|node| node.name() == "secure-partitions");
        known.unwrap_or(if lists { Kind::Firmware } else { Kind::Unknown })
    })
}
