//! A scenario under gdb: what gdb's remote protocol is answered.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

use hal::Pa;
use hal::memory::PhysicalRange;
use scenarios::gdb::{self, Whom};
use scenarios::machine::sim::{self, Conditions};
use scenarios::machine::{Ending, Run, layout};
use scenarios::scenario::{Parameters, find, judge};
use scenarios::transcript::decode;

/// gdb, as far as these tests need one.
struct Gdb(TcpStream);

impl Gdb {
    /// Sends `packet` and returns the answer.
    fn ask(&mut self, packet: &str) -> String {
        let sum = packet.bytes().fold(0u8, u8::wrapping_add);
        write!(self.0, "${packet}#{sum:02x}").unwrap();
        let mut answer = String::new();
        loop {
            match self.byte() {
                b'$' => answer.clear(),
                b'+' => {}
                b'#' => break,
                // The character before, so many times more.
                b'*' => {
                    let last = answer.pop().unwrap();
                    let times = usize::from(self.byte()) - 28;
                    answer.extend(std::iter::repeat_n(last, times));
                }
                byte => answer.push(byte.into()),
            }
        }
        let _checksum = [self.byte(), self.byte()];
        self.0.write_all(b"+").unwrap();
        answer
    }

    fn byte(&mut self) -> u8 {
        let mut byte = [0];
        self.0.read_exact(&mut byte).unwrap();
        byte[0]
    }

    /// The register that gdb numbers `number`: 0 to 30, 31 the stack pointer, 32 the program counter.
    fn register(&mut self, number: usize) -> u64 {
        let all = self.ask("g");
        let bytes = (0..8).map(|byte| {
            let at = 16 * number + 2 * byte;
            u8::from_str_radix(&all[at..at + 2], 16).unwrap()
        });
        u64::from_le_bytes(bytes.collect::<Vec<_>>().try_into().unwrap())
    }

    fn pc(&mut self) -> u64 {
        self.register(32)
    }
}

/// Runs `hello` under a gdb that does `session` with SP1, and judges the run.
fn debugged(session: impl FnOnce(&mut Gdb) + Send + 'static) -> Run {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let client = thread::spawn(move || session(&mut Gdb(TcpStream::connect(address).unwrap())));
    let prepared = find("hello").unwrap().prepare(&Parameters::default());
    let memory = PhysicalRange { start: Pa::secure(layout::partition_base(1)), size: layout::PARTITION_SIZE };
    let contents = sim::contents(&prepared);
    let run = gdb::run(&contents, &Conditions::default(), &listener, Whom(memory)).unwrap();
    client.join().unwrap();
    assert_eq!(judge(&prepared, &run, &decode(&run.stream)).failures, Vec::<String>::new());
    run
}

/// Where SP1 is entered.
const ENTRY: u64 = layout::partition_base(1) + layout::PACKAGE_IMAGE;

#[test]
fn a_partition_stops_before_its_first_instruction_and_steps() {
    debugged(|gdb| {
        assert!(gdb.ask("?").contains("05"));
        assert_eq!(gdb.pc(), ENTRY);
        let first = gdb.ask(&format!("m{ENTRY:x},4"));
        let word = u32::from_str_radix(&first, 16).unwrap().swap_bytes();
        assert_eq!(word >> 26, 0b000101, "an image begins with a branch");
        gdb.ask("s");
        assert_eq!(gdb.pc(), ENTRY + u64::from(word & 0x3ff_ffff) * 4);
        assert_eq!(gdb.ask("c"), "W00");
    });
}

#[test]
fn a_step_back_leads_to_the_instruction_before_with_its_registers() {
    debugged(|gdb| {
        gdb.ask("?");
        let states: Vec<String> = (0..10)
            .map(|_| {
                gdb.ask("s");
                gdb.ask("g")
            })
            .collect();
        for state in states.iter().rev().skip(1) {
            gdb.ask("bs");
            assert_eq!(gdb.ask("g"), *state);
        }
        assert_eq!(gdb.ask("c"), "W00");
    });
}

#[test]
fn a_breakpoint_stops_the_partition_there_forwards_and_backwards() {
    debugged(|gdb| {
        gdb.ask("?");
        (0..20).for_each(|_| drop(gdb.ask("s")));
        let middle = gdb.pc();
        (0..20).for_each(|_| drop(gdb.ask("s")));
        let later = gdb.pc();
        assert_eq!(gdb.ask(&format!("Z0,{middle:x},4")), "OK");
        assert!(gdb.ask("bc").starts_with("T05"), "it stops");
        assert_eq!(gdb.pc(), middle);
        gdb.ask(&format!("z0,{middle:x},4"));
        gdb.ask(&format!("Z0,{later:x},4"));
        gdb.ask("c");
        assert_eq!(gdb.pc(), later);
        gdb.ask(&format!("z0,{later:x},4"));
        let begin = gdb.ask("bc");
        assert!(begin.contains("replaylog:begin"), "{begin}");
        assert_eq!(gdb.pc(), ENTRY);
        assert_eq!(gdb.ask("c"), "W00");
    });
}

#[test]
fn memory_that_the_partition_cannot_reach_is_refused() {
    debugged(|gdb| {
        gdb.ask("?");
        let monitor = layout::MONITOR.0;
        assert!(gdb.ask(&format!("m{monitor:x},8")).starts_with('E'));
        assert!(gdb.ask(&format!("M{monitor:x},1:00")).starts_with('E'));
        assert_eq!(gdb.ask("c"), "W00");
    });
}

#[test]
fn a_run_goes_on_alone_when_gdb_goes_away() {
    let run = debugged(|gdb| {
        gdb.ask("?");
        assert_eq!(gdb.ask("D"), "OK");
    });
    assert_eq!(run.ending, Ending::PowerOff);
}
