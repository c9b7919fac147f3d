//! What is wrong in the properties of a partition.

use super::wrong_boots;
use crate::manifest::Node;

wrong_boots! {
    "wrong-order" shows "boot.5": "sp1: boot-order is 65536: it must be 0 to 65535",
        |m| m.sp1.set("boot-order", 0x1_0000u32);
    "wrong-order-twice": "sp2: boot-order is 0: another partition has it", |m| m.sp2.set("boot-order", 0u32);
    "wrong-entry": "sp1: entrypoint-offset is 0x100000: it must be below 0x100000, the partition's memory", |m| m.sp1.set("entrypoint-offset", 0x10_0000u32);
    "wrong-entry-alignment": "sp1: entrypoint-offset is 0x4002: it must be a multiple of 4",
        |m| m.sp1.set("entrypoint-offset", 0x4002u32);
    "wrong-contexts": "sp1: execution-ctx-count is 2: it must be 1, or one for each core, 1",
        |m| m.sp1.set("execution-ctx-count", 2u32);
    "wrong-level-s-el0": "sp1: exception-level is 1 (S-EL0): only 2 (S-EL1) is served", |m| m.sp1.set("exception-level", 1u32);
    "wrong-level-el1": "sp1: exception-level is 0 (EL1): only 2 (S-EL1) is served", |m| m.sp1.set("exception-level", 0u32);
    "wrong-level": "sp1: exception-level is 0x3: it must be 0 (EL1), 1 (S-EL0) or 2 (S-EL1)",
        |m| m.sp1.set("exception-level", 3u32);
    // Only the first of several mistakes is said at EL2.
    "wrong-state": "sp1: execution-state is 0x1: it must be 0 (AArch64)", |m| {
        m.sp1.set("execution-state", 1u32);
        m.sp1.set("xlat-granule", 1u32);
        m.sp2.set("execution-state", 1u32);
    };
    "wrong-granule": "sp1: xlat-granule is 0x1: it must be 0 (4 KiB)", |m| m.sp1.set("xlat-granule", 1u32);
    "wrong-version": "sp1: ffa-version is 0x20000: it must be 0x10000 to 0x10003",
        |m| m.sp1.set("ffa-version", 0x2_0000u32);
    "wrong-compatible": "sp1: compatible is \"arm,ffa-manifest-2.0\": it must be arm,ffa-manifest-1.0 or arm,ffa-manifest-1.1",
        |m| m.sp1.set("compatible", "arm,ffa-manifest-2.0");
    "wrong-missing": "sp1: ffa-version is missing", |m| m.sp1.edits.remove("", "ffa-version");
    "wrong-type": "sp1: ffa-version has 12 bytes: a number has 4 or 8", |m| m.sp1.set("ffa-version", &[0u32, 1, 2][..]);
    "wrong-flag": "sp1: notification-support has 4 bytes: it must have none",
        |m| m.sp1.set("notification-support", 1u32);
    "wrong-load-address": "sp1: load-address is 0xe400800: it must be a multiple of 4096",
        |m| m.sp1.set("load-address", 0x0E40_0800u64);
    "wrong-register": "sp1: gp-register-num is 4: it must be 0 to 3", |m| m.sp1.set("gp-register-num", 4u32);
    "wrong-abort-action":
        "sp1: abort-action is 0x4: it must be 0 (stop), 1 (destroy), 2 (restart) or 3 (propagate)",
        |m| m.sp1.set("abort-action", 4u32);
    "wrong-live-activation": "sp1: live-activation-support must not be there: it needs lifecycle-support",
        |m| m.sp1.set("live-activation-support", ());
    "wrong-boot-info": "sp1/boot-info: compatible is missing", |m| {
        m.sp1.set("gp-register-num", 0u32);
        m.sp1.edits.add("", Node::new("boot-info").with("ffa_manifest", ()));
    };
    // What it offers.
    "wrong-uuid": "sp1: uuid is 0x0: a UUID (its first number is shown) must not be nil or be there twice",
        |m| m.sp1.set("uuid", &[0u32; 4][..]);
    "wrong-uuid-twice":
        "sp1: uuid is 0x7: a UUID (its first number is shown) must not be nil or be there twice",
        |m| m.sp1.set("uuid", &[7u32; 8][..]);
    "wrong-uuid-length": "sp1: uuid has 20 bytes: a UUID has 16", |m| m.sp1.set("uuid", &[7u32; 5][..]);
    "wrong-uuids": "sp1: uuid has 20 entries: there is room for 16",
        |m| m.sp1.set("uuid", &(1u32..=20).collect::<Vec<_>>()[..]);
    "wrong-method": "sp1: messaging-method is 0x8: only bits 0, 1, 2, 9 and 10 may be set",
        |m| m.sp1.set("messaging-method", 8u32);
    "wrong-methods": "sp1: messaging-method has 8 bytes: it must be one number, or one for each UUID",
        |m| m.sp1.set("messaging-method", &[1u32, 1][..]);
    "wrong-method-version": "sp1: messaging-method is 0x201: bits 9 and 10 need ffa-version 0x10002", |m| {
        m.sp1.set("ffa-version", 0x1_0001u32);
        m.sp1.set("messaging-method", 0x201u32);
    };
    "wrong-services": "sp1: uuid must not be there: there are services", |m| {
        let services = Node::new("services").with("compatible", "arm,ffa-manifest-services");
        m.sp1.edits.add("", services);
    };
    "wrong-service-uuid":
        "sp1/services/echo: uuid cannot be read: it must be a text like \"12345678-1234-1234-1234-123456789abc\"",
        |m| {
        let service = Node::new("echo").with("uuid", "1-2-3").with("messaging-method", 1u32);
        let services = Node::new("services").with("compatible", "arm,ffa-manifest-services");
        m.sp1.edits.add("", services.child(service));
        m.sp1.edits.remove("", "uuid");
        m.sp1.edits.remove("", "messaging-method");
    };
}
