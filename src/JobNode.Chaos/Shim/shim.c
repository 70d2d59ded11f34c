/*
 * Faults below the C library, preloaded into a jobnode process: a clock that jumps, disks that fail or are slow, and
 * the record of what a power cut would take.
 *
 * Only files on the file system of CHAOS_DATA are touched, which is mounted for this node alone. The program takes some
 * functions of the C library by dlsym, so dlsym is replaced as well. What to do stands in the file CHAOS_CONTROL, which
 * the harness writes at any time; its layout is that of FaultShim.cs.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define JOURNAL_OFFSET 4096
#define JOURNAL_BYTES (16u << 20)
#define ALIGNMENT 8u

struct control {
    _Atomic int64_t clock_offset_ns;
    _Atomic int32_t sync_failures;
    _Atomic int32_t write_errno;
    _Atomic int32_t read_errno;
    _Atomic int32_t sync_delay_ms;
    _Atomic int64_t clock_hits;
    _Atomic int64_t sync_hits;
    _Atomic int64_t write_hits;
    _Atomic int64_t read_hits;
    _Atomic int64_t delay_hits;
    _Atomic int64_t unrecorded;
    _Atomic uint64_t journal_used;
};

/* One write that no sync has covered: what the bytes were before it. */
struct undo {
    uint64_t inode;
    uint64_t offset;
    uint64_t length;
    uint64_t length_before;
    uint64_t size_before;
    uint64_t alive;
};

static struct control *control;
static char *journal;
static dev_t data_device;
static pthread_mutex_t journal_lock = PTHREAD_MUTEX_INITIALIZER;

static int (*real_clock_gettime)(clockid_t, struct timespec *);
static int (*real_gettimeofday)(struct timeval *, void *);
static ssize_t (*real_pwrite)(int, const void *, size_t, off_t);
static ssize_t (*real_pwritev)(int, const struct iovec *, int, off_t);
static ssize_t (*real_write)(int, const void *, size_t);
static ssize_t (*real_pread)(int, void *, size_t, off_t);
static ssize_t (*real_preadv)(int, const struct iovec *, int, off_t);
static ssize_t (*real_read)(int, void *, size_t);
static int (*real_fsync)(int);
static int (*real_fdatasync)(int);
static int (*real_fallocate)(int, off_t, off_t);
static void *(*real_dlsym)(void *, const char *);

static void find_real(void) {
    real_dlsym = dlvsym(RTLD_NEXT, "dlsym", "GLIBC_2.34");
    if (real_dlsym == NULL) {
        real_dlsym = dlvsym(RTLD_NEXT, "dlsym", "GLIBC_2.2.5");
    }
    real_clock_gettime = real_dlsym(RTLD_NEXT, "clock_gettime");
    real_gettimeofday = real_dlsym(RTLD_NEXT, "gettimeofday");
    real_pwrite = real_dlsym(RTLD_NEXT, "pwrite64");
    real_pwritev = real_dlsym(RTLD_NEXT, "pwritev64");
    real_write = real_dlsym(RTLD_NEXT, "write");
    real_pread = real_dlsym(RTLD_NEXT, "pread64");
    real_preadv = real_dlsym(RTLD_NEXT, "preadv64");
    real_read = real_dlsym(RTLD_NEXT, "read");
    real_fsync = real_dlsym(RTLD_NEXT, "fsync");
    real_fdatasync = real_dlsym(RTLD_NEXT, "fdatasync");
    real_fallocate = real_dlsym(RTLD_NEXT, "posix_fallocate64");
}

__attribute__((constructor)) static void start(void) {
    find_real();
    const char *data = getenv("CHAOS_DATA");
    const char *path = getenv("CHAOS_CONTROL");
    struct stat facts;
    if (data == NULL || path == NULL || stat(data, &facts) != 0) {
        return;
    }
    data_device = facts.st_dev;
    int file = open(path, O_RDWR | O_CLOEXEC);
    if (file < 0) {
        return;
    }
    void *map = mmap(NULL, JOURNAL_OFFSET + JOURNAL_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    if (map != MAP_FAILED) {
        journal = (char *)map + JOURNAL_OFFSET;
        control = map;
    }
}

/* True for a file of the data directory; fills in its facts. */
static int is_data(int file, struct stat *facts) {
    return control != NULL && fstat(file, facts) == 0 && facts->st_dev == data_device && S_ISREG(facts->st_mode);
}

static uint64_t rounded(uint64_t bytes) { return (bytes + ALIGNMENT - 1) & ~(uint64_t)(ALIGNMENT - 1); }

static void record(int file, const struct stat *facts, uint64_t offset, uint64_t length) {
    pthread_mutex_lock(&journal_lock);
    uint64_t used = control->journal_used;
    if (used + sizeof(struct undo) + rounded(length) > JOURNAL_BYTES) {
        control->unrecorded++;
    } else {
        struct undo *undo = (struct undo *)(journal + used);
        ssize_t before = real_pread(file, undo + 1, length, (off_t)offset);
        undo->inode = facts->st_ino;
        undo->offset = offset;
        undo->length = length;
        undo->length_before = before > 0 ? (uint64_t)before : 0;
        undo->size_before = (uint64_t)facts->st_size;
        undo->alive = 1;
        control->journal_used = used + sizeof(struct undo) + rounded(length);
    }
    pthread_mutex_unlock(&journal_lock);
}

/* What is on disk now needs no undoing. */
static void forget(const struct stat *facts) {
    pthread_mutex_lock(&journal_lock);
    uint64_t used = control->journal_used;
    uint64_t alive = 0;
    for (uint64_t at = 0; at < used;) {
        struct undo *undo = (struct undo *)(journal + at);
        if (undo->inode == facts->st_ino) {
            undo->alive = 0;
        }
        alive += undo->alive;
        at += sizeof(struct undo) + rounded(undo->length);
    }
    if (alive == 0) {
        control->journal_used = 0;
    }
    pthread_mutex_unlock(&journal_lock);
}

static int fail(_Atomic int64_t *hits, int error) {
    (*hits)++;
    errno = error;
    return -1;
}

static ssize_t faulty_pwrite(int file, const void *bytes, size_t length, off_t offset) {
    struct stat facts;
    if (!is_data(file, &facts)) {
        return real_pwrite(file, bytes, length, offset);
    }
    record(file, &facts, (uint64_t)offset, length);
    int error = control->write_errno;
    if (error == 0) {
        return real_pwrite(file, bytes, length, offset);
    }
    /* Half of it arrives, as on a disk that fills up or breaks in the middle. */
    if (length > 1 && real_pwrite(file, bytes, length / 2, offset) < 0) {
        return -1;
    }
    return fail(&control->write_hits, error);
}

static ssize_t faulty_pwritev(int file, const struct iovec *parts, int count, off_t offset) {
    struct stat facts;
    if (!is_data(file, &facts)) {
        return real_pwritev(file, parts, count, offset);
    }
    uint64_t length = 0;
    for (int i = 0; i < count; i++) {
        length += parts[i].iov_len;
    }
    record(file, &facts, (uint64_t)offset, length);
    int error = control->write_errno;
    return error != 0 ? fail(&control->write_hits, error) : real_pwritev(file, parts, count, offset);
}

static ssize_t faulty_write(int file, const void *bytes, size_t length) {
    struct stat facts;
    if (length == 0 || !is_data(file, &facts)) {
        return real_write(file, bytes, length);
    }
    int error = control->write_errno;
    if (error != 0) {
        return fail(&control->write_hits, error);
    }
    record(file, &facts, (uint64_t)lseek(file, 0, SEEK_CUR), length);
    return real_write(file, bytes, length);
}

static ssize_t faulty_pread(int file, void *bytes, size_t length, off_t offset) {
    struct stat facts;
    int error = control == NULL ? 0 : control->read_errno;
    return error != 0 && is_data(file, &facts)
        ? fail(&control->read_hits, error)
        : real_pread(file, bytes, length, offset);
}

static ssize_t faulty_preadv(int file, const struct iovec *parts, int count, off_t offset) {
    struct stat facts;
    int error = control == NULL ? 0 : control->read_errno;
    return error != 0 && is_data(file, &facts)
        ? fail(&control->read_hits, error)
        : real_preadv(file, parts, count, offset);
}

static ssize_t faulty_read(int file, void *bytes, size_t length) {
    struct stat facts;
    int error = control == NULL ? 0 : control->read_errno;
    return error != 0 && is_data(file, &facts)
        ? fail(&control->read_hits, error)
        : real_read(file, bytes, length);
}

static int faulty_sync(int file, int (*real)(int)) {
    struct stat facts;
    if (!is_data(file, &facts)) {
        return real(file);
    }
    int delay_ms = control->sync_delay_ms;
    if (delay_ms > 0) {
        control->delay_hits++;
        usleep((useconds_t)delay_ms * 1000);
    }
    if (control->sync_failures > 0) {
        control->sync_failures--;
        return fail(&control->sync_hits, EIO);
    }
    int result = real(file);
    if (result == 0) {
        forget(&facts);
    }
    return result;
}

static int faulty_fallocate(int file, off_t offset, off_t length) {
    struct stat facts;
    if (control != NULL && control->write_errno != 0 && is_data(file, &facts)) {
        control->write_hits++;
        return control->write_errno;
    }
    return real_fallocate(file, offset, length);
}

int clock_gettime(clockid_t clock, struct timespec *now) {
    if (real_clock_gettime == NULL) {
        find_real();
    }
    int result = real_clock_gettime(clock, now);
    int64_t offset = control == NULL ? 0 : control->clock_offset_ns;
    if (result == 0 && offset != 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) {
        control->clock_hits++;
        int64_t nanoseconds = now->tv_sec * 1000000000LL + now->tv_nsec + offset;
        now->tv_sec = nanoseconds / 1000000000LL;
        now->tv_nsec = nanoseconds % 1000000000LL;
    }
    return result;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    int result = real_gettimeofday(now, zone);
    int64_t offset = control == NULL ? 0 : control->clock_offset_ns;
    if (result == 0 && offset != 0) {
        int64_t microseconds = now->tv_sec * 1000000LL + now->tv_usec + offset / 1000;
        now->tv_sec = microseconds / 1000000LL;
        now->tv_usec = microseconds % 1000000LL;
    }
    return result;
}

time_t time(time_t *result) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (result != NULL) {
        *result = now.tv_sec;
    }
    return now.tv_sec;
}

ssize_t pwrite64(int file, const void *bytes, size_t length, off_t offset) {
    return faulty_pwrite(file, bytes, length, offset);
}

ssize_t pwritev64(int file, const struct iovec *parts, int count, off_t offset) {
    return faulty_pwritev(file, parts, count, offset);
}

ssize_t write(int file, const void *bytes, size_t length) { return faulty_write(file, bytes, length); }

ssize_t pread64(int file, void *bytes, size_t length, off_t offset) {
    return faulty_pread(file, bytes, length, offset);
}

ssize_t preadv64(int file, const struct iovec *parts, int count, off_t offset) {
    return faulty_preadv(file, parts, count, offset);
}

ssize_t read(int file, void *bytes, size_t length) { return faulty_read(file, bytes, length); }

int fsync(int file) { return faulty_sync(file, real_fsync); }

int fdatasync(int file) { return faulty_sync(file, real_fdatasync); }

int posix_fallocate(int file, off_t offset, off_t length) { return faulty_fallocate(file, offset, length); }

void *dlsym(void *library, const char *name) {
    static const struct {
        const char *name;
        void *function;
    } replaced[] = {
        { "fdatasync", fdatasync },
        { "fsync", fsync },
        { "posix_fallocate", posix_fallocate },
    };
    if (real_dlsym == NULL) {
        find_real();
    }
    for (size_t i = 0; i < sizeof(replaced) / sizeof(replaced[0]); i++) {
        if (strcmp(name, replaced[i].name) == 0) {
            return replaced[i].function;
        }
    }
    return real_dlsym(library, name);
}
