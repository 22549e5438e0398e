//! Helpers of the tests: shows a made-up call as the text has it.

use crate::sink::json::Json;
use crate::sink::text::Text;
use crate::{Abi, Blobs, Call, MAX_ARGS, Status, calls, capture, decode};

/// One copy of memory: argument, part, bytes.
pub type Copy<'a> = (u8, u8, &'a [u8]);

/// `name(arguments) = result` for a call with these registers, this result and this memory.
pub fn show(abi: Abi, name: &str, args: &[u64], ret: i64, memory: &[Copy<'_>]) -> String {
    let mut blobs = Vec::new();
    for (arg, part, bytes) in memory {
        Blobs::push(&mut blobs, *arg, *part, Status::Complete, bytes);
    }
    let mut words = [0; MAX_ARGS];
    words[..args.len()].copy_from_slice(args);
    let syscall = Some(calls::find(abi, name).expect("the call has a specification"));
    let call = Call { abi, nr: 0, syscall, args: words, ret: Some(ret), blobs: Blobs(&blobs) };
    let mut out = format!("{name}(").into_bytes();
    decode::arguments(&call, &mut Text::new(&mut out, false));
    out.extend_from_slice(b") = ");
    if call.ok() {
        decode::result(&call, &mut Text::new(&mut out, false));
    } else {
        out.extend_from_slice(b"-1");
    }
    String::from_utf8(out).expect("text is UTF-8")
}

/// Compares the text of an x86-64 call.
#[track_caller]
pub fn check(name: &str, args: &[u64], ret: i64, memory: &[Copy<'_>], expected: &str) {
    assert_eq!(show(Abi::X86_64, name, args, ret, memory), expected);
}

/// Compares the text of an i386 call.
#[track_caller]
pub fn check_i386(name: &str, args: &[u64], ret: i64, memory: &[Copy<'_>], expected: &str) {
    assert_eq!(show(Abi::I386, name, args, ret, memory), expected);
}

/// 32-bit words as memory.
pub fn words(values: &[u32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

/// 64-bit words as memory.
pub fn longs(values: &[u64]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

/// A small generator of numbers without pattern, the same in every run.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}

/// Whatever bytes a process leaves behind a pointer, no printer may panic, and JSON stays JSON.
#[test]
fn no_memory_harms_a_printer() {
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    for abi in [Abi::X86_64, Abi::I386, Abi::Aarch64] {
        for &(nr, name) in crate::table::numbers(abi) {
            let Some(syscall) = calls::find(abi, name) else { continue };
            let program = capture::program(syscall, abi, capture::Options { fds: true });
            let selectors: Vec<u64> = program.variants.iter().map(|variant| variant.0).collect();
            for len in (0..200).step_by(3).chain([4096]) {
                let mut args = [0; MAX_ARGS];
                for arg in &mut args {
                    // Small numbers choose commands and lengths, large ones are pointers.
                    *arg = numbers.next() >> (numbers.next() % 64);
                }
                if let (Some((selector, _)), Some(value)) =
                    (program.selector, selectors.get(numbers.next() as usize % selectors.len().max(1)))
                {
                    args[selector as usize] = *value;
                }
                let mut blobs = Vec::new();
                for arg in 0..=MAX_ARGS as u8 {
                    for part in 0..4 {
                        let kind = numbers.next() % 3;
                        let bytes: Vec<u8> = (0..len)
                            .map(|_| {
                                if kind == 0 {
                                    0
                                } else {
                                    numbers.next() as u8 & if kind == 1 { 7 } else { 255 }
                                }
                            })
                            .collect();
                        let status =
                            [Status::Complete, Status::Cut, Status::Fault][numbers.next() as usize % 3];
                        Blobs::push(&mut blobs, arg, part, status, &bytes);
                    }
                }
                let ret = [0, 1, -22, numbers.next() as i64, (numbers.next() % 200) as i64][len % 5];
                let call =
                    Call { abi, nr, syscall: Some(syscall), args, ret: Some(ret), blobs: Blobs(&blobs) };
                let mut text = Vec::new();
                decode::arguments(&call, &mut Text::new(&mut text, true));
                assert!(std::str::from_utf8(&text).is_ok_and(|text| !text.contains('\n')), "{name}");
                let mut json = b"{".to_vec();
                decode::arguments(&call, &mut Json::new(&mut json));
                json.push(b'}');
                assert!(
                    serde_json::from_slice::<serde_json::Value>(&json).is_ok(),
                    "{name}: {}",
                    String::from_utf8_lossy(&json)
                );
                if call.ok() {
                    decode::result(&call, &mut Text::new(&mut text, false));
                    // The value comes first, its details may follow as a member of their own.
                    let mut json = b"{\"ret\":".to_vec();
                    decode::result(&call, &mut Json::new(&mut json));
                    json.push(b'}');
                    let _ = json;
                }
            }
        }
    }
}
