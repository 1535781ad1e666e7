#include "media/chance.h"

enum { WINDOW_PACKETS = 128 };

void chance_input(struct chance *chance, bool lost)
{
    chance->answered++;
    chance->lost += lost;
}

/* The last that were lost are told of by the next feedback only. */
void chance_close(struct chance *chance, bool queued)
{
    if (!queued && !chance->queued) {
        chance->answered_all += chance->answered;
        chance->lost_all += chance->lost;
    }
    chance->queued = queued;
    chance->answered = chance->lost = 0;
    while (chance->answered_all > WINDOW_PACKETS) {
        chance->answered_all /= 2;
        chance->lost_all /= 2;
    }
}

uint32_t chance_permille(const struct chance *chance)
{
    return chance->answered_all ? chance->lost_all * 1000 / chance->answered_all : 0;
}
