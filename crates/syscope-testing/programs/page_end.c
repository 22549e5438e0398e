// SPDX-License-Identifier: GPL-2.0-or-later OR Apache-2.0 OR MIT
/* Strings and buffers whose last byte is the last byte of a page, with nothing mapped behind. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static char *end;

/* The text with its terminating zero, ending where the mapping ends. */
static char *at_end(const char *text)
{
	return memcpy(end - strlen(text) - 1, text, strlen(text) + 1);
}

int main(void)
{
	char *pages =
		mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int null = open("/dev/null", O_WRONLY);
	struct stat status;

	munmap(pages + 2 * 4096, 4096);
	end = pages + 2 * 4096;
	stat(at_end("/etc/passwd"), &status);
	stat(at_end(""), &status);
	stat(at_end("/x"), &status);
	/* No zero before the end of the page. */
	memset(end - 6, 'a', 6);
	syscall(SYS_stat, end - 6, &status);
	/* Over the border of two mapped pages. */
	strcpy(pages + 4096 - 4, "/etc/hosts");
	stat(pages + 4096 - 4, &status);
	(void)!write(null, memset(end - 10, 'b', 10), 10);
	syscall(SYS_write, null, end - 10, 20);
	memset(pages + 4096 - 5, 'c', 10);
	(void)!write(null, pages + 4096 - 5, 10);
	syscall(SYS_execve, at_end("/no/such/program"), NULL, NULL);
	symlink(at_end("target"), "link");
	(void)!readlink("link", end - 6, 6);
	(void)!readlink("link", end - 3, 6);
	return 0;
}
