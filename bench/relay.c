/*
 * What relaying costs at least: a connected UDP socket per leg, epoll_wait, recv, send to the other leg's peer; nothing else.
 * cc -O2 -o relay relay.c; ./relay LEGS PORT...: leg i speaks with 127.0.0.1:PORT[i mod count], its packets leave by leg i^1.
 * Prints the legs' own ports, one a line, and runs until its input ends.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define EVENTS_MAX 256

int main(int count, char **words) {
  int legs = count > 2 ? atoi(words[1]) : 0;
  int *sockets = calloc(legs > 0 ? legs : 1, sizeof(int));
  int epoll = epoll_create1(0);
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  for (int leg = 0; leg < legs; leg += 1) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int size = 1048576;
    sockets[leg] = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    setsockopt(sockets[leg], SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    if (bind(sockets[leg], (struct sockaddr *)&address, sizeof address) != 0) return 1;
    getsockname(sockets[leg], (struct sockaddr *)&address, &length);
    printf("%d\n", ntohs(address.sin_port));
    address.sin_port = htons(atoi(words[2 + leg % (count - 2)]));
    if (connect(sockets[leg], (struct sockaddr *)&address, sizeof address) != 0) return 1;
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = leg};
    epoll_ctl(epoll, EPOLL_CTL_ADD, sockets[leg], &event);
  }
  fflush(stdout);
  struct epoll_event end = {.events = EPOLLIN, .data.u32 = legs};
  epoll_ctl(epoll, EPOLL_CTL_ADD, STDIN_FILENO, &end);
  for (;;) {
    struct epoll_event events[EVENTS_MAX];
    char packet[2048];
    int ready = epoll_wait(epoll, events, EVENTS_MAX, 20);
    for (int i = 0; i < ready; i += 1) {
      int leg = events[i].data.u32;
      if (leg == legs) return 0;
      ssize_t length = recv(sockets[leg], packet, sizeof packet, 0);
      if (length > 0) send(sockets[leg ^ 1], packet, length, 0);
    }
  }
}
