//! A file, and what it is.

use std::fs;
use std::path::Path;

use hyp::manifest::tree::Node;
use hyp::manifest::{Package, Report};

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
pub(super) struct File {
    /// Its name without directories.
    pub name: String,
    /// Its bytes; a device tree's as a blob.
    pub bytes: Vec<u8>,
    /// What it is.
    pub kind: Kind,
}

impl File {
    /// Reads the file at `path`.
    pub fn read(path: &Path) -> Result<Self, String> {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let bytes = fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
        if Package::is_one(&bytes) {
            return Ok(Self { name, bytes, kind: Kind::Package });
        }
        let is_text = std::str::from_utf8(&bytes).is_ok();
        let bytes = if is_text { blob::read(path)? } else { bytes };
        let kind = kind_of_tree(&bytes);
        Ok(Self { name, bytes, kind })
    }
}

fn kind_of_tree(blob: &[u8]) -> Kind {
    let mut quiet = |_: &hyp::manifest::Finding<'_>| {};
    let report = &mut Report::new("", &mut quiet);
    let Some(root) = Node::root(blob, report) else { return Kind::Unknown };
    const KINDS: [(&str, Kind); 3] = [
        ("arm,ffa-core-manifest-1.0", Kind::Core),
        ("arm,ffa-manifest-1.0", Kind::Partition),
        ("arm,ffa-manifest-1.1", Kind::Partition),
    ];
    let properties = root.properties(&["compatible"], report);
    let compatible = properties.compatible(&KINDS.map(|(name, _)| name), report);
    let known = KINDS.iter().find(|(name, _)| compatible == Some(*name)).map(|(_, kind)| *kind);
    let lists = root.children().any(|node| node.name() == "secure-partitions");
    known.unwrap_or(if lists { Kind::Firmware } else { Kind::Unknown })
}
