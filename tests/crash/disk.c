/* Makes one system call on one file fail. Preloaded into the server by disk.rs.
 *
 * FAIL_FILE   the end of the path, such as "/order.db-wal"
 * FAIL_CALL   "sync", "write" or "truncate"
 * FAIL_SKIP   the number of such calls that succeed before the one that fails with EIO
 * FAIL_NOTE   a file that is created when the call fails
 * FAIL_FULL   the disk is full while this file exists: every write to FAIL_FILE fails with ENOSPC
 *
 * A sync that fails loses what was written to the file since its last sync, as Linux may do, and the next sync succeeds.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

struct written { off_t at; size_t length; char *before; struct written *next; };

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct written *unsynced;
static const char *file, *call, *note, *full;
static long skip;

__attribute__((constructor)) static void start(void) {
    file = getenv("FAIL_FILE"); call = getenv("FAIL_CALL"); note = getenv("FAIL_NOTE"); full = getenv("FAIL_FULL");
    skip = getenv("FAIL_SKIP") ? atol(getenv("FAIL_SKIP")) : 0;
}

static int is_target(int fd) {
    char link[64], path[1024];
    if (!file || fd < 3) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    size_t end = strlen(file);
    return (size_t)length >= end && !strcmp(path + length - end, file);
}

/* Whether this call must fail. With the mutex held. */
static int fails(const char *name) {
    if (!call || strcmp(name, call) || skip-- != 0) return 0;
    int fd = syscall(SYS_openat, AT_FDCWD, note, O_WRONLY | O_CREAT, 0600);
    syscall(SYS_close, fd);
    return 1;
}

static void keep(int fd, off_t at, size_t length) {
    struct written *one = malloc(sizeof *one);
    one->at = at; one->length = length; one->before = calloc(1, length);
    /* A file that is open for writing alone cannot be read through its descriptor. */
    if (syscall(SYS_pread64, fd, one->before, length, at) < 0) { free(one->before); free(one); return; }
    one->next = unsynced; unsynced = one;
}

static void lose_or_forget(int fd, int lose) {
    char link[64];
    int writer = -1;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    /* Never closed: that would release the locks of the process on the file. */
    if (lose) writer = syscall(SYS_openat, AT_FDCWD, link, O_WRONLY, 0);
    while (unsynced) {
        struct written *one = unsynced;
        unsynced = one->next;
        if (lose) syscall(SYS_pwrite64, writer, one->before, one->length, one->at);
        free(one->before); free(one);
    }
}

static ssize_t write_at(int fd, const void *bytes, size_t length, off_t at) {
    if (!is_target(fd)) return syscall(SYS_pwrite64, fd, bytes, length, at);
    pthread_mutex_lock(&mutex);
    ssize_t done = -1;
    if (full && !access(full, F_OK)) errno = ENOSPC;
    else if (fails("write")) errno = EIO;
    else { keep(fd, at, length); done = syscall(SYS_pwrite64, fd, bytes, length, at); }
    pthread_mutex_unlock(&mutex);
    return done;
}

ssize_t pwrite64(int fd, const void *bytes, size_t length, off_t at) { return write_at(fd, bytes, length, at); }
ssize_t pwrite(int fd, const void *bytes, size_t length, off_t at) { return write_at(fd, bytes, length, at); }

ssize_t write(int fd, const void *bytes, size_t length) {
    if (!is_target(fd)) return syscall(SYS_write, fd, bytes, length);
    off_t at = lseek(fd, 0, SEEK_CUR);
    ssize_t done = write_at(fd, bytes, length, at);
    if (done > 0) lseek(fd, at + done, SEEK_SET);
    return done;
}

static int sync_file(int fd, long number) {
    if (!is_target(fd)) return syscall(number, fd);
    pthread_mutex_lock(&mutex);
    int done = -1;
    if (fails("sync")) { lose_or_forget(fd, 1); errno = EIO; }
    else { done = syscall(number, fd); lose_or_forget(fd, 0); }
    pthread_mutex_unlock(&mutex);
    return done;
}

int fsync(int fd) { return sync_file(fd, SYS_fsync); }
int fdatasync(int fd) { return sync_file(fd, SYS_fdatasync); }

static int truncate_file(int fd, off_t length) {
    if (!is_target(fd)) return syscall(SYS_ftruncate, fd, length);
    pthread_mutex_lock(&mutex);
    int done = -1;
    if (fails("truncate")) errno = EIO;
    else done = syscall(SYS_ftruncate, fd, length);
    pthread_mutex_unlock(&mutex);
    return done;
}

int ftruncate(int fd, off_t length) { return truncate_file(fd, length); }
int ftruncate64(int fd, off_t length) { return truncate_file(fd, length); }
