// SPDX-License-Identifier: GPL-2.0-or-later OR Apache-2.0 OR MIT
/* Mappings and what is done with them. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/membarrier.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

int main(void)
{
	int fd = open("/etc/passwd", O_RDONLY), memory = memfd_create("shared", MFD_CLOEXEC);
	char *anonymous, *moved, local[8];
	unsigned char resident[4];
	struct iovec here = { local, sizeof local }, there;

	(void)!ftruncate(memory, 65536);
	mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
	mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0x1000);
	mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_SHARED_VALIDATE, memory, 0);
	mmap(NULL, 1 << 20, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	mmap(NULL, 4096, PROT_READ | PROT_WRITE,
	     MAP_PRIVATE | MAP_ANONYMOUS | MAP_GROWSDOWN | MAP_STACK, -1, 0);
	mmap(NULL, 0, PROT_READ, MAP_PRIVATE, fd, 0);
	mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, 99, 0);
	mmap(NULL, 4096, PROT_WRITE, MAP_SHARED, fd, 0);
	mmap((void *)123, 4096, PROT_READ, MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS, -1, 0);
	anonymous =
		mmap(NULL, 4 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	mprotect(anonymous, 4096, PROT_READ);
	mprotect(anonymous + 1, 4096, PROT_READ);
	madvise(anonymous, 4096, MADV_DONTNEED);
	madvise(anonymous, 4096, MADV_HUGEPAGE);
	madvise(anonymous, 4096, 12345);
	mincore(anonymous, 4 * 4096, resident);
	mlock(anonymous, 4096);
	mlock2(anonymous, 4096, MLOCK_ONFAULT);
	munlock(anonymous, 4096);
	mlockall(MCL_FUTURE);
	munlockall();
	msync(anonymous, 4096, MS_SYNC | MS_INVALIDATE);
	moved = mremap(anonymous, 4 * 4096, 16 * 4096, MREMAP_MAYMOVE);
	there = (struct iovec){ moved, 8 };
	process_vm_readv(getpid(), &here, 1, &there, 1, 0);
	process_vm_writev(getpid(), &here, 1, &there, 1, 0);
	munmap(moved, 16 * 4096);
	munmap((void *)1, 4096);
	syscall(SYS_brk, 0);
	(void)!sbrk(1 << 16);
	syscall(SYS_membarrier, MEMBARRIER_CMD_QUERY, 0, 0);
	syscall(SYS_get_mempolicy, NULL, NULL, 0, NULL, 0);
	return 0;
}
