//! TF-A's list of packages (TB_FW_CONFIG): mistakes in it hang a boot without a word.

use hyp::manifest::tree::Node;
use hyp::manifest::{PartitionConfig, Regions, Report};

use super::Checked;
use super::file::{File, Kind};
use super::platform::manifest_in;

/// Packages that TF-A loads at most.
const PACKAGES: usize = 8;

/// Checks `list`, whose packages are among `files` in their order.
pub(super) fn check(list: &File, files: &[File], checked: &mut Checked) {
    let mut quiet = |_: &hyp::manifest::Finding<'_>| {};
    let report = &mut Report::new("", &mut quiet);
    let Some(root) = Node::root(&list.bytes, report) else { return };
    let Some(partitions) = root.children().find(|node| node.name() == "secure-partitions") else { return };
    let nodes: Vec<Node<'_>> = partitions.children().collect();
    if nodes.len() > PACKAGES {
        let words = format!("secure-partitions has {} packages: TF-A loads {PACKAGES}", nodes.len());
        checked.find(&list.name, true, words);
    }
    let mut packages = files.iter().filter(|file| matches!(file.kind, Kind::Package | Kind::Partition));
    for node in nodes {
        let properties = node.properties(&["uuid", "load-address", "owner"], report);
        let text = properties.bytes("uuid").and_then(|bytes| bytes.strip_suffix(&[0]));
        let found = text.map(|text| String::from_utf8_lossy(text).to_lowercase());
        let name = node.name();
        for missing in ["uuid", "load-address"].iter().filter(|name| properties.bytes(name).is_none()) {
            checked.find(&list.name, true, format!("secure-partitions/{name}: {missing} is missing"));
        }
        let due = packages.next().and_then(uuid_of);
        if let Some((found, due)) = found.zip(due)
            && found != due
        {
            let words = format!("secure-partitions/{name}: uuid is \"{found}\": the package's is \"{due}\"");
            checked.find(&list.name, true, words);
        }
    }
}

/// The UUID of a package as TF-A writes it: the words of the manifest byte by byte, each from its low end.
fn uuid_of(file: &File) -> Option<String> {
    let mut quiet = |_: &hyp::manifest::Finding<'_>| {};
    let report = &mut Report::new("", &mut quiet);
    let manifest = manifest_in(file, u64::MAX, report)?;
    let config = PartitionConfig::read(manifest, &mut Regions::default(), report).ok()?;
    let words = config.services.first()?.uuid.to_words();
    Some(crate::manifest::firmware_form(words))
}
