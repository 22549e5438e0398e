//! Arguments as a shell reads them.
//!
//! Pasted into a shell, the words give the arguments back, byte by byte:
//!
//! | argument | written as | read by |
//! | --- | --- | --- |
//! | of letters, digits and `_@%+=:,./-` only | as it is | every shell |
//! | empty, or any other printable text | `'which ps'`, `'it'\''s'` | every shell |
//! | with control characters, invisible characters, or bytes that are not UTF-8 | `$'a\nb\x1b\xff'` | POSIX.1-2024: bash, zsh, ksh, busybox; not dash |
//!
//! What would be read as something else is quoted too: a keyword of the shell (`'if'`) or an assignment
//! (`'A=b'`) in the place of the command, a word that begins with `=`, and one that ends in `...`.
//! So, outside of quotes, ` = ` begins the result of a failed exec, and `...` says that something is
//! missing: directly after a word its rest, after a space the words that follow.

use syscope_event::Exec;
use syscope_syscalls::sink::text::{push_byte, visible_len};

/// Appends the arguments of `exec`, separated by spaces, and `...` if some are missing.
pub fn push_command(out: &mut Vec<u8>, exec: &Exec<'_>) {
    let start = out.len();
    for argument in exec.arguments() {
        if out.len() == start {
            push_first(out, argument);
        } else {
            out.push(b' ');
            push_word(out, argument);
        }
    }
    if exec.args_missing > 0 {
        // Without its NUL the last argument is but the beginning of one.
        if exec.args.last() == Some(&0) {
            out.push(b' ');
        }
        out.extend_from_slice(b"...");
    }
}

/// Appends one argument that is not the first.
pub fn push_word(out: &mut Vec<u8>, word: &[u8]) {
    if is_bare(word) { out.extend_from_slice(word) } else { push_quoted(out, word) }
}

/// Appends the first argument, which a shell takes for a command.
fn push_first(out: &mut Vec<u8>, word: &[u8]) {
    if is_bare(word) && !word.contains(&b'=') && !KEYWORDS.contains(&word) {
        out.extend_from_slice(word);
    } else {
        push_quoted(out, word);
    }
}

/// What bash, ksh and zsh reserve in the place of a command, as far as it is of bare characters.
const KEYWORDS: [&[u8]; 22] = [
    b"case",
    b"coproc",
    b"do",
    b"done",
    b"elif",
    b"else",
    b"end",
    b"esac",
    b"fi",
    b"for",
    b"foreach",
    b"function",
    b"if",
    b"in",
    b"nocorrect",
    b"noglob",
    b"repeat",
    b"select",
    b"then",
    b"time",
    b"until",
    b"while",
];

/// The characters that no shell gives a meaning to.
static BARE: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < table.len() {
        table[byte] = (byte as u8).is_ascii_alphanumeric()
            || matches!(byte as u8, b'_' | b'@' | b'%' | b'+' | b'=' | b':' | b',' | b'.' | b'/' | b'-');
        byte += 1;
    }
    table
};

fn is_bare(word: &[u8]) -> bool {
    // zsh replaces `=name` by the path of a program.
    !matches!(word.first(), None | Some(b'='))
        && word.iter().all(|byte| BARE[usize::from(*byte)])
        && !word.ends_with(b"...")
}

fn push_quoted(out: &mut Vec<u8>, word: &[u8]) {
    if is_printable(word) {
        out.push(b'\'');
        for (n, part) in word.split(|byte| *byte == b'\'').enumerate() {
            if n > 0 {
                out.extend_from_slice(b"'\\''");
            }
            out.extend_from_slice(part);
        }
        out.push(b'\'');
    } else {
        out.extend_from_slice(b"$'");
        push_escaped(out, word);
        out.push(b'\'');
    }
}

fn is_printable(word: &[u8]) -> bool {
    let mut rest = word;
    loop {
        let ascii = rest.iter().take_while(|byte| matches!(byte, 0x20..=0x7e)).count();
        rest = &rest[ascii..];
        if rest.is_empty() {
            return true;
        }
        match visible_len(rest) {
            0 => return false,
            len => rest = &rest[len..],
        }
    }
}

fn push_escaped(out: &mut Vec<u8>, word: &[u8]) {
    let mut rest = word;
    while let Some((&byte, tail)) = rest.split_first() {
        let mut len = 1;
        match byte {
            b'\\' | b'\'' => out.extend_from_slice(&[b'\\', byte]),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            0x20..=0x7e => out.push(byte),
            _ => match visible_len(rest) {
                0 => push_byte(out, byte),
                visible => {
                    out.extend_from_slice(&rest[..visible]);
                    len = visible;
                }
            },
        }
        rest = &tail[len - 1..];
    }
}

#[cfg(test)]
mod tests;
