// LD_PRELOAD shim: every fdatasync/fsync takes SLOWSYNC_US microseconds longer -- emulates a network-attached cloud disk.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>
static long us(void) { static long v = -1; if (v < 0) { const char *s = getenv("SLOWSYNC_US"); v = s ? atol(s) : 0; } return v; }
static void nap(void) { long u = us(); if (u > 0) { struct timespec t = { u / 1000000, (u % 1000000) * 1000 }; while (nanosleep(&t, &t)) ; } }
int fdatasync(int fd) { static int (*f)(int); if (!f) f = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync"); int r = f(fd); nap(); return r; }
int fsync(int fd) { static int (*f)(int); if (!f) f = (int (*)(int))dlsym(RTLD_NEXT, "fsync"); int r = f(fd); nap(); return r; }
