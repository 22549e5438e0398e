// SPDX-License-Identifier: GPL-2.0-or-later OR Apache-2.0 OR MIT
/* Strings that need care when printed: empty, not UTF-8, control characters, quotes, digits after escapes. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

int main(void)
{
	static const char *const names[] = {
		"",
		"caf\xc3\xa9",
		"latin\xe9",
		"\xff\xfe",
		"tab\there",
		"new\nline",
		"quote\"d",
		"back\\",
		"bell\a\033[31m",
		"\0017 after an escape",
		"\001x",
		"comma, (paren",
		"it's",
		"\x7f",
		"\xe2\x80\xae right to left",
		"a*b?c[d]{e}$f",
		" blank ",
		"?\?=",
	};
	int null = open("/dev/null", O_WRONLY);
	struct stat status;

	for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
		close(open(names[i], O_RDWR | O_CREAT, 0600));
		stat(names[i], &status);
		(void)!write(null, names[i], strlen(names[i]) + 1);
	}
	/* Around the limit of what is shown. */
	for (int length = 30; length < 36; length++)
		(void)!write(null, "0123456789012345678901234567890123456789", length);
	(void)!write(null, "\1\2\3\0\0\0\0", 7);
	close(memfd_create("", 0));
	prctl(PR_SET_NAME, "a (b) [c]");
	getppid();
	prctl(PR_SET_NAME, "\xe9\n) = 0");
	getppid();
	return 0;
}
