//! TF-A's list of packages (TB_FW_CONFIG): mistakes in it hang a boot without a word.

use hyp::manifest::tree::{Allowed, Node};
use hyp::manifest::{CoreManifest, PartitionConfig, Regions, Report};

use super::Checked;
use super::file::{File, Kind};
use super::platform::manifest_in;
use crate::machine::layout;
use crate::manifest::quietly;

/// Packages that TF-A loads at most.
const PACKAGES: usize = layout::PACKAGES as usize;

/// The most bytes of the list itself, of the monitor's manifest, and of a package, that TF-A loads on QEMU.
const TREE: usize = 4096;
const PACKAGE: usize = 4 << 20;

/// Checks `list`, whose packages are among `files` in their order, for the partitions of `core`.
pub(super) fn check(list: &File, files: &[File], core: Option<&CoreManifest>, checked: &mut Checked) {
    if list.bytes.len() > TREE {
        checked.find(&list.name, true, format!("has {} bytes: TF-A loads {TREE}", list.bytes.len()));
    }
    for package in files.iter().filter(|file| file.kind == Kind::Package && file.bytes.len() > PACKAGE) {
        let words = format!("has {} bytes: TF-A loads {PACKAGE}", package.bytes.len());
        checked.find(&package.name, true, words);
    }
    let mut packages = files.iter().filter(|file| matches!(file.kind, Kind::Package | Kind::Partition));
    quietly(|report| {
        let nodes = packages_of(list, report);
        if nodes.len() > PACKAGES {
            let words = format!("secure-partitions has {} packages: TF-A loads {PACKAGES}", nodes.len());
            checked.find(&list.name, true, words);
        }
        for node in nodes {
            let properties = node.properties(&["uuid", "load-address", "owner"], report);
            let at = format!("secure-partitions/{}", node.name());
            for missing in ["uuid", "load-address"].iter().filter(|name| properties.bytes(name).is_none()) {
                checked.find(&list.name, true, format!("{at}: {missing} is missing"));
            }
            let load = properties.optional("load-address", &Allowed::ANY, report);
            if let Some((load, core)) = load.zip(core)
                && !core.partitions.iter().any(|node| node.load_address == load)
            {
                let words = format!(
                    "{at}: load-address is {load:#x}: no partition of the monitor's manifest is there"
                );
                checked.find(&list.name, true, words);
            }
            let text = properties.bytes("uuid").and_then(|bytes| bytes.strip_suffix(&[0]));
            let found = text.map(|text| String::from_utf8_lossy(text).to_lowercase());
            if let Some((found, due)) = found.zip(packages.next().and_then(uuid_of))
                && found != due
            {
                let words = format!("{at}: uuid is \"{found}\": the package's is \"{due}\"");
                checked.find(&list.name, true, words);
            }
        }
    });
}

/// The names of the packages in `list`, in its order: those of their files.
pub(super) fn names(list: &File) -> Vec<String> {
    quietly(|report| packages_of(list, report).iter().map(|node| node.name().to_string()).collect())
}

/// The nodes of the packages in `list`, however large that is.
fn packages_of<'f>(list: &'f File, report: &mut Report<'_>) -> Vec<Node<'f>> {
    let root = Node::root_within(usize::MAX, &list.bytes, report);
    let partitions = root.and_then(|root| root.children().find(|node| node.name() == "secure-partitions"));
    partitions.map(|node| node.children().collect()).unwrap_or_default()
}

/// The UUID of a package as TF-A writes it: the words of the manifest byte by byte, each from its low end.
fn uuid_of(file: &File) -> Option<String> {
    let config = quietly(|report| {
        let manifest = manifest_in(file, u64::MAX, report)?;
        PartitionConfig::read(manifest, &mut Regions::default(), report).ok()
    });
    let words = config?.services.first()?.uuid.to_words();
    Some(crate::manifest::firmware_form(words))
}
