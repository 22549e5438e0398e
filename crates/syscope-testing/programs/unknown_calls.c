// SPDX-License-Identifier: GPL-2.0-or-later OR Apache-2.0 OR MIT
/* Numbers that are no system call, and calls newer than many tables. */
#define _GNU_SOURCE
#include <sys/syscall.h>
#include <unistd.h>

int main(void)
{
	syscall(999, 1, 2, 3, 4, 5, 6);
	syscall(400, 1, 2, 3);
	syscall(451, 99, NULL, NULL, 0);	/* cachestat */
	syscall(452, -100, "missing", 0600, 0); /* fchmodat2 */
	syscall(462, NULL, 0, 1);		/* mseal */
	syscall(SYS_getuid);
	return 0;
}
