#include "media/bucket.h"

enum { LONGEST_US = 1000000 };

void bucket_fill(struct bucket *bucket, struct bucket_size size, uint64_t now_us)
{
    if (now_us < bucket->filled_us)
        return; /* a datagram's time may lie before a tick's */
    uint64_t passed_us = bucket->filled_us ? now_us - bucket->filled_us : LONGEST_US;
    if (!bucket->filled_us)
        bucket->bytes = size.most_bytes;
    bucket->bytes += (int64_t)(size.bps * (passed_us < LONGEST_US ? passed_us : LONGEST_US) / 8000000);
    if (bucket->bytes > size.most_bytes)
        bucket->bytes = size.most_bytes;
    bucket->filled_us = now_us;
}

bool bucket_take(struct bucket *bucket, size_t bytes)
{
    if (bucket->bytes < (int64_t)bytes)
        return false;
    bucket->bytes -= (int64_t)bytes;
    return true;
}
