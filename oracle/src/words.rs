//! The words of findings.

use hal::{PAGE_SIZE, Pa};

/// The name of the FF-A function `id`, whatever its width, and whether it has SMCCC's hint about SVE.
pub fn function(id: u64) -> String {
    let name = match id as u32 & !0x4001_0000 {
        0x8400_0060 => "ERROR",
        0x8400_0061 => "SUCCESS",
        0x8400_0062 => "INTERRUPT",
        0x8400_0063 => "VERSION",
        0x8400_0064 => "FEATURES",
        0x8400_0065 => "RX_RELEASE",
        0x8400_0066 => "RXTX_MAP",
        0x8400_0067 => "RXTX_UNMAP",
        0x8400_0068 => "PARTITION_INFO_GET",
        0x8400_0069 => "ID_GET",
        0x8400_006b => "MSG_WAIT",
        0x8400_006c => "YIELD",
        0x8400_006d => "RUN",
        0x8400_006f => "MSG_SEND_DIRECT_REQ",
        0x8400_0070 => "MSG_SEND_DIRECT_RESP",
        0x8400_0071 => "MEM_DONATE",
        0x8400_0072 => "MEM_LEND",
        0x8400_0073 => "MEM_SHARE",
        0x8400_0074 => "MEM_RETRIEVE_REQ",
        0x8400_0075 => "MEM_RETRIEVE_RESP",
        0x8400_0076 => "MEM_RELINQUISH",
        0x8400_0077 => "MEM_RECLAIM",
        0x8400_007c => "NORMAL_WORLD_RESUME",
        0x8400_007d => "NOTIFICATION_BITMAP_CREATE",
        0x8400_007e => "NOTIFICATION_BITMAP_DESTROY",
        0x8400_007f => "NOTIFICATION_BIND",
        0x8400_0080 => "NOTIFICATION_UNBIND",
        0x8400_0081 => "NOTIFICATION_SET",
        0x8400_0082 => "NOTIFICATION_GET",
        0x8400_0083 => "NOTIFICATION_INFO_GET",
        0x8400_0084 => "RX_ACQUIRE",
        0x8400_0085 => "SPM_ID_GET",
        0x8400_0086 => "MSG_SEND2",
        0x8400_008a => "CONSOLE_LOG",
        0x8400_008b => "PARTITION_INFO_GET_REGS",
        0x8400_008d => "MSG_SEND_DIRECT_REQ2",
        0x8400_008e => "MSG_SEND_DIRECT_RESP2",
        0x8400_0090 => "ABORT",
        _ => return format!("the function {id:#x}"),
    };
    format!("FFA_{name}")
}

/// The name of the error code in w2 of FFA_ERROR.
pub fn error(code: u64) -> String {
    let names = [
        "NOT_SUPPORTED",
        "INVALID_PARAMETERS",
        "NO_MEMORY",
        "BUSY",
        "INTERRUPTED",
        "DENIED",
        "RETRY",
        "ABORTED",
        "NO_DATA",
    ];
    let number = (code as i32).unsigned_abs() as usize;
    match names.get(number.wrapping_sub(1)) {
        Some(name) if (code as i32) < 0 => (*name).into(),
        _ => format!("the unknown code {code:#x}"),
    }
}

/// `pages` pages from `first` on.
pub fn pages(first: Pa, pages: u64) -> String {
    if pages == 1 { first.to_string() } else { format!("{first}..{:#x}", first.address + pages * PAGE_SIZE) }
}

#[cfg(test)]
mod tests {
    use hal::Pa;

    #[test]
    fn a_run_of_pages_is_said_by_its_ends_and_one_page_by_its_address() {
        assert_eq!(super::pages(Pa::secure(0x1000), 1), "secure 0x1000");
        assert_eq!(super::pages(Pa::non_secure(0x1000), 2), "non-secure 0x1000..0x3000");
    }

    #[test]
    fn a_function_has_one_name_in_either_width_and_with_the_hint_about_sve() {
        for id in [0x8400_008e, 0xc400_008e, 0xc401_008e] {
            assert_eq!(super::function(id), "FFA_MSG_SEND_DIRECT_RESP2", "{id:#x}");
        }
    }

    #[test]
    fn an_error_code_has_its_name_in_either_width() {
        assert_eq!(super::error(0xffff_fffa), "DENIED");
        assert_eq!(super::error(u64::MAX), "NOT_SUPPORTED");
        assert_eq!(super::error(3), "the unknown code 0x3");
    }
}
