// short serve PORT, or short call ADDRESS PORT COUNT AT_ONCE: short TCP connections, one request each, as many a second as
// there are. The server closes first, so that the client's port is free again. call prints how many were answered, and
// how many a second.
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define EVENTS 256

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static void watch(int epoll, int fd, unsigned int events)
{
	struct epoll_event event = {.events = events, .data.fd = fd};

	if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) && (errno != EEXIST || epoll_ctl(epoll, EPOLL_CTL_MOD, fd, &event)))
		fail("epoll_ctl");
}

static void serve(int port)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
	struct epoll_event events[EVENTS];
	int epoll = epoll_create1(0), one = 1;
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	char buffer[64];

	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(listener, (struct sockaddr *)&address, sizeof(address)) || listen(listener, 4096))
		fail("listen");
	watch(epoll, listener, EPOLLIN);
	for (;;) {
		int count = epoll_wait(epoll, events, EVENTS, -1);

		for (int i = 0; i < count; i++) {
			int fd = events[i].data.fd;

			if (fd == listener) {
				while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0)
					watch(epoll, fd, EPOLLIN);
				continue;
			}
			if (read(fd, buffer, sizeof(buffer)) > 0)
				(void)!send(fd, "ok", 2, MSG_MORE); // goes with the FIN
			close(fd);
		}
	}
}

static int begin(int epoll, const struct sockaddr_in *to)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), second = 1;

	if (fd < 0)
		fail("socket");
	// The handshake's ACK goes with the request: what is measured is connections, not this program.
	setsockopt(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, &second, sizeof(second));
	if (connect(fd, (const struct sockaddr *)to, sizeof(*to)) && errno != EINPROGRESS) {
		close(fd);
		return -1;
	}
	watch(epoll, fd, EPOLLOUT);
	return fd;
}

static void call(const char *address, int port, int wanted, int at_once)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
	struct epoll_event events[EVENTS];
	int epoll = epoll_create1(0), begun = 0, open = 0, answered = 0, over = 0;
	struct timespec start, end;
	char buffer[64];

	inet_pton(AF_INET, address, &to.sin_addr);
	clock_gettime(CLOCK_MONOTONIC, &start);
	while (over < wanted) {
		while (open < at_once && begun < wanted) {
			if (begin(epoll, &to) < 0)
				break; // no port is free: some will be
			begun++;
			open++;
		}
		int count = epoll_wait(epoll, events, EVENTS, 10000);

		if (count <= 0)
			break;
		for (int i = 0; i < count; i++) {
			int fd = events[i].data.fd;

			if (events[i].events & EPOLLOUT && write(fd, "who", 3) == 3) {
				watch(epoll, fd, EPOLLIN);
				continue;
			}
			ssize_t length = read(fd, buffer, sizeof(buffer));

			if (length > 0) {
				answered++;
				length = read(fd, buffer, sizeof(buffer));
			}
			if (length < 0 && errno == EAGAIN)
				continue;
			close(fd);
			open--;
			over++;
		}
	}
	clock_gettime(CLOCK_MONOTONIC, &end);
	double took = (end.tv_sec - start.tv_sec) + (end.tv_nsec - start.tv_nsec) / 1e9;

	printf("%d %.0f\n", answered, answered / took);
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "serve"))
		serve(atoi(argv[2]));
	else if (argc == 6 && !strcmp(argv[1], "call"))
		call(argv[2], atoi(argv[3]), atoi(argv[4]), atoi(argv[5]));
	else
		return 2;
	return 0;
}
