//! Times, intervals, timers and clocks.

use std::fmt;

use crate::capture::{Op, Operand, When};
use crate::decode::Cx;
use crate::layout::{Item, Prim, Struct, View, f, pad, plain};
use crate::names::{signal, time};
use crate::sink::Plain;
use crate::structs::sockaddr::named;
use crate::syscall::{Custom, Ty};

/// Seconds and nanoseconds in machine words. Like strace, seconds are signed and fractions are not.
pub static TIMESPEC: Struct =
    plain("timespec", &[f("tv_sec", Prim::Long, Ty::Long), f("tv_nsec", Prim::ULong, Ty::ULong)]);

/// Seconds and nanoseconds with 64-bit seconds: what the `*_time64` calls of 32-bit machines take. The
/// kernel ignores the upper half of the nanoseconds there.
pub static TIMESPEC64: Struct = plain(
    "__kernel_timespec",
    &[f("tv_sec", Prim::I64, Ty::Long), f("tv_nsec", Prim::U32, Ty::ULong), pad(Prim::U32)],
);

/// Seconds and microseconds in machine words.
pub static TIMEVAL: Struct =
    plain("timeval", &[f("tv_sec", Prim::Long, Ty::Long), f("tv_usec", Prim::ULong, Ty::ULong)]);

/// Seconds and microseconds in 64 bits each.
pub static TIMEVAL64: Struct =
    plain("__kernel_sock_timeval", &[f("tv_sec", Prim::I64, Ty::Long), f("tv_usec", Prim::U64, Ty::ULong)]);

/// An interval timer in microseconds.
pub static ITIMERVAL: Struct = plain(
    "itimerval",
    &[f("it_interval", Prim::Sub(&TIMEVAL), Ty::Absent), f("it_value", Prim::Sub(&TIMEVAL), Ty::Absent)],
);

/// An interval timer in nanoseconds.
pub static ITIMERSPEC: Struct = plain(
    "itimerspec",
    &[f("it_interval", Prim::Sub(&TIMESPEC), Ty::Absent), f("it_value", Prim::Sub(&TIMESPEC), Ty::Absent)],
);

/// An interval timer in nanoseconds with 64-bit seconds.
pub static ITIMERSPEC64: Struct = plain(
    "__kernel_itimerspec",
    &[
        f("it_interval", Prim::Sub(&TIMESPEC64), Ty::Absent),
        f("it_value", Prim::Sub(&TIMESPEC64), Ty::Absent),
    ],
);

/// One of the two times of `utimensat`: with the date as a comment, or a special value by its name.
pub static UTIMENS: Struct = Struct {
    name: "timespec",
    fields: &[f("tv_sec", Prim::Long, Ty::Long), f("tv_nsec", Prim::ULong, Ty::ULong)],
    print: Some(print_utimens),
    abbreviated: false,
};

/// [`UTIMENS`] with 64-bit seconds.
pub static UTIMENS64: Struct = Struct {
    name: "__kernel_timespec",
    fields: &[f("tv_sec", Prim::I64, Ty::Long), f("tv_nsec", Prim::U32, Ty::ULong), pad(Prim::U32)],
    print: Some(print_utimens),
    abbreviated: false,
};

fn print_utimens(cx: &mut Cx<'_, '_>, view: View<'_>) {
    let wide = view.bytes.len() >= 16;
    let seconds = if wide { view.u64(0).map(|value| value as i64) } else { view.long(0) }.unwrap_or(0);
    let nanos = if wide { view.u64(8) } else { view.word(4) }.unwrap_or(0);
    // In the narrow ABI the upper half of wide nanoseconds is padding.
    let nanos = if view.abi.word() == 4 { nanos & 0xffff_ffff } else { nanos };
    match nanos {
        0x3fff_ffff => return cx.out.symbol("UTIME_NOW"),
        0x3fff_fffe => return cx.out.symbol("UTIME_OMIT"),
        _ => {}
    }
    cx.out.begin_struct();
    cx.out.field("tv_sec");
    cx.out.int(seconds);
    cx.out.field("tv_nsec");
    cx.out.uint(nanos);
    cx.out.end_struct(false);
    if nanos < 1_000_000_000 {
        date_comment(cx, seconds, Some(nanos as u32));
    }
}

/// Adds the date of `seconds` since 1970 as a comment; zero has none.
pub fn date_comment(cx: &mut Cx<'_, '_>, seconds: i64, nanos: Option<u32>) {
    if (seconds != 0 || nanos.is_some_and(|nanos| nanos != 0)) && seconds.unsigned_abs() < 1 << 55 {
        cx.out.comment(format_args!("{}", Date { seconds, nanos }));
    }
}

/// A date in UTC, in strace's form: `2026-11-21T15:49:43+0000`.
pub struct Date {
    /// Seconds since 1970.
    pub seconds: i64,
    /// Nanoseconds, where the form has them.
    pub nanos: Option<u32>,
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let days = self.seconds.div_euclid(86_400);
        let second = self.seconds.rem_euclid(86_400);
        // Years that begin in March have their leap day at the end; 400 of them are 146097 days.
        let since_march = days + 719_468;
        let (era, day_of_era) = (since_march.div_euclid(146_097), since_march.rem_euclid(146_097));
        let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * shifted + 2) / 5 + 1;
        let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")?;
        match self.nanos {
            Some(nanos) if nanos != 0 => write!(f, ".{nanos:09}+0000"),
            _ => f.write_str("+0000"),
        }
    }
}

/// The time that `time` stores.
pub static TIME_OUT: Custom = Custom {
    capture: |abi| vec![Op::record(Operand::Arg(0), abi.word() as u16).if_ok()],
    print: |cx, arg| {
        let readable = cx.call.ok();
        time_pointer(cx, arg, readable);
    },
};

/// The time that `stime` sets.
pub static TIME_IN: Custom = Custom {
    capture: |abi| vec![Op::record(Operand::Arg(0), abi.word() as u16)],
    print: |cx, arg| time_pointer(cx, arg, true),
};

fn time_pointer(cx: &mut Cx<'_, '_>, arg: usize, readable: bool) {
    let value = cx.arg(arg);
    match cx.record(arg, 0, cx.call.abi.word()).and_then(|view| view.long(0)).filter(|_| readable) {
        Some(seconds) => {
            cx.out.begin_array(false);
            cx.out.item();
            cx.out.int(seconds);
            date_comment(cx, seconds, None);
            cx.out.end_array(false);
        }
        None => cx.out.address(value),
    }
}

/// A time as the result of a call, with its date.
pub static TIME_RET: Custom = Custom {
    capture: |_| Vec::new(),
    print: |cx, _| {
        let seconds = cx.call.ret.unwrap_or(0);
        cx.out.int(seconds);
        if seconds != 0 {
            cx.out.begin_details();
            cx.out.item();
            let date = Date { seconds, nanos: None }.to_string();
            cx.out.form(format_args!("{date}"), Plain::Text(&date));
            cx.out.end_details();
        }
    },
};

/// The clock state that `adjtimex` returns.
pub static CLOCK_STATE_RET: Custom = Custom {
    capture: |_| Vec::new(),
    print: |cx, _| {
        let state = cx.call.ret.unwrap_or(0);
        cx.out.int(state);
        if let Some(name) = time::ADJTIMEX_STATE.name(state as u64) {
            cx.out.begin_details();
            cx.out.item();
            cx.out.symbol(name);
            cx.out.end_details();
        }
    },
};

/// What is left of an interrupted sleep: written only then.
pub static REMAINING: Custom = Custom {
    capture: |abi| vec![remaining_op(1, TIMESPEC.size(abi))],
    print: |cx, arg| remaining(cx, arg, &TIMESPEC),
};

/// What is left of an interrupted `clock_nanosleep`; never written for absolute times.
pub static CLOCK_REMAINING: Custom = Custom {
    capture: |abi| vec![remaining_op(3, TIMESPEC.size(abi))],
    print: |cx, arg| clock_remaining(cx, arg, &TIMESPEC),
};

/// [`CLOCK_REMAINING`] with 64-bit seconds.
pub static CLOCK_REMAINING64: Custom = Custom {
    capture: |abi| vec![remaining_op(3, TIMESPEC64.size(abi))],
    print: |cx, arg| clock_remaining(cx, arg, &TIMESPEC64),
};

fn remaining_op(arg: u8, size: usize) -> Op {
    Op::record(Operand::Arg(arg), size as u16).when(When::Failed)
}

fn clock_remaining(cx: &mut Cx<'_, '_>, arg: usize, layout: &'static Struct) {
    const TIMER_ABSTIME: u64 = 1;
    if cx.arg(1) & TIMER_ABSTIME != 0 {
        let value = cx.arg(arg);
        return cx.out.address(value);
    }
    remaining(cx, arg, layout);
}

fn remaining(cx: &mut Cx<'_, '_>, arg: usize, layout: &'static Struct) {
    let value = cx.arg(arg);
    // The kernel's internal codes of a call that a signal ended.
    let interrupted = matches!(cx.call.errno(), Some(4 | 512..=514 | 516));
    match cx.record(arg, 0, layout.size(cx.call.abi)) {
        Some(view) if interrupted => cx.structure(layout, view),
        _ => cx.out.address(value),
    }
}

/// The time limit that a call updates, shown behind its result: `2 (left {tv_sec=0, tv_nsec=5})`, and
/// `0 (Timeout)`. `arg` is the argument that holds it.
pub fn result_with_time_left(cx: &mut Cx<'_, '_>, arg: usize, layout: &'static Struct) {
    let ret = cx.call.ret.unwrap_or(0);
    cx.out.int(ret);
    let Some(view) = cx.record(arg, 0, layout.size(cx.call.abi)) else {
        return;
    };
    cx.out.begin_details();
    cx.out.item();
    if ret == 0 {
        cx.out.symbol("Timeout");
    } else {
        cx.out.begin_label("left");
        cx.structure(layout, view);
        cx.out.end_label();
    }
    cx.out.end_details();
}

/// The time zone of `settimeofday`.
pub static TIMEZONE: Struct =
    plain("timezone", &[f("tz_minuteswest", Prim::I32, Ty::Int), f("tz_dsttime", Prim::I32, Ty::Int)]);

/// The processor times of `times`, in clock ticks.
pub static TMS: Struct = Struct {
    name: "tms",
    fields: &[
        f("tms_utime", Prim::ULong, Ty::ULong),
        f("tms_stime", Prim::ULong, Ty::ULong),
        f("tms_cutime", Prim::ULong, Ty::ULong),
        f("tms_cstime", Prim::ULong, Ty::ULong),
    ],
    print: Some(|cx, view| {
        cx.out.begin_struct();
        let word = view.abi.word();
        for (at, name) in ["tms_utime", "tms_stime", "tms_cutime", "tms_cstime"].into_iter().enumerate() {
            cx.out.field(name);
            clock_ticks(cx, view.word(at * word).unwrap_or(0));
        }
        cx.out.end_struct(false);
    }),
    abbreviated: false,
};

/// A time in clock ticks, of which every kernel here has 100 in a second.
pub fn clock_ticks(cx: &mut Cx<'_, '_>, ticks: u64) {
    cx.out.uint(ticks);
    if ticks != 0 {
        cx.out.comment(format_args!("{}.{:02} s", ticks / 100, ticks % 100));
    }
}

/// The clock parameters of `adjtimex`.
pub static TIMEX: Struct = plain(
    "timex",
    &[
        f("modes", Prim::U32, Ty::Flags(&time::ADJTIMEX_MODES)),
        f("offset", Prim::Long, Ty::Long),
        f("freq", Prim::Long, Ty::Long),
        f("maxerror", Prim::Long, Ty::Long),
        f("esterror", Prim::Long, Ty::Long),
        f("status", Prim::I32, Ty::Flags(&time::ADJTIMEX_STATUS)),
        f("constant", Prim::Long, Ty::Long),
        f("precision", Prim::Long, Ty::Long),
        f("tolerance", Prim::Long, Ty::Long),
        f("time", Prim::Sub(&TIMEVAL), Ty::Absent),
        f("tick", Prim::Long, Ty::Long),
        f("ppsfreq", Prim::Long, Ty::Long),
        f("jitter", Prim::Long, Ty::Long),
        f("shift", Prim::I32, Ty::Int),
        f("stabil", Prim::Long, Ty::Long),
        f("jitcnt", Prim::Long, Ty::Long),
        f("calcnt", Prim::Long, Ty::Long),
        f("errcnt", Prim::Long, Ty::Long),
        f("stbcnt", Prim::Long, Ty::Long),
        f("tai", Prim::I32, Ty::Int),
        pad(Prim::Array(11, &Item::Scalar(Prim::U32, Ty::Hex))),
    ],
);

/// [`TIMEX`] with 64-bit times on every machine.
pub static TIMEX64: Struct = plain(
    "__kernel_timex",
    &[
        f("modes", Prim::U32, Ty::Flags(&time::ADJTIMEX_MODES)),
        pad(Prim::U32),
        f("offset", Prim::I64, Ty::Long),
        f("freq", Prim::I64, Ty::Long),
        f("maxerror", Prim::I64, Ty::Long),
        f("esterror", Prim::I64, Ty::Long),
        f("status", Prim::I32, Ty::Flags(&time::ADJTIMEX_STATUS)),
        pad(Prim::U32),
        f("constant", Prim::I64, Ty::Long),
        f("precision", Prim::I64, Ty::Long),
        f("tolerance", Prim::I64, Ty::Long),
        f("time", Prim::Sub(&TIMEVAL64), Ty::Absent),
        f("tick", Prim::I64, Ty::Long),
        f("ppsfreq", Prim::I64, Ty::Long),
        f("jitter", Prim::I64, Ty::Long),
        f("shift", Prim::I32, Ty::Int),
        pad(Prim::U32),
        f("stabil", Prim::I64, Ty::Long),
        f("jitcnt", Prim::I64, Ty::Long),
        f("calcnt", Prim::I64, Ty::Long),
        f("errcnt", Prim::I64, Ty::Long),
        f("stbcnt", Prim::I64, Ty::Long),
        f("tai", Prim::I32, Ty::Int),
        pad(Prim::Array(11, &Item::Scalar(Prim::U32, Ty::Hex))),
    ],
);

/// How a timer or a queue tells that something happened. The padding to 64 bytes is not read.
pub static SIGEVENT: Struct = Struct {
    name: "sigevent",
    fields: &[
        f("sigev_value", Prim::Ptr, Ty::Addr),
        f("sigev_signo", Prim::I32, Ty::Signal),
        f("sigev_notify", Prim::I32, Ty::Enum(&signal::SIGEV_NOTIFY)),
        f("sigev_notify_function", Prim::Ptr, Ty::Addr),
        f("sigev_notify_attributes", Prim::Ptr, Ty::Addr),
    ],
    print: Some(print_sigevent),
    abbreviated: false,
};

fn print_sigevent(cx: &mut Cx<'_, '_>, view: View<'_>) {
    const SIGEV_SIGNAL: i32 = 0;
    const SIGEV_THREAD: i32 = 2;
    const SIGEV_THREAD_ID: i32 = 4;
    let word = view.abi.word();
    let (Some(value), Some(signo), Some(notify)) = (view.word(0), view.i32(word), view.i32(word + 4)) else {
        return cx.out.string(view.bytes, false);
    };
    cx.out.begin_struct();
    if value != 0 {
        cx.out.field("sigev_value");
        cx.out.begin_struct();
        cx.out.field("sival_int");
        cx.out.int(i64::from(value as i32));
        cx.out.field("sival_ptr");
        cx.out.address(value);
        cx.out.end_struct(false);
    }
    cx.out.field("sigev_signo");
    match notify {
        SIGEV_SIGNAL | SIGEV_THREAD | SIGEV_THREAD_ID => cx.signal(signo),
        _ => cx.out.int(i64::from(signo)),
    }
    cx.out.field("sigev_notify");
    named(cx.out, &signal::SIGEV_NOTIFY, u64::from(notify as u32));
    match notify {
        SIGEV_THREAD => {
            cx.out.field("sigev_notify_function");
            cx.out.address(view.word(word + 8).unwrap_or(0));
            cx.out.field("sigev_notify_attributes");
            cx.out.address(view.word(2 * word + 8).unwrap_or(0));
        }
        SIGEV_THREAD_ID => {
            cx.out.field("sigev_notify_thread_id");
            cx.out.int(i64::from(view.i32(word + 8).unwrap_or(0)));
        }
        _ => {}
    }
    cx.out.end_struct(false);
}

#[cfg(test)]
mod tests {
    use crate::testing::{Copy, check, check_i386, longs, words};

    #[test]
    fn clocks() {
        check(
            "clock_gettime",
            &[1, 0x1000],
            0,
            &[(1, 0, &longs(&[5, 6]))],
            "clock_gettime(CLOCK_MONOTONIC, {tv_sec=5, tv_nsec=6}) = 0",
        );
        check("clock_gettime", &[99, 0x1000], -22, &[], "clock_gettime(0x63 /* CLOCK_??? */, 0x1000) = -1");
        check(
            "clock_settime",
            &[0, 0x1000],
            -22,
            &[(1, 0, &longs(&[u64::MAX, u64::MAX]))],
            "clock_settime(CLOCK_REALTIME, {tv_sec=-1, tv_nsec=18446744073709551615}) = -1",
        );
        check_i386(
            "clock_gettime64",
            &[0, 0x1000],
            0,
            // The upper half of the nanoseconds is padding.
            &[(1, 0, &words(&[5, 1, 6, 0xffff]))],
            "clock_gettime64(CLOCK_REALTIME, {tv_sec=4294967301, tv_nsec=6}) = 0",
        );
        check("time", &[0], 1_795_276_183, &[], "time(NULL) = 1795276183 (2026-11-21T15:49:43+0000)");
    }

    #[test]
    fn sleeps_show_the_rest_only_after_a_signal() {
        let (request, rest) = (longs(&[1, 0]), longs(&[0, 9]));
        let memory: &[Copy<'_>] = &[(0, 0, &request), (1, 0, &rest)];
        let shown = "nanosleep({tv_sec=1, tv_nsec=0}, {tv_sec=0, tv_nsec=9}) = -1";
        check("nanosleep", &[0x1000, 0x2000], -516, memory, shown);
        check(
            "nanosleep",
            &[0x1000, 0x2000],
            0,
            &memory[..1],
            "nanosleep({tv_sec=1, tv_nsec=0}, 0x2000) = 0",
        );
        check(
            "clock_nanosleep",
            &[1, 1, 0x1000, 0x2000],
            -514,
            &[(2, 0, &request), (3, 0, &rest)],
            "clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, {tv_sec=1, tv_nsec=0}, 0x2000) = -1",
        );
    }

    #[test]
    fn timers() {
        let event =
            |value: u64, signo: u64, notify: u64, rest: u64| longs(&[value, signo | notify << 32, rest, 0]);
        let create = |event: &[u8], expected: &str| {
            let expected = format!("timer_create(CLOCK_REALTIME, {expected}, [0]) = 0");
            check("timer_create", &[0, 0x1000, 0x2000], 0, &[(1, 0, event), (2, 0, &[0; 4])], &expected);
        };
        create(
            &event(0x1234, 10, 0, 0),
            "{sigev_value={sival_int=4660, sival_ptr=0x1234}, sigev_signo=SIGUSR1, sigev_notify=SIGEV_SIGNAL}",
        );
        create(&event(0, 10, 1, 0), "{sigev_signo=10, sigev_notify=SIGEV_NONE}");
        create(
            &event(0, 10, 4, 77),
            "{sigev_signo=SIGUSR1, sigev_notify=SIGEV_THREAD_ID, sigev_notify_thread_id=77}",
        );
        check(
            "timerfd_settime",
            &[3, 3, 0x1000, 0],
            0,
            &[(2, 0, &longs(&[1, 2, 3, 4]))],
            "timerfd_settime(3, TFD_TIMER_ABSTIME|TFD_TIMER_CANCEL_ON_SET, {it_interval={tv_sec=1, tv_nsec=2}, \
             it_value={tv_sec=3, tv_nsec=4}}, NULL) = 0",
        );
        check(
            "times",
            &[0x1000],
            9,
            &[(0, 0, &longs(&[108, 0, 0, 0]))],
            "times({tms_utime=108 /* 1.08 s */, tms_stime=0, tms_cutime=0, tms_cstime=0}) = 9",
        );
    }

    #[test]
    fn clock_parameters() {
        let bytes =
            [&words(&[0x8001, 0])[..], &longs(&[0; 4]), &words(&[0x40, 0]), &longs(&[0; 20])].concat();
        assert_eq!(super::TIMEX.size(crate::Abi::X86_64), 208);
        assert_eq!(super::TIMEX64.size(crate::Abi::X86_64), 208);
        assert_eq!(super::TIMEX64.size(crate::Abi::I386), 208);
        assert_eq!(super::TIMEX.size(crate::Abi::I386), 128);
        check(
            "adjtimex",
            &[0x1000],
            5,
            &[(0, 0, &bytes)],
            "adjtimex({modes=ADJ_OFFSET_SINGLESHOT, offset=0, freq=0, maxerror=0, esterror=0, status=STA_UNSYNC, \
             constant=0, precision=0, tolerance=0, time={tv_sec=0, tv_usec=0}, tick=0, ppsfreq=0, jitter=0, shift=0, \
             stabil=0, jitcnt=0, calcnt=0, errcnt=0, stbcnt=0, tai=0}) = 5 (TIME_ERROR)",
        );
    }

    #[test]
    fn dates() {
        let date = |seconds, nanos| super::Date { seconds, nanos }.to_string();
        assert_eq!(date(1, Some(2)), "1970-01-01T00:00:01.000000002+0000");
        assert_eq!(date(-5, None), "1969-12-31T23:59:55+0000");
        assert_eq!(date(951_782_400, None), "2000-02-29T00:00:00+0000");
        assert_eq!(date(253_402_300_800, None), "10000-01-01T00:00:00+0000");
    }
}
