//! Specifications: clocks and timers.

use crate::layout::{Item, Prim};
use crate::names::time::{
    CLOCK_ID, CLOCK_NANOSLEEP_FLAGS, ITIMER_WHICH, TIMER_SETTIME_FLAGS, TIMERFD_CREATE_FLAGS,
    TIMERFD_SETTIME_FLAGS,
};
use crate::structs::time::{
    CLOCK_REMAINING, CLOCK_STATE_RET, ITIMERSPEC, ITIMERVAL, REMAINING, SIGEVENT, TIME_OUT, TIME_RET,
    TIMESPEC, TIMEVAL, TIMEX, TIMEZONE, TMS,
};
use crate::syscall::{Ret, Syscall, Ty, a, call};
use crate::taxonomy::{Group, Sets};

/// A clock by name.
pub const CLOCK: Ty = Ty::Enum(&CLOCK_ID);

/// The calls of this topic.
pub static CALLS: &[Syscall] = &[
    call(
        "time",
        Group::TimeOfDay,
        Sets::CLOCK,
        Ret::Custom(&TIME_RET),
        &[a("tloc", "__kernel_old_time_t *", Ty::Custom(&TIME_OUT))],
    ),
    call(
        "gettimeofday",
        Group::TimeOfDay,
        Sets::CLOCK,
        Ret::Int,
        &[
            a("tv", "struct __kernel_old_timeval *", Ty::Out(&Ty::Struct(&TIMEVAL))),
            a("tz", "struct timezone *", Ty::Out(&Ty::Struct(&TIMEZONE))),
        ],
    ),
    call(
        "settimeofday",
        Group::TimeOfDay,
        Sets::CLOCK,
        Ret::Int,
        &[
            a("tv", "struct __kernel_old_timeval *", Ty::Struct(&TIMEVAL)),
            a("tz", "struct timezone *", Ty::Struct(&TIMEZONE)),
        ],
    ),
    call(
        "clock_gettime",
        Group::PosixClocks,
        Sets::CLOCK,
        Ret::Int,
        &[
            a("clockid", "const clockid_t", CLOCK),
            a("tp", "struct __kernel_timespec *", Ty::Out(&Ty::Struct(&TIMESPEC))),
        ],
    ),
    call(
        "clock_settime",
        Group::PosixClocks,
        Sets::CLOCK,
        Ret::Int,
        &[
            a("clockid", "const clockid_t", CLOCK),
            a("tp", "const struct __kernel_timespec *", Ty::Struct(&TIMESPEC)),
        ],
    ),
    call(
        "clock_getres",
        Group::PosixClocks,
        Sets::CLOCK,
        Ret::Int,
        &[
            a("clockid", "const clockid_t", CLOCK),
            a("res", "struct __kernel_timespec *", Ty::Out(&Ty::Struct(&TIMESPEC))),
        ],
    ),
    call(
        "clock_nanosleep",
        Group::PosixClocks,
        Sets::NONE,
        Ret::Int,
        &[
            a("clockid", "const clockid_t", CLOCK),
            a("flags", "int", Ty::Flags(&CLOCK_NANOSLEEP_FLAGS)),
            a("request", "const struct __kernel_timespec *", Ty::Struct(&TIMESPEC)),
            a("remain", "struct __kernel_timespec *", Ty::Custom(&CLOCK_REMAINING)),
        ],
    ),
    call(
        "clock_adjtime",
        Group::PosixClocks,
        Sets::CLOCK,
        Ret::Custom(&CLOCK_STATE_RET),
        &[
            a("clk_id", "const clockid_t", CLOCK),
            a("buf", "struct __kernel_timex *", Ty::Out(&Ty::Struct(&TIMEX))),
        ],
    ),
    call(
        "timer_create",
        Group::ClockTimers,
        Sets::NONE,
        Ret::Int,
        &[
            a("clockid", "const clockid_t", CLOCK),
            a("sevp", "struct sigevent *", Ty::Struct(&SIGEVENT)),
            a("timerid", "timer_t *", Ty::Out(&Ty::Ref(&Item::Scalar(Prim::I32, Ty::Int)))),
        ],
    ),
    call(
        "timer_settime",
        Group::ClockTimers,
        Sets::NONE,
        Ret::Int,
        &[
            a("timerid", "timer_t", Ty::Int),
            a("flags", "int", Ty::Flags(&TIMER_SETTIME_FLAGS)),
            a("new_value", "const struct __kernel_itimerspec *", Ty::Struct(&ITIMERSPEC)),
            a("old_value", "struct __kernel_itimerspec *", Ty::Out(&Ty::Struct(&ITIMERSPEC))),
        ],
    ),
    call(
        "timer_gettime",
        Group::ClockTimers,
        Sets::NONE,
        Ret::Int,
        &[
            a("timerid", "timer_t", Ty::Int),
            a("curr_value", "struct __kernel_itimerspec *", Ty::Out(&Ty::Struct(&ITIMERSPEC))),
        ],
    ),
    call("timer_getoverrun", Group::ClockTimers, Sets::NONE, Ret::Int, &[a("timerid", "timer_t", Ty::Int)]),
    call("timer_delete", Group::ClockTimers, Sets::NONE, Ret::Int, &[a("timerid", "timer_t", Ty::Int)]),
    call("alarm", Group::SysTimers, Sets::NONE, Ret::Int, &[a("seconds", "unsigned int", Ty::UInt)]),
    call(
        "getitimer",
        Group::SysTimers,
        Sets::NONE,
        Ret::Int,
        &[
            a("which", "int", Ty::Enum(&ITIMER_WHICH)),
            a("curr_value", "struct __kernel_old_itimerval *", Ty::Out(&Ty::Struct(&ITIMERVAL))),
        ],
    ),
    call(
        "setitimer",
        Group::SysTimers,
        Sets::NONE,
        Ret::Int,
        &[
            a("which", "int", Ty::Enum(&ITIMER_WHICH)),
            a("new_value", "struct __kernel_old_itimerval *", Ty::Struct(&ITIMERVAL)),
            a("old_value", "struct __kernel_old_itimerval *", Ty::Out(&Ty::Struct(&ITIMERVAL))),
        ],
    ),
    call(
        "timerfd_create",
        Group::FileDescriptorTimers,
        Sets::DESC,
        Ret::Fd,
        &[a("clockid", "int", CLOCK), a("flags", "int", Ty::Flags(&TIMERFD_CREATE_FLAGS))],
    ),
    call(
        "timerfd_settime",
        Group::FileDescriptorTimers,
        Sets::DESC,
        Ret::Int,
        &[
            a("fd", "int", Ty::Fd),
            a("flags", "int", Ty::Flags(&TIMERFD_SETTIME_FLAGS)),
            a("new_value", "const struct __kernel_itimerspec *", Ty::Struct(&ITIMERSPEC)),
            a("old_value", "struct __kernel_itimerspec *", Ty::Out(&Ty::Struct(&ITIMERSPEC))),
        ],
    ),
    call(
        "timerfd_gettime",
        Group::FileDescriptorTimers,
        Sets::DESC,
        Ret::Int,
        &[
            a("fd", "int", Ty::Fd),
            a("curr_value", "struct __kernel_itimerspec *", Ty::Out(&Ty::Struct(&ITIMERSPEC))),
        ],
    ),
    call(
        "adjtimex",
        Group::MiscellaneousTime,
        Sets::CLOCK,
        Ret::Custom(&CLOCK_STATE_RET),
        &[a("buf", "struct __kernel_timex *", Ty::Out(&Ty::Struct(&TIMEX)))],
    ),
    call(
        "nanosleep",
        Group::MiscellaneousTime,
        Sets::NONE,
        Ret::Int,
        &[
            a("req", "struct __kernel_timespec *", Ty::Struct(&TIMESPEC)),
            a("rem", "struct __kernel_timespec *", Ty::Custom(&REMAINING)),
        ],
    ),
    call(
        "times",
        Group::MiscellaneousTime,
        Sets::NONE,
        Ret::Int,
        &[a("buf", "struct tms *", Ty::Out(&Ty::Struct(&TMS)))],
    ),
];
