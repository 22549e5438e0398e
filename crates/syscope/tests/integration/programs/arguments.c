// SPDX-License-Identifier: GPL-2.0-or-later OR Apache-2.0 OR MIT
/* Paths and buffers that are hard to read. Each is said in hexadecimal before it is given to rmdir or write. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static void say_bytes(const char *key, const char *bytes, size_t length)
{
	printf("%s ", key);
	for (size_t i = 0; i < length; i++)
		printf("%02x", (unsigned char)bytes[i]);
	printf("\n");
}

static void path(const char *path)
{
	say_bytes("path", path, strlen(path));
	syscall(SYS_rmdir, path);
	printf("errno %d\n", errno);
}

static void strings(void)
{
	static const char *const names[] = {
		"",
		"/no/such",
		"caf\xc3\xa9/no",
		"latin\xe9/no",
		"\xff\xfe/no",
		"new\nline\t\x1b[31m/no",
		"quote\"d\\/no",
		"\xe2\x80\xae/no",
	};

	for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++)
		path(names[i]);
}

static void paths(void)
{
	static const size_t lengths[] = { 31, 32, 33, 255, 256, 1024, 4000, 4094, 4095 };
	static char text[8192];

	for (unsigned i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
		for (size_t at = 0; at < lengths[i]; at++)
			text[at] = at % 2 ? '.' : '/';
		text[lengths[i] - 1] = 'z';
		text[lengths[i]] = 0;
		path(text);
	}
}

static void pages(void)
{
	char *start =
		mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *middle = start + 4096, *end = start + 2 * 4096;

	munmap(end, 4096);
	path(strcpy(end - 4, "/zz"));
	path(strcpy(end - 1, ""));
	path(strcpy(middle - 1, "/across/a/page"));
	path(strcpy(middle - 5, "/at/the/border"));
	memset(end - 6, 'a', 6);
	printf("unterminated %lx\n", (unsigned long)end - 6);
	syscall(SYS_rmdir, end - 6);
	printf("errno %d\n", errno);
}

static void pointers(void)
{
	char *unmapped = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *hidden = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *bad[] = { (char *)1, unmapped, hidden, (char *)0xffff888000000000,
			(char *)0xffffffffffffffff };

	munmap(unmapped, 4096);
	for (int i = 0; i < 5; i++) {
		printf("pointer %lx\n", (unsigned long)bad[i]);
		syscall(SYS_rmdir, bad[i]);
		printf("errno %d\n", errno);
	}
	syscall(SYS_rmdir, NULL);
}

/* Every byte value, in a buffer of the length that is shown. */
static void buffers(void)
{
	char all[256];
	int null = open("/dev/null", O_WRONLY);

	for (int i = 0; i < 256; i++)
		all[i] = i;
	for (int i = 0; i < 256; i += 32) {
		say_bytes("buffer", all + i, 32);
		syscall(SYS_pwrite64, null, all + i, 32, 0);
	}
}

int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IOFBF, 1 << 20);
	if (argc < 2)
		return 2;
	if (!strcmp(argv[1], "strings"))
		strings();
	else if (!strcmp(argv[1], "paths"))
		paths();
	else if (!strcmp(argv[1], "pages"))
		pages();
	else if (!strcmp(argv[1], "pointers"))
		pointers();
	else if (!strcmp(argv[1], "buffers"))
		buffers();
	return 0;
}
