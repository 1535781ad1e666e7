#include "media/history.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int history_init(struct history *history, uint32_t count)
{
    history->entries = calloc(count, sizeof *history->entries);
    history->count = history->entries ? count : 0;
    return history->entries ? 0 : -ENOMEM;
}

void history_finish(struct history *history)
{
    free(history->entries);
    history->entries = NULL;
    history->count = 0;
}

void history_clear(struct history *history)
{
    if (history->entries)
        memset(history->entries, 0, history->count * sizeof *history->entries);
}
