//! Constants of terminals and of other devices that `ioctl` speaks to.

use crate::names::{BitField, Enum, Flags};

/// Input modes of a terminal.
pub static INPUT_MODES: Flags = Flags {
    unknown: "",
    zero: "",
    fields: &[],
    bits: &[
        (0x1, "IGNBRK"),
        (0x2, "BRKINT"),
        (0x4, "IGNPAR"),
        (0x8, "PARMRK"),
        (0x10, "INPCK"),
        (0x20, "ISTRIP"),
        (0x40, "INLCR"),
        (0x80, "IGNCR"),
        (0x100, "ICRNL"),
        (0x200, "IUCLC"),
        (0x400, "IXON"),
        (0x800, "IXANY"),
        (0x1000, "IXOFF"),
        (0x2000, "IMAXBEL"),
        (0x4000, "IUTF8"),
    ],
};

/// Output modes of a terminal: the delays, then the bits.
pub static OUTPUT_MODES: Flags = Flags {
    unknown: "",
    zero: "",
    fields: &[
        BitField { mask: 0x100, values: &[(0, "NL0"), (0x100, "NL1")] },
        BitField { mask: 0x600, values: &[(0, "CR0"), (0x200, "CR1"), (0x400, "CR2"), (0x600, "CR3")] },
        BitField {
            mask: 0x1800,
            values: &[(0, "TAB0"), (0x800, "TAB1"), (0x1000, "TAB2"), (0x1800, "XTABS")],
        },
        BitField { mask: 0x2000, values: &[(0, "BS0"), (0x2000, "BS1")] },
        BitField { mask: 0x4000, values: &[(0, "VT0"), (0x4000, "VT1")] },
        BitField { mask: 0x8000, values: &[(0, "FF0"), (0x8000, "FF1")] },
    ],
    bits: &[
        (0x1, "OPOST"),
        (0x2, "OLCUC"),
        (0x4, "ONLCR"),
        (0x8, "OCRNL"),
        (0x10, "ONOCR"),
        (0x20, "ONLRET"),
        (0x40, "OFILL"),
        (0x80, "OFDEL"),
    ],
};

/// Control modes of a terminal: speed and size of a character, then the bits.
pub static CONTROL_MODES: Flags = Flags {
    unknown: "",
    zero: "",
    fields: &[
        BitField {
            mask: 0x100f,
            values: &[
                (0x0, "B0"),
                (0x1, "B50"),
                (0x2, "B75"),
                (0x3, "B110"),
                (0x4, "B134"),
                (0x5, "B150"),
                (0x6, "B200"),
                (0x7, "B300"),
                (0x8, "B600"),
                (0x9, "B1200"),
                (0xa, "B1800"),
                (0xb, "B2400"),
                (0xc, "B4800"),
                (0xd, "B9600"),
                (0xe, "B19200"),
                (0xf, "B38400"),
                (0x1000, "BOTHER"),
                (0x1001, "B57600"),
                (0x1002, "B115200"),
                (0x1003, "B230400"),
                (0x1004, "B460800"),
                (0x1005, "B500000"),
                (0x1006, "B576000"),
                (0x1007, "B921600"),
                (0x1008, "B1000000"),
                (0x1009, "B1152000"),
                (0x100a, "B1500000"),
                (0x100b, "B2000000"),
                (0x100c, "B2500000"),
                (0x100d, "B3000000"),
                (0x100e, "B3500000"),
                (0x100f, "B4000000"),
            ],
        },
        BitField { mask: 0x30, values: &[(0, "CS5"), (0x10, "CS6"), (0x20, "CS7"), (0x30, "CS8")] },
    ],
    bits: &[
        (0x40, "CSTOPB"),
        (0x80, "CREAD"),
        (0x100, "PARENB"),
        (0x200, "PARODD"),
        (0x400, "HUPCL"),
        (0x800, "CLOCAL"),
        (0x4000_0000, "CMSPAR"),
        (0x8000_0000, "CRTSCTS"),
    ],
};

/// Local modes of a terminal.
pub static LOCAL_MODES: Flags = Flags {
    unknown: "",
    zero: "",
    fields: &[],
    bits: &[
        (0x1, "ISIG"),
        (0x2, "ICANON"),
        (0x4, "XCASE"),
        (0x8, "ECHO"),
        (0x10, "ECHOE"),
        (0x20, "ECHOK"),
        (0x40, "ECHONL"),
        (0x80, "NOFLSH"),
        (0x8000, "IEXTEN"),
        (0x200, "ECHOCTL"),
        (0x400, "ECHOPRT"),
        (0x800, "ECHOKE"),
        (0x1000, "FLUSHO"),
        (0x4000, "PENDIN"),
        (0x100, "TOSTOP"),
        (0x10000, "EXTPROC"),
    ],
};

/// Lines of a modem.
pub static MODEM_LINES: Flags = Flags {
    unknown: "TIOCM_???",
    zero: "",
    fields: &[],
    bits: &[
        (0x1, "TIOCM_LE"),
        (0x2, "TIOCM_DTR"),
        (0x4, "TIOCM_RTS"),
        (0x8, "TIOCM_ST"),
        (0x10, "TIOCM_SR"),
        (0x20, "TIOCM_CTS"),
        (0x40, "TIOCM_CAR"),
        (0x80, "TIOCM_RNG"),
        (0x100, "TIOCM_DSR"),
        (0x2000, "TIOCM_OUT1"),
        (0x4000, "TIOCM_OUT2"),
        (0x8000, "TIOCM_LOOP"),
    ],
};

/// Queues that `TCFLSH` empties.
pub static FLUSH_QUEUE: Enum =
    Enum { unknown: "TC???", values: &[(0, "TCIFLUSH"), (1, "TCOFLUSH"), (2, "TCIOFLUSH")] };

/// What `TCXONC` stops and starts.
pub static FLOW_ACTION: Enum =
    Enum { unknown: "TC???", values: &[(0, "TCOOFF"), (1, "TCOON"), (2, "TCIOFF"), (3, "TCION")] };

/// Flags of a network interface.
pub static INTERFACE_FLAGS: Flags = Flags {
    unknown: "IFF_???",
    zero: "",
    fields: &[],
    bits: &[
        (0x1, "IFF_UP"),
        (0x2, "IFF_BROADCAST"),
        (0x4, "IFF_DEBUG"),
        (0x8, "IFF_LOOPBACK"),
        (0x10, "IFF_POINTOPOINT"),
        (0x20, "IFF_NOTRAILERS"),
        (0x40, "IFF_RUNNING"),
        (0x80, "IFF_NOARP"),
        (0x100, "IFF_PROMISC"),
        (0x200, "IFF_ALLMULTI"),
        (0x400, "IFF_MASTER"),
        (0x800, "IFF_SLAVE"),
        (0x1000, "IFF_MULTICAST"),
        (0x2000, "IFF_PORTSEL"),
        (0x4000, "IFF_AUTOMEDIA"),
        (0x8000, "IFF_DYNAMIC"),
    ],
};

/// Flags of a TUN or TAP device.
pub static TUN_FLAGS: Flags = Flags {
    unknown: "IFF_???",
    zero: "",
    fields: &[],
    bits: &[
        (0x1, "IFF_TUN"),
        (0x2, "IFF_TAP"),
        (0x10, "IFF_NAPI"),
        (0x20, "IFF_NAPI_FRAGS"),
        (0x40, "IFF_NO_CARRIER"),
        (0x100, "IFF_MULTI_QUEUE"),
        (0x200, "IFF_ATTACH_QUEUE"),
        (0x400, "IFF_DETACH_QUEUE"),
        (0x800, "IFF_PERSIST"),
        (0x1000, "IFF_NO_PI"),
        (0x2000, "IFF_ONE_QUEUE"),
        (0x4000, "IFF_VNET_HDR"),
        (0x8000, "IFF_TUN_EXCL"),
    ],
};

/// Flags of a loop device.
pub static LOOP_FLAGS: Flags = Flags {
    unknown: "LO_FLAGS_???",
    zero: "",
    fields: &[],
    bits: &[
        (1, "LO_FLAGS_READ_ONLY"),
        (4, "LO_FLAGS_AUTOCLEAR"),
        (8, "LO_FLAGS_PARTSCAN"),
        (16, "LO_FLAGS_DIRECT_IO"),
    ],
};

/// Encryption of a loop device.
pub static LOOP_CRYPT: Enum = Enum {
    unknown: "LO_CRYPT_???",
    values: &[
        (0, "LO_CRYPT_NONE"),
        (1, "LO_CRYPT_XOR"),
        (2, "LO_CRYPT_DES"),
        (3, "LO_CRYPT_FISH2"),
        (4, "LO_CRYPT_BLOW"),
        (5, "LO_CRYPT_CAST128"),
        (6, "LO_CRYPT_IDEA"),
        (9, "LO_CRYPT_DUMMY"),
        (10, "LO_CRYPT_SKIPJACK"),
        (18, "LO_CRYPT_CRYPTOAPI"),
    ],
};

/// Flags of `FS_IOC_FIEMAP`.
pub static FIEMAP_FLAGS: Flags = Flags {
    unknown: "FIEMAP_FLAG_???",
    zero: "",
    fields: &[],
    bits: &[(1, "FIEMAP_FLAG_SYNC"), (2, "FIEMAP_FLAG_XATTR"), (4, "FIEMAP_FLAG_CACHE")],
};

/// Flags of the commands to perf events.
pub static PERF_IOC_FLAGS: Flags =
    Flags { unknown: "PERF_IOC_FLAG_???", zero: "", fields: &[], bits: &[(1, "PERF_IOC_FLAG_GROUP")] };
