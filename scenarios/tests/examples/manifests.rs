//! Mistakes in the monitor's manifest and in partitions' manifests.

use hyp::manifest::{CoreManifest, PartitionConfig, Regions};
use scenarios::machine::layout;
use scenarios::manifest::{self, Node, PartitionPlace, said};
use scenarios::program::Role;
use scenarios::scenario::{Parameters, find};

/// Everything that is said of the monitor's manifest in `blob`.
fn core(blob: &[u8]) -> Vec<String> {
    let mut core = CoreManifest::EMPTY;
    said("monitor manifest", |report| core.read(blob, report)).1.into_iter().map(|said| said.words).collect()
}

/// Everything that is said of SP1's manifest in `blob`.
fn partition(blob: &[u8]) -> Vec<String> {
    let read = |report: &mut hyp::manifest::Report<'_>| {
        PartitionConfig::read(blob, &mut Regions::default(), report).map(|_| ())
    };
    said("sp1", read).1.into_iter().map(|said| said.words).collect()
}

/// The monitor's manifest for two partitions.
pub fn core_manifest() -> Node {
    let place = |number| PartitionPlace {
        role: Role::Partition(number),
        base: layout::partition_base(number),
        size: layout::partition_size(number),
        vcpus: 1,
        init_timeout: None,
        interrupt_timeout: None,
        smcs: scenarios::manifest::Smcs::Unsaid,
    };
    manifest::core_manifest(&[place(1), place(2)], 1, scenarios::ffa::VERSION_1_2)
}

/// The manifest of SP1 of two partitions.
pub fn partition_manifest() -> Node {
    let prepared = find("chain").unwrap().prepare(&Parameters::default());
    manifest::partition_manifest(&prepared.partitions[0])
}

/// What is said of mistakes in the monitor's manifest.
pub fn of_core() -> impl Iterator<Item = String> {
    let at =
        |path: &str, change: &dyn Fn(Node) -> Node| core(&core_manifest().changed_at(path, change).dtb());
    let memory = |name: &str, kind: &str, reg: &[u32]| {
        let node = Node::new(name).with("device_type", kind).with("reg", reg);
        core(&core_manifest().child(node).dtb())
    };
    let (vm, root, attribute) = ("hypervisor/vm2", "", "attribute");
    let cores = (0..9).fold(Node::new("cpus"), |cpus, core| cpus.child(Node::new(format!("cpu@{core}"))));
    let valid = core_manifest().dtb();
    let mut no_magic = valid.clone();
    no_magic[0] = 0;
    let ranges: Vec<u32> = (0..17).flat_map(|range| [8, range << 16, 0, 0x1000]).collect();
    let large = core_manifest().with("large", &[0u32; 1024][..]);
    [
        core(&valid[..100]),
        core(&no_magic),
        core(&large.dtb()),
        at(root, &|node| node.setting("compatible", "arm,ffa-manifest-1.0").with("model", "x")),
        at(root, &|node| node.without("#size-cells").child(Node::new("chosen"))),
        at(attribute, &|node| {
            node.setting("maj_ver", 2u32).setting("spmc_id", 1u32).setting("exec_state", 1u32)
        }),
        at("hypervisor", &|node| node.child(Node::new("vm33")).child(Node::new("notes"))),
        at("hypervisor", &|node| node.child(Node::new("vm4"))),
        at(vm, &|node| node.setting("load_address", layout::partition_base(1) as u32)),
        at(vm, &|node| {
            node.setting("load_address", 0x800u32).setting("mem_size", 0u32).setting("vcpu_count", 9u32)
        }),
        at(vm, &|node| node.setting("debug_name", 0x6161_6161u32).with("hyp_loaded", ())),
        at(vm, &|node| node.with("smc_whitelist", &[0u32; 33][..]).setting("is_ffa_partition", 1u32)),
        at(vm, &|node| node.setting("vcpu_count", &[0u32; 3][..]).with("smc_whitelist_permissive", ())),
        core(&core_manifest().child(cores).dtb()),
        core(
            &core_manifest().child(Node::new("interrupt-controller").with("compatible", "arm,gic-400")).dtb(),
        ),
        memory("memory@1", "ram", &[0, 0, 0, 0x1000]),
        memory("memory@1", "memory", &[8, 0x800, 0, 0x1000]),
        memory("memory@1", "memory", &[8, 0, 0, 0]),
        memory("memory@1", "memory", &[8, 0, 0]),
        memory("memory@1", "memory", &[]),
        memory("memory@1", "memory", &ranges),
        memory("memory@1", "memory", &ranges[..60]),
    ]
    .into_iter()
    .flatten()
}

fn region(name: &str) -> Node {
    Node::new(name).with("base-address", 0x0E80_0000u64).with("pages-count", 1u32).with("attributes", 3u32)
}

fn memory_regions(regions: impl IntoIterator<Item = Node>) -> Node {
    let node = Node::new("memory-regions").with("compatible", "arm,ffa-manifest-memory-regions");
    regions.into_iter().fold(node, Node::child)
}

fn device_regions(regions: impl IntoIterator<Item = Node>) -> Node {
    let node = Node::new("device-regions").with("compatible", "arm,ffa-manifest-device-regions");
    regions.into_iter().fold(node, Node::child)
}

/// What is said of mistakes in a partition's manifest.
pub fn of_partitions() -> impl Iterator<Item = String> {
    let with = |change: &dyn Fn(Node) -> Node| partition(&change(partition_manifest()).dtb());
    let set = |name: &str, number: u32| partition(&partition_manifest().setting(name, number).dtb());
    let flag = |name: &str| partition(&partition_manifest().setting(name, ()).dtb());
    let of_root = [
        with(&|node| node.setting("compatible", "arm,ffa-manifest-9.9")),
        with(&|node| node.setting("ffa-version", 0x2_0000u32).without("messaging-method")),
        with(&|node| node.setting("uuid", &[1u32, 2, 3][..])),
        with(&|node| node.setting("uuid", &[0u32; 4][..])),
        with(&|node| node.setting("uuid", ())),
        with(&|node| node.setting("messaging-method", &[1u32, 2][..])),
        set("messaging-method", 8),
        with(&|node| node.setting("ffa-version", 0x1_0001u32).setting("messaging-method", 0x200u32)),
        set("execution-ctx-count", 9),
        set("exception-level", 3),
        with(&|node| {
            node.setting("exception-level", 1u32)
                .setting("execution-ctx-count", 2u32)
                .with("managed-exit", ())
        }),
        set("execution-state", 1),
        set("xlat-granule", 1),
        set("load-address", 0x800),
        set("entrypoint-offset", 2),
        set("boot-order", 0x1_0000),
        set("gp-register-num", 4),
        set("abort-action", 2),
        set("abort-action", 4),
        set("managed-exit", 1),
        set("ns-interrupts-action", 3),
        set("other-s-interrupts-action", 2),
        set("other-s-interrupts-action", 0),
        set("sri-interrupts-policy", 4),
        set("live-activation-register", 4),
        with(&|node| node.setting("image-uuid", &[0u32; 4][..])),
        with(&|node| node.with("lifecycle-support", ()).setting("execution-ctx-count", 2u32)),
        flag("live-activation-support"),
        with(&|node| {
            node.child(Node::new("live-state-buffer-info")).child(Node::new("spare")).with("spare", 1u32)
        }),
        with(&|node| node.child(memory_regions([region("one")])).child(memory_regions([region("two")]))),
    ];
    let of_nodes = [services(), regions(), devices(), vec![with(&|node| node.child(Node::new("boot-info")))]];
    of_root.into_iter().chain(of_nodes.into_iter().flatten()).flatten()
}

fn services() -> Vec<Vec<String>> {
    let node = || Node::new("services").with("compatible", "arm,ffa-manifest-services");
    let service = Node::new("echo").with("uuid", "12345").with("messaging-method", 3u32);
    [node(), node().child(service)].map(|node| partition(&partition_manifest().child(node).dtb())).into()
}

fn regions() -> Vec<Vec<String>> {
    let with = |regions: Vec<Node>| partition(&partition_manifest().child(memory_regions(regions)).dtb());
    let mailbox = |rx: u32, tx: u32, pages: u32| {
        let of = |name, phandle: u32| region(name).with("phandle", phandle).setting("pages-count", pages);
        let regions = [of("rx", 1), of("tx", 2)];
        let node = Node::new("rx_tx-info").with("compatible", "arm,ffa-manifest-rx_tx-buffer");
        let node = node.with("rx-buffer", rx).with("tx-buffer", tx);
        partition(&partition_manifest().child(memory_regions(regions)).child(node).dtb())
    };
    let streams = region("data").with("smmu-id", 0u32).with("stream-ids", &[7u32, 8][..]);
    vec![
        with(vec![]),
        with((0..17).map(|index| region(&format!("r{index}"))).collect()),
        with(vec![region("data").setting("base-address", 0x800u64).setting("attributes", 2u32)]),
        with(vec![region("data").setting("base-address", u64::MAX - 0xfff).setting("pages-count", 0u32)]),
        with(vec![region("data").with("load-address-relative-offset", 0u64).without("attributes")]),
        with(vec![region("one").with("phandle", 1u32), region("two").with("phandle", 1u32)]),
        with(vec![streams.clone(), streams.with("stream-ids-access-permissions", &[1u32][..])]),
        with(vec![region("data").with("stream-ids", 7u32)]),
        mailbox(1, 7, 1),
        mailbox(1, 1, 1),
        mailbox(1, 2, 5),
    ]
}

fn devices() -> Vec<Vec<String>> {
    let with = |regions: Vec<Node>| partition(&partition_manifest().child(device_regions(regions)).dtb());
    let interrupts = |list: &[u32]| with(vec![region("uart").with("interrupts", list)]);
    vec![
        with(vec![]),
        with((0..9).map(|index| region(&format!("d{index}"))).collect()),
        with(vec![region("uart").setting("attributes", 5u32).setting("base-address", u64::MAX - 0xfff)]),
        with((0..3).map(|index| region(&format!("d{index}")).with("smmu-id", index as u32)).collect()),
        interrupts(&[40]),
        interrupts(&[8, 0]),
        interrupts(&[40, 0x1000]),
        with(vec![region("uart").with("interrupts-target", &[41u32, 0, 0][..])]),
    ]
}
