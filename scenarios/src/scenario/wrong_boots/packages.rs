//! What is wrong in a package.

use super::wrong_boots;
use crate::machine::layout;
use crate::manifest::Format;

wrong_boots! {
    // Words of the header: magic, version, offset and size of the manifest, of the image.
    "wrong-package-magic":
        "package of sp1: magic is 0x0: it must be 0x474b5053 (\"SPKG\"), or 0x4a0fb10b of a transfer list",
        |m| m.sp1.broken.push((0, 0));
    "wrong-package-version" shows "boot.5": "package of sp1: version is 0x3: it must be 1 or 2",
        |m| m.sp1.broken.push((4, 3));
    "wrong-package-manifest":
        "package of sp1: manifest offset is 0x1004: in version 2 it must be a multiple of 4096, not 0",
        |m| m.sp1.broken.push((8, 0x1004));
    "wrong-package-manifest-1": "package of sp1: manifest offset is 0x1000: in version 1 it must be 24", |m| {
        m.sp1.format = Format::Spkg1;
        m.sp1.broken.push((8, 0x1000));
    };
    "wrong-package-manifest-size": "package of sp1: manifest size is 0x1001: it must be 1 to 4096",
        |m| m.sp1.broken.push((12, 0x1001));
    "wrong-package-image":
        "package of sp1: image offset is 0x4004: it must be a multiple of 4096 behind the manifest",
        |m| m.sp1.broken.push((16, 0x4004));
    "wrong-package-image-size":
        "package of sp1: image size is 0x100000: the image must have bytes, and end within the partition's memory",
        |m| m.sp1.broken.push((20, 0x10_0000));
    "wrong-package-tree": "sp1 is no device tree: Invalid FDT magic number",
        |m| m.sp1.broken.push((layout::PACKAGE_MANIFEST as usize, 0));
    "wrong-list-checksum": "package of sp1: checksum is 0x1: all bytes must sum to 0", |m| {
        m.sp1.format = Format::TransferList(vec![1]);
        m.sp1.broken.push((layout::PACKAGE_HOB_LIST as usize, 2));
    };
    "wrong-list-header": "package of sp1: header size is 0x20: it must be 24", |m| {
        m.sp1.format = Format::TransferList(vec![1]);
        m.sp1.broken.push((4, 0x0320_0100));
    };
    "wrong-list-size": "package of sp1: size is 0x200000: it must be within the partition's memory", |m| {
        m.sp1.format = Format::TransferList(vec![1]);
        m.sp1.broken.push((12, 0x20_0000));
    };
    "wrong-list-image": "package of sp1: image is missing", |m| {
        m.sp1.format = Format::TransferList(vec![1]);
        m.sp1.broken = vec![(16, 0), (layout::PACKAGE_IMAGE as usize - 8, 0x0800_0007)];
    };
}
