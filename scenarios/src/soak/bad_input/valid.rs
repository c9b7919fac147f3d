//! Valid input, in all its forms: what mutations begin with.

use crate::ffa;
use crate::machine::layout::{self, PAGE};
use crate::manifest::{self, Format, Node, PartitionPlace, Smcs};
use crate::program::Role;
use crate::scenario::{Parameters, Prepared, find};
use crate::soak::random::Random;

/// A page of secure memory that nobody has, and pages of the normal world that nobody uses.
const FREE: u64 = 0x0E80_0000;
const FREE_NORMAL: u64 = 0x5000_0000;

/// The forms of a package.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Form {
    /// SPKG, version 1.
    One,
    /// SPKG, version 2.
    Two,
    /// A transfer list.
    TransferList,
}

/// Two partitions that boot, with what a manifest may say beside.
pub(super) struct Valid {
    /// Their programs and the normal world's.
    pub prepared: Prepared,
}

impl Valid {
    /// The partitions of a scenario with two of them.
    pub fn new() -> Self {
        let scenario = find("chain").expect("a scenario of the catalogue");
        Self { prepared: scenario.prepare(&Parameters::default()) }
    }

    /// The monitor's manifest for so many partitions and cores.
    pub fn core(partitions: u16, cores: u16) -> Node {
        let place = |number| PartitionPlace {
            role: Role::Partition(number),
            base: layout::partition_base(number),
            size: layout::partition_size(number),
            vcpus: u32::from(cores),
            init_timeout: None,
            interrupt_timeout: None,
            smcs: Smcs::Unsaid,
        };
        manifest::core_manifest(&(1..=partitions).map(place).collect::<Vec<_>>(), cores, ffa::VERSION_1_2)
    }

    /// The manifest of the partition number 1 or 2, with some of what a manifest may have.
    pub fn partition(&self, number: u16, random: &mut Random) -> Node {
        let image = &self.prepared.partitions[usize::from(number - 1)];
        let mut node = manifest::partition_manifest(image);
        if random.percent(30) {
            node = with_services(node, random);
        } else if random.percent(20) {
            let uuids: Vec<u32> = (1..=4 * (1 + random.below(4)) as u32).collect();
            node = node.setting("uuid", &uuids[..]);
        }
        if random.percent(40) {
            let wanted = Node::new("boot-info").with("compatible", "arm,ffa-manifest-boot-info");
            let wanted = wanted.with("ffa_manifest", ()).with("hob_list", ());
            node = node.with("gp-register-num", random.below(4) as u32).child(wanted);
        }
        if random.percent(40) {
            node = node.with("ns-interrupts-action", 2u32).with("other-s-interrupts-action", 1u32);
            node = node.with("notification-support", ()).with("sri-interrupts-policy", 0u32);
        }
        // The second has its page of data already.
        if number == 1 && random.percent(60) {
            node = with_regions(node);
        }
        if number == 1 && random.percent(40) {
            node = node.child(devices());
        }
        node
    }

    /// The package of the partition `number`, in this form, with this manifest: as much of it as there is room for.
    pub fn package(&self, number: u16, form: Form, manifest: &[u8]) -> Vec<u8> {
        let image = self.prepared.memory_of(Role::Partition(number));
        let room = (layout::PACKAGE_HOB_LIST - layout::PACKAGE_MANIFEST) as usize - 8;
        let manifest = &manifest[..manifest.len().min(room)];
        let format = match form {
            Form::One => Format::Spkg1,
            Form::Two => Format::Spkg2,
            Form::TransferList => Format::TransferList(b"list".to_vec()),
        };
        manifest::package(&format, manifest, &image)
    }
}

fn with_services(node: Node, random: &mut Random) -> Node {
    let services = Node::new("services").with("compatible", "arm,ffa-manifest-services");
    let services = (0..=random.below(4)).fold(services, |services, index| {
        let uuid = format!("1e67b5b4-e14f-904a-13fb-1fb8cbdae1d{index}");
        let service = Node::new(format!("service{index}")).with("uuid", uuid.as_str());
        services.child(service.with("messaging-method", 3u32).with("description", "one of them"))
    });
    node.setting("compatible", "arm,ffa-manifest-1.1")
        .without("uuid")
        .without("messaging-method")
        .child(services)
}

fn with_regions(node: Node) -> Node {
    let region = |name: &str, attributes: u32| {
        Node::new(name).with("pages-count", 1u32).with("attributes", attributes).with("description", name)
    };
    let regions = Node::new("memory-regions")
        .with("compatible", "arm,ffa-manifest-memory-regions")
        .child(region("rx", 1).with("base-address", FREE).with("phandle", 1u32))
        .child(region("tx", 3).with("base-address", FREE + PAGE).with("phandle", 2u32))
        .child(region("own", 1).with("load-address-relative-offset", 0x8_0000u64))
        .child(region("normal", 11).with("base-address", FREE_NORMAL));
    let mailbox = Node::new("rx_tx-info")
        .with("compatible", "arm,ffa-manifest-rx_tx-buffer")
        .with("rx-buffer", 1u32)
        .with("tx-buffer", 2u32);
    node.child(regions).child(mailbox)
}

fn devices() -> Node {
    let uart = Node::new("uart")
        .with("base-address", layout::SECURE_UART)
        .with("pages-count", 1u32)
        .with("attributes", 3u32)
        .with("interrupts", &[40u32, 0xf][..])
        .with("interrupts-target", &[40u32, 0, 0][..])
        .with("smmu-id", 0u32)
        .with("stream-ids", &[1u32, 2][..])
        .with("exclusive-access", ());
    Node::new("device-regions").with("compatible", "arm,ffa-manifest-device-regions").child(uart)
}
