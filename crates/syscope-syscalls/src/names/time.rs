//! Names of the clock and timer calls.

use crate::names::{Enum, Flags};

/// The clocks that are not made from a process id or a descriptor.
pub static CLOCK_ID: Enum = Enum {
    unknown: "CLOCK_???",
    values: &[
        (0, "CLOCK_REALTIME"),
        (1, "CLOCK_MONOTONIC"),
        (2, "CLOCK_PROCESS_CPUTIME_ID"),
        (3, "CLOCK_THREAD_CPUTIME_ID"),
        (4, "CLOCK_MONOTONIC_RAW"),
        (5, "CLOCK_REALTIME_COARSE"),
        (6, "CLOCK_MONOTONIC_COARSE"),
        (7, "CLOCK_BOOTTIME"),
        (8, "CLOCK_REALTIME_ALARM"),
        (9, "CLOCK_BOOTTIME_ALARM"),
        (10, "CLOCK_SGI_CYCLE"),
        (11, "CLOCK_TAI"),
        (16, "CLOCK_AUX"),
    ],
};

/// The flags of `clock_nanosleep`.
pub static CLOCK_NANOSLEEP_FLAGS: Flags =
    Flags { unknown: "TIMER_???", zero: "", fields: &[], bits: &[(0x1, "TIMER_ABSTIME")] };

/// The flags of `timer_settime`.
pub static TIMER_SETTIME_FLAGS: Flags =
    Flags { unknown: "TIMER_???", zero: "", fields: &[], bits: &[(0x1, "TIMER_ABSTIME")] };

/// The flags of `timerfd_create`.
pub static TIMERFD_CREATE_FLAGS: Flags = Flags {
    unknown: "TFD_???",
    zero: "",
    fields: &[],
    bits: &[
        (0x1, "TFD_TIMER_ABSTIME"),
        (0x2, "TFD_TIMER_CANCEL_ON_SET"),
        (0x0008_0000, "TFD_CLOEXEC"),
        (0x800, "TFD_NONBLOCK"),
    ],
};

/// The flags of `timerfd_settime`.
pub static TIMERFD_SETTIME_FLAGS: Flags = Flags {
    unknown: "TFD_???",
    zero: "",
    fields: &[],
    bits: &[
        (0x1, "TFD_TIMER_ABSTIME"),
        (0x2, "TFD_TIMER_CANCEL_ON_SET"),
        (0x0008_0000, "TFD_CLOEXEC"),
        (0x800, "TFD_NONBLOCK"),
    ],
};

/// The timer of `getitimer` and `setitimer`.
pub static ITIMER_WHICH: Enum =
    Enum { unknown: "ITIMER_???", values: &[(0, "ITIMER_REAL"), (1, "ITIMER_VIRTUAL"), (2, "ITIMER_PROF")] };

/// The modes of `struct timex`.
pub static ADJTIMEX_MODES: Flags = Flags {
    unknown: "ADJ_???",
    zero: "",
    fields: &[],
    bits: &[
        (0xa001, "ADJ_OFFSET_SS_READ"),
        (0x8001, "ADJ_OFFSET_SINGLESHOT"),
        (0x1, "ADJ_OFFSET"),
        (0x2, "ADJ_FREQUENCY"),
        (0x4, "ADJ_MAXERROR"),
        (0x8, "ADJ_ESTERROR"),
        (0x10, "ADJ_STATUS"),
        (0x20, "ADJ_TIMECONST"),
        (0x80, "ADJ_TAI"),
        (0x100, "ADJ_SETOFFSET"),
        (0x1000, "ADJ_MICRO"),
        (0x2000, "ADJ_NANO"),
        (0x4000, "ADJ_TICK"),
    ],
};

/// The status of `struct timex`.
pub static ADJTIMEX_STATUS: Flags = Flags {
    unknown: "STA_???",
    zero: "",
    fields: &[],
    bits: &[
        (0x1, "STA_PLL"),
        (0x2, "STA_PPSFREQ"),
        (0x4, "STA_PPSTIME"),
        (0x8, "STA_FLL"),
        (0x10, "STA_INS"),
        (0x20, "STA_DEL"),
        (0x40, "STA_UNSYNC"),
        (0x80, "STA_FREQHOLD"),
        (0x100, "STA_PPSSIGNAL"),
        (0x200, "STA_PPSJITTER"),
        (0x400, "STA_PPSWANDER"),
        (0x800, "STA_PPSERROR"),
        (0x1000, "STA_CLOCKERR"),
        (0x2000, "STA_NANO"),
        (0x4000, "STA_MODE"),
        (0x8000, "STA_CLK"),
    ],
};

/// The clock state that `adjtimex` returns.
pub static ADJTIMEX_STATE: Enum = Enum {
    unknown: "TIME_???",
    values: &[
        (0, "TIME_OK"),
        (1, "TIME_INS"),
        (2, "TIME_DEL"),
        (3, "TIME_OOP"),
        (4, "TIME_WAIT"),
        (5, "TIME_ERROR"),
    ],
};

#[cfg(test)]
pub(crate) static ALL_ENUMS: &[&Enum] = &[&CLOCK_ID, &ITIMER_WHICH, &ADJTIMEX_STATE];
