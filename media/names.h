/**
 * Objects by name. Names are the objects' own and must live as long as they are in here.
 */
#ifndef MEDIA_NAMES_H
#define MEDIA_NAMES_H

#include <stddef.h>

struct names_entry {
    const char *name;
    void *object;
};

struct names {
    struct names_entry *entries; /* open addressing, count a power of two */
    size_t room, used;
};

void names_finish(struct names *names);
/** Errors: -EEXIST, -ENOMEM. */
int names_add(struct names *names, const char *name, void *object);
/** NULL when there is none. */
void *names_find(const struct names *names, const char *name);
void names_remove(struct names *names, const char *name);

#endif
