#include "server/tls_hello.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Given byte by byte, as slow clients do, the verdict is the same as given at once, and "more" always asks for more. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t wanted = 0, have = 0;
    enum tls_hello whole, step = TLS_HELLO_MORE;
    unsigned char *copy = malloc(size ? size : 1);

    memcpy(copy, data, size);
    whole = tls_hello_look(copy, size, &wanted);
    for (wanted = 0; step == TLS_HELLO_MORE && have < size;) {
        size_t before = wanted;
        have = wanted > have ? wanted : have + 1;
        if (have > size)
            have = size;
        step = tls_hello_look(copy, have, &wanted);
        assert(step != TLS_HELLO_MORE || wanted > have || have == size || wanted > before);
    }
    if (have == size)
        assert(step == whole || size == 0);
    free(copy);
    return 0;
}
