// SPDX-License-Identifier: GPL-2.0-or-later OR Apache-2.0 OR MIT
/* Pointers nobody can read, wherever a call takes one. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(void)
{
	void *unmapped = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	void *hidden = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	void *kernel = (void *)0xffff888000000000;
	void *bad[4] = { (void *)1, unmapped, hidden, kernel };
	int fd = open("/etc/passwd", O_RDONLY), null = open("/dev/null", O_WRONLY);
	int ends[2];

	munmap(unmapped, 4096);
	(void)!pipe(ends);
	for (int i = 0; i < 4; i++) {
		void *arguments[] = { "true", bad[i], NULL };

		syscall(SYS_openat, AT_FDCWD, bad[i], O_RDONLY);
		syscall(SYS_read, fd, bad[i], 16);
		syscall(SYS_write, ends[1], bad[i], 16);
		syscall(SYS_write, null, bad[i], 16);
		syscall(SYS_stat, bad[i], bad[i]);
		syscall(SYS_stat, "/etc", bad[i]);
		syscall(SYS_execve, bad[i], bad[i], bad[i]);
		syscall(SYS_execve, "/usr/bin/true", arguments, NULL);
		syscall(SYS_pipe2, bad[i], 0);
		syscall(SYS_writev, null, bad[i], 2);
		syscall(SYS_poll, bad[i], 2, 0);
		syscall(SYS_nanosleep, bad[i], NULL);
		syscall(SYS_rt_sigaction, SIGUSR1, bad[i], NULL, 8);
		syscall(SYS_rt_sigprocmask, SIG_BLOCK, bad[i], NULL, 8);
		syscall(SYS_connect, fd, bad[i], 16);
		syscall(SYS_sendmsg, fd, bad[i], 0);
		syscall(SYS_uname, bad[i]);
		syscall(SYS_getcwd, bad[i], 100);
		syscall(SYS_readlink, "/proc/self/exe", bad[i], 100);
		syscall(SYS_readlink, bad[i], bad[i], 100);
		syscall(SYS_clock_gettime, 1, bad[i]);
		syscall(SYS_ioctl, ends[0], 0x541b /* FIONREAD */, bad[i]);
		syscall(SYS_renameat2, AT_FDCWD, bad[i], AT_FDCWD, bad[i], 0);
	}
	return 0;
}
