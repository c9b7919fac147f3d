//! A packed scenario: a directory that TF-A's semihosting boot, any other TF-A build, and any SPMC can boot.

use std::fs;
use std::io;
use std::path::Path;

use serde_json::json;

use crate::machine::{MachineKind, layout};
use crate::manifest::{firmware_config, partition_manifest};
use crate::program::Role;
use crate::scenario::{Prepared, Scenario};

/// Writes everything of `scenario`, prepared as `prepared`, but firmware and SPMC into `directory`, which is made
/// where it is not there.
///
/// # Errors
/// What the system says of a file that cannot be written.
pub fn pack(scenario: &Scenario, prepared: &Prepared, directory: &Path) -> io::Result<()> {
    fs::create_dir_all(directory)?;
    let write = |name: &str, bytes: &[u8]| fs::write(directory.join(name), bytes);
    let core = prepared.core_manifest(MachineKind::Qemu);
    let firmware = firmware_config(&prepared.roles());
    write("bl33.bin", &prepared.memory_of(Role::NormalWorld))?;
    write("tos_fw_config.dtb", &core.dtb())?;
    write("tos_fw_config.dts", core.dts().as_bytes())?;
    write("tb_fw_config.dtb", &firmware.dtb())?;
    write("tb_fw_config.dts", firmware.dts().as_bytes())?;
    let mut sp_layout = serde_json::Map::new();
    for image in &prepared.partitions {
        let name = format!("sp{}", image.context.role.index());
        write(&format!("{name}.bin"), &prepared.memory_of(image.context.role))?;
        write(&format!("{name}.dts"), partition_manifest(image).dts().as_bytes())?;
        sp_layout
            .insert(name.clone(), json!({ "image": format!("{name}.bin"), "pm": format!("{name}.dts") }));
    }
    for (name, package) in packages(prepared) {
        write(&name, &package)?;
    }
    let sp_layout = serde_json::Value::Object(sp_layout);
    write("sp_layout.json", format!("{sp_layout:#}\n").as_bytes())?;
    write("README.txt", readme(scenario).as_bytes())
}

/// The files that TF-A loads packages from, and what is in them: each package, and in the last file that there may be
/// also those of the partitions behind, as they are in memory.
fn packages(prepared: &Prepared) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<(String, Vec<u8>)> = Vec::new();
    for (image, number) in prepared.partitions.iter().zip(1..) {
        let package = prepared.package(image);
        match files.last_mut() {
            Some((_, bytes)) if number > layout::PACKAGES => {
                let before = layout::partition_base(number) - layout::partition_base(layout::PACKAGES);
                bytes.resize(before as usize, 0);
                bytes.extend(package);
            }
            _ => files.push((format!("sp{number}.pkg"), package)),
        }
    }
    files
}

fn readme(scenario: &Scenario) -> String {
    let Scenario { name, shows, partitions, cores, .. } = scenario;
    let time = if *cores == 1 { " -icount shift=0" } else { "" };
    format!(
        "\
Scenario {name}: {shows}.

A normal-world program (bl33.bin, entered at {bl33:#x} at NS-EL2) and {partitions} secure partition(s) at S-EL1,
for an SPMC at S-EL2 under TF-A on QEMU virt.

Boot it without a firmware package: put bl1.bin, bl2.bin and bl31.bin of a TF-A build for PLAT=qemu with
SPD=spmd SPMD_SPM_AT_SEL2=1 QEMU_USE_GIC_DRIVER=QEMU_GICV3 ENABLE_SVE_FOR_SWD=1 ENABLE_SME_FOR_SWD=1
CTX_INCLUDE_PAUTH_REGS=1 into this directory, an SPMC linked for {spmc:#x} as bl32.bin, and in this directory run

  qemu-system-aarch64 -M virt,secure=on,virtualization=on,acpi=off,gic-version=3 -cpu max -smp {cores} -m 2G{time} \\
    -display none -monitor none -net none -serial file:uart0.log -serial file:uart1.log \\
    -semihosting-config enable=on,target=native -bios bl1.bin > stream

What the guests testify is in `stream`. bl2.bin loads tos_fw_config.dtb (the SPMC's manifest), tb_fw_config.dtb
(which packages there are) and sp*.pkg from here.

Or build a firmware package: tos_fw_config.dts is QEMU_TOS_FW_CONFIG_DTS, tb_fw_config.dts is
QEMU_TB_FW_CONFIG_DTS, sp_layout.json is SP_LAYOUT_FILE, bl33.bin is BL33. With more than eight partitions sp8.pkg has
the packages of the others too, as they are in memory, and there is no other way than the first.
",
        bl33 = layout::NORMAL_WORLD,
        spmc = layout::MONITOR.0,
    )
}
