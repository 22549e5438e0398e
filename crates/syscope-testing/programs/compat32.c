// SPDX-License-Identifier: GPL-2.0-or-later OR Apache-2.0 OR MIT
/* A 32-bit program and the calls only such programs have. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long socketcall(int call, long first, long second, long third)
{
	long arguments[6] = { first, second, third };

	return syscall(SYS_socketcall, call, arguments);
}

int main(void)
{
	char buffer[64];
	struct stat64 status;
	long long position;
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct {
		int32_t seconds, nanoseconds;
	} moment = { 0, 1000000 };
	struct flock64 lock = { .l_type = F_WRLCK };
	int fd = syscall(SYS_open, "/etc/passwd", O_RDONLY);
	void *mapped;
	long server, child;

	syscall(SYS_read, fd, buffer, sizeof buffer);
	syscall(SYS_stat64, "/etc", &status);
	syscall(SYS_fstat64, fd, &status);
	syscall(SYS_lstat64, "/missing", &status);
	syscall(SYS__llseek, fd, 1, 0x80000000, &position, SEEK_SET);
	syscall(SYS_pread64, fd, buffer, 8, 0, 0);
	mapped = (void *)syscall(SYS_mmap2, NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
	munmap(mapped, 4096);
	close(fd);
	fd = syscall(SYS_open, "new", O_RDWR | O_CREAT | O_LARGEFILE, 0640);
	syscall(SYS_fcntl64, fd, F_SETLK64, &lock);
	syscall(SYS_ftruncate64, fd, 0x1000, 1);
	syscall(SYS_fallocate, fd, 0, 0, 0, 4096, 0);
	syscall(SYS_pwrite64, fd, "hello", 5, 0, 0);
	close(fd);
	syscall(SYS_unlink, "new");
	server = socketcall(1, AF_INET, SOCK_STREAM, 0);
	socketcall(2, server, (long)&address, sizeof address);
	socketcall(4, server, 5, 0);
	close(server);
	syscall(SYS_nanosleep, &moment, NULL);
	syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &moment);
	syscall(SYS_getuid32);
	syscall(SYS_getuid);
	syscall(SYS_time, NULL);
	syscall(SYS_ugetrlimit, 7, buffer);
	child = fork();
	if (child == 0)
		_exit(5);
	syscall(SYS_waitpid, child, buffer, 0);
	return 0;
}
