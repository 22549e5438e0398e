// SPDX-License-Identifier: GPL-2.0-or-later OR Apache-2.0 OR MIT
/* Results above 2^31 and with the top bit set that are no errors: only -4095 to -1 is one. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(void)
{
	static const uint64_t offsets[] = {
		0x7fffffff, 0x80000000,	 0xfffff000,	     0xfffffffe,
		0xffffffff, 0x100000000, 0x7ffffffffffff000,
	};
	int memory = memfd_create("sparse", 0), self = open("/proc/self/mem", O_RDONLY);
	unsigned mode = 0;

	for (unsigned i = 0; i < sizeof offsets / sizeof offsets[0]; i++)
		syscall(SYS_lseek, memory, offsets[i], SEEK_SET);
	syscall(SYS_lseek, memory, -1L, SEEK_SET);
	syscall(SYS_lseek, self, 0xffffffffff600000, SEEK_SET);
	syscall(SYS_lseek, self, -4096L, SEEK_SET);
	syscall(SYS_mmap, 0x80000000, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
		0L);
	syscall(SYS_mmap, 0xfffff000, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
		0L);
	syscall(SYS_mmap, 0x7ffffffff000, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
		-1, 0L);
	prctl(PR_GET_DUMPABLE, 0, 0, 0, 0);
	prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0);
	prctl(PR_GET_UNALIGN, &mode, 0, 0, 0);
	return 0;
}
