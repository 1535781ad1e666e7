/* Join tickets, and what the pre-join page may know. */
#include <stdlib.h>
#include <string.h>

#include "booking_fields.h"
#include "consultations.h"
#include "resource.h"
#include "server/config.h"
#include "server/house.h"
#include "server/problem.h"
#include "server/records/minutes.h"
#include "server/router.h"
#include "server/server.h"
#include "signaling/ticket.h"
#include "tables.h"
#include "tickets.h"

enum { SHORTEST_S = 60, LONGEST_S = 90 * 24 * 3600 };

/* ---- POST /consultations/{id}/tickets ---- */

struct invitation {
    struct request *request;
    const char *consultation;
    const char *participant_id;
    const char *name, *role;
    int64_t expires_in_s;
    enum standing standing;
    /* found */
    const char *problem;
    char participant[STORE_ID_SIZE], its_role[16];
    int64_t ends_at;
    bool ended; /* its doctors come back to write the minutes to their end, and to sign */
};

static bool find_consultation(struct store *store, struct invitation *i, GError **error)
{
    STORE_AUTO_ROWS rows = store_query(store, error, "SELECT state, ends_at FROM consultations WHERE id = ?",
                                       store_text(i->consultation));
    if (!store_next(rows)) {
        i->problem = "not-found";
        return rows != NULL;
    }
    enum consultation_state state = consultation_state_of(rows_text(rows, "state"));
    i->ends_at = rows_int(rows, "ends_at");
    i->ended = state == CONSULTATION_ENDED;
    if (state == CONSULTATION_CANCELLED || (i->ended && !i->participant_id))
        i->problem = "wrong-state";
    return true;
}

/** A doctor brings guests and colleagues, and sends them their links again. What is done with a doctor's ticket stands
 * under that doctor's name: another's is given by the host. */
static bool may_invite(const struct invitation *i, const char *role, const char *user)
{
    if (i->standing == STANDING_HOST || g_strcmp0(user, request_caller(i->request)->id) == 0)
        return true;
    if (i->standing != STANDING_DOCTOR)
        return false;
    return i->participant_id ? !minutes_is_doctor(role) : strcmp(role, "host") != 0;
}

static bool find_participant(struct store *store, struct invitation *i, GError **error)
{
    if (!i->participant_id) {
        if (!may_invite(i, i->role, NULL)) {
            i->problem = "not-allowed";
            return true;
        }
        g_strlcpy(i->its_role, i->role, sizeof i->its_role);
        return consultation_add_participant(
            store, &(struct new_participant){.consultation = i->consultation, .name = i->name, .role = i->role},
            request_now_us(i->request), i->participant, error);
    }
    STORE_AUTO_ROWS rows = store_query(
        store, error,
        "SELECT id, role, user_id FROM participants WHERE id = ? AND consultation_id = ? AND "
        "removed_at IS NULL",
        store_text(i->participant_id), store_text(i->consultation));
    if (!store_next(rows)) {
        i->problem = "not-found";
        return rows != NULL;
    }
    g_strlcpy(i->participant, rows_text(rows, "id"), sizeof i->participant);
    g_strlcpy(i->its_role, rows_text(rows, "role"), sizeof i->its_role);
    if (!may_invite(i, i->its_role, rows_text(rows, "user_id")))
        i->problem = "not-allowed";
    else if (i->ended && !minutes_is_doctor(i->its_role))
        i->problem = "wrong-state";
    return true;
}

static bool invite_work(struct store *store, void *arg, GError **error)
{
    struct invitation *i = arg;
    i->problem = NULL;
    if (!find_consultation(store, i, error) || (!i->problem && !find_participant(store, i, error)))
        return false;
    return i->problem || audit_or_fail(i->request, "ticket.create", "participant", i->participant, error);
}

static int64_t expiry_s(const struct invitation *i)
{
    int64_t now_s = request_now_us(i->request) / G_USEC_PER_SEC, ends_s = i->ends_at / G_USEC_PER_SEC;
    return i->expires_in_s ? now_s + i->expires_in_s : MAX(now_s, ends_s) + TICKET_AFTER_END_S;
}

json_t *ticket_json(const struct request *request, const struct ticket *ticket)
{
    char *text = ticket_make(ticket, request_server(request)->ticket_key);
    if (!text)
        return NULL;
    g_autofree char *url = g_strdup_printf("%s/join#%s", request_origin(request), text);
    json_t *body = json_pack("{s:s, s:s, s:s}", "ticket", text, "url", url, "participant_id", ticket->participant);
    json_set_time(body, "expires_at", ticket->expires_s * G_USEC_PER_SEC);
    free(text);
    return body;
}

static struct response *invited(struct request *request, const struct invitation *i)
{
    struct ticket ticket = {.use = "join", .expires_s = expiry_s(i)};
    g_strlcpy(ticket.consultation, i->consultation, sizeof ticket.consultation);
    g_strlcpy(ticket.participant, i->participant, sizeof ticket.participant);
    g_strlcpy(ticket.role, i->its_role, sizeof ticket.role);
    json_t *body = ticket_json(request, &ticket);
    return body ? response_json(201, body) : problem(request, "internal");
}

static struct response *create_ticket(struct request *request)
{
    struct invitation i = {.request = request, .consultation = request_param(request, "id")};
    struct fields fields = fields_of(request);
    i.participant_id = field_id(&fields, "participant_id", false);
    i.expires_in_s = field_int(&fields, "expires_in_s", 0, SHORTEST_S, LONGEST_S);
    json_t *person = field_object(&fields, "participant", !i.participant_id);
    if (person && !i.participant_id) {
        struct fields inside = fields_inside(&fields, person, "participant.");
        i.name = field_text(&inside, "name", CONSULTATION_NAME_MAX, true);
        i.role = field_choice(&inside, "role", ticket_roles, "doctor");
    }
    if (fields_bad(&fields))
        return fields_problem(&fields);
    fields_done(&fields);
    i.standing = standing_in(request, i.consultation);
    if (i.standing == STANDING_NONE)
        return problem(request, "not-found");
    if (g_strcmp0(i.role, "captions") == 0 && !request_server(request)->config->captions.allow)
        return problem(request, "captions-off");
    GError *error = NULL;
    if (!store_transaction(request_store(request), invite_work, &i, &error))
        return store_problem(request, error);
    return i.problem ? problem(request, i.problem) : invited(request, &i);
}

/* ---- GET /join ---- */

static json_t *consultation_part(struct store_rows *rows)
{
    json_t *c = json_pack("{s:s, s:s, s:s, s:s}", "id", rows_text(rows, "consultation"), "title",
                          rows_text(rows, "title"), "kind", rows_text(rows, "kind"), "state", rows_text(rows, "state"));
    json_set_time(c, "starts_at", rows_int(rows, "starts_at"));
    json_set_time(c, "ends_at", rows_int(rows, "ends_at"));
    json_set_text(c, "room", rows_text(rows, "room"));
    json_set_text(c, "site", rows_text(rows, "site"));
    return c;
}

static struct response *answer_join(struct request *request, const struct ticket *ticket)
{
    GError *error = NULL;
    STORE_AUTO_ROWS rows = store_query(
        request_store(request), &error,
        "SELECT c.id AS consultation, c.title, c.kind, c.state, c.starts_at, c.ends_at, r.name AS room, s.name AS "
        "site, p.id, "
        "p.name, p.role, (SELECT COUNT(DISTINCT participant_id) FROM stays t WHERE t.consultation_id = c.id AND "
        "t.left_at IS NULL) AS present FROM participants p JOIN consultations c ON c.id = p.consultation_id "
        "LEFT JOIN rooms r ON r.id = c.room_id LEFT JOIN sites s ON s.id = r.site_id "
        "WHERE p.id = ? AND c.id = ? AND p.removed_at IS NULL",
        store_text(ticket->participant), store_text(ticket->consultation));
    if (!store_next(rows))
        return rows ? problem(request, "ticket-invalid") : store_problem(request, error);
    json_t *ice = house_ice_servers(request_server(request)->config, ticket->participant, request_now_us(request));
    return response_json(200, json_pack("{s:o, s:{s:s, s:s, s:s}, s:I, s:o}", "consultation", consultation_part(rows),
                                        "participant", "id", rows_text(rows, "id"), "name", rows_text(rows, "name"),
                                        "role", rows_text(rows, "role"), "present",
                                        (json_int_t)rows_int(rows, "present"), "ice_servers", ice));
}

static struct response *get_join(struct request *request)
{
    const char *text = request_bearer(request);
    struct ticket ticket;
    if (!text)
        return problem(request, "ticket-invalid");
    enum ticket_verdict verdict = ticket_check(text, request_server(request)->ticket_key,
                                               request_now_us(request) / G_USEC_PER_SEC, &ticket);
    if (verdict == TICKET_EXPIRED)
        return problem(request, "ticket-expired");
    if (verdict != TICKET_GOOD || strcmp(ticket.use, "join") != 0)
        return problem(request, "ticket-invalid");
    return answer_join(request, &ticket);
}

const struct route ticket_routes[] = {
    {HTTP_POST, "/api/v1/consultations/{id}/tickets", ACCESS_STAFF, .handler = create_ticket},
    {HTTP_GET, "/api/v1/join", ACCESS_ANYONE, .handler = get_join},
    {0},
};
