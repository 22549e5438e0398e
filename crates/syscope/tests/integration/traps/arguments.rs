//! Memory that is hard to read.

use serde_json::{Value, json};
use syscope_output::record::Syscall;

use crate::support::{Traced, bytes_of, program, said, trace};

fn arguments(mode: &str) -> Traced {
    trace(&["-s", "rmdir,pwrite64"], [program("arguments").as_os_str(), mode.as_ref()])
}

fn from_hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.chars().map(|digit| digit.to_digit(16).expect("a digit") as u8).collect();
    digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

fn path(call: &Syscall) -> &Value {
    &call.args["pathname"]
}

/// Every path that the program gave is there, byte for byte, with the error it got.
fn check_paths(traced: &Traced) {
    let output = traced.ended.stdout();
    let given: Vec<Vec<u8>> = said(&output, "path").iter().map(|text| from_hex(text)).collect();
    let calls = traced.named("rmdir");
    assert!(!given.is_empty() && calls.len() >= given.len(), "{output}");
    for ((call, given), errno) in calls.iter().zip(&given).zip(said(&output, "errno")) {
        assert_eq!(&bytes_of(path(call)), given, "{}", String::from_utf8_lossy(given));
        assert_eq!(call.ret, Some(-errno.parse::<i64>().expect("a number")));
    }
}

#[test]
#[ignore = "root+bpf"]
fn strings_that_are_empty_or_not_utf_8_come_back_byte_for_byte() {
    check_paths(&arguments("strings"));
}

#[test]
#[ignore = "root+bpf"]
fn the_longest_path_is_whole() {
    let traced = arguments("paths");
    check_paths(&traced);
    assert_eq!(bytes_of(path(traced.named("rmdir").last().expect("a call"))).len(), 4095);
}

#[test]
#[ignore = "root+bpf"]
fn strings_at_and_across_the_end_of_a_page_are_whole() {
    let traced = arguments("pages");
    check_paths(&traced);
    let output = traced.ended.stdout();
    let last = *traced.named("rmdir").last().expect("a call");
    assert_eq!(last.error.as_deref(), Some("EFAULT"));
    assert_eq!(path(last), &json!(format!("0x{}", said(&output, "unterminated")[0])));
}

#[test]
#[ignore = "root+bpf"]
fn pointers_that_cannot_be_read_are_shown_as_pointers() {
    let traced = arguments("pointers");
    let output = traced.ended.stdout();
    let calls = traced.named("rmdir");
    let pointers = said(&output, "pointer");
    assert_eq!(calls.len(), pointers.len() + 1);
    for ((call, pointer), errno) in calls.iter().zip(pointers).zip(said(&output, "errno")) {
        assert_eq!(path(call), &json!(format!("0x{pointer}")));
        assert_eq!(call.ret, Some(-errno.parse::<i64>().expect("a number")));
    }
    assert_eq!(path(calls.last().expect("a call")), &Value::Null);
}

#[test]
#[ignore = "root+bpf"]
fn every_byte_of_a_buffer_comes_back() {
    let traced = arguments("buffers");
    let given: Vec<Vec<u8>> =
        said(&traced.ended.stdout(), "buffer").iter().map(|text| from_hex(text)).collect();
    let shown: Vec<Vec<u8>> =
        traced.named("pwrite64").iter().map(|call| bytes_of(&call.args["buf"])).collect();
    assert_eq!(shown, given);
}
