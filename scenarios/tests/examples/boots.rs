//! Platforms whose files are right, each for itself, and that do not boot; and what is said of those that do.

use hal::Pa;
use scenarios::machine::contents::Contents;
use scenarios::machine::layout::{
    self, DATA_REGION, GICD, MONITOR, NORMAL_RAM, POOL, SECURE_UART, partition_base,
};
use scenarios::machine::sim::{Conditions, Loaded};
use scenarios::manifest::{Base, Device, Extras, Format, Node, Region};
use scenarios::program::Role;
use scenarios::scenario::{Parameters, find};

use super::manifests::core_manifest;

/// What the monitor says while the machine with `core` and two partitions, which `change` changes, boots.
fn boot(core: Node, change: impl FnOnce(&mut Extras, &mut Extras)) -> Vec<String> {
    let mut prepared = find("chain").unwrap().prepare(&Parameters::default());
    let [first, second] = &mut prepared.partitions[..] else { panic!("two partitions play") };
    change(&mut first.extras, &mut second.extras);
    let packages = prepared.partitions.iter().map(|image| prepared.package(image));
    let mut images: Vec<_> =
        (1..).zip(packages).map(|(number, package)| (Pa::secure(partition_base(number)), package)).collect();
    images.push((Pa::non_secure(layout::NORMAL_WORLD), prepared.memory_of(Role::NormalWorld)));
    let contents = Contents::new(core.dtb(), 1, scenarios::ffa::VERSION_1_2, images, Vec::new());
    let conditions = Conditions { oracle: false, ..Conditions::default() };
    let console = Loaded::new(&contents).run(&conditions).console;
    // What the first partition says when it is asked for, or what it cannot get, is not about boots.
    console.lines().filter(|line| !line.contains("aborts")).map(str::to_string).collect()
}

fn wants_information(extras: &mut Extras) {
    extras.set("gp-register-num", 0u32);
    let node = Node::new("boot-info").with("compatible", "arm,ffa-manifest-boot-info");
    extras.edits.add("", node.with("hob_list", ()));
}

fn region(address: u64, pages: u32, attributes: u32) -> Region {
    Region { name: "region", base: Base::Address(address), pages, attributes }
}

fn interrupting(base: u64, intid: u32) -> Device {
    Device { interrupts: vec![[intid, Device::EDGE]], ..Device::at(base) }
}

/// The monitor's manifest with a range more.
fn with_range(kind: &str, start: u64) -> Node {
    let reg = [(start >> 32) as u32, start as u32, 0, 0x1000];
    core_manifest().child(Node::new("memory@1").with("device_type", kind).with("reg", &reg[..]))
}

/// What is said of boots.
pub fn of_boots() -> impl Iterator<Item = String> {
    let plain = |change: &dyn Fn(&mut Extras, &mut Extras)| boot(core_manifest(), change);
    let first = |change: &dyn Fn(&mut Extras)| boot(core_manifest(), |sp1, _| change(sp1));
    let device = |core: Node, start: u64| boot(core, |sp1, _| sp1.devices.push(Device::at(start)));
    let (normal, free, outside) = (3 | Region::NON_SECURE, 0x0E80_0000, 0x0F00_0000u64);
    [
        plain(&|_, _| {}),
        plain(&|sp1, sp2| {
            sp1.set("boot-order", 3u32);
            sp2.set("boot-order", 3u32);
        }),
        boot(
            core_manifest().changed_at("hypervisor/vm1", |vm| vm.setting("load_address", 0x0E90_0000u32)),
            |_, _| {},
        ),
        boot(
            core_manifest().changed_at("hypervisor/vm2", |vm| vm.setting("mem_size", 0x8000_0000u32)),
            |_, _| {},
        ),
        first(&|sp1| sp1.set("load-address", free)),
        first(&|sp1| sp1.set("entrypoint-offset", 0x10_0000u32)),
        first(&|sp1| sp1.set("exception-level", 0u32)),
        first(&|sp1| sp1.set("exception-level", 1u32)),
        first(&|sp1| sp1.set("execution-ctx-count", 4u32)),
        first(&wants_information),
        first(&|sp1| {
            wants_information(sp1);
            sp1.format = Format::Spkg1;
        }),
        first(&|sp1| sp1.regions.push(region(outside, 1, 3))),
        boot(with_range("memory", outside), |sp1, _| sp1.regions.push(region(outside, 1, 3))),
        first(&|sp1| sp1.regions.push(region(MONITOR.0, 1, 3))),
        first(&|sp1| sp1.regions.push(region(POOL.0, 1, 3))),
        first(&|sp1| sp1.regions.extend([region(free, 1, 3), region(free, 1, 1)])),
        first(&|sp1| sp1.regions.push(region(DATA_REGION, 1, 3))),
        first(&|sp1| {
            sp1.regions
                .push(Region { base: Base::LoadRelative(0u64.wrapping_sub(0x10_0000)), ..region(0, 1, 3) })
        }),
        first(&|sp1| sp1.regions.push(region(NORMAL_RAM.0, (NORMAL_RAM.1 / 4096) as u32, normal))),
        first(&|sp1| {
            sp1.regions.extend((0..16).map(|place| region(NORMAL_RAM.0 + 0x2000 * (place + 1), 1, normal)))
        }),
        device(core_manifest(), GICD),
        device(with_range("device-memory", free), free),
        device(with_range("device-memory", GICD), GICD),
        device(with_range("device-memory", 1 << 39), 1 << 39),
        plain(&|sp1, sp2| {
            sp1.devices.push(Device::at(SECURE_UART));
            sp2.devices.push(Device::at(SECURE_UART));
        }),
        plain(&|sp1, sp2| {
            sp1.devices.push(interrupting(layout::GPIO, layout::GPIO_INTERRUPT as u32));
            sp2.devices.push(interrupting(SECURE_UART, layout::GPIO_INTERRUPT as u32));
        }),
        first(&|sp1| sp1.devices.push(interrupting(SECURE_UART, 20))),
    ]
    .into_iter()
    .flatten()
}
