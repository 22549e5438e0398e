//! Constants of netlink messages.

use crate::names::{Enum, Flags};

/// Flags of all netlink messages.
pub static NETLINK_FLAGS: Flags = Flags {
    unknown: "NLM_F_???",
    zero: "",
    fields: &[],
    bits: &[
        (0x1, "NLM_F_REQUEST"),
        (0x2, "NLM_F_MULTI"),
        (0x4, "NLM_F_ACK"),
        (0x8, "NLM_F_ECHO"),
        (0x10, "NLM_F_DUMP_INTR"),
        (0x20, "NLM_F_DUMP_FILTERED"),
    ],
};

/// Flags of `NLMSG_ERROR` messages.
pub static NETLINK_ACK_FLAGS: Flags = Flags {
    unknown: "NLM_F_???",
    zero: "",
    fields: &[],
    bits: &[
        (0x1, "NLM_F_REQUEST"),
        (0x2, "NLM_F_MULTI"),
        (0x4, "NLM_F_ACK"),
        (0x8, "NLM_F_ECHO"),
        (0x10, "NLM_F_DUMP_INTR"),
        (0x20, "NLM_F_DUMP_FILTERED"),
        (0x100, "NLM_F_CAPPED"),
        (0x200, "NLM_F_ACK_TLVS"),
    ],
};

/// Flags of requests that read.
pub static NETLINK_GET_FLAGS: Flags = Flags {
    unknown: "NLM_F_???",
    zero: "",
    fields: &[],
    bits: &[
        (0x1, "NLM_F_REQUEST"),
        (0x2, "NLM_F_MULTI"),
        (0x4, "NLM_F_ACK"),
        (0x8, "NLM_F_ECHO"),
        (0x10, "NLM_F_DUMP_INTR"),
        (0x20, "NLM_F_DUMP_FILTERED"),
        (0x300, "NLM_F_DUMP"),
        (0x100, "NLM_F_ROOT"),
        (0x200, "NLM_F_MATCH"),
        (0x400, "NLM_F_ATOMIC"),
    ],
};

/// Flags of requests that create.
pub static NETLINK_NEW_FLAGS: Flags = Flags {
    unknown: "NLM_F_???",
    zero: "",
    fields: &[],
    bits: &[
        (0x1, "NLM_F_REQUEST"),
        (0x2, "NLM_F_MULTI"),
        (0x4, "NLM_F_ACK"),
        (0x8, "NLM_F_ECHO"),
        (0x10, "NLM_F_DUMP_INTR"),
        (0x20, "NLM_F_DUMP_FILTERED"),
        (0x100, "NLM_F_REPLACE"),
        (0x200, "NLM_F_EXCL"),
        (0x400, "NLM_F_CREATE"),
        (0x800, "NLM_F_APPEND"),
    ],
};

/// Flags of requests that delete.
pub static NETLINK_DELETE_FLAGS: Flags = Flags {
    unknown: "NLM_F_???",
    zero: "",
    fields: &[],
    bits: &[
        (0x1, "NLM_F_REQUEST"),
        (0x2, "NLM_F_MULTI"),
        (0x4, "NLM_F_ACK"),
        (0x8, "NLM_F_ECHO"),
        (0x10, "NLM_F_DUMP_INTR"),
        (0x20, "NLM_F_DUMP_FILTERED"),
        (0x100, "NLM_F_NONREC"),
        (0x200, "NLM_F_BULK"),
    ],
};

/// Message types of all netlink protocols.
pub static NETLINK_TYPES: Enum = Enum {
    unknown: "NLMSG_???",
    values: &[(1, "NLMSG_NOOP"), (2, "NLMSG_ERROR"), (3, "NLMSG_DONE"), (4, "NLMSG_OVERRUN")],
};

/// Message types of `NETLINK_ROUTE`.
pub static ROUTE_TYPES: Enum = Enum {
    unknown: "RTM_???",
    values: &[
        (16, "RTM_NEWLINK"),
        (17, "RTM_DELLINK"),
        (18, "RTM_GETLINK"),
        (19, "RTM_SETLINK"),
        (20, "RTM_NEWADDR"),
        (21, "RTM_DELADDR"),
        (22, "RTM_GETADDR"),
        (24, "RTM_NEWROUTE"),
        (25, "RTM_DELROUTE"),
        (26, "RTM_GETROUTE"),
        (28, "RTM_NEWNEIGH"),
        (29, "RTM_DELNEIGH"),
        (30, "RTM_GETNEIGH"),
        (32, "RTM_NEWRULE"),
        (33, "RTM_DELRULE"),
        (34, "RTM_GETRULE"),
        (36, "RTM_NEWQDISC"),
        (37, "RTM_DELQDISC"),
        (38, "RTM_GETQDISC"),
        (40, "RTM_NEWTCLASS"),
        (41, "RTM_DELTCLASS"),
        (42, "RTM_GETTCLASS"),
        (44, "RTM_NEWTFILTER"),
        (45, "RTM_DELTFILTER"),
        (46, "RTM_GETTFILTER"),
        (48, "RTM_NEWACTION"),
        (49, "RTM_DELACTION"),
        (50, "RTM_GETACTION"),
        (52, "RTM_NEWPREFIX"),
        (58, "RTM_GETMULTICAST"),
        (62, "RTM_GETANYCAST"),
        (64, "RTM_NEWNEIGHTBL"),
        (66, "RTM_GETNEIGHTBL"),
        (67, "RTM_SETNEIGHTBL"),
        (68, "RTM_NEWNDUSEROPT"),
        (72, "RTM_NEWADDRLABEL"),
        (73, "RTM_DELADDRLABEL"),
        (74, "RTM_GETADDRLABEL"),
        (78, "RTM_GETDCB"),
        (79, "RTM_SETDCB"),
        (80, "RTM_NEWNETCONF"),
        (81, "RTM_DELNETCONF"),
        (82, "RTM_GETNETCONF"),
        (84, "RTM_NEWMDB"),
        (85, "RTM_DELMDB"),
        (86, "RTM_GETMDB"),
        (88, "RTM_NEWNSID"),
        (89, "RTM_DELNSID"),
        (90, "RTM_GETNSID"),
        (92, "RTM_NEWSTATS"),
        (94, "RTM_GETSTATS"),
        (95, "RTM_SETSTATS"),
        (96, "RTM_NEWCACHEREPORT"),
        (100, "RTM_NEWCHAIN"),
        (101, "RTM_DELCHAIN"),
        (102, "RTM_GETCHAIN"),
        (104, "RTM_NEWNEXTHOP"),
        (105, "RTM_DELNEXTHOP"),
        (106, "RTM_GETNEXTHOP"),
        (108, "RTM_NEWLINKPROP"),
        (109, "RTM_DELLINKPROP"),
        (110, "RTM_GETLINKPROP"),
        (112, "RTM_NEWVLAN"),
        (113, "RTM_DELVLAN"),
        (114, "RTM_GETVLAN"),
        (116, "RTM_NEWNEXTHOPBUCKET"),
        (117, "RTM_DELNEXTHOPBUCKET"),
        (118, "RTM_GETNEXTHOPBUCKET"),
        (120, "RTM_NEWTUNNEL"),
        (121, "RTM_DELTUNNEL"),
        (122, "RTM_GETTUNNEL"),
    ],
};

/// Message types of `NETLINK_SOCK_DIAG`.
pub static SOCK_DIAG_TYPES: Enum = Enum {
    unknown: "SOCK_DIAG_???",
    values: &[
        (18, "TCPDIAG_GETSOCK"),
        (19, "DCCPDIAG_GETSOCK"),
        (20, "SOCK_DIAG_BY_FAMILY"),
        (21, "SOCK_DESTROY"),
    ],
};

/// Message types of `NETLINK_AUDIT`.
pub static AUDIT_TYPES: Enum = Enum {
    unknown: "AUDIT_???",
    values: &[
        (1000, "AUDIT_GET"),
        (1001, "AUDIT_SET"),
        (1002, "AUDIT_LIST"),
        (1003, "AUDIT_ADD"),
        (1004, "AUDIT_DEL"),
        (1005, "AUDIT_USER"),
        (1006, "AUDIT_LOGIN"),
        (1007, "AUDIT_WATCH_INS"),
        (1008, "AUDIT_WATCH_REM"),
        (1009, "AUDIT_WATCH_LIST"),
        (1010, "AUDIT_SIGNAL_INFO"),
        (1011, "AUDIT_ADD_RULE"),
        (1012, "AUDIT_DEL_RULE"),
        (1013, "AUDIT_LIST_RULES"),
        (1014, "AUDIT_TRIM"),
        (1015, "AUDIT_MAKE_EQUIV"),
        (1016, "AUDIT_TTY_GET"),
        (1017, "AUDIT_TTY_SET"),
        (1018, "AUDIT_SET_FEATURE"),
        (1019, "AUDIT_GET_FEATURE"),
        (1107, "AUDIT_USER_AVC"),
        (1124, "AUDIT_USER_TTY"),
        (1200, "AUDIT_DAEMON_START"),
        (1201, "AUDIT_DAEMON_END"),
        (1202, "AUDIT_DAEMON_ABORT"),
        (1203, "AUDIT_DAEMON_CONFIG"),
        (1300, "AUDIT_SYSCALL"),
        (1302, "AUDIT_PATH"),
        (1303, "AUDIT_IPC"),
        (1304, "AUDIT_SOCKETCALL"),
        (1305, "AUDIT_CONFIG_CHANGE"),
        (1306, "AUDIT_SOCKADDR"),
        (1307, "AUDIT_CWD"),
        (1309, "AUDIT_EXECVE"),
        (1311, "AUDIT_IPC_SET_PERM"),
        (1312, "AUDIT_MQ_OPEN"),
        (1313, "AUDIT_MQ_SENDRECV"),
        (1314, "AUDIT_MQ_NOTIFY"),
        (1315, "AUDIT_MQ_GETSETATTR"),
        (1316, "AUDIT_KERNEL_OTHER"),
        (1317, "AUDIT_FD_PAIR"),
        (1318, "AUDIT_OBJ_PID"),
        (1319, "AUDIT_TTY"),
        (1320, "AUDIT_EOE"),
        (1321, "AUDIT_BPRM_FCAPS"),
        (1322, "AUDIT_CAPSET"),
        (1323, "AUDIT_MMAP"),
        (1324, "AUDIT_NETFILTER_PKT"),
        (1325, "AUDIT_NETFILTER_CFG"),
        (1326, "AUDIT_SECCOMP"),
        (1327, "AUDIT_PROCTITLE"),
        (1328, "AUDIT_FEATURE_CHANGE"),
        (1329, "AUDIT_REPLACE"),
        (1330, "AUDIT_KERN_MODULE"),
        (1331, "AUDIT_FANOTIFY"),
        (1332, "AUDIT_TIME_INJOFFSET"),
        (1333, "AUDIT_TIME_ADJNTPVAL"),
        (1334, "AUDIT_BPF"),
        (1335, "AUDIT_EVENT_LISTENER"),
        (1336, "AUDIT_URINGOP"),
        (1337, "AUDIT_OPENAT2"),
        (1338, "AUDIT_DM_CTRL"),
        (1339, "AUDIT_DM_EVENT"),
        (1400, "AUDIT_AVC"),
        (1401, "AUDIT_SELINUX_ERR"),
        (1402, "AUDIT_AVC_PATH"),
        (1403, "AUDIT_MAC_POLICY_LOAD"),
        (1404, "AUDIT_MAC_STATUS"),
        (1405, "AUDIT_MAC_CONFIG_CHANGE"),
        (1406, "AUDIT_MAC_UNLBL_ALLOW"),
        (1407, "AUDIT_MAC_CIPSOV4_ADD"),
        (1408, "AUDIT_MAC_CIPSOV4_DEL"),
        (1409, "AUDIT_MAC_MAP_ADD"),
        (1410, "AUDIT_MAC_MAP_DEL"),
        (1411, "AUDIT_MAC_IPSEC_ADDSA"),
        (1412, "AUDIT_MAC_IPSEC_DELSA"),
        (1413, "AUDIT_MAC_IPSEC_ADDSPD"),
        (1414, "AUDIT_MAC_IPSEC_DELSPD"),
        (1415, "AUDIT_MAC_IPSEC_EVENT"),
        (1416, "AUDIT_MAC_UNLBL_STCADD"),
        (1417, "AUDIT_MAC_UNLBL_STCDEL"),
        (1418, "AUDIT_MAC_CALIPSO_ADD"),
        (1419, "AUDIT_MAC_CALIPSO_DEL"),
        (1701, "AUDIT_ANOM_ABEND"),
        (1702, "AUDIT_ANOM_LINK"),
        (1703, "AUDIT_ANOM_CREAT"),
        (1800, "AUDIT_INTEGRITY_DATA"),
        (1801, "AUDIT_INTEGRITY_METADATA"),
        (1802, "AUDIT_INTEGRITY_STATUS"),
        (1803, "AUDIT_INTEGRITY_HASH"),
        (1804, "AUDIT_INTEGRITY_PCR"),
        (1805, "AUDIT_INTEGRITY_RULE"),
        (1806, "AUDIT_INTEGRITY_EVM_XATTR"),
        (1807, "AUDIT_INTEGRITY_POLICY_RULE"),
        (2000, "AUDIT_KERNEL"),
    ],
};

/// Message types of `NETLINK_XFRM`.
pub static XFRM_TYPES: Enum = Enum {
    unknown: "XFRM_MSG_???",
    values: &[
        (16, "XFRM_MSG_NEWSA"),
        (17, "XFRM_MSG_DELSA"),
        (18, "XFRM_MSG_GETSA"),
        (19, "XFRM_MSG_NEWPOLICY"),
        (20, "XFRM_MSG_DELPOLICY"),
        (21, "XFRM_MSG_GETPOLICY"),
        (22, "XFRM_MSG_ALLOCSPI"),
        (23, "XFRM_MSG_ACQUIRE"),
        (24, "XFRM_MSG_EXPIRE"),
        (25, "XFRM_MSG_UPDPOLICY"),
        (26, "XFRM_MSG_UPDSA"),
        (27, "XFRM_MSG_POLEXPIRE"),
        (28, "XFRM_MSG_FLUSHSA"),
        (29, "XFRM_MSG_FLUSHPOLICY"),
        (30, "XFRM_MSG_NEWAE"),
        (31, "XFRM_MSG_GETAE"),
        (32, "XFRM_MSG_REPORT"),
        (33, "XFRM_MSG_MIGRATE"),
        (34, "XFRM_MSG_NEWSADINFO"),
        (35, "XFRM_MSG_GETSADINFO"),
        (36, "XFRM_MSG_NEWSPDINFO"),
        (37, "XFRM_MSG_GETSPDINFO"),
        (38, "XFRM_MSG_MAPPING"),
        (39, "XFRM_MSG_SETDEFAULT"),
        (40, "XFRM_MSG_GETDEFAULT"),
    ],
};

/// Message types of `NETLINK_CRYPTO`.
pub static CRYPTO_TYPES: Enum = Enum {
    unknown: "CRYPTO_MSG_???",
    values: &[
        (16, "CRYPTO_MSG_NEWALG"),
        (17, "CRYPTO_MSG_DELALG"),
        (18, "CRYPTO_MSG_UPDATEALG"),
        (19, "CRYPTO_MSG_GETALG"),
        (20, "CRYPTO_MSG_DELRNG"),
        (21, "CRYPTO_MSG_GETSTAT"),
    ],
};

/// Message types of `NETLINK_SELINUX`.
pub static SELINUX_TYPES: Enum =
    Enum { unknown: "SELNL_MSG_???", values: &[(16, "SELNL_MSG_SETENFORCE"), (17, "SELNL_MSG_POLICYLOAD")] };

/// Subsystems of `NETLINK_NETFILTER`, the high byte of a message type.
pub static NETFILTER_SUBSYSTEMS: Enum = Enum {
    unknown: "NFNL_SUBSYS_???",
    values: &[
        (0, "NFNL_SUBSYS_NONE"),
        (1, "NFNL_SUBSYS_CTNETLINK"),
        (2, "NFNL_SUBSYS_CTNETLINK_EXP"),
        (3, "NFNL_SUBSYS_QUEUE"),
        (4, "NFNL_SUBSYS_ULOG"),
        (5, "NFNL_SUBSYS_OSF"),
        (6, "NFNL_SUBSYS_IPSET"),
        (7, "NFNL_SUBSYS_ACCT"),
        (8, "NFNL_SUBSYS_CTNETLINK_TIMEOUT"),
        (9, "NFNL_SUBSYS_CTHELPER"),
        (10, "NFNL_SUBSYS_NFTABLES"),
        (11, "NFNL_SUBSYS_NFT_COMPAT"),
        (12, "NFNL_SUBSYS_HOOK"),
    ],
};

/// Message types of `NETLINK_GENERIC`.
pub static GENERIC_TYPES: Enum = Enum {
    unknown: "GENERIC_FAMILY_???",
    values: &[(16, "GENL_ID_CTRL"), (17, "GENL_ID_VFS_DQUOT"), (18, "GENL_ID_PMCRAID")],
};

/// Every enumeration of this file.
#[cfg(test)]
pub(crate) static ALL_ENUMS: &[&Enum] = &[
    &NETLINK_TYPES,
    &ROUTE_TYPES,
    &SOCK_DIAG_TYPES,
    &AUDIT_TYPES,
    &XFRM_TYPES,
    &CRYPTO_TYPES,
    &SELINUX_TYPES,
    &NETFILTER_SUBSYSTEMS,
    &GENERIC_TYPES,
];
