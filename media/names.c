#include "media/names.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* FNV-1a; names come from hoichand, not from strangers. */
static size_t hash(const char *name)
{
    uint64_t value = 0xcbf29ce484222325u;
    for (; *name; name++)
        value = (value ^ (unsigned char)*name) * 0x100000001b3u;
    return (size_t)(value ^ value >> 32);
}

void names_finish(struct names *names)
{
    free(names->entries);
    memset(names, 0, sizeof *names);
}

static struct names_entry *place_of(const struct names *names, const char *name)
{
    size_t at = hash(name) & (names->room - 1);
    while (names->entries[at].name && strcmp(names->entries[at].name, name) != 0)
        at = (at + 1) & (names->room - 1);
    return &names->entries[at];
}

static int grow(struct names *names)
{
    struct names larger = {.room = names->room ? names->room * 2 : 64, .used = names->used};
    larger.entries = calloc(larger.room, sizeof *larger.entries);
    if (!larger.entries)
        return -ENOMEM;
    for (size_t i = 0; i < names->room; i++)
        if (names->entries[i].name)
            *place_of(&larger, names->entries[i].name) = names->entries[i];
    free(names->entries);
    *names = larger;
    return 0;
}

int names_add(struct names *names, const char *name, void *object)
{
    if ((names->used + 1) * 2 > names->room && grow(names) < 0)
        return -ENOMEM;
    struct names_entry *place = place_of(names, name);
    if (place->name)
        return -EEXIST;
    *place = (struct names_entry){.name = name, .object = object};
    names->used++;
    return 0;
}

void *names_find(const struct names *names, const char *name)
{
    return names->room ? place_of(names, name)->object : NULL;
}

void names_remove(struct names *names, const char *name)
{
    if (!names->room)
        return;
    struct names_entry *place = place_of(names, name);
    if (!place->name)
        return;
    *place = (struct names_entry){0};
    names->used--;
    /* What follows without a gap may have been pushed on by the one that left. */
    size_t at = (size_t)(place - names->entries);
    for (at = (at + 1) & (names->room - 1); names->entries[at].name; at = (at + 1) & (names->room - 1)) {
        struct names_entry moved = names->entries[at];
        names->entries[at] = (struct names_entry){0};
        *place_of(names, moved.name) = moved;
    }
}
