//! Keys and keyrings.

use crate::capture::{Op, Operand};
use crate::decode::Cx;
use crate::layout::{Prim, Struct, View, f, pad, plain};
use crate::names::Flags;
use crate::names::keys as names;
use crate::structs::process::address;
use crate::syscall::{Custom, Ty};
use crate::{Sink, Status};

/// A key by its number, or by the name of a special one.
pub static KEY: Custom = Custom { capture: |_| Vec::new(), print: |cx, arg| print_key(cx, arg) };

fn print_key(cx: &mut Cx<'_, '_>, arg: usize) {
    let key = cx.arg(arg) as u32;
    match names::KEY_SPEC.name(u64::from(key)) {
        Some(name) => cx.out.symbol(name),
        None => cx.out.int(i64::from(key as i32)),
    }
}

/// The error of `KEYCTL_REJECT`.
pub static ERROR: Custom = Custom { capture: |_| Vec::new(), print: print_error };

fn print_error(cx: &mut Cx<'_, '_>, arg: usize) {
    let error = cx.arg(arg) as u32;
    match u16::try_from(error).ok().and_then(crate::names::errno::name) {
        Some(name) => cx.out.symbol(name),
        None => cx.out.uint(u64::from(error)),
    }
}

/// What `KEYCTL_CAPABILITIES` stores: bytes of bits.
pub static CAPABILITIES: Custom = Custom {
    capture: |_| vec![Op::array(Operand::Arg(1), Operand::Arg(2), 1, 32).if_ok()],
    print: print_capabilities,
};

fn print_capabilities(cx: &mut Cx<'_, '_>, arg: usize) {
    let Some(blob) = cx.blob(arg, 0).filter(|_| cx.call.ok()) else { return address(cx, arg) };
    let stored = cx.call.ret.unwrap_or(0).max(0) as usize;
    cx.out.begin_array(false);
    for (at, byte) in blob.bytes.iter().take(stored).enumerate() {
        let set: Option<&Flags> = [&names::KEYCTL_CAPS0, &names::KEYCTL_CAPS1].get(at).copied();
        cx.out.item();
        match set {
            Some(set) => cx.out.flags(set, u64::from(*byte)),
            None => cx.out.hex(u64::from(*byte)),
        }
    }
    cx.out.end_array(false);
}

/// The keys of `KEYCTL_DH_COMPUTE`.
pub static DH_PARAMS: Struct = plain(
    "keyctl_dh_params",
    &[f("private", Prim::I32, Ty::Int), f("prime", Prim::I32, Ty::Int), f("base", Prim::I32, Ty::Int)],
);

/// The hash of `KEYCTL_DH_COMPUTE`, in argument 4.
pub static KDF_PARAMS: Custom = Custom {
    capture: |abi| {
        let word = abi.word() as u16;
        vec![
            Op::record(Operand::Arg(4), 2 * word + 4).base(),
            Op::string(Operand::Word, 0),
            Op::array(Operand::Word, Operand::Word32, 1, 0).at(word).count_at(2 * word),
        ]
    },
    print: print_kdf_params,
};

fn print_kdf_params(cx: &mut Cx<'_, '_>, arg: usize) {
    let word = cx.call.abi.word();
    let Some(view) = cx.record(arg, 0, 2 * word + 4) else { return address(cx, arg) };
    let (name, info) = (view.word(0).unwrap_or(0), view.word(word).unwrap_or(0));
    let len = view.u32(2 * word).unwrap_or(0);
    cx.out.begin_struct();
    cx.out.field("hashname");
    bytes(cx, arg, 1, name, None);
    cx.out.field("otherinfo");
    bytes(cx, arg, 2, info, Some(len));
    cx.out.field("otherinfolen");
    cx.out.uint(u64::from(len));
    cx.out.end_struct(false);
}

/// Bytes that were copied as a part of an argument; `len` is how many there were to copy.
fn bytes(cx: &mut Cx<'_, '_>, arg: usize, part: usize, pointer: u64, len: Option<u32>) {
    match cx.blob(arg, part).filter(|blob| blob.status != Status::Fault) {
        Some(blob) => {
            let cut =
                len.map_or(blob.status == Status::Cut, |len| (blob.bytes.len() as u64) < u64::from(len));
            cx.out.string(blob.bytes, cut);
        }
        None if len == Some(0) && pointer != 0 => cx.out.string(b"", false),
        None => cx.out.address(pointer),
    }
}

/// The parameters of the public-key operations: a key and two lengths. `VERIFY` names the second after
/// what it is there: another input.
pub const fn pkey_params<const VERIFY: bool>() -> Custom {
    Custom {
        capture: |_| vec![Op::record(Operand::Arg(1), 12).base()],
        print: |cx, arg| match cx.record(arg, 0, 12) {
            Some(view) => print_pkey_params(cx.out, view, if VERIFY { "in2_len" } else { "out_len" }),
            None => address(cx, arg),
        },
    }
}

fn print_pkey_params(out: &mut dyn Sink, view: View<'_>, second: &str) {
    out.begin_struct();
    out.field("key_id");
    out.int(i64::from(view.i32(0).unwrap_or(0)));
    out.field("in_len");
    out.uint(u64::from(view.u32(4).unwrap_or(0)));
    out.field(second);
    out.uint(u64::from(view.u32(8).unwrap_or(0)));
    out.end_struct(false);
}

/// An input of a public-key operation: argument `ARG`, its length at `AT` of the parameters.
pub const fn pkey_input<const ARG: u8, const AT: u16>() -> Custom {
    Custom {
        capture: |_| vec![Op::array(Operand::Arg(ARG), Operand::Word32, 1, 0).count_at(AT)],
        print: |cx, arg| {
            let len = cx.record(1, 0, 12).and_then(|view| view.u32(AT as usize));
            let pointer = cx.arg(arg);
            bytes(cx, arg, 0, pointer, len);
        },
    }
}

/// What `KEYCTL_PKEY_QUERY` stores.
pub static PKEY_QUERY: Struct = plain(
    "keyctl_pkey_query",
    &[
        f("supported_ops", Prim::U32, Ty::Flags(&names::KEYCTL_PKEY_OPS)),
        f("key_size", Prim::U32, Ty::UInt),
        f("max_data_size", Prim::U16, Ty::UInt),
        f("max_sig_size", Prim::U16, Ty::UInt),
        f("max_enc_size", Prim::U16, Ty::UInt),
        f("max_dec_size", Prim::U16, Ty::UInt),
        pad(Prim::Chars(40)),
    ],
);

#[cfg(test)]
mod tests {
    use crate::testing::{check, longs, words};

    const SESSION: u64 = 0xffff_fffd;

    #[test]
    fn keys_have_names_or_numbers() {
        check(
            "add_key",
            &[1, 2, 3, 7, SESSION],
            99,
            &[(0, 0, b"user"), (1, 0, b"k"), (2, 0, b"payload")],
            "add_key(\"user\", \"k\", \"payload\", 7, KEY_SPEC_SESSION_KEYRING) = 99",
        );
        check(
            "keyctl",
            &[11, 99, 0x1000, 64, 0],
            2,
            &[(2, 0, b"ab")],
            "keyctl(KEYCTL_READ, 99, \"ab\", 64) = 2",
        );
        check("keyctl", &[18, 0, 0, 0, 0], 0, &[], "keyctl(KEYCTL_SESSION_TO_PARENT) = 0");
        check(
            "keyctl",
            &[19, 99, 5, 6, SESSION],
            -1,
            &[],
            "keyctl(KEYCTL_REJECT, 99, 5, ENXIO, KEY_SPEC_SESSION_KEYRING) = -1",
        );
        check(
            "keyctl",
            &[31, 0x1000, 64, 0, 0],
            2,
            &[(1, 0, &[1, 1, 0])],
            "keyctl(KEYCTL_CAPABILITIES, [KEYCTL_CAPS0_CAPABILITIES, KEYCTL_CAPS1_NS_KEYRING_NAME], 64) = 2",
        );
    }

    #[test]
    fn parameters_give_lengths() {
        check(
            "keyctl",
            &[28, 0x10, 0x20, 0x30, 0x40],
            -13,
            &[(1, 0, &words(&[9, 3, 4])), (2, 0, b"enc=raw"), (3, 0, b"abc"), (4, 0, b"de")],
            "keyctl(KEYCTL_PKEY_VERIFY, {key_id=9, in_len=3, in2_len=4}, \"enc=raw\", \"abc\", \"de\"...) = -1",
        );
        let kdf = [longs(&[0x50, 0x60]), words(&[2])].concat();
        check(
            "keyctl",
            &[23, 0x10, 0x20, 64, 0x40],
            -95,
            &[(1, 0, &words(&[1, 2, 3])), (4, 0, &kdf), (4, 1, b"sha256"), (4, 2, b"oo")],
            "keyctl(KEYCTL_DH_COMPUTE, {private=1, prime=2, base=3}, 0x20, 64, {hashname=\"sha256\", \
             otherinfo=\"oo\", otherinfolen=2}) = -1",
        );
    }
}
