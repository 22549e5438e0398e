// SPDX-License-Identifier: GPL-2.0-or-later OR Apache-2.0 OR MIT
/* A 32-bit program. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(void)
{
	printf("getpid %ld\n", syscall(SYS_getpid));
	printf("getuid32 %ld\n", syscall(SYS_getuid32));
	printf("getpgid %ld\n", syscall(SYS_getpgid, 4000000));
	printf("errno %d\n", errno);
	return 0;
}
