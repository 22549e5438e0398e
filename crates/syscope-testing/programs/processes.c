// SPDX-License-Identifier: GPL-2.0-or-later OR Apache-2.0 OR MIT
/* What a process asks about itself and changes: limits, scheduling, credentials, namespaces, children. */
#define _GNU_SOURCE
#include <linux/capability.h>
#include <linux/sched.h>
#include <sched.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <grp.h>
#include <unistd.h>

static void limits(void)
{
	struct rlimit limit = { 100, 200 };
	struct rusage usage;

	getrlimit(RLIMIT_NOFILE, &limit);
	syscall(SYS_getrlimit, RLIMIT_STACK, &limit);
	prlimit(0, RLIMIT_CORE, &(struct rlimit){ 0, 0 }, &limit);
	prlimit(getpid(), RLIMIT_CPU, NULL, &limit);
	prlimit(0, 99, NULL, &limit);
	getrusage(RUSAGE_SELF, &usage);
	getrusage(RUSAGE_CHILDREN, &usage);
}

static void scheduling(void)
{
	struct sched_param param = { 0 };
	cpu_set_t cpus;
	char attributes[64] = { 48 };

	sched_getscheduler(0);
	sched_getparam(0, &param);
	sched_setscheduler(0, SCHED_BATCH, &param);
	sched_setscheduler(getpid(), SCHED_OTHER, &param);
	sched_get_priority_max(SCHED_FIFO);
	sched_getaffinity(0, sizeof cpus, &cpus);
	CPU_ZERO(&cpus);
	CPU_SET(0, &cpus);
	sched_setaffinity(0, sizeof cpus, &cpus);
	syscall(SYS_sched_getattr, 0, attributes, 48, 0);
	sched_yield();
	getpriority(PRIO_PROCESS, 0);
	setpriority(PRIO_PROCESS, 0, 5);
	syscall(SYS_ioprio_get, 1, 0);
}

static void credentials(void)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2];
	gid_t groups[64], some[2] = { 10, 20 };
	uid_t real, effective, saved;

	syscall(SYS_capget, &header, data);
	syscall(SYS_capset, &header, data);
	header.version = 1;
	syscall(SYS_capget, &header, NULL);
	getresuid(&real, &effective, &saved);
	getgroups(64, groups);
	setgroups(2, some);
	setfsuid(0);
	setresgid(-1, 5, -1);
	setresuid(-1, 65534, -1);
	setuid(0);
}

static void names(void)
{
	char name[16];
	struct utsname system;

	prctl(PR_SET_NAME, "renamed");
	prctl(PR_GET_NAME, name);
	prctl(PR_SET_PDEATHSIG, 15);
	prctl(PR_CAPBSET_READ, CAP_NET_ADMIN);
	prctl(PR_SET_DUMPABLE, 0);
	prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0);
	prctl(12345, 1, 2, 3, 4);
	personality(0xffffffff);
	uname(&system);
	getpgid(0);
	getsid(0);
	setsid();
}

static void namespaces(void)
{
	unshare(CLONE_NEWUTS | CLONE_NEWIPC);
	(void)!sethostname("elsewhere", 9);
	unshare(CLONE_FILES);
	unshare(0x1);
	(void)!chroot("/");
	setns(99, CLONE_NEWNET);
}

int main(void)
{
	static void (*const work[])(void) = { limits, scheduling, credentials, names, namespaces };
	siginfo_t info;
	struct rusage usage;
	int status;

	for (unsigned i = 0; i < sizeof work / sizeof work[0]; i++) {
		if (fork() == 0) {
			work[i]();
			_exit(i);
		}
		if (i % 2 == 0)
			wait4(-1, &status, 0, &usage);
		else
			waitid(P_ALL, 0, &info, WEXITED);
	}
	wait4(-1, &status, WNOHANG | __WALL, NULL);
	waitid(P_PID, 999999, &info, WEXITED | WSTOPPED | WNOWAIT);
	return 0;
}
