//! Names of the `bpf` call.

use crate::names::{Enum, Flags};

/// The command of `bpf`.
pub static BPF_CMD: Enum = Enum {
    unknown: "BPF_???",
    values: &[
        (0, "BPF_MAP_CREATE"),
        (1, "BPF_MAP_LOOKUP_ELEM"),
        (2, "BPF_MAP_UPDATE_ELEM"),
        (3, "BPF_MAP_DELETE_ELEM"),
        (4, "BPF_MAP_GET_NEXT_KEY"),
        (5, "BPF_PROG_LOAD"),
        (6, "BPF_OBJ_PIN"),
        (7, "BPF_OBJ_GET"),
        (8, "BPF_PROG_ATTACH"),
        (9, "BPF_PROG_DETACH"),
        (10, "BPF_PROG_TEST_RUN"),
        (11, "BPF_PROG_GET_NEXT_ID"),
        (12, "BPF_MAP_GET_NEXT_ID"),
        (13, "BPF_PROG_GET_FD_BY_ID"),
        (14, "BPF_MAP_GET_FD_BY_ID"),
        (15, "BPF_OBJ_GET_INFO_BY_FD"),
        (16, "BPF_PROG_QUERY"),
        (17, "BPF_RAW_TRACEPOINT_OPEN"),
        (18, "BPF_BTF_LOAD"),
        (19, "BPF_BTF_GET_FD_BY_ID"),
        (20, "BPF_TASK_FD_QUERY"),
        (21, "BPF_MAP_LOOKUP_AND_DELETE_ELEM"),
        (22, "BPF_MAP_FREEZE"),
        (23, "BPF_BTF_GET_NEXT_ID"),
        (24, "BPF_MAP_LOOKUP_BATCH"),
        (25, "BPF_MAP_LOOKUP_AND_DELETE_BATCH"),
        (26, "BPF_MAP_UPDATE_BATCH"),
        (27, "BPF_MAP_DELETE_BATCH"),
        (28, "BPF_LINK_CREATE"),
        (29, "BPF_LINK_UPDATE"),
        (30, "BPF_LINK_GET_FD_BY_ID"),
        (31, "BPF_LINK_GET_NEXT_ID"),
        (32, "BPF_ENABLE_STATS"),
        (33, "BPF_ITER_CREATE"),
        (34, "BPF_LINK_DETACH"),
        (35, "BPF_PROG_BIND_MAP"),
        (36, "BPF_TOKEN_CREATE"),
        (37, "BPF_PROG_STREAM_READ_BY_FD"),
    ],
};

/// The type of a map.
pub static BPF_MAP_TYPE: Enum = Enum {
    unknown: "BPF_MAP_TYPE_???",
    values: &[
        (0, "BPF_MAP_TYPE_UNSPEC"),
        (1, "BPF_MAP_TYPE_HASH"),
        (2, "BPF_MAP_TYPE_ARRAY"),
        (3, "BPF_MAP_TYPE_PROG_ARRAY"),
        (4, "BPF_MAP_TYPE_PERF_EVENT_ARRAY"),
        (5, "BPF_MAP_TYPE_PERCPU_HASH"),
        (6, "BPF_MAP_TYPE_PERCPU_ARRAY"),
        (7, "BPF_MAP_TYPE_STACK_TRACE"),
        (8, "BPF_MAP_TYPE_CGROUP_ARRAY"),
        (9, "BPF_MAP_TYPE_LRU_HASH"),
        (10, "BPF_MAP_TYPE_LRU_PERCPU_HASH"),
        (11, "BPF_MAP_TYPE_LPM_TRIE"),
        (12, "BPF_MAP_TYPE_ARRAY_OF_MAPS"),
        (13, "BPF_MAP_TYPE_HASH_OF_MAPS"),
        (14, "BPF_MAP_TYPE_DEVMAP"),
        (15, "BPF_MAP_TYPE_SOCKMAP"),
        (16, "BPF_MAP_TYPE_CPUMAP"),
        (17, "BPF_MAP_TYPE_XSKMAP"),
        (18, "BPF_MAP_TYPE_SOCKHASH"),
        (19, "BPF_MAP_TYPE_CGROUP_STORAGE"),
        (20, "BPF_MAP_TYPE_REUSEPORT_SOCKARRAY"),
        (21, "BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE"),
        (22, "BPF_MAP_TYPE_QUEUE"),
        (23, "BPF_MAP_TYPE_STACK"),
        (24, "BPF_MAP_TYPE_SK_STORAGE"),
        (25, "BPF_MAP_TYPE_DEVMAP_HASH"),
        (26, "BPF_MAP_TYPE_STRUCT_OPS"),
        (27, "BPF_MAP_TYPE_RINGBUF"),
        (28, "BPF_MAP_TYPE_INODE_STORAGE"),
        (29, "BPF_MAP_TYPE_TASK_STORAGE"),
        (30, "BPF_MAP_TYPE_BLOOM_FILTER"),
        (31, "BPF_MAP_TYPE_USER_RINGBUF"),
        (32, "BPF_MAP_TYPE_CGRP_STORAGE"),
        (33, "BPF_MAP_TYPE_ARENA"),
    ],
};

/// The type of a program.
pub static BPF_PROG_TYPE: Enum = Enum {
    unknown: "BPF_PROG_TYPE_???",
    values: &[
        (0, "BPF_PROG_TYPE_UNSPEC"),
        (1, "BPF_PROG_TYPE_SOCKET_FILTER"),
        (2, "BPF_PROG_TYPE_KPROBE"),
        (3, "BPF_PROG_TYPE_SCHED_CLS"),
        (4, "BPF_PROG_TYPE_SCHED_ACT"),
        (5, "BPF_PROG_TYPE_TRACEPOINT"),
        (6, "BPF_PROG_TYPE_XDP"),
        (7, "BPF_PROG_TYPE_PERF_EVENT"),
        (8, "BPF_PROG_TYPE_CGROUP_SKB"),
        (9, "BPF_PROG_TYPE_CGROUP_SOCK"),
        (10, "BPF_PROG_TYPE_LWT_IN"),
        (11, "BPF_PROG_TYPE_LWT_OUT"),
        (12, "BPF_PROG_TYPE_LWT_XMIT"),
        (13, "BPF_PROG_TYPE_SOCK_OPS"),
        (14, "BPF_PROG_TYPE_SK_SKB"),
        (15, "BPF_PROG_TYPE_CGROUP_DEVICE"),
        (16, "BPF_PROG_TYPE_SK_MSG"),
        (17, "BPF_PROG_TYPE_RAW_TRACEPOINT"),
        (18, "BPF_PROG_TYPE_CGROUP_SOCK_ADDR"),
        (19, "BPF_PROG_TYPE_LWT_SEG6LOCAL"),
        (20, "BPF_PROG_TYPE_LIRC_MODE2"),
        (21, "BPF_PROG_TYPE_SK_REUSEPORT"),
        (22, "BPF_PROG_TYPE_FLOW_DISSECTOR"),
        (23, "BPF_PROG_TYPE_CGROUP_SYSCTL"),
        (24, "BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE"),
        (25, "BPF_PROG_TYPE_CGROUP_SOCKOPT"),
        (26, "BPF_PROG_TYPE_TRACING"),
        (27, "BPF_PROG_TYPE_STRUCT_OPS"),
        (28, "BPF_PROG_TYPE_EXT"),
        (29, "BPF_PROG_TYPE_LSM"),
        (30, "BPF_PROG_TYPE_SK_LOOKUP"),
        (31, "BPF_PROG_TYPE_SYSCALL"),
        (32, "BPF_PROG_TYPE_NETFILTER"),
    ],
};

/// Where a program is attached.
pub static BPF_ATTACH_TYPE: Enum = Enum {
    unknown: "BPF_???",
    values: &[
        (0, "BPF_CGROUP_INET_INGRESS"),
        (1, "BPF_CGROUP_INET_EGRESS"),
        (2, "BPF_CGROUP_INET_SOCK_CREATE"),
        (3, "BPF_CGROUP_SOCK_OPS"),
        (4, "BPF_SK_SKB_STREAM_PARSER"),
        (5, "BPF_SK_SKB_STREAM_VERDICT"),
        (6, "BPF_CGROUP_DEVICE"),
        (7, "BPF_SK_MSG_VERDICT"),
        (8, "BPF_CGROUP_INET4_BIND"),
        (9, "BPF_CGROUP_INET6_BIND"),
        (10, "BPF_CGROUP_INET4_CONNECT"),
        (11, "BPF_CGROUP_INET6_CONNECT"),
        (12, "BPF_CGROUP_INET4_POST_BIND"),
        (13, "BPF_CGROUP_INET6_POST_BIND"),
        (14, "BPF_CGROUP_UDP4_SENDMSG"),
        (15, "BPF_CGROUP_UDP6_SENDMSG"),
        (16, "BPF_LIRC_MODE2"),
        (17, "BPF_FLOW_DISSECTOR"),
        (18, "BPF_CGROUP_SYSCTL"),
        (19, "BPF_CGROUP_UDP4_RECVMSG"),
        (20, "BPF_CGROUP_UDP6_RECVMSG"),
        (21, "BPF_CGROUP_GETSOCKOPT"),
        (22, "BPF_CGROUP_SETSOCKOPT"),
        (23, "BPF_TRACE_RAW_TP"),
        (24, "BPF_TRACE_FENTRY"),
        (25, "BPF_TRACE_FEXIT"),
        (26, "BPF_MODIFY_RETURN"),
        (27, "BPF_LSM_MAC"),
        (28, "BPF_TRACE_ITER"),
        (29, "BPF_CGROUP_INET4_GETPEERNAME"),
        (30, "BPF_CGROUP_INET6_GETPEERNAME"),
        (31, "BPF_CGROUP_INET4_GETSOCKNAME"),
        (32, "BPF_CGROUP_INET6_GETSOCKNAME"),
        (33, "BPF_XDP_DEVMAP"),
        (34, "BPF_CGROUP_INET_SOCK_RELEASE"),
        (35, "BPF_XDP_CPUMAP"),
        (36, "BPF_SK_LOOKUP"),
        (37, "BPF_XDP"),
        (38, "BPF_SK_SKB_VERDICT"),
        (39, "BPF_SK_REUSEPORT_SELECT"),
        (40, "BPF_SK_REUSEPORT_SELECT_OR_MIGRATE"),
        (41, "BPF_PERF_EVENT"),
        (42, "BPF_TRACE_KPROBE_MULTI"),
        (43, "BPF_LSM_CGROUP"),
        (44, "BPF_STRUCT_OPS"),
        (45, "BPF_NETFILTER"),
        (46, "BPF_TCX_INGRESS"),
        (47, "BPF_TCX_EGRESS"),
        (48, "BPF_TRACE_UPROBE_MULTI"),
        (49, "BPF_CGROUP_UNIX_CONNECT"),
        (50, "BPF_CGROUP_UNIX_SENDMSG"),
        (51, "BPF_CGROUP_UNIX_RECVMSG"),
        (52, "BPF_CGROUP_UNIX_GETPEERNAME"),
        (53, "BPF_CGROUP_UNIX_GETSOCKNAME"),
        (54, "BPF_NETKIT_PRIMARY"),
        (55, "BPF_NETKIT_PEER"),
        (56, "BPF_TRACE_KPROBE_SESSION"),
        (57, "BPF_TRACE_UPROBE_SESSION"),
    ],
};

/// The type of a link.
pub static BPF_LINK_TYPE: Enum = Enum {
    unknown: "BPF_LINK_TYPE_???",
    values: &[
        (0, "BPF_LINK_TYPE_UNSPEC"),
        (1, "BPF_LINK_TYPE_RAW_TRACEPOINT"),
        (2, "BPF_LINK_TYPE_TRACING"),
        (3, "BPF_LINK_TYPE_CGROUP"),
        (4, "BPF_LINK_TYPE_ITER"),
        (5, "BPF_LINK_TYPE_NETNS"),
        (6, "BPF_LINK_TYPE_XDP"),
        (7, "BPF_LINK_TYPE_PERF_EVENT"),
        (8, "BPF_LINK_TYPE_KPROBE_MULTI"),
        (9, "BPF_LINK_TYPE_STRUCT_OPS"),
        (10, "BPF_LINK_TYPE_NETFILTER"),
        (11, "BPF_LINK_TYPE_TCX"),
        (12, "BPF_LINK_TYPE_UPROBE_MULTI"),
        (13, "BPF_LINK_TYPE_NETKIT"),
        (14, "BPF_LINK_TYPE_SOCKMAP"),
    ],
};

/// The kind of statistics of `BPF_ENABLE_STATS`.
pub static BPF_STATS_TYPE: Enum = Enum { unknown: "BPF_STATS_???", values: &[(0, "BPF_STATS_RUN_TIME")] };

/// The flags of `BPF_MAP_CREATE`.
pub static BPF_MAP_FLAGS: Flags = Flags {
    unknown: "BPF_F_???",
    zero: "",
    fields: &[],
    bits: &[
        (0x1, "BPF_F_NO_PREALLOC"),
        (0x2, "BPF_F_NO_COMMON_LRU"),
        (0x4, "BPF_F_NUMA_NODE"),
        (0x8, "BPF_F_RDONLY"),
        (0x10, "BPF_F_WRONLY"),
        (0x20, "BPF_F_STACK_BUILD_ID"),
        (0x40, "BPF_F_ZERO_SEED"),
        (0x80, "BPF_F_RDONLY_PROG"),
        (0x100, "BPF_F_WRONLY_PROG"),
        (0x200, "BPF_F_CLONE"),
        (0x400, "BPF_F_MMAPABLE"),
        (0x800, "BPF_F_PRESERVE_ELEMS"),
        (0x1000, "BPF_F_INNER_MAP"),
        (0x2000, "BPF_F_LINK"),
        (0x4000, "BPF_F_PATH_FD"),
        (0x8000, "BPF_F_VTYPE_BTF_OBJ_FD"),
        (0x0001_0000, "BPF_F_TOKEN_FD"),
        (0x0002_0000, "BPF_F_SEGV_ON_FAULT"),
        (0x0004_0000, "BPF_F_NO_USER_CONV"),
    ],
};

/// The flags of `BPF_MAP_UPDATE_ELEM`.
pub static BPF_MAP_UPDATE_FLAGS: Flags = Flags {
    unknown: "BPF_???",
    zero: "BPF_ANY",
    fields: &[],
    bits: &[(0x1, "BPF_NOEXIST"), (0x2, "BPF_EXIST"), (0x4, "BPF_F_LOCK")],
};

/// The flags of `BPF_MAP_LOOKUP_ELEM` and of the elements of a batch.
pub static BPF_MAP_ELEM_FLAGS: Flags =
    Flags { unknown: "BPF_???", zero: "", fields: &[], bits: &[(0x4, "BPF_F_LOCK")] };

/// The flags of `BPF_PROG_LOAD`.
pub static BPF_PROG_FLAGS: Flags = Flags {
    unknown: "BPF_F_???",
    zero: "",
    fields: &[],
    bits: &[
        (0x1, "BPF_F_STRICT_ALIGNMENT"),
        (0x2, "BPF_F_ANY_ALIGNMENT"),
        (0x4, "BPF_F_TEST_RND_HI32"),
        (0x8, "BPF_F_TEST_STATE_FREQ"),
        (0x10, "BPF_F_SLEEPABLE"),
        (0x20, "BPF_F_XDP_HAS_FRAGS"),
        (0x40, "BPF_F_XDP_DEV_BOUND_ONLY"),
        (0x80, "BPF_F_TEST_REG_INVARIANTS"),
        (0x0001_0000, "BPF_F_TOKEN_FD"),
    ],
};

/// The flags of `BPF_PROG_ATTACH`, `BPF_LINK_UPDATE` and of the result of a query.
pub static BPF_ATTACH_FLAGS: Flags = Flags {
    unknown: "BPF_F_???",
    zero: "",
    fields: &[],
    bits: &[
        (0x1, "BPF_F_ALLOW_OVERRIDE"),
        (0x2, "BPF_F_ALLOW_MULTI"),
        (0x4, "BPF_F_REPLACE"),
        (0x8, "BPF_F_BEFORE"),
        (0x10, "BPF_F_AFTER"),
        (0x20, "BPF_F_ID"),
        (0x40, "BPF_F_PREORDER"),
        (0x2000, "BPF_F_LINK"),
    ],
};

/// The flags of `BPF_OBJ_GET` and of opening an object by its id.
pub static BPF_OBJ_FLAGS: Flags = Flags {
    unknown: "BPF_F_???",
    zero: "",
    fields: &[],
    bits: &[(0x8, "BPF_F_RDONLY"), (0x10, "BPF_F_WRONLY"), (0x4000, "BPF_F_PATH_FD")],
};

/// The flags of `BPF_PROG_QUERY`.
pub static BPF_QUERY_FLAGS: Flags =
    Flags { unknown: "BPF_F_QUERY_???", zero: "", fields: &[], bits: &[(0x1, "BPF_F_QUERY_EFFECTIVE")] };

/// The flags of `BPF_PROG_TEST_RUN`.
pub static BPF_TEST_RUN_FLAGS: Flags = Flags {
    unknown: "BPF_F_TEST_???",
    zero: "",
    fields: &[],
    bits: &[
        (0x1, "BPF_F_TEST_RUN_ON_CPU"),
        (0x2, "BPF_F_TEST_XDP_LIVE_FRAMES"),
        (0x4, "BPF_F_TEST_SKB_CHECKSUM_COMPLETE"),
    ],
};

#[cfg(test)]
pub(crate) static ALL_ENUMS: &[&Enum] =
    &[&BPF_CMD, &BPF_MAP_TYPE, &BPF_PROG_TYPE, &BPF_ATTACH_TYPE, &BPF_LINK_TYPE, &BPF_STATS_TYPE];
