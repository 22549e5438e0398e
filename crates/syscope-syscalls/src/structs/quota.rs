//! Commands and structures of `quotactl`.

use crate::layout::{Field, Item, Prim, Struct, f, pad, plain};
use crate::names::Flags;
use crate::names::mount as names;
use crate::sink::Plain;
use crate::syscall::{ByArg, Custom, Ty};

/// A member that strace's abbreviated form leaves out.
const fn more(name: &'static str, prim: Prim, ty: Ty) -> Field {
    Field { name, prim, ty, hidden: true }
}

/// A command of `quotactl`: what to do, for which kind of quota.
pub static QUOTA_CMD: Custom = Custom {
    capture: |_| Vec::new(),
    print: |cx, arg| {
        let word = cx.arg(arg) & 0xffff_ffff;
        let name = |set: &crate::names::Enum, value: u64| match set.name(value) {
            Some(name) => name.to_owned(),
            None => format!("{} /* {} */", crate::decode::Hex(value), set.unknown),
        };
        let (command, kind) = (name(&names::QUOTACTL_CMD, word >> 8), name(&names::QUOTA_TYPE, word & 0xff));
        cx.out.form(format_args!("QCMD({command}, {kind})"), Plain::Text(&format!("{command}, {kind}")));
    },
};

const SYNC: u64 = 0x80_0001 << 8;
const QUOTAON: u64 = 0x80_0002 << 8;
const QUOTAOFF: u64 = 0x80_0003 << 8;
const GETFMT: u64 = 0x80_0004 << 8;
const GETINFO: u64 = 0x80_0005 << 8;
const SETINFO: u64 = 0x80_0006 << 8;
const GETQUOTA: u64 = 0x80_0007 << 8;
const SETQUOTA: u64 = 0x80_0008 << 8;
const GETNEXTQUOTA: u64 = 0x80_0009 << 8;
const XQUOTAON: u64 = 0x5801 << 8;
const XQUOTAOFF: u64 = 0x5802 << 8;
const XGETQUOTA: u64 = 0x5803 << 8;
const XSETQLIM: u64 = 0x5804 << 8;
const XGETQSTAT: u64 = 0x5805 << 8;
const XQUOTARM: u64 = 0x5806 << 8;
const XQUOTASYNC: u64 = 0x5807 << 8;
const XGETQSTATV: u64 = 0x5808 << 8;
const XGETNEXTQUOTA: u64 = 0x5809 << 8;

/// Which id the command is about; many have none.
static QUOTA_IDS: &[(u64, Ty)] = &[
    (SYNC, Ty::Absent),
    (QUOTAOFF, Ty::Absent),
    (XQUOTASYNC, Ty::Absent),
    (QUOTAON, Ty::Enum(&names::QUOTA_FORMAT)),
    (GETFMT, Ty::Skip),
    (GETINFO, Ty::Skip),
    (SETINFO, Ty::Skip),
    (XQUOTAON, Ty::Skip),
    (XQUOTAOFF, Ty::Skip),
    (XGETQSTAT, Ty::Skip),
    (XGETQSTATV, Ty::Skip),
    (XQUOTARM, Ty::Skip),
];

/// What the command reads or fills.
static QUOTA_ADDRS: &[(u64, Ty)] = &[
    (QUOTAON, Ty::Path),
    (GETFMT, Ty::Out(&Ty::Ref(&Item::Scalar(Prim::U32, Ty::Enum(&names::QUOTA_FORMAT))))),
    (GETINFO, Ty::Out(&Ty::Struct(&DQINFO))),
    (SETINFO, Ty::Struct(&DQINFO)),
    (GETQUOTA, Ty::Out(&Ty::Struct(&DQBLK))),
    (SETQUOTA, Ty::Struct(&DQBLK)),
    (GETNEXTQUOTA, Ty::Out(&Ty::Struct(&NEXTDQBLK))),
    (XQUOTAON, XFLAGS),
    (XQUOTAOFF, XFLAGS),
    (XQUOTARM, Ty::Ref(&Item::Scalar(Prim::U32, Ty::Flags(&XFS_TYPE_FLAGS)))),
    (XGETQUOTA, Ty::Out(&Ty::Struct(&FS_DISK_QUOTA))),
    (XGETNEXTQUOTA, Ty::Out(&Ty::Struct(&FS_DISK_QUOTA))),
    (XSETQLIM, Ty::Struct(&FS_DISK_QUOTA)),
    (XGETQSTAT, Ty::Out(&Ty::Struct(&QUOTA_STAT))),
    (XGETQSTATV, Ty::Out(&Ty::Struct(&QUOTA_STAT))),
];

const fn quota(arg: u8, table: &'static [(u64, Ty)], otherwise: Ty) -> ByArg {
    ByArg { arg, mask: 0xffff_ff00, table, otherwise }
}

/// The id of `quotactl`.
pub static QUOTA_ID: ByArg = quota(0, QUOTA_IDS, Ty::Custom(&QUOTA_UID));
/// The last argument of `quotactl`.
pub static QUOTA_ADDR: ByArg = quota(0, QUOTA_ADDRS, Ty::Addr);
/// The id of `quotactl_fd`.
pub static QUOTA_FD_ID: ByArg = quota(1, QUOTA_IDS, Ty::Custom(&QUOTA_UID));
/// The last argument of `quotactl_fd`.
pub static QUOTA_FD_ADDR: ByArg = quota(1, QUOTA_ADDRS, Ty::Addr);

static QUOTA_UID: Custom = Custom {
    capture: |_| Vec::new(),
    print: |cx, arg| {
        let id = cx.arg(arg) as u32;
        cx.out.int(if id == u32::MAX { -1 } else { i64::from(id) });
    },
};

static DQ_FLAGS: Flags = Flags {
    unknown: "DQF_???",
    zero: "",
    fields: &[],
    bits: &[(0x1, "DQF_ROOT_SQUASH"), (0x1_0000, "DQF_SYS_FILE")],
};
static DQ_VALID: Flags = Flags {
    unknown: "IIF_???",
    zero: "",
    fields: &[],
    bits: &[(1, "IIF_BGRACE"), (2, "IIF_IGRACE"), (4, "IIF_FLAGS")],
};
static XFS_QUOTA_FLAGS: Flags = Flags {
    unknown: "FS_QUOTA_???",
    zero: "",
    fields: &[],
    bits: &[
        (1, "FS_QUOTA_UDQ_ACCT"),
        (2, "FS_QUOTA_UDQ_ENFD"),
        (4, "FS_QUOTA_GDQ_ACCT"),
        (8, "FS_QUOTA_GDQ_ENFD"),
        (16, "FS_QUOTA_PDQ_ACCT"),
        (32, "FS_QUOTA_PDQ_ENFD"),
    ],
};
static XFS_TYPE_FLAGS: Flags = Flags {
    unknown: "FS_???_QUOTA",
    zero: "",
    fields: &[],
    bits: &[(1, "FS_USER_QUOTA"), (2, "FS_PROJ_QUOTA"), (4, "FS_GROUP_QUOTA")],
};

const XFLAGS: Ty = Ty::Ref(&Item::Scalar(Prim::U32, Ty::Flags(&XFS_QUOTA_FLAGS)));

static DQINFO: Struct = plain(
    "if_dqinfo",
    &[
        f("dqi_bgrace", Prim::U64, Ty::ULong),
        f("dqi_igrace", Prim::U64, Ty::ULong),
        f("dqi_flags", Prim::U32, Ty::Flags(&DQ_FLAGS)),
        f("dqi_valid", Prim::U32, Ty::Flags(&DQ_VALID)),
    ],
);

static DQBLK: Struct = Struct {
    name: "if_dqblk",
    fields: &[
        f("dqb_bhardlimit", Prim::U64, Ty::ULong),
        f("dqb_bsoftlimit", Prim::U64, Ty::ULong),
        f("dqb_curspace", Prim::U64, Ty::ULong),
        f("dqb_ihardlimit", Prim::U64, Ty::ULong),
        f("dqb_isoftlimit", Prim::U64, Ty::ULong),
        f("dqb_curinodes", Prim::U64, Ty::ULong),
        more("dqb_btime", Prim::U64, Ty::ULong),
        more("dqb_itime", Prim::U64, Ty::ULong),
        more("dqb_valid", Prim::U32, Ty::Hex),
    ],
    print: None,
    abbreviated: true,
};

static NEXTDQBLK: Struct = Struct {
    name: "if_nextdqblk",
    fields: &[
        f("dqb_bhardlimit", Prim::U64, Ty::ULong),
        f("dqb_bsoftlimit", Prim::U64, Ty::ULong),
        f("dqb_curspace", Prim::U64, Ty::ULong),
        f("dqb_ihardlimit", Prim::U64, Ty::ULong),
        f("dqb_isoftlimit", Prim::U64, Ty::ULong),
        f("dqb_curinodes", Prim::U64, Ty::ULong),
        more("dqb_btime", Prim::U64, Ty::ULong),
        more("dqb_itime", Prim::U64, Ty::ULong),
        more("dqb_valid", Prim::U32, Ty::Hex),
        f("dqb_id", Prim::U32, Ty::UInt),
    ],
    print: None,
    abbreviated: true,
};

/// XFS's quota of one id, up to what is shown.
static FS_DISK_QUOTA: Struct = Struct {
    name: "fs_disk_quota",
    fields: &[
        f("d_version", Prim::I8, Ty::Int),
        f("d_flags", Prim::U8, Ty::Flags(&XFS_TYPE_FLAGS)),
        f("d_fieldmask", Prim::U16, Ty::Hex),
        f("d_id", Prim::U32, Ty::UInt),
        f("d_blk_hardlimit", Prim::U64, Ty::ULong),
        f("d_blk_softlimit", Prim::U64, Ty::ULong),
        f("d_ino_hardlimit", Prim::U64, Ty::ULong),
        f("d_ino_softlimit", Prim::U64, Ty::ULong),
        f("d_bcount", Prim::U64, Ty::ULong),
        f("d_icount", Prim::U64, Ty::ULong),
    ],
    print: None,
    abbreviated: true,
};

static QUOTA_STAT: Struct = Struct {
    name: "fs_quota_stat",
    fields: &[
        f("qs_version", Prim::I8, Ty::Int),
        pad(Prim::U8),
        more("qs_flags", Prim::U16, Ty::Flags(&XFS_QUOTA_FLAGS)),
    ],
    print: None,
    abbreviated: true,
};

#[cfg(test)]
mod tests {
    use crate::testing::{check, longs, words};

    #[test]
    fn arguments_by_command() {
        let limits = [longs(&[1, 2, 3, 4, 5, 6, 7, 8]), words(&[63, 0])].concat();
        check(
            "quotactl",
            &[0x8000_0701, 1, 5, 2],
            0,
            &[(1, 0, b"/dev/a"), (3, 0, &limits)],
            "quotactl(QCMD(Q_GETQUOTA, GRPQUOTA), \"/dev/a\", 5, {dqb_bhardlimit=1, dqb_bsoftlimit=2, dqb_curspace=3, \
             dqb_ihardlimit=4, dqb_isoftlimit=5, dqb_curinodes=6, ...}) = 0",
        );
        check("quotactl", &[0x8000_0100, 0, 5, 2], 0, &[], "quotactl(QCMD(Q_SYNC, USRQUOTA), NULL) = 0");
        check(
            "quotactl",
            &[0x8000_0401, 1, 5, 2],
            0,
            &[(1, 0, b"a"), (3, 0, &words(&[2]))],
            "quotactl(QCMD(Q_GETFMT, GRPQUOTA), \"a\", [QFMT_VFS_V0]) = 0",
        );
        check(
            "quotactl_fd",
            &[3, 0x8000_0201, 2, 1],
            -3,
            &[(3, 0, b"f")],
            "quotactl_fd(3, QCMD(Q_QUOTAON, GRPQUOTA), QFMT_VFS_V0, \"f\") = -1",
        );
        check(
            "quotactl",
            &[0x123, 0, 5, 2],
            -22,
            &[],
            "quotactl(QCMD(0x1 /* Q_??? */, 0x23 /* ???QUOTA */), NULL, 5, 0x2) = -1",
        );
    }
}
