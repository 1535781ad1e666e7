/* Deliveries to the EMR and to webhooks: how they stand, and sending again by hand. */
#include "consultations.h"
#include "fields.h"
#include "resource.h"
#include "server/records/outbox.h"
#include "server/router.h"
#include "tables.h"

#define SELECT                                                                                                         \
    "SELECT o.id, o.kind, o.event, o.consultation_id, c.title AS consultation_title, o.target, o.state, "              \
    "o.attempts, o.next_attempt_at, o.last_error, o.delivered_at, o.created_at FROM outbox o JOIN consultations c ON " \
    "c.id = o.consultation_id "

static const struct row_view DELIVERY = {.columns = {.text = {"id", "kind", "event", "consultation_id",
                                                              "consultation_title", "target", "state", "last_error"},
                                                     .integer = {"attempts"},
                                                     .time = {"next_attempt_at", "delivered_at", "created_at"}}};

static struct response *list_deliveries(struct request *request)
{
    AUTO_PAGE page;
    page_read(request, &page);
    const char *state = page_filter(request, "state"), *kind = page_filter(request, "kind");
    return list_answer(request, &page, &DELIVERY,
                       SELECT "WHERE (? = '' OR o.state = ?) AND (? = '' OR o.kind = ?) AND c.search LIKE ? ESCAPE '!' "
                              "AND (? = '' OR (o.created_at, o.id) < (SELECT created_at, id FROM outbox WHERE id = ?)) "
                              "ORDER BY o.created_at DESC, o.id DESC LIMIT ?",
                       store_text(state), store_text(state), store_text(kind), store_text(kind),
                       store_text(page.pattern), store_text(page.cursor), store_text(page.cursor),
                       store_int(page.limit + 1));
}

static struct response *list_deliveries_of_consultation(struct request *request)
{
    return list_of_consultation(request, SELECT "WHERE o.consultation_id = ? ORDER BY o.created_at, o.id LIMIT ?",
                                &DELIVERY);
}

static struct response *get_delivery(struct request *request)
{
    return one_answer(request, 200, &DELIVERY, SELECT "WHERE o.id = ?", store_text(request_param(request, "id")));
}

/** One that is under way is left alone, and shown. */
static struct response *retry_delivery(struct request *request)
{
    bool found;
    struct response *fault = retry_audited(request, outbox_retry, "delivery.retry", &found);
    return fault ? fault : get_delivery(request);
}

const struct route delivery_routes[] = {
    {HTTP_GET, "/api/v1/deliveries", ACCESS_ADMIN, .handler = list_deliveries},
    {HTTP_GET, "/api/v1/deliveries/{id}", ACCESS_ADMIN, .handler = get_delivery},
    {HTTP_POST, "/api/v1/deliveries/{id}/retry", ACCESS_ADMIN, .handler = retry_delivery},
    {HTTP_GET, "/api/v1/consultations/{id}/deliveries", ACCESS_STAFF, .handler = list_deliveries_of_consultation},
    {0},
};
