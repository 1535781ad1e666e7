/* Every table of routes there is. A new api/ file is added here, and its calls to openapi.json. */
#include "tables.h"

const struct route *const api_routes[] = {
    consultation_routes, patient_routes, room_routes, session_routes, site_routes, status_routes,
    ticket_routes,       token_routes,   user_routes, whip_routes,    NULL,
};
