// SPDX-License-Identifier: GPL-2.0-or-later OR Apache-2.0 OR MIT
/* poll, select and epoll in their variants, and the descriptors made for them. */
#define _GNU_SOURCE
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/select.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(void)
{
	int ends[2], event = eventfd(3, EFD_CLOEXEC | EFD_NONBLOCK),
		     set = epoll_create1(EPOLL_CLOEXEC);
	struct timespec soon = { 0, 20000000 };
	struct timeval soon_too = { 0, 20000 };
	struct epoll_event wanted = { .events = EPOLLIN | EPOLLET, .data.u64 = 7 }, got[4];
	uint64_t count = 5;
	sigset_t mask;
	fd_set reading, writing;

	(void)!pipe(ends);
	struct pollfd watched[] = { { ends[0], POLLIN, 0 },
				    { ends[1], POLLOUT | POLLERR, 0 },
				    { 99, POLLIN, 0 },
				    { -1, 0, 0 } };

	poll(watched, 4, 0);
	poll(watched, 1, 20);
	sigemptyset(&mask);
	sigaddset(&mask, SIGUSR1);
	ppoll(watched, 1, &soon, &mask);
	(void)!write(ends[1], "x", 1);
	poll(watched, 2, -1);
	FD_ZERO(&reading);
	FD_ZERO(&writing);
	FD_SET(ends[0], &reading);
	FD_SET(ends[1], &writing);
	syscall(SYS_select, ends[1] + 1, &reading, &writing, NULL, NULL);
	FD_ZERO(&reading);
	FD_SET(event, &reading);
	(void)!read(event, &count, sizeof count);
	syscall(SYS_select, event + 1, &reading, NULL, NULL, &soon_too);
	pselect(0, NULL, NULL, NULL, &soon, &mask);
	epoll_ctl(set, EPOLL_CTL_ADD, ends[0], &wanted);
	wanted.data.ptr = got;
	epoll_ctl(set, EPOLL_CTL_ADD, event, &wanted);
	epoll_ctl(set, EPOLL_CTL_ADD, event, &wanted);
	(void)!write(event, &count, sizeof count);
	epoll_wait(set, got, 4, 100);
	epoll_ctl(set, EPOLL_CTL_MOD, ends[0], &wanted);
	epoll_ctl(set, EPOLL_CTL_DEL, ends[0], NULL);
	(void)!read(event, &count, sizeof count);
	epoll_pwait(set, got, 4, 20, &mask);
	syscall(SYS_epoll_pwait2, set, got, 4, &soon, NULL, 8);
	sigprocmask(SIG_BLOCK, &mask, NULL);
	event = signalfd(-1, &mask, SFD_NONBLOCK);
	raise(SIGUSR1);
	struct signalfd_siginfo info;
	(void)!read(event, &info, 4);
	return 0;
}
