//! What a file descriptor refers to, as the kernel side describes it.

use std::io::Write as _;

use crate::Abi;
use crate::layout::View;

/// Bytes before the names in a descriptor blob.
const HEADER: usize = 64;

/// The blob of [`crate::capture::Kind::Fd`] as text, in the form `/proc/PID/fd` shows:
/// `/etc/hosts`, `socket:[1234]`, `pipe:[5]`, `anon_inode:[eventpoll]`; inet sockets are shown with
/// their addresses: `TCP:[127.0.0.1:80->127.0.0.1:5000]`. `None` if the descriptor was not open.
///
/// Layout (`struct fd_info` in `intf.h`): `u32 magic` of the file system, `u32 mode`, `u64 inode`,
/// `u16 family`, `u16 type`, `u16 local port`, `u16 remote port`, `u32 flags` (1: unlinked, 2: path cut,
/// 4: a regular file that never had a name), `u32 protocol`, `u8[16] local`, `u8[16] remote`, then the
/// names of the path from the leaf up, each closed by a NUL.
pub fn target(bytes: &[u8]) -> Option<Vec<u8>> {
    const SOCKFS: u32 = 0x534f_434b;
    const PIPEFS: u32 = 0x5049_5045;
    const ANON_INODE: u32 = 0x0904_1934;
    const NSFS: u32 = 0x6e73_6673;
    let view = View { abi: Abi::native(), bytes };
    let magic = view.u32(0)?;
    let inode = view.u64(8)?;
    let flags = view.u32(24)?;
    let names = bytes.get(HEADER..)?;
    let mut out = Vec::with_capacity(64);
    match magic {
        SOCKFS => socket(&view, inode, &mut out),
        PIPEFS => write!(out, "pipe:[{inode}]").expect("writing to memory"),
        ANON_INODE => {
            out.extend(b"anon_inode:");
            out.extend(names.split(|byte| *byte == 0).next()?);
        }
        NSFS => write!(out, "ns:[{inode}]").expect("writing to memory"),
        _ => {
            path(names, flags & 2 != 0, &mut out);
            if flags & 1 != 0 {
                out.extend(b" (deleted)");
            }
        }
    }
    Some(out)
}

/// Whether the file of a descriptor blob has lost its last name, or never had one.
pub fn unlinked(bytes: &[u8]) -> bool {
    View { abi: Abi::native(), bytes }.u32(24).is_some_and(|flags| flags & 5 != 0)
}

/// Joins names given from the leaf up.
fn path(names: &[u8], cut: bool, out: &mut Vec<u8>) {
    let parts: Vec<&[u8]> = names.split(|byte| *byte == 0).filter(|part| !part.is_empty()).collect();
    if cut {
        out.extend(b"...");
    }
    for part in parts.iter().rev() {
        if *part != b"/" {
            out.push(b'/');
            out.extend(*part);
        }
    }
    if out.is_empty() {
        out.push(b'/');
    }
}

fn socket(view: &View<'_>, inode: u64, out: &mut Vec<u8>) {
    use std::net::{Ipv4Addr, Ipv6Addr};
    let family = view.u16(16).unwrap_or(0);
    let protocol = view.u32(28).unwrap_or(0);
    let (lport, rport) = (view.u16(20).unwrap_or(0), view.u16(22).unwrap_or(0));
    let name = match (family, protocol) {
        (2, 6) => "TCP",
        (2, 17) => "UDP",
        (10, 6) => "TCPv6",
        (10, 17) => "UDPv6",
        _ => "",
    };
    let (Some(local), Some(remote)) = (view.bytes.get(32..48), view.bytes.get(48..64)) else { return };
    if name.is_empty() || (lport == 0 && rport == 0) {
        let _ = write!(out, "socket:[{inode}]");
        return;
    }
    let ip = |bytes: &[u8], port: u16| -> String {
        if family == 2 {
            format!("{}:{port}", Ipv4Addr::new(bytes[0], bytes[1], bytes[2], bytes[3]))
        } else {
            let mut octets = [0; 16];
            octets.copy_from_slice(bytes);
            format!("[{}]:{port}", Ipv6Addr::from(octets))
        }
    };
    if rport == 0 {
        let _ = write!(out, "{name}:[{}]", ip(local, lport));
    } else {
        let _ = write!(out, "{name}:[{}->{}]", ip(local, lport), ip(remote, rport));
    }
}
