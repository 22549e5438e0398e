/* SPDX-License-Identifier: GPL-2.0-or-later OR Apache-2.0 OR MIT */
/*
 * Makes exactly the system calls it says, and no other: there is no C library in it, so none of its calls either. Built
 * for both word sizes.
 *
 *   calls known          the calls that guest/tests.sh lists
 *   calls loop BAD GOOD  BAD times rmdir of a directory that is not there, GOOD times getppid
 *   calls leave STATUS   ends with STATUS
 */
#include <asm/unistd.h>

#define O_RDONLY 0
#define O_CLOEXEC 02000000
#define AT_FDCWD (-100)

struct time {
	long seconds;
	long nanoseconds;
};

static long call4(long nr, long a, long b, long c, long d)
{
	long ret;

#if defined(__x86_64__)
	register long r10 __asm__("r10") = d;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10)
			 : "rcx", "r11", "memory");
#else
	__asm__ volatile("int $0x80"
			 : "=a"(ret)
			 : "a"(nr), "b"(a), "c"(b), "d"(c), "S"(d)
			 : "memory");
#endif
	return ret;
}

static long number(const char *text)
{
	long value = 0;

	while (*text >= '0' && *text <= '9')
		value = value * 10 + *text++ - '0';
	return value;
}

static void known(void)
{
	static const char line[] = "written by calls\n";
	struct time nap = { 0, 20000000 };
	char buffer[8];
	long fd;

	call4(__NR_getppid, 0, 0, 0, 0);
	fd = call4(__NR_openat, AT_FDCWD, (long)"/etc/known", O_RDONLY | O_CLOEXEC, 0);
	call4(__NR_read, fd, (long)buffer, 5, 0);
	call4(__NR_close, fd, 0, 0, 0);
	call4(__NR_close, fd, 0, 0, 0);
	call4(__NR_rmdir, (long)"/not/there", 0, 0, 0);
	call4(__NR_mkdir, 1, 0755, 0, 0);
	call4(__NR_nanosleep, (long)&nap, 0, 0, 0);
	call4(__NR_write, 1, (long)line, sizeof(line) - 1, 0);
	call4(__NR_exit_group, 7, 0, 0, 0);
}

__attribute__((noreturn, used)) void run(long *stack)
{
	long argc = stack[0];
	char **argv = (char **)(stack + 1);
	long status = 2;

	if (argc == 2 && argv[1][0] == 'k')
		known();
	if (argc == 4) {
		for (long left = number(argv[2]); left; left--)
			call4(__NR_rmdir, (long)"/not/there", 0, 0, 0);
		for (long left = number(argv[3]); left; left--)
			call4(__NR_getppid, 0, 0, 0, 0);
		status = 0;
	}
	if (argc == 3)
		status = number(argv[2]);
	for (;;)
		call4(__NR_exit_group, status, 0, 0, 0);
}

/* The kernel starts here, with the argument count on the top of the stack. */
#if defined(__x86_64__)
__asm__(".globl _start\n_start:\n\txor %ebp, %ebp\n\tmov %rsp, %rdi\n\tand $-16, %rsp\n\tcall run\n");
#else
__asm__(".globl _start\n_start:\n\txor %ebp, %ebp\n\tmov %esp, %eax\n\tand $-16, %esp\n\tpush %eax\n\t"
	"push %eax\n\tcall run\n");
#endif
