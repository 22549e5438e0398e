/* SPDX-License-Identifier: GPL-2.0-or-later OR Apache-2.0 OR MIT */
/*
 * The wire between the kernel programs and user space: records, enumerations, limits. Plain C integer types, so that it
 * parses alone; a test on the Rust side compares every layout.
 */
#ifndef SYSCOPE_INTF_H
#define SYSCOPE_INTF_H

#define SYSCALLS_MAX 512 /* numbers per ABI; the highest in use is 471 */
#define ARGS_MAX 6
#define OPS_MAX 16
#define PROGRAMS_MAX 2048 /* capture programs: about 700 calls and their variants */
#define COMM_LEN 16
/* Room for blobs: 16 ops of at most 4 KiB would be 64 KiB; 32 KiB holds every real call, what is beyond is cut. */
#define BLOBS_MAX 32768
#define BLOB_BYTES_MAX 4096   /* longest single copy; of a string 4095, as of a path */
#define STRINGS_MAX 64	      /* elements of a string vector */
#define IOVEC_MAX 32	      /* elements of a buffer vector */
#define PID_NS_DEPTH_MAX 32   /* the kernel's MAX_PID_NS_LEVEL */
#define ANCESTORS_MAX 64      /* generations followed up when a process tree is marked */
#define PATH_NAMES_MAX 64     /* components of a path */
#define AREA_BYTES_MAX 16384  /* strings in one EVENT_AREA */
#define AREA_BYTES_LEAST 4096 /* in the first, however full the ring is */
#define AREAS_MAX 192	  /* such records for one area: 3 MiB, the kernel allows 2 MiB and some */
#define DIRENTS_MAX 2048  /* directory entries that are counted in one call */
#define CGROUPS_MAX 65536 /* tracked cgroups; a host of 10,000 fits six times */
#define CGROUP_NAME_BYTES 256 /* the longest name of a directory and its NUL */
#define JOBS_MAX 64	      /* trace jobs at one moment */
#define COUNTS_MAX 65536      /* counted (cgroup, call, error), unless user space sizes it */
#define HISTOGRAMS_MAX 32768  /* measured (cgroup, call), unless user space sizes it */
#define HISTOGRAM_BUCKETS 40  /* powers of two of nanoseconds; the last has all from 9 minutes on */
#define ENTERING_MAX 16384 /* processes that a runtime is putting into containers at one moment */

enum abi {
	ABI_NATIVE = 0,
	ABI_COMPAT = 1,
	ABI_COUNT = 2,
};

enum event_type {
	EVENT_SYSCALL = 1,
	EVENT_PROCESS = 2, /* a process began or became another program: what is known of it */
	EVENT_EXIT = 3,	   /* a process ended; ret is its wait status */
	EVENT_LOG = 4,	   /* a line for the log: nr is enum log_code, args its values */
	EVENT_PROGRAM = 5, /* the process stream: a process became another program */
	EVENT_AREA = 6,	   /* more of its strings: args are enum area, offset, length of all */
	EVENT_CGROUP = 7, /* a cgroup changed: nr is enum cgroup_change, see struct cgroup_record */
};

enum event_flags {
	EVENT_HAS_LATENCY = 1 << 0, /* the entry was seen */
	EVENT_NO_ENTRY = 1 << 1,    /* the entry is watched and was not seen: rejected before it */
	EVENT_NO_RETURN = 1 << 2,   /* the call did not return: ret means nothing */
	EVENT_EXEC = 1 << 3,	    /* a successful exec: arguments are the kernel's copy */
	EVENT_IN_PROGRESS = 1 << 5, /* the call had not returned when the run ended */
	EVENT_ENTERING = 1 << 6,  /* a runtime at work in a container's cgroup, not the container */
	EVENT_UNDECIDED = 1 << 7, /* `jobs` are those that may want it: whose it is was not known */
};

enum log_code {
	LOG_TASK_STORAGE_FULL = 1, /* a task could not be followed: args[0] its tid */
};

/* One record. Blobs follow it up to the record's length. Times are CLOCK_BOOTTIME in ns. */
struct event {
	unsigned long long ts;
	unsigned long long start; /* of the process */
	unsigned long long latency;
	long long ret;
	unsigned long long args[ARGS_MAX];
	unsigned long long cgroup; /* id in the tracked hierarchy, 0: none is tracked */
	unsigned int pid;
	unsigned int tid;
	unsigned int ppid;
	unsigned int uid;
	unsigned int gid;
	int nr;
	unsigned int lost; /* EVENT_SYSCALL: such records lost on this CPU so far, modulo 2^32 */
	unsigned short cpu;
	unsigned char type; /* enum event_type */
	unsigned char abi;  /* enum abi */
	unsigned int flags; /* enum event_flags */
	unsigned int execs; /* in a process stream: self_exec_id of the process */
	char comm[COMM_LEN];
	unsigned long long jobs; /* bit n: it is for job n; 0 where there are no jobs */
};

/* Before each copy. */
struct blob {
	unsigned char arg; /* 0..5, 6 for the result, or enum blob_tag */
	unsigned char part;
	unsigned char status; /* enum blob_status */
	unsigned char zero;
	unsigned int len; /* bytes; the next blob begins at the next multiple of 8 */
};

enum blob_status {
	BLOB_COMPLETE = 0,
	BLOB_CUT = 1,
	BLOB_FAULT = 2,
};

enum blob_tag {
	BLOB_PROCESS = 16, /* struct process_info */
	BLOB_EXE = 17,	   /* struct fd_info and names: the program's file */
	BLOB_CWD = 18,
	BLOB_EXEC = 19,	       /* struct exec_info */
	BLOB_FILENAME = 20,    /* as the call gave it */
	BLOB_INTERPRETER = 21, /* of a script */
	BLOB_CGROUP_NAME = 22, /* the cgroup's own name */
};

/* The strings of a new image. */
enum area {
	AREA_ARGS = 1,
	AREA_ENV = 2,
};

/* What a new image is and whose. */
struct exec_info {
	unsigned long long execs; /* the kernel's self_exec_id */
	unsigned long long parent_start;
	unsigned long long parent_execs;
	unsigned long long permitted; /* capabilities, bit n is number n */
	unsigned long long effective;
	unsigned long long permitted_before;
	unsigned int euid;
	unsigned int egid;
	unsigned int suid;
	unsigned int sgid;
	unsigned int args_bytes; /* of the argument area; EVENT_AREA records carry them */
	unsigned int env_bytes;
	unsigned int noted; /* whether permitted_before and comm_before are known */
	unsigned int zero;
	char comm_before[COMM_LEN];
};

/* What is known of a process at its start. */
struct process_info {
	unsigned int session;
	unsigned int pid_ns;
	unsigned int mnt_ns;
	unsigned int uts_ns;
	unsigned int parent_pid; /* EVENT_PROCESS by fork: the process it was copied from, else 0 */
	unsigned int ns_pid;	 /* the process id in its own pid namespace */
};

/* What a descriptor refers to. The names of its path follow, from the leaf up, each closed by a NUL. */
struct fd_info {
	unsigned int magic; /* of the file system */
	unsigned int mode;
	unsigned long long inode;
	unsigned short family; /* sockets from here on */
	unsigned short sock_type;
	unsigned short local_port;
	unsigned short remote_port;
	unsigned int flags; /* enum fd_flags */
	unsigned int protocol;
	unsigned char local[16];
	unsigned char remote[16];
};

enum fd_flags {
	FD_UNLINKED = 1 << 0,
	FD_PATH_CUT = 1 << 1,
	FD_NAMELESS = 1 << 2, /* a regular file that never had a name, as of memfd_create */
};

enum capture_kind {
	CAPTURE_STRING = 1,
	CAPTURE_BYTES = 2,
	CAPTURE_STRINGS = 3,
	CAPTURE_IOVEC = 4,
	CAPTURE_FD = 5,
	CAPTURE_DIRENTS = 6,
};

enum capture_when {
	WHEN_ALWAYS = 0,
	WHEN_OK = 1,
	WHEN_RET_ABOVE = 2,
	WHEN_TOTAL_ABOVE = 3,
	WHEN_FAILED = 4,
};

/* Operands: 0..5 an argument register, then these; OPERAND_AT + n is the u32 that argument n points to. */
enum capture_operand {
	OPERAND_RET = 6,
	OPERAND_ONE = 7,
	OPERAND_WORD = 8,
	OPERAND_WORD32 = 9,
	OPERAND_AT = 16,
	OPERAND_NONE = 255,
};

/* One read of the caller's memory. */
struct capture_op {
	unsigned char kind;
	unsigned char arg;
	unsigned char part;
	unsigned char when;
	unsigned char above; /* for WHEN_*_ABOVE */
	unsigned char ptr;
	unsigned char count;
	unsigned char total;
	unsigned short ptr_off;
	unsigned short count_off;
	unsigned short size;
	unsigned short limit;
	unsigned char base;
	unsigned char zero[3];
};

/* What is read for a call. */
struct capture_program {
	unsigned int ops_count;
	unsigned int zero;
	struct capture_op ops[OPS_MAX];
};

/* Which program belongs to a call: captures[abi * SYSCALLS_MAX + nr]. */
struct capture_entry {
	unsigned int program;	/* 0: none */
	unsigned char selector; /* argument that chooses a variant, 255: none */
	unsigned char zero[3];
	unsigned long long selector_mask;
};

/* A variant: key of the hash map, its value is the program. */
struct capture_variant {
	unsigned int call; /* abi * SYSCALLS_MAX + nr */
	unsigned int zero;
	unsigned long long value;
};

enum filter_by {
	FILTER_TREE = 1 << 0, /* marked tasks and what they fork */
	FILTER_PID_NS = 1 << 1,
	FILTER_CGROUP = 1 << 2,
	FILTER_UID = 1 << 3,
	FILTER_COMM = 1 << 4,
	FILTER_OK = 1 << 5, /* only successful calls */
	FILTER_FAILED = 1 << 6,
	FILTER_ERRNO = 1 << 7,
	FILTER_LATENCY = 1 << 8,
	FILTER_CONTAINERS = 1 << 9, /* by the table of cgroups */
};

/* Which calls of which processes are recorded; fixed for a run. */
struct filter {
	unsigned int by; /* enum filter_by */
	unsigned int pid_ns;
	unsigned int uid;
	int cgroup_subsys; /* index into css_set.subsys, -1: the v2 hierarchy */
	unsigned long long cgroup;
	unsigned int cgroup_level;
	unsigned int zero;
	unsigned long long latency_min;
	char comm[COMM_LEN];
	unsigned long long errnos[64]; /* bit n: errno n, up to 4095 */
	unsigned long long syscalls[ABI_COUNT][SYSCALLS_MAX / 64];
	unsigned char unknown_syscalls; /* whether numbers beyond the bitmap are wanted */
	unsigned char zero2[7];
};

/* What became of one kind of record: produced = delivered + lost. */
struct tally {
	unsigned long long produced; /* records that passed all filters */
	unsigned long long lost;     /* those of them that found no room in the ring */
};

/* What happened to a cgroup. */
enum cgroup_change {
	CGROUP_CREATED = 1,
	CGROUP_POPULATED = 2, /* it or one below it got its first task */
	CGROUP_EMPTIED = 3,   /* it and all below it lost their last task */
	CGROUP_RENAMED = 4,
	CGROUP_ATTACHED = 5, /* args[3] is the process that was moved into it */
	CGROUP_REMOVED = 6,
};

/* An EVENT_CGROUP: event.cgroup is its id, args are its parent's id, its level, its hierarchy, and see above. */
struct cgroup_record {
	struct event event;
	struct blob name_blob; /* BLOB_CGROUP_NAME */
	char name[CGROUP_NAME_BYTES];
};

/* A cgroup. Ids are unique in a hierarchy only. */
struct cgroup_key {
	unsigned long long id;
	unsigned int hierarchy; /* the kernel's number of it; 0 is v2 */
	unsigned int zero;
};

/* What is known of a tracked cgroup. */
struct cgroup_entry {
	unsigned long long tracking; /* the cgroup that stands for its owner; 0: it has none */
	unsigned long long jobs;     /* bit n: job n wants its events */
	unsigned int level;
	unsigned char decided; /* user space knows its owner; until then every job wants it */
	unsigned char state;   /* the last enum cgroup_change of CREATED, POPULATED, EMPTIED */
	unsigned short zero;
};

/* A process that was put into a container's cgroup from outside: the root directory of whoever put it there. */
struct entering {
	unsigned long long root_mount;
	unsigned long long root_dentry;
};

/*
 * What is counted. The cgroup comes in two halves and the rest in one word: twelve bytes are what the kernel's hash takes in
 * one step.
 */
struct count_key {
	unsigned int cgroup_low;
	unsigned int cgroup_high;
	unsigned int
		call; /* bits 0..9 number (SYSCALLS_MAX: one beyond the tables), 10 ABI, 11..22 error */
};

/* Per CPU, summed by user space. */
struct count {
	unsigned long long calls;
	/* The rest only where time is measured. */
	unsigned long long ns;	/* how long they took together, of those whose entry was seen */
	unsigned int histogram; /* its number, 0: not looked for */
	unsigned int zero;
};

/* How long the calls of a cgroup and number took: bucket n has 2^n up to 2^(n+1) ns. */
struct histogram {
	struct count_key key; /* with error 0 */
	unsigned int zero;
	unsigned long long buckets[HISTOGRAM_BUCKETS];
};

/* A trace job, as far as its filters are judged in the kernel. */
struct job {
	unsigned long long latency_min; /* ns */
	unsigned long long sample_rate; /* every n-th is sent; 0 and 1: each */
	unsigned long long seen;	/* events that came to be sampled, counted by both sides */
};

/* Per CPU and job, summed by user space: produced = sent + sampled_out + lost. */
struct job_stats {
	unsigned long long produced;
	unsigned long long sampled_out;
	unsigned long long lost;
};

/* Per CPU, summed by user space. */
struct stats {
	struct tally syscalls;
	struct tally processes; /* EVENT_PROCESS, EVENT_LOG, EVENT_AREA; EVENT_EXIT beside calls */
	struct tally execs;	/* the process stream: EVENT_PROGRAM, EVENT_EXIT */
	struct tally cgroups;	/* EVENT_CGROUP */
	unsigned long long cgroups_full;    /* cgroups that found no room in the table */
	unsigned long long entering_full;   /* runtimes at work that found no room in theirs */
	unsigned long long counts_full;	    /* calls that found no room to be counted */
	unsigned long long histograms_full; /* calls that found no room to be measured */
};

/* A traced task; value of the task storage map. */
struct task_state {
	unsigned long long entered; /* when the call in progress began, 0: in none */
	unsigned long long
		hooked; /* when the entry was hooked by which that was seen (want_jobs) */
	unsigned long long args
		[ARGS_MAX]; /* of the call in progress, or of the exec that is about to succeed */
	int nr;
	unsigned char abi;
	unsigned char traced;	   /* enum task_traced */
	unsigned char exec_noted;  /* nr, abi and args are those of an exec */
	unsigned char has_entered; /* an entry was seen: a later exit without one was rejected */
	unsigned int exec_argv0_len;
	unsigned int zero2;
	/* The first argument given to the exec of a script: the kernel drops it when it puts the interpreter in front. */
	char exec_argv0[64];
	unsigned long long exec_permitted; /* capabilities before the exec */
	char exec_comm[COMM_LEN];
};

enum task_traced {
	TASK_UNTRACED = 0,
	TASK_TRACED = 1,
	TASK_ARMED = 2, /* traced from its next exec on */
};

_Static_assert(sizeof(struct event) == 152, "wire layout of struct event");
_Static_assert(sizeof(struct blob) == 8, "wire layout of struct blob");
_Static_assert(sizeof(struct fd_info) == 64, "wire layout of struct fd_info");
_Static_assert(sizeof(struct capture_op) == 20, "wire layout of struct capture_op");
_Static_assert(sizeof(struct capture_entry) == 16, "wire layout of struct capture_entry");

_Static_assert(sizeof(struct cgroup_record) == 416, "wire layout of struct cgroup_record");
_Static_assert(sizeof(struct cgroup_key) == 16, "wire layout of struct cgroup_key");
_Static_assert(sizeof(struct cgroup_entry) == 24, "wire layout of struct cgroup_entry");
_Static_assert(sizeof(struct exec_info) == 96, "wire layout of struct exec_info");

#endif
