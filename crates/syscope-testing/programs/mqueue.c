// SPDX-License-Identifier: GPL-2.0-or-later OR Apache-2.0 OR MIT
/* POSIX message queues. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <mqueue.h>
#include <signal.h>
#include <time.h>

int main(void)
{
	struct mq_attr wanted = { .mq_maxmsg = 4, .mq_msgsize = 32 }, got;
	struct timespec past = { 1, 0 };
	char text[32];
	unsigned priority;
	mqd_t queue = mq_open("/syscope-test", O_RDWR | O_CREAT, 0600, &wanted);

	mq_getattr(queue, &got);
	mq_send(queue, "first", 5, 1);
	mq_timedsend(queue, "second", 6, 9, &past);
	mq_receive(queue, text, sizeof text, &priority);
	mq_receive(queue, text, 1, &priority);
	mq_receive(queue, text, sizeof text, NULL);
	mq_timedreceive(queue, text, sizeof text, NULL, &past);
	mq_notify(queue, &(struct sigevent){ .sigev_notify = SIGEV_NONE });
	wanted.mq_flags = O_NONBLOCK;
	mq_setattr(queue, &wanted, &got);
	mq_receive(queue, text, sizeof text, NULL);
	mq_close(queue);
	mq_unlink("/syscope-test");
	mq_open("/syscope-missing", O_RDONLY);
	return 0;
}
