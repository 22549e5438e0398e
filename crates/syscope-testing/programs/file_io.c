// SPDX-License-Identifier: GPL-2.0-or-later OR Apache-2.0 OR MIT
/* Reading, writing and moving data between descriptors. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/falloc.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <termios.h>
#include <unistd.h>

static void vectors(int fd)
{
	char first[4], second[40];
	struct iovec out[] = { { "hello ", 6 },
			       { "", 0 },
			       { "wonderful wonderful wonderful world", 35 } };
	struct iovec in[] = { { first, sizeof first }, { second, sizeof second } };

	(void)!writev(fd, out, 3);
	(void)!pwritev(fd, out, 2, 100);
	pwritev2(fd, out, 1, 200, RWF_DSYNC);
	(void)!preadv(fd, in, 2, 0);
	preadv2(fd, in, 2, 0x100000000, RWF_HIPRI);
	lseek(fd, 0, SEEK_SET);
	(void)!readv(fd, in, 2);
	(void)!pread(fd, second, 8, 6);
	(void)!pwrite(fd, "x", 1, 0xfffffffff);
	syscall(SYS_writev, fd, out, -1L);
}

static void move_data(int fd, int other)
{
	int ends[2], more[2];
	off_t from = 0, to = 10;
	struct iovec piece = { "vmsplice", 8 };

	(void)!pipe2(ends, O_NONBLOCK);
	(void)!pipe(more);
	copy_file_range(fd, &from, other, &to, 20, 0);
	from = 0;
	sendfile(other, fd, &from, 30);
	from = 0;
	splice(fd, &from, ends[1], NULL, 16, SPLICE_F_MOVE);
	tee(ends[0], more[1], 16, 0);
	splice(ends[0], NULL, other, NULL, 64, SPLICE_F_MORE | SPLICE_F_NONBLOCK);
	vmsplice(ends[1], &piece, 1, SPLICE_F_GIFT);
	splice(ends[0], NULL, more[0], NULL, 1, 0);
}

static void lock(int fd)
{
	struct flock range = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 10, .l_len = 5 };

	fcntl(fd, F_SETLK, &range);
	range.l_type = F_UNLCK;
	fcntl(fd, F_OFD_SETLK, &range);
	range.l_type = F_RDLCK;
	fcntl(fd, F_GETLK, &range);
	flock(fd, LOCK_EX | LOCK_NB);
	flock(fd, LOCK_UN);
}

static void control(int fd)
{
	struct termios terminal;
	struct winsize size;
	int count = 1, copy = dup(fd),
	    sealed = memfd_create("sealed", MFD_ALLOW_SEALING | MFD_CLOEXEC);

	fcntl(fd, F_GETFL);
	fcntl(fd, F_SETFL, O_APPEND | O_NONBLOCK);
	fcntl(fd, F_GETFL);
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	fcntl(fd, F_GETFD);
	fcntl(fd, F_DUPFD_CLOEXEC, 50);
	fcntl(sealed, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW);
	fcntl(sealed, F_GET_SEALS);
	fcntl(fd, F_GETOWN);
	fcntl(fd, 9999, 1);
	dup2(fd, 60);
	dup3(fd, 61, O_CLOEXEC);
	dup3(fd, fd, 0);
	ioctl(fd, TCGETS, &terminal);
	ioctl(fd, TIOCGWINSZ, &size);
	ioctl(fd, FIONREAD, &count);
	ioctl(fd, FIONBIO, &count);
	ioctl(fd, FIOCLEX);
	ioctl(fd, 0x12345678, 0);
	close(copy);
	syscall(SYS_close_range, 50, 70, 0);
	close(99);
}

int main(void)
{
	int fd = open("one", O_RDWR | O_CREAT, 0644), other = open("two", O_RDWR | O_CREAT, 0644);

	vectors(fd);
	move_data(fd, other);
	fallocate(other, FALLOC_FL_KEEP_SIZE, 4096, 8192);
	fallocate(other, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096);
	(void)!ftruncate(other, 100);
	lseek(fd, 5, SEEK_DATA);
	lseek(fd, 5, SEEK_HOLE);
	lseek(fd, 0, 99);
	posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	readahead(fd, 0, 4096);
	fsync(fd);
	fdatasync(fd);
	sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE);
	fchmod(fd, 0600);
	(void)!fchown(fd, 0, 0);
	lock(fd);
	control(fd);
	return 0;
}
