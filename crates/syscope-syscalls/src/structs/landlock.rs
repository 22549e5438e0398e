//! Rulesets of Landlock.

use crate::capture::{Op, Operand};
use crate::layout::{Item, Prim, Struct, f, plain};
use crate::names::io as names;
use crate::structs::file::address;
use crate::syscall::{ByArg, Custom, Ty};

/// The rights that a Landlock ruleset handles, of the size in argument 1.
pub static LANDLOCK_ATTR: Custom = Custom {
    capture: |_| vec![Op::array(Operand::Arg(0), Operand::Arg(1), 1, 64)],
    print: |cx, arg| {
        let Some(view) = cx.record(arg, 0, 8) else { return address(cx, arg) };
        cx.out.begin_struct();
        cx.out.field("handled_access_fs");
        cx.out.flags(&names::LANDLOCK_ACCESS_FS, view.u64(0).unwrap_or(0));
        for (at, name, set) in
            [(8, "handled_access_net", &names::LANDLOCK_ACCESS_NET), (16, "scoped", &names::LANDLOCK_SCOPE)]
        {
            if let Some(word) = view.u64(at) {
                cx.out.field(name);
                cx.out.flags(set, word);
            }
        }
        crate::structs::file::tail(cx.out, view.bytes, 24);
        cx.out.end_struct(false);
    },
};

static PATH_BENEATH: Struct = Struct {
    name: "landlock_path_beneath_attr",
    // The kernel's structure is packed: 12 bytes.
    fields: &[f("allowed_access", Prim::Array(3, &Item::Scalar(Prim::U32, Ty::Hex)), Ty::Absent)],
    print: Some(|cx, view| {
        cx.out.begin_struct();
        cx.out.field("allowed_access");
        cx.out.flags(&names::LANDLOCK_ACCESS_FS, view.u64(0).unwrap_or(0));
        cx.out.field("parent_fd");
        cx.out.fd(i64::from(view.i32(8).unwrap_or(0)), None);
        cx.out.end_struct(false);
    }),
    abbreviated: false,
};
static NET_PORT: Struct = plain(
    "landlock_net_port_attr",
    &[
        f("allowed_access", Prim::U64, Ty::Flags(&names::LANDLOCK_ACCESS_NET)),
        f("port", Prim::U64, Ty::ULong),
    ],
);

/// What `landlock_add_rule` allows.
pub static LANDLOCK_RULE: ByArg = ByArg {
    arg: 1,
    mask: 0xffff_ffff,
    table: &[(1, Ty::Struct(&PATH_BENEATH)), (2, Ty::Struct(&NET_PORT))],
    otherwise: Ty::Addr,
};

#[cfg(test)]
mod tests {
    use crate::testing::{check, longs, words};

    #[test]
    fn rulesets_and_rules() {
        check(
            "landlock_create_ruleset",
            &[1, 16, 0],
            3,
            &[(0, 0, &longs(&[5, 1]))],
            "landlock_create_ruleset({handled_access_fs=LANDLOCK_ACCESS_FS_EXECUTE|LANDLOCK_ACCESS_FS_READ_FILE, \
             handled_access_net=LANDLOCK_ACCESS_NET_BIND_TCP}, 16, 0) = 3",
        );
        check(
            "landlock_create_ruleset",
            &[0, 0, 1],
            7,
            &[],
            "landlock_create_ruleset(NULL, 0, LANDLOCK_CREATE_RULESET_VERSION) = 7",
        );
        check(
            "landlock_add_rule",
            &[3, 1, 1, 0],
            0,
            &[(2, 0, &words(&[4, 0, 5]))],
            "landlock_add_rule(3, LANDLOCK_RULE_PATH_BENEATH, {allowed_access=LANDLOCK_ACCESS_FS_READ_FILE, \
             parent_fd=5}, 0) = 0",
        );
    }
}
