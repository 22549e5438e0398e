//! Constants of sockets: families, protocols, levels and flags.

use crate::names::{Enum, Flags};

/// Address families.
pub static ADDRESS_FAMILY: Enum = Enum {
    unknown: "AF_???",
    values: &[
        (0, "AF_UNSPEC"),
        (1, "AF_UNIX"),
        (2, "AF_INET"),
        (3, "AF_AX25"),
        (4, "AF_IPX"),
        (5, "AF_APPLETALK"),
        (6, "AF_NETROM"),
        (7, "AF_BRIDGE"),
        (8, "AF_ATMPVC"),
        (9, "AF_X25"),
        (10, "AF_INET6"),
        (11, "AF_ROSE"),
        (12, "AF_DECnet"),
        (13, "AF_NETBEUI"),
        (14, "AF_SECURITY"),
        (15, "AF_KEY"),
        (16, "AF_NETLINK"),
        (17, "AF_PACKET"),
        (18, "AF_ASH"),
        (19, "AF_ECONET"),
        (20, "AF_ATMSVC"),
        (21, "AF_RDS"),
        (22, "AF_SNA"),
        (23, "AF_IRDA"),
        (24, "AF_PPPOX"),
        (25, "AF_WANPIPE"),
        (26, "AF_LLC"),
        (27, "AF_IB"),
        (28, "AF_MPLS"),
        (29, "AF_CAN"),
        (30, "AF_TIPC"),
        (31, "AF_BLUETOOTH"),
        (32, "AF_IUCV"),
        (33, "AF_RXRPC"),
        (34, "AF_ISDN"),
        (35, "AF_PHONET"),
        (36, "AF_IEEE802154"),
        (37, "AF_CAIF"),
        (38, "AF_ALG"),
        (39, "AF_NFC"),
        (40, "AF_VSOCK"),
        (41, "AF_KCM"),
        (42, "AF_QIPCRTR"),
        (43, "AF_SMC"),
        (44, "AF_XDP"),
        (45, "AF_MCTP"),
    ],
};

/// Socket types, without the flags.
pub static SOCKET_TYPE: Enum = Enum {
    unknown: "SOCK_???",
    values: &[
        (1, "SOCK_STREAM"),
        (2, "SOCK_DGRAM"),
        (3, "SOCK_RAW"),
        (4, "SOCK_RDM"),
        (5, "SOCK_SEQPACKET"),
        (6, "SOCK_DCCP"),
        (10, "SOCK_PACKET"),
    ],
};

/// Flags in the type argument of `socket`.
pub static SOCKET_TYPE_FLAGS: Flags = Flags {
    unknown: "SOCK_???",
    zero: "",
    fields: &[],
    bits: &[(0x80000, "SOCK_CLOEXEC"), (0x800, "SOCK_NONBLOCK")],
};

/// Flags of `accept4`.
pub static ACCEPT4_FLAGS: Flags = Flags {
    unknown: "SOCK_???",
    zero: "",
    fields: &[],
    bits: &[(0x80000, "SOCK_CLOEXEC"), (0x800, "SOCK_NONBLOCK")],
};

/// Protocols of the internet address families.
pub static IP_PROTOCOL: Enum = Enum {
    unknown: "IPPROTO_???",
    values: &[
        (0, "IPPROTO_IP"),
        (1, "IPPROTO_ICMP"),
        (2, "IPPROTO_IGMP"),
        (4, "IPPROTO_IPIP"),
        (6, "IPPROTO_TCP"),
        (8, "IPPROTO_EGP"),
        (12, "IPPROTO_PUP"),
        (17, "IPPROTO_UDP"),
        (22, "IPPROTO_IDP"),
        (29, "IPPROTO_TP"),
        (33, "IPPROTO_DCCP"),
        (41, "IPPROTO_IPV6"),
        (43, "IPPROTO_ROUTING"),
        (44, "IPPROTO_FRAGMENT"),
        (46, "IPPROTO_RSVP"),
        (47, "IPPROTO_GRE"),
        (50, "IPPROTO_ESP"),
        (51, "IPPROTO_AH"),
        (58, "IPPROTO_ICMPV6"),
        (59, "IPPROTO_NONE"),
        (60, "IPPROTO_DSTOPTS"),
        (92, "IPPROTO_MTP"),
        (94, "IPPROTO_BEETPH"),
        (98, "IPPROTO_ENCAP"),
        (103, "IPPROTO_PIM"),
        (108, "IPPROTO_COMP"),
        (115, "IPPROTO_L2TP"),
        (132, "IPPROTO_SCTP"),
        (135, "IPPROTO_MH"),
        (136, "IPPROTO_UDPLITE"),
        (137, "IPPROTO_MPLS"),
        (143, "IPPROTO_ETHERNET"),
        (144, "IPPROTO_AGGFRAG"),
        (255, "IPPROTO_RAW"),
        (256, "IPPROTO_SMC"),
        (262, "IPPROTO_MPTCP"),
    ],
};

/// Netlink protocols.
pub static NETLINK_PROTOCOL: Enum = Enum {
    unknown: "NETLINK_???",
    values: &[
        (0, "NETLINK_ROUTE"),
        (1, "NETLINK_UNUSED"),
        (2, "NETLINK_USERSOCK"),
        (3, "NETLINK_FIREWALL"),
        (4, "NETLINK_SOCK_DIAG"),
        (5, "NETLINK_NFLOG"),
        (6, "NETLINK_XFRM"),
        (7, "NETLINK_SELINUX"),
        (8, "NETLINK_ISCSI"),
        (9, "NETLINK_AUDIT"),
        (10, "NETLINK_FIB_LOOKUP"),
        (11, "NETLINK_CONNECTOR"),
        (12, "NETLINK_NETFILTER"),
        (13, "NETLINK_IP6_FW"),
        (14, "NETLINK_DNRTMSG"),
        (15, "NETLINK_KOBJECT_UEVENT"),
        (16, "NETLINK_GENERIC"),
        (18, "NETLINK_SCSITRANSPORT"),
        (19, "NETLINK_ECRYPTFS"),
        (20, "NETLINK_RDMA"),
        (21, "NETLINK_CRYPTO"),
        (22, "NETLINK_SMC"),
    ],
};

/// Bluetooth protocols.
pub static BLUETOOTH_PROTOCOL: Enum = Enum {
    unknown: "BTPROTO_???",
    values: &[
        (0, "BTPROTO_L2CAP"),
        (1, "BTPROTO_HCI"),
        (2, "BTPROTO_SCO"),
        (3, "BTPROTO_RFCOMM"),
        (4, "BTPROTO_BNEP"),
        (5, "BTPROTO_CMTP"),
        (6, "BTPROTO_HIDP"),
        (7, "BTPROTO_AVDTP"),
    ],
};

/// CAN protocols.
pub static CAN_PROTOCOL: Enum = Enum {
    unknown: "CAN_???",
    values: &[
        (1, "CAN_RAW"),
        (2, "CAN_BCM"),
        (3, "CAN_TP16"),
        (4, "CAN_TP20"),
        (5, "CAN_MCNET"),
        (6, "CAN_ISOTP"),
        (7, "CAN_J1939"),
    ],
};

/// CAIF protocols.
pub static CAIF_PROTOCOL: Enum = Enum {
    unknown: "CAIFPROTO_???",
    values: &[
        (0, "CAIFPROTO_AT"),
        (1, "CAIFPROTO_DATAGRAM"),
        (2, "CAIFPROTO_DATAGRAM_LOOP"),
        (3, "CAIFPROTO_UTIL"),
        (4, "CAIFPROTO_RFM"),
        (5, "CAIFPROTO_DEBUG"),
    ],
};

/// NFC protocols.
pub static NFC_PROTOCOL: Enum =
    Enum { unknown: "NFC_SOCKPROTO_???", values: &[(0, "NFC_SOCKPROTO_RAW"), (1, "NFC_SOCKPROTO_LLCP")] };

/// Phonet protocols.
pub static PHONET_PROTOCOL: Enum = Enum {
    unknown: "PN_PROTO_???",
    values: &[(0, "PN_PROTO_TRANSPORT"), (1, "PN_PROTO_PHONET"), (2, "PN_PROTO_PIPE")],
};

/// Kernel connection multiplexer protocols.
pub static KCM_PROTOCOL: Enum = Enum { unknown: "KCMPROTO_???", values: &[(0, "KCMPROTO_CONNECTED")] };

/// Shared memory communication protocols.
pub static SMC_PROTOCOL: Enum =
    Enum { unknown: "SMCPROTO_???", values: &[(0, "SMCPROTO_SMC"), (1, "SMCPROTO_SMC6")] };

/// Directions of `shutdown`.
pub static SHUTDOWN_HOW: Enum =
    Enum { unknown: "SHUT_???", values: &[(0, "SHUT_RD"), (1, "SHUT_WR"), (2, "SHUT_RDWR")] };

/// Flags of `send`, `recv` and relatives.
pub static MSG_FLAGS: Flags = Flags {
    unknown: "MSG_???",
    zero: "",
    fields: &[],
    bits: &[
        (0x1, "MSG_OOB"),
        (0x2, "MSG_PEEK"),
        (0x4, "MSG_DONTROUTE"),
        (0x8, "MSG_CTRUNC"),
        (0x10, "MSG_PROBE"),
        (0x20, "MSG_TRUNC"),
        (0x40, "MSG_DONTWAIT"),
        (0x80, "MSG_EOR"),
        (0x100, "MSG_WAITALL"),
        (0x200, "MSG_FIN"),
        (0x400, "MSG_SYN"),
        (0x800, "MSG_CONFIRM"),
        (0x1000, "MSG_RST"),
        (0x2000, "MSG_ERRQUEUE"),
        (0x4000, "MSG_NOSIGNAL"),
        (0x8000, "MSG_MORE"),
        (0x10000, "MSG_WAITFORONE"),
        (0x20000, "MSG_SENDPAGE_NOTLAST"),
        (0x40000, "MSG_BATCH"),
        (0x80000, "MSG_NO_SHARED_FRAGS"),
        (0x2000000, "MSG_SOCK_DEVMEM"),
        (0x4000000, "MSG_ZEROCOPY"),
        (0x20000000, "MSG_FASTOPEN"),
        (0x40000000, "MSG_CMSG_CLOEXEC"),
        (0x80000000, "MSG_CMSG_COMPAT"),
    ],
};

/// Levels of `setsockopt`.
pub static SOCKET_LEVEL: Enum = Enum {
    unknown: "SOL_??",
    values: &[
        (0, "SOL_IP"),
        (1, "SOL_SOCKET"),
        (6, "SOL_TCP"),
        (17, "SOL_UDP"),
        (40, "AF_VSOCK"),
        (41, "SOL_IPV6"),
        (58, "SOL_ICMPV6"),
        (100, "SOL_CAN_BASE"),
        (101, "SOL_CAN_RAW"),
        (132, "SOL_SCTP"),
        (136, "SOL_UDPLITE"),
        (255, "SOL_RAW"),
        (256, "SOL_IPX"),
        (257, "SOL_AX25"),
        (258, "SOL_ATALK"),
        (259, "SOL_NETROM"),
        (260, "SOL_ROSE"),
        (261, "SOL_DECNET"),
        (262, "SOL_X25"),
        (263, "SOL_PACKET"),
        (264, "SOL_ATM"),
        (265, "SOL_AAL"),
        (266, "SOL_IRDA"),
        (267, "SOL_NETBEUI"),
        (268, "SOL_LLC"),
        (269, "SOL_DCCP"),
        (270, "SOL_NETLINK"),
        (271, "SOL_TIPC"),
        (272, "SOL_RXRPC"),
        (273, "SOL_PPPOL2TP"),
        (274, "SOL_BLUETOOTH"),
        (275, "SOL_PNPIPE"),
        (276, "SOL_RDS"),
        (277, "SOL_IUCV"),
        (278, "SOL_CAIF"),
        (279, "SOL_ALG"),
        (280, "SOL_NFC"),
        (281, "SOL_KCM"),
        (282, "SOL_TLS"),
        (283, "SOL_XDP"),
        (284, "SOL_MPTCP"),
        (285, "SOL_MCTP"),
        (286, "SOL_SMC"),
        (287, "SOL_VSOCK"),
    ],
};

/// Types of `SOL_SOCKET` control messages.
pub static SCM_TYPES: Enum = Enum {
    unknown: "SCM_???",
    values: &[
        (1, "SCM_RIGHTS"),
        (2, "SCM_CREDENTIALS"),
        (3, "SCM_SECURITY"),
        (4, "SCM_PIDFD"),
        (29, "SO_TIMESTAMP_OLD"),
        (35, "SO_TIMESTAMPNS_OLD"),
        (37, "SO_TIMESTAMPING_OLD"),
        (41, "SO_WIFI_STATUS"),
        (54, "SCM_TIMESTAMPING_OPT_STATS"),
        (58, "SCM_TIMESTAMPING_PKTINFO"),
        (61, "SO_TXTIME"),
        (63, "SO_TIMESTAMP_NEW"),
        (64, "SO_TIMESTAMPNS_NEW"),
        (65, "SO_TIMESTAMPING_NEW"),
        (78, "SO_DEVMEM_LINEAR"),
        (79, "SO_DEVMEM_DMABUF"),
        (81, "SCM_TS_OPT_ID"),
    ],
};

/// Types of `SOL_IP` control messages.
pub static IP_CMSG_TYPES: Enum = Enum {
    unknown: "IP_???",
    values: &[
        (1, "IP_TOS"),
        (2, "IP_TTL"),
        (3, "SCM_SECURITY"),
        (6, "IP_RECVOPTS"),
        (7, "IP_RETOPTS"),
        (8, "IP_PKTINFO"),
        (11, "IP_RECVERR"),
        (20, "IP_ORIGDSTADDR"),
        (23, "IP_CHECKSUM"),
    ],
};

/// States of TCP sockets.
pub static TCP_STATES: Enum = Enum {
    unknown: "TCP_???",
    values: &[
        (1, "TCP_ESTABLISHED"),
        (2, "TCP_SYN_SENT"),
        (3, "TCP_SYN_RECV"),
        (4, "TCP_FIN_WAIT1"),
        (5, "TCP_FIN_WAIT2"),
        (6, "TCP_TIME_WAIT"),
        (7, "TCP_CLOSE"),
        (8, "TCP_CLOSE_WAIT"),
        (9, "TCP_LAST_ACK"),
        (10, "TCP_LISTEN"),
        (11, "TCP_CLOSING"),
        (12, "TCP_NEW_SYN_RECV"),
        (13, "TCP_BOUND_INACTIVE"),
    ],
};

/// Flags of `SO_TIMESTAMPING`.
pub static TIMESTAMPING_FLAGS: Flags = Flags {
    unknown: "SOF_TIMESTAMPING_???",
    zero: "",
    fields: &[],
    bits: &[
        (0x1, "SOF_TIMESTAMPING_TX_HARDWARE"),
        (0x2, "SOF_TIMESTAMPING_TX_SOFTWARE"),
        (0x4, "SOF_TIMESTAMPING_RX_HARDWARE"),
        (0x8, "SOF_TIMESTAMPING_RX_SOFTWARE"),
        (0x10, "SOF_TIMESTAMPING_SOFTWARE"),
        (0x20, "SOF_TIMESTAMPING_SYS_HARDWARE"),
        (0x40, "SOF_TIMESTAMPING_RAW_HARDWARE"),
        (0x80, "SOF_TIMESTAMPING_OPT_ID"),
        (0x100, "SOF_TIMESTAMPING_TX_SCHED"),
        (0x200, "SOF_TIMESTAMPING_TX_ACK"),
        (0x400, "SOF_TIMESTAMPING_OPT_CMSG"),
        (0x800, "SOF_TIMESTAMPING_OPT_TSONLY"),
        (0x1000, "SOF_TIMESTAMPING_OPT_STATS"),
        (0x2000, "SOF_TIMESTAMPING_OPT_PKTINFO"),
        (0x4000, "SOF_TIMESTAMPING_OPT_TX_SWHW"),
        (0x8000, "SOF_TIMESTAMPING_BIND_PHC"),
        (0x10000, "SOF_TIMESTAMPING_OPT_ID_TCP"),
        (0x20000, "SOF_TIMESTAMPING_OPT_RX_FILTER"),
        (0x40000, "SOF_TIMESTAMPING_TX_COMPLETION"),
    ],
};

/// Every enumeration of this file.
#[cfg(test)]
pub(crate) static ALL_ENUMS: &[&Enum] = &[
    &ADDRESS_FAMILY,
    &SOCKET_TYPE,
    &IP_PROTOCOL,
    &NETLINK_PROTOCOL,
    &BLUETOOTH_PROTOCOL,
    &CAN_PROTOCOL,
    &CAIF_PROTOCOL,
    &NFC_PROTOCOL,
    &PHONET_PROTOCOL,
    &KCM_PROTOCOL,
    &SMC_PROTOCOL,
    &SHUTDOWN_HOW,
    &SOCKET_LEVEL,
    &SCM_TYPES,
    &IP_CMSG_TYPES,
    &TCP_STATES,
];
