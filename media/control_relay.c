/* Relays: members of a room whose packets travel to another worker of this machine. See media/ipc.h and media/relay.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "media/control_items.h"
#include "media/log.h"
#include "media/relay.h"

struct relay_item {
    struct member_item member; /* found like any member, without a transport */
    struct control_room *owner;
    struct relay *relay;
    json_t *request;
};

static int out_rtp(void *arg, const uint8_t *header, size_t header_size, const uint8_t *payload, size_t payload_size)
{
    const struct relay_item *item = arg;
    int result = relay_send_rtp(item->relay, header, header_size, payload, payload_size);
    if (result == 0)
        item->owner->relayed_bytes += header_size + payload_size;
    return result;
}

static int out_rtcp(void *arg, uint8_t *packet, size_t size)
{
    const struct relay_item *item = arg;
    return relay_send_rtcp(item->relay, packet, size);
}

static void out_forget(void *arg, uint32_t ssrc)
{
    (void)arg;
    (void)ssrc; /* nothing is encrypted here, so nothing was kept of it */
}

static void on_rtp(void *arg, uint8_t *packet, size_t size, uint64_t arrival_us)
{
    struct relay_item *item = arg;
    control_room_feed(&item->member, packet, size, arrival_us);
}

static void on_rtcp(void *arg, uint8_t *packet, size_t size, uint64_t arrival_us)
{
    const struct relay_item *item = arg;
    member_rtcp(item->member.member, packet, size, arrival_us);
}

static void remove_relay(struct relay_item *item)
{
    struct control_room *owner = item->owner;
    if (item->member.member) {
        names_remove(&owner->relays, member_name(item->member.member));
        control_room_leave(owner, &item->member);
    }
    relay_destroy(item->relay);
    json_decref(item->request);
    free(item);
}

static void on_closed(void *arg)
{
    struct relay_item *item = arg;
    log_info("relay", member_name(item->member.member), "closed by the other worker");
    json_t *event = json_pack("{s:s, s:s}", "event", "relay.closed", "relay", member_name(item->member.member));
    control_event(item->owner->control, event);
    remove_relay(item);
}

static int open_relay(struct relay_item *item, struct control_request *request, const char *name)
{
    struct control_room *owner = item->owner;
    const struct relay_handler handler = {.rtp_fn = on_rtp, .rtcp_fn = on_rtcp, .closed_fn = on_closed, .arg = item};
    const struct member_out out = {.rtp_fn = out_rtp, .rtcp_fn = out_rtcp, .forget_fn = out_forget, .arg = item};
    int fd = request->fd;
    request->fd = -1; /* the relay's, also when it fails */
    int error = relay_create(owner->loop, fd, &handler, &item->relay);
    if (error == 0)
        error = room_join(item->member.room->room, name, &out, request->now_us, &item->member.member);
    if (error < 0)
        return error;
    member_connected(item->member.member, true, request->now_us);
    return names_add(&owner->relays, member_name(item->member.member), &item->member);
}

static int op_relay_open(void *arg, struct control_request *request, json_t *answer)
{
    struct control_room *owner = arg;
    const char *room, *name;
    (void)answer;
    int error = control_name(request, "room", &room);
    if (error == 0)
        error = control_name(request, "relay", &name);
    if (error != 0)
        return error;
    struct room_item *found = names_find(&owner->rooms, room);
    if (!found)
        return control_fail(request, -ENOENT, "no room of that name");
    if (names_find(&owner->relays, name))
        return control_fail(request, -EEXIST, "there is a relay of that name");
    if (request->fd < 0)
        return control_fail(request, -EINVAL, "a file descriptor must come with it");
    struct relay_item *item = calloc(1, sizeof *item);
    if (!item)
        return -ENOMEM;
    item->owner = owner;
    item->member.room = found;
    item->request = control_keep_request(request);
    error = open_relay(item, request, name);
    if (error < 0)
        remove_relay(item);
    return error;
}

/* What is kept by name is the member within. */
static struct relay_item *relay_of(struct member_item *member)
{
    return (struct relay_item *)(void *)((char *)member - offsetof(struct relay_item, member));
}

static int op_relay_close(void *arg, struct control_request *request, json_t *answer)
{
    struct control_room *owner = arg;
    const char *name;
    (void)answer;
    int error = control_name(request, "relay", &name);
    if (error != 0)
        return error;
    struct member_item *member = names_find(&owner->relays, name);
    if (!member)
        return control_fail(request, -ENOENT, "no relay of that name");
    remove_relay(relay_of(member));
    return 0;
}

bool control_relay_close(struct control_room *owner, const char *name)
{
    struct member_item *member = names_find(&owner->relays, name);
    if (member)
        remove_relay(relay_of(member));
    return member != NULL;
}

static void snapshot_relay(void *arg, void *object)
{
    struct control_room *owner = arg;
    json_t *event = json_pack("{s:s}", "event", "snapshot.relay");
    json_object_update(event, relay_of(object)->request);
    control_event(owner->control, event);
}

void control_relay_snapshot(struct control_room *owner)
{
    control_each(&owner->relays, snapshot_relay, owner);
}

const struct control_op control_relay_ops[] = {{"relay.open", op_relay_open}, {"relay.close", op_relay_close}};
const size_t control_relay_op_count = sizeof control_relay_ops / sizeof control_relay_ops[0];
