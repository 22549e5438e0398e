// SPDX-License-Identifier: GPL-2.0-or-later OR Apache-2.0 OR MIT
/* 32-bit calls by `int 0x80` from 64-bit code, between 64-bit calls of the same numbers. */
#define _GNU_SOURCE
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static long int80(long number, long first, long second, long third)
{
	long result;

	__asm__ volatile("int $0x80"
			 : "=a"(result)
			 : "a"(number), "b"(first), "c"(second), "d"(third)
			 : "memory", "r8", "r9", "r10", "r11");
	return result;
}

int main(void)
{
	/* The pointers of a 32-bit call have 32 bits. */
	char *low = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	long fd;

	int80(20, 0, 0, 0); /* getpid; writev in 64 bit */
	syscall(SYS_getppid);
	strcpy(low, "/etc/hostname");
	fd = int80(5, (long)low, 0, 0);	     /* open; fstat in 64 bit */
	int80(3, fd, (long)(low + 100), 16); /* read; close in 64 bit */
	int80(6, fd, 0, 0);		     /* close; lstat in 64 bit */
	int80(5, (long)strcpy(low, "/missing"), 0, 0);
	int80(64, 0, 0, 0); /* getppid; semget in 64 bit */
	syscall(SYS_getuid);
	return 0;
}
