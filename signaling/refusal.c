#include "refusal.h"

#include <string.h>

#include "core.h"
#include "protocol.h"

static int status_of(const char *problem)
{
    static const struct {
        const char *problem;
        int status;
    } STATUS[] = {
        {"bad_sdp", 400},
        {"bad_message", 400},
        {"ticket_invalid", 401},
        {"ticket_expired", 401},
        {"not_allowed", 403},
        {"removed", 403},
        {"locked", 403},
        {"not_open", 403},
        {"not_found", 404},
        {"ended", 410},
        {"unsupported", 415},
        {"precondition_failed", 412},
        {"precondition_required", 428},
        {"full", 503},
        {"busy", 503},
        {"at_capacity", 503},
        {"draining", 503},
        {"too_many", 400},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(STATUS); i++)
        if (strcmp(STATUS[i].problem, problem) == 0)
            return STATUS[i].status;
    return 500;
}

static int retry_of(const char *problem)
{
    int after_s = protocol_retry_after_s(problem);
    return after_s || status_of(problem) != 503 ? after_s : BUSY_RETRY_S;
}

void refusal_answer(http_answer_fn done, void *arg, const char *problem)
{
    const struct http_answer answer = {
        .status = status_of(problem), .problem = problem, .retry_after_s = retry_of(problem)};
    done(arg, &answer);
}
