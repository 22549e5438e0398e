//! What every tracer's output is parsed into.

/// One system call as a tracer reported it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The thread that made the call, by the number the tracer gave it.
    pub tid: i64,
    /// The name of the call; unknown ones are `syscall_N` with a decimal N.
    pub name: String,
    /// The number of the call, where the tracer tells (JSON).
    pub number: Option<i64>,
    /// The arguments as shown, split at top-level commas.
    pub arguments: Vec<String>,
    /// The names of the arguments, where the tracer tells (JSON).
    pub argument_names: Vec<String>,
    /// How the call ended.
    pub outcome: Outcome,
    /// What the tracer adds to a returned value, as in `= 1 ([{fd=3, revents=POLLIN}])`.
    pub note: Option<String>,
    /// The tracer never saw the end of the call, so the arguments may be incomplete.
    pub partial: bool,
    /// The thread was killed inside this call, its last one, and the tracer (strace) saw no result.
    pub dies: bool,
}

/// How a system call ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It returned this value.
    Value(i64),
    /// It failed with this errno name.
    Error(String),
    /// A signal interrupted it inside the kernel, with this name (`ERESTARTSYS`).
    Interrupted(String),
    /// It did not return (`exit_group`), or nobody saw it return.
    Never,
}

/// All that one tracer said about one run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Log {
    /// The calls, in the order the tracer reported them.
    pub records: Vec<Record>,
    /// The number of events the tracer says it lost.
    pub lost: u64,
    /// Lines that are neither a call nor anything else known.
    pub unparsed: Vec<String>,
}

impl Outcome {
    /// The outcome for an error name: `ERESTARTSYS` and its kin interrupt, everything else fails.
    pub fn from_error(name: &str) -> Outcome {
        if name.starts_with("ERESTART") {
            Outcome::Interrupted(name.to_owned())
        } else {
            Outcome::Error(name.to_owned())
        }
    }
}
