// SPDX-License-Identifier: GPL-2.0-or-later OR Apache-2.0 OR MIT
/* Sockets of four families and the ways to send over them. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

static void talk(int family, const void *address, socklen_t length)
{
	struct sockaddr_storage own;
	socklen_t own_length = sizeof own;
	char buffer[64];
	int yes = 1, value;
	socklen_t value_length = sizeof value;
	int server = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0), client, peer;

	setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
	bind(server, address, length);
	listen(server, 5);
	getsockname(server, (struct sockaddr *)&own, &own_length);
	client = socket(family, SOCK_STREAM, 0);
	connect(client, (struct sockaddr *)&own, own_length);
	own_length = sizeof own;
	peer = accept4(server, (struct sockaddr *)&own, &own_length, SOCK_CLOEXEC);
	own_length = sizeof own;
	getpeername(client, (struct sockaddr *)&own, &own_length);
	send(client, "hello", 5, MSG_NOSIGNAL);
	recv(peer, buffer, sizeof buffer, 0);
	getsockopt(client, SOL_SOCKET, SO_TYPE, &value, &value_length);
	getsockopt(client, SOL_SOCKET, SO_ERROR, &value, &value_length);
	setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
	recv(peer, buffer, sizeof buffer, MSG_DONTWAIT);
	shutdown(client, SHUT_WR);
	recv(peer, buffer, sizeof buffer, 0);
	close(client);
	close(peer);
	close(server);
}

static void datagrams(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t length = sizeof address;
	struct iovec pieces[2] = { { "ab", 2 }, { "cde", 3 } };
	struct mmsghdr messages[2] = {
		{ .msg_hdr = { .msg_name = &address,
			       .msg_namelen = sizeof address,
			       .msg_iov = pieces,
			       .msg_iovlen = 2 } },
		{ .msg_hdr = { .msg_name = &address,
			       .msg_namelen = sizeof address,
			       .msg_iov = pieces + 1,
			       .msg_iovlen = 1 } },
	};
	char first[16], second[16];
	struct iovec room[2] = { { first, sizeof first }, { second, sizeof second } };
	struct mmsghdr received[2] = {
		{ .msg_hdr = { .msg_iov = &room[0], .msg_iovlen = 1 } },
		{ .msg_hdr = { .msg_iov = &room[1], .msg_iovlen = 1 } },
	};
	struct timespec limit = { 1, 0 };
	int one = socket(AF_INET, SOCK_DGRAM, 0),
	    other = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	bind(one, (struct sockaddr *)&address, sizeof address);
	getsockname(one, (struct sockaddr *)&address, &length);
	sendto(other, "hi", 2, 0, (struct sockaddr *)&address, sizeof address);
	recvfrom(one, first, sizeof first, 0, NULL, NULL);
	sendmmsg(other, messages, 2, 0);
	recvmmsg(one, received, 2, 0, &limit);
	recvfrom(other, first, sizeof first, 0, NULL, NULL);
	close(one);
	close(other);
}

static void pass_descriptor(void)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(2 * sizeof(int))];
	} control = { 0 };
	struct iovec piece = { "x", 1 };
	struct msghdr message = {
		.msg_iov = &piece,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = CMSG_SPACE(2 * sizeof(int)),
	};
	char byte;
	int pair[2], fds[2] = { 0, 1 };

	socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
	control.header = (struct cmsghdr){ .cmsg_level = SOL_SOCKET,
					   .cmsg_type = SCM_RIGHTS,
					   .cmsg_len = CMSG_LEN(sizeof fds) };
	memcpy(CMSG_DATA(&control.header), fds, sizeof fds);
	sendmsg(pair[0], &message, 0);
	piece = (struct iovec){ &byte, 1 };
	recvmsg(pair[1], &message, MSG_CMSG_CLOEXEC);
}

static void ask_netlink(void)
{
	struct {
		struct nlmsghdr header;
		struct ifinfomsg body;
	} request = {
		.header = { .nlmsg_len = sizeof request,
			    .nlmsg_type = RTM_GETLINK,
			    .nlmsg_flags = NLM_F_REQUEST,
			    .nlmsg_seq = 1 },
		.body = { .ifi_index = 9999 },
	};
	struct sockaddr_nl address = { .nl_family = AF_NETLINK };
	char answer[4096];
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	bind(fd, (struct sockaddr *)&address, sizeof address);
	sendto(fd, &request, sizeof request, 0, (struct sockaddr *)&address, sizeof address);
	recv(fd, answer, sizeof answer, 0);
	close(fd);
}

int main(void)
{
	struct sockaddr_in inet = { .sin_family = AF_INET,
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr_in6 inet6 = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	struct sockaddr_un path = { .sun_family = AF_UNIX, .sun_path = "socket" };
	struct sockaddr_un abstract = { .sun_family = AF_UNIX, .sun_path = "\0syscope test" };

	talk(AF_INET, &inet, sizeof inet);
	talk(AF_INET6, &inet6, sizeof inet6);
	talk(AF_UNIX, &path, sizeof path);
	talk(AF_UNIX, &abstract, offsetof(struct sockaddr_un, sun_path) + 13);
	datagrams();
	pass_descriptor();
	ask_netlink();
	inet.sin_port = htons(1);
	connect(socket(AF_INET, SOCK_STREAM, 0), (struct sockaddr *)&inet, sizeof inet);
	socket(AF_INET, 77, 0);
	socket(99, SOCK_STREAM, 0);
	return 0;
}
