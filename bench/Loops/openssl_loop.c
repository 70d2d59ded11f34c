/* One chain of SHA-512 by OpenSSL's Init, Update, Final: what a program in C would write.
   Usage: openssl_loop SECONDS; prints iterations per second. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
    if (argc != 2 || atof(argv[1]) <= 0) {
        fprintf(stderr, "usage: openssl_loop SECONDS\n");
        return 2;
    }
    unsigned char digest[SHA512_DIGEST_LENGTH];
    memset(digest, 7, sizeof digest);
    double begin = now(), end = begin + atof(argv[1]), at;
    unsigned long long count = 0;
    do {
        for (int i = 0; i < 10000; i++) {
            SHA512_CTX context;
            SHA512_Init(&context);
            SHA512_Update(&context, digest, sizeof digest);
            SHA512_Final(digest, &context);
        }
        count += 10000;
        at = now();
    } while (at < end);
    /* The digest is printed so that no compiler can leave the loop out. */
    fprintf(stderr, "%02x%02x\n", digest[0], digest[1]);
    printf("%.0f\n", (double)count / (at - begin));
    return 0;
}
