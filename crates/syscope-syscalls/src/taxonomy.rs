//! Classes and groups of system calls, and strace's `%class` sets.

/// The broad class of a call: the first level of the taxonomy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Class {
    /// Files, directories, links, attributes, descriptors, I/O.
    FileSystem,
    /// Sockets, names, filters.
    Network,
    /// Clocks and timers.
    Time,
    /// Modules, accounting, mounts, the machine.
    System,
    /// Signals.
    Signals,
    /// Pipes, shared memory, semaphores, queues, futexes.
    Ipc,
    /// Processes, users, scheduling, memory.
    ProcessManagement,
}

macro_rules! groups {
    ($($class:ident { $($group:ident $text:literal,)* })*) => {
        /// The second level of the taxonomy.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[allow(missing_docs, reason = "the names are the documentation")]
        pub enum Group { $($($group,)*)* }

        impl Group {
            /// Every group, in order.
            pub const ALL: &'static [Group] = &[$($(Group::$group,)*)*];

            /// The class the group belongs to.
            pub const fn class(self) -> Class {
                match self { $($(Group::$group)|* => Class::$class,)* }
            }

            /// The name as it is written in events and metrics.
            pub const fn name(self) -> &'static str {
                match self { $($(Group::$group => $text,)*)* }
            }
        }
    };
}

groups! {
    FileSystem {
        Files "Files", Directories "Directories", Links "Links", BasicAttributes "BasicAttributes",
        ExtendedAttributes "ExtendedAttributes", Descriptors "Descriptors", ReadWrite "ReadWrite",
        SynchronizedIo "SynchronizedIO", AsynchronousIo "AsynchronousIO", MultiplexedIo "MultiplexedIO",
        Monitoring "Monitoring", MiscellaneousFiles "MiscellaneousFiles",
    }
    Network { Sockets "Sockets", NetworkIo "IO", Naming "Naming", Filtering "Filtering", }
    Time {
        TimeOfDay "TimeOfDay", PosixClocks "POSIXClocks", ClockTimers "ClockTimers", SysTimers "SysTimers",
        FileDescriptorTimers "FileDescriptorTimers", MiscellaneousTime "MiscellaneousTime",
    }
    System {
        Kernel "Kernel", Accounting "Accounting", PrivilegedFileSystem "PrivilegedFileSystem",
        UnprivilegedFileSystem "UnprivilegedFileSystem", MiscellaneousSystem "MiscellaneousSystem",
    }
    Signals {
        StandardSignals "Standard", RealTimeSignals "RealTime", FileDescriptorSignals "FileDescriptor",
        MiscellaneousSignals "MiscellaneousSignals",
    }
    Ipc {
        Pipes "Pipes", SharedMemory "SharedMemory", Semaphore "Semaphore", Futex "Futex",
        MessageQueues "MessageQueues",
    }
    ProcessManagement {
        Execution "Execution", Process "Process", Session "Session", ProcessGroups "Group", User "User",
        Namespace "Namespace", Scheduling "Scheduling", Resources "Resources",
        VirtualMemory "VirtualMemory", Threading "Threading", Security "Security",
        MiscellaneousProcess "MiscellaneousPM",
    }
}

impl Class {
    /// Every class, in order.
    pub const ALL: &'static [Class] = &[
        Class::FileSystem,
        Class::Network,
        Class::Time,
        Class::System,
        Class::Signals,
        Class::Ipc,
        Class::ProcessManagement,
    ];

    /// The name as it is written in events and metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Class::FileSystem => "FileSystem",
            Class::Network => "Network",
            Class::Time => "Time",
            Class::System => "System",
            Class::Signals => "Signals",
            Class::Ipc => "IPC",
            Class::ProcessManagement => "ProcessManagement",
        }
    }
}

/// A set of strace's `%class`es.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sets(pub u32);

macro_rules! sets {
    ($($name:ident = $bit:literal $text:literal,)*) => {
        #[allow(missing_docs, reason = "each is documented in strace(1) under its name")]
        impl Sets {
            pub const NONE: Sets = Sets(0);
            $(pub const $name: Sets = Sets(1 << $bit);)*
            /// `(name without %, set)`.
            pub const ALL: &'static [(&'static str, Sets)] = &[$(($text, Sets::$name),)*];
        }
    };
}

sets! {
    DESC = 0 "desc", FILE = 1 "file", MEMORY = 2 "memory", PROCESS = 3 "process", SIGNAL = 4 "signal",
    IPC = 5 "ipc", NETWORK = 6 "network", CREDS = 7 "creds", CLOCK = 8 "clock", PURE = 9 "pure",
    STAT = 10 "stat", LSTAT = 11 "lstat", FSTAT = 12 "fstat", STATFS = 13 "statfs", FSTATFS = 14 "fstatfs",
    STAT_LIKE = 15 "%stat", STATFS_LIKE = 16 "%statfs",
}

impl Sets {
    /// The union of two sets.
    pub const fn and(self, other: Sets) -> Sets {
        Sets(self.0 | other.0)
    }

    /// Whether the two sets share a class.
    pub const fn meets(self, other: Sets) -> bool {
        self.0 & other.0 != 0
    }
}
