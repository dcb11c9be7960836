/*
 * An upstream that needs so little time that the nginx worker alone limits the
 * throughput.  It answers each request with "ok".  It relies on nginx to send
 * requests without a body, and one at a time on each connection.  It prints its
 * port on loopback, and runs until it is killed.
 */

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define CONNECTIONS  1024


/* the last four octets of each connection, by its file descriptor */
static char  tail[CONNECTIONS][4];

static const char  answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";


static int
take(int listener, int epoll)
{
    int                 connection;
    struct epoll_event  event;

    connection = accept(listener, NULL, NULL);
    if (connection == -1 || connection >= CONNECTIONS) {
        return -1;
    }

    memset(tail[connection], 0, sizeof(tail[connection]));
    event.events = EPOLLIN;
    event.data.fd = connection;

    return epoll_ctl(epoll, EPOLL_CTL_ADD, connection, &event);
}


static void
serve(int connection)
{
    char     octets[4 + 32768], *end;
    ssize_t  n;

    memcpy(octets, tail[connection], 4);

    n = recv(connection, octets + 4, sizeof(octets) - 4, 0);
    if (n <= 0) {
        close(connection);
        return;
    }

    end = octets + n;
    memcpy(tail[connection], end, 4);

    if (memcmp(end, "\r\n\r\n", 4) == 0
        && send(connection, answer, sizeof(answer) - 1, MSG_NOSIGNAL) == -1)
    {
        close(connection);
    }
}


int
main(void)
{
    int                 i, n, epoll, listener;
    socklen_t           len;
    struct sockaddr_in  address;
    struct epoll_event  event, events[64];

    memset(&address, 0, sizeof(address));
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    len = sizeof(address);

    listener = socket(AF_INET, SOCK_STREAM, 0);
    epoll = epoll_create1(0);

    if (listener == -1 || epoll == -1
        || bind(listener, (struct sockaddr *) &address, len) == -1
        || listen(listener, 511) == -1
        || getsockname(listener, (struct sockaddr *) &address, &len) == -1)
    {
        perror("upstream");
        return 1;
    }

    event.events = EPOLLIN;
    event.data.fd = listener;

    if (epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event) == -1) {
        perror("upstream");
        return 1;
    }

    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);

    for ( ;; ) {
        n = epoll_wait(epoll, events, 64, -1);

        for (i = 0; i < n; i++) {
            if (events[i].data.fd != listener) {
                serve(events[i].data.fd);

            } else if (take(listener, epoll) == -1) {
                perror("upstream");
                return 1;
            }
        }
    }
}
