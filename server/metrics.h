/**
 * The state of the server in OpenMetrics 1.0 text. Pure.
 */
#ifndef SERVER_METRICS_H
#define SERVER_METRICS_H

#include <jansson.h>

#define METRICS_TYPE "application/openmetrics-text; version=1.0.0; charset=utf-8"

/** From what GET /api/v1/status answers. Caller frees. */
char *metrics_text(const json_t *status);

#endif
