/* Every table of routes there is. A new api/ file is added here, and its calls to openapi.json. */
#include "server/router.h"

const struct route *const api_routes[] = {
    NULL,
};
