//! The arguments of a successful exec, from the kernel's copy back to what the caller asked for.
//!
//! The copy shows the new image: for a script its vector begins with the interpreter, and `execveat` with
//! a descriptor shows a path below `/dev/fd`. Both are undone here, so that the line reads as the call was
//! made; the rest is the kernel's copy, byte for byte.

use syscope_syscalls::{Blobs, Status};

/// Rewrites the blobs of an exec. `at` tells that it was `execveat`.
pub(crate) fn restore(blobs: &[u8], at: bool, out: &mut Vec<u8>) {
    let path_arg = u8::from(at);
    let all = Blobs(blobs);
    let path = all.find(path_arg, 0).map_or(&[][..], |blob| blob.bytes);
    let script = all.find(path_arg + 1, 1);
    out.clear();
    for (arg, part, blob) in all.iter() {
        match (arg, part) {
            (arg, 0) if arg == path_arg && at => {
                Blobs::push(out, arg, 0, blob.status, below_descriptor(blob.bytes));
            }
            (arg, 0) if arg == path_arg + 1 => match script
                .and_then(|first| without_interpreter(blob.bytes, path, first.bytes, first.status))
            {
                Some(vector) => Blobs::push(out, arg, 0, blob.status, &vector),
                None => Blobs::push(out, arg, 0, blob.status, blob.bytes),
            },
            (arg, 1) if arg == path_arg + 1 => {}
            _ => Blobs::push(out, arg, part, blob.status, blob.bytes),
        }
    }
}

/// The path given with a descriptor: the kernel names it `/dev/fd/N/path`, and `/dev/fd/N` for none.
fn below_descriptor(path: &[u8]) -> &[u8] {
    let Some(rest) = path.strip_prefix(b"/dev/fd/") else { return path };
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    match rest[digits..].split_first() {
        None => b"",
        Some((b'/', below)) => below,
        Some(_) => path,
    }
}

/// The vector as it was given: everything up to the script's own path, which the kernel put in front,
/// replaced by the first argument, which it dropped. `None` if the vector does not look like that.
fn without_interpreter(vector: &[u8], path: &[u8], first: &[u8], status: Status) -> Option<Vec<u8>> {
    const INTERPRETERS: usize = 4;
    let mut at = 0;
    // An interpreter may be a script itself; each level adds its name and at most one argument.
    for index in 0..=2 * INTERPRETERS {
        let word = u32::from_le_bytes(vector.get(at..at + 4)?.try_into().ok()?);
        let (len, cut) = ((word & 0x3fff_ffff) as usize, word >> 31 != 0);
        let string = vector.get(at + 4..at + 4 + len)?;
        at += 4 + len;
        let is_path = if cut { path.starts_with(string) } else { string == path };
        if index > 0 && is_path {
            let mut out = Vec::with_capacity(vector.len());
            let cut = u32::from(status == Status::Cut) << 31;
            out.extend((first.len() as u32 | cut).to_le_bytes());
            out.extend(first);
            out.extend(&vector[at..]);
            return Some(out);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vector(strings: &[&[u8]]) -> Vec<u8> {
        let mut out = Vec::new();
        for string in strings {
            out.extend((string.len() as u32).to_le_bytes());
            out.extend(*string);
        }
        out
    }

    #[test]
    fn descriptors_are_not_part_of_the_path() {
        assert_eq!(below_descriptor(b"/dev/fd/7"), b"");
        assert_eq!(below_descriptor(b"/dev/fd/7/bin/ls"), b"bin/ls");
        assert_eq!(below_descriptor(b"/bin/ls"), b"/bin/ls");
        assert_eq!(below_descriptor(b"/dev/fd/x"), b"/dev/fd/x");
    }

    #[test]
    fn a_script_shows_what_was_given() {
        let check = |kernel: &[&[u8]], expected: Option<&[&[u8]]>| {
            let got = without_interpreter(&vector(kernel), b"./s.sh", b"s", Status::Complete);
            assert_eq!(got, expected.map(vector));
        };
        check(&[b"/bin/sh", b"./s.sh", b"a"], Some(&[b"s", b"a"]));
        check(&[b"/bin/sh", b"-e", b"./s.sh"], Some(&[b"s"]));
        check(&[b"/bin/sh", b"-e"], None);
    }

    #[test]
    fn an_ordinary_exec_is_left_as_it_is() {
        let mut blobs = Vec::new();
        Blobs::push(&mut blobs, 0, 0, Status::Complete, b"/bin/ls");
        Blobs::push(&mut blobs, 1, 0, Status::Complete, &vector(&[b"ls", b"-l"]));
        Blobs::push(&mut blobs, 2, 0, Status::Complete, &23u32.to_le_bytes());
        let mut out = Vec::new();
        restore(&blobs, false, &mut out);
        assert_eq!(out, blobs);
    }
}
