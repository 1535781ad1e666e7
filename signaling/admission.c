#include "admission.h"

enum {
    FULL = 1000,
    OPENS_AGAIN = 100,    /* permille of the limit below the mark */
    SMOOTHING = 4,        /* each second a quarter of the news: a burst of handshakes closes nothing */
    FRESH_PERMILLE = 4,   /* of a core that somebody just let in may come to need */
    FRESH_FADES_IN_S = 4, /* until most of it shows in what is measured */
};

const char *admission_kind_name(enum admission_kind kind)
{
    static const char *const NAMES[] = {
        [ADMISSION_NEW] = "new", [ADMISSION_JOIN] = "join", [ADMISSION_EMERGENCY] = "emergency"};
    return NAMES[kind];
}

void admission_note_cpu(struct admission *admission, unsigned cpu_permille)
{
    int difference = (int)cpu_permille - (int)admission->cpu_permille;
    int step = difference / SMOOTHING;
    if (step == 0 && difference != 0)
        step = difference > 0 ? 1 : -1;
    admission->cpu_permille = (unsigned)((int)admission->cpu_permille + step);
    admission->fresh -= (admission->fresh + FRESH_FADES_IN_S - 1) / FRESH_FADES_IN_S;
}

void admission_took(struct admission *admission)
{
    admission->fresh++;
}

static unsigned share(unsigned used, unsigned limit)
{
    return limit ? (unsigned)((unsigned long long)used * FULL / limit) : 0;
}

static unsigned mark_of(enum admission_kind kind, const struct admission_limits *limits)
{
    unsigned reserve = limits->reserve_percent * FULL / 100;
    return kind == ADMISSION_EMERGENCY ? FULL : kind == ADMISSION_JOIN ? FULL - reserve / 2 : FULL - reserve;
}

void admission_update(struct admission *admission, const struct admission_limits *limits, unsigned people)
{
    unsigned by_cpu = share(admission->cpu_permille + admission->fresh * FRESH_PERMILLE, limits->cpu_permille);
    unsigned by_people = share(people, limits->people);
    admission->load_permille = by_cpu > by_people ? by_cpu : by_people;
    for (enum admission_kind kind = 0; kind < ADMISSION_KINDS; kind++) {
        unsigned mark = mark_of(kind, limits);
        if (admission->load_permille >= mark)
            admission->closed[kind] = true;
        else if (admission->load_permille + OPENS_AGAIN < mark)
            admission->closed[kind] = false;
    }
}
