use std::io::Write as _;
use std::process::{Command, Stdio};

use super::*;
use crate::exec::tests::{area, exec};

fn word(bytes: &[u8]) -> String {
    let mut out = Vec::new();
    push_word(&mut out, bytes);
    String::from_utf8(out).unwrap()
}

fn command(args: &[u8]) -> String {
    let mut out = Vec::new();
    push_command(&mut out, &exec(args));
    String::from_utf8(out).unwrap()
}

#[test]
fn words() {
    let check = |bytes: &[u8], expected: &str| assert_eq!(word(bytes), expected);
    check(b"/usr/bin/a-b_c+d@e%f:g,h.i=j", "/usr/bin/a-b_c+d@e%f:g,h.i=j");
    check(b"", "''");
    check(b"which \"ps\"", "'which \"ps\"'");
    check(b"it's", "'it'\\''s'");
    check(b"$HOME", "'$HOME'");
    check(b"~", "'~'");
    check(b"a\\b", "'a\\b'");
    check(b"a\\b\n", "$'a\\\\b\\n'");
    check(b"'\r\t\x1b[2J\x7f\xff", "$'\\'\\r\\t\\x1b[2J\\x7f\\xff'");
    check("grün".as_bytes(), "'grün'");
    check("a\u{202e}ü".as_bytes(), "$'a\\xe2\\x80\\xaeü'");
    check("\u{9b}1m".as_bytes(), "$'\\xc2\\x9b1m'");
    check(b"\xe2\x82", "$'\\xe2\\x82'");
    check(b"=ls", "'=ls'");
    check(b"..", "..");
    check(b"...", "'...'");
}

#[test]
fn the_first_word_is_a_command() {
    for keyword in KEYWORDS {
        assert!(command(&area(&[keyword, keyword])).starts_with('\''));
    }
    assert_eq!(command(b"if\0if\0A=b\0"), "'if' if A=b");
    assert_eq!(command(b"A=b\0A=b\0"), "'A=b' A=b");
    // A shell looks for a program of that name, instead of complaining or doing nothing.
    let script = "'if' x; echo $?; 'A=b' x; echo $?";
    let output = Command::new("bash").arg("-c").arg(script).stderr(Stdio::null()).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "127\n127\n");
}

/// What `shell` passes on when the words of `arguments` are pasted into it.
fn pasted(shell: &[&str], arguments: &[Vec<u8>]) -> Vec<Vec<u8>> {
    // Before the words stands a command, so the first word is one as any other.
    let words = command(&area(arguments));
    let mut child = Command::new(shell[0])
        .args(&shell[1..])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .env("LC_ALL", "C.UTF-8")
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let script = format!("printf '%s\\0' {words}\n");
    let feeder = std::thread::spawn(move || stdin.write_all(script.as_bytes()));
    let output = child.wait_with_output().unwrap();
    feeder.join().unwrap().unwrap();
    assert!(output.status.success());
    let closed = output.stdout.strip_suffix(b"\0").unwrap();
    closed.split(|byte| *byte == 0).map(<[u8]>::to_vec).collect()
}

#[test]
fn shells_give_the_arguments_back() {
    let mut printable: Vec<Vec<u8>> = vec![
        vec![],
        b"which ps".to_vec(),
        b"it's \"$(uname)\" `id` \\ \\n !! !x *?[a-z] {a,b} ~root #".to_vec(),
        b"'''".to_vec(),
        b"-n".to_vec(),
        b"%s\\0".to_vec(),
        b"A=b".to_vec(),
        b"if".to_vec(),
        "grün \u{1f600} \u{3000}".as_bytes().to_vec(),
    ];
    for byte in 0x20..=0x7e {
        printable.push(vec![byte]);
        printable.push(vec![b'a', byte, b'\'', byte, byte]);
    }
    let mut odd = printable.clone();
    for byte in 1..=255 {
        odd.push(vec![byte]);
        // What follows must not be taken for a digit of its escape.
        odd.push(vec![byte, b'a', byte, b'0', byte, b'\'', byte, b'\\']);
    }
    odd.push("a\u{202e}b\u{200b}".as_bytes().to_vec());
    // A small generator of hostile words; always the same ones.
    let mut state = 1_u64;
    for _ in 0..500 {
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as u8
        };
        let len = next() % 12;
        odd.push((0..len).map(|_| next().max(1)).collect());
    }
    assert_eq!(pasted(&["/bin/sh"], &printable), printable);
    assert_eq!(pasted(&["bash"], &odd), odd);
    for shell in [&["dash"][..], &["busybox", "sh"], &["zsh"], &["ksh"]] {
        // Where they are installed.
        if Command::new(shell[0]).stdin(Stdio::null()).stdout(Stdio::null()).spawn().is_ok() {
            assert_eq!(pasted(shell, &printable), printable, "{shell:?}");
            if shell[0] != "dash" {
                assert_eq!(pasted(shell, &odd), odd, "{shell:?}");
            }
        }
    }
}
