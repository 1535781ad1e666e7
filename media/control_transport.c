#include "media/control_transport.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "media/control.h"
#include "media/ipc.h"
#include "media/transport_set.h"

struct control_transport {
    struct control_transport_config config;
    struct control_part part;
    struct transport_set *set;
};

/* ---- what is told ---- */

static void add_path(json_t *to, const struct transport *transport)
{
    int family;
    const char *protocol = transport_path(transport, &family);
    if (protocol)
        json_object_set_new(to, "path", json_pack("{s:s, s:i}", "protocol", protocol, "family", family));
}

static void tell_state(void *arg, struct transport *transport, const char *reason)
{
    struct control_transport *self = arg;
    json_t *event = json_pack("{s:s, s:s, s:s, s:s*}", "event", "transport.state", "transport",
                              transport_name(transport), "state", transport_state_name(transport_state(transport)),
                              "reason", reason);
    add_path(event, transport);
    control_event(self->config.control, event);
}

static void add_description(struct control_transport *self, const struct transport *transport, json_t *to)
{
    const struct ice_credentials *credentials = transport_credentials(transport);
    json_object_set_new(to, "ufrag", json_string(credentials->ufrag));
    json_object_set_new(to, "pwd", json_string(credentials->pwd));
    json_object_set_new(to, "candidates", candidates_json(&self->config.announce, transport_set_port(self->set)));
}

static void add_fingerprint(struct control_transport *self, json_t *to)
{
    json_object_set_new(to, "fingerprint",
                        json_pack("{s:s, s:s}", "alg", "sha-256", "value", transport_set_fingerprint(self->set)));
}

static void snapshot_one(void *arg, struct transport *transport)
{
    struct control_transport *self = arg;
    json_t *event = json_pack("{s:s, s:s, s:s, s:s}", "event", "snapshot.transport", "transport",
                              transport_name(transport), "room", transport_room(transport), "state",
                              transport_state_name(transport_state(transport)));
    if (transport_app(transport))
        json_object_set(event, "app", transport_app(transport));
    if (transport_remote_ufrag(transport)[0])
        json_object_set_new(event, "remote_ufrag", json_string(transport_remote_ufrag(transport)));
    add_description(self, transport, event);
    add_fingerprint(self, event);
    add_path(event, transport);
    control_event(self->config.control, event);
}

static void snapshot(void *arg, enum control_stage stage)
{
    struct control_transport *self = arg;
    if (stage == CONTROL_SNAPSHOT_TRANSPORT)
        transport_each(self->set, snapshot_one, self);
}

static void hello(void *arg, json_t *answer)
{
    struct control_transport *self = arg;
    json_object_set_new(answer, "worker", json_integer(self->config.worker));
    json_object_set_new(answer, "port", json_integer(transport_set_port(self->set)));
    add_fingerprint(self, answer);
}

/* ---- requests ---- */

static int find(struct control_transport *self, struct control_request *request, struct transport **transport)
{
    const char *name;
    int result = control_name(request, "transport", &name);
    if (result < 0)
        return result;
    *transport = transport_find(self->set, name);
    return *transport ? 0 : control_fail(request, -ENOENT, "no such transport");
}

static int check_app(struct control_request *request, json_t **app)
{
    *app = json_object_get(request->body, "app");
    if (!*app)
        return 0;
    if (!json_is_object(*app))
        return control_fail(request, -EINVAL, "app must be an object");
    size_t size = json_dumpb(*app, NULL, 0, JSON_COMPACT);
    return size <= IPC_APP_MAX ? 0 : control_fail(request, -EINVAL, "app is larger than %d bytes", IPC_APP_MAX);
}

static int open_transport(void *arg, struct control_request *request, json_t *answer)
{
    struct control_transport *self = arg;
    const char *room = NULL, *name = NULL;
    json_t *app = NULL;
    struct transport *transport = NULL;
    int result = control_name(request, "room", &room);
    if (result == 0)
        result = control_name(request, "transport", &name);
    if (result == 0)
        result = check_app(request, &app);
    if (result == 0)
        result = transport_open(self->set, name, room, app, &transport);
    if (result < 0)
        return result;
    add_description(self, transport, answer);
    add_fingerprint(self, answer);
    return 0;
}

static int read_fingerprints(struct control_request *request, struct transport_remote *remote)
{
    json_t *list = json_object_get(request->body, "fingerprints"), *item;
    size_t index;
    json_array_foreach(list, index, item)
    {
        const char *algorithm = json_string_value(json_object_get(item, "alg"));
        const char *value = json_string_value(json_object_get(item, "value"));
        if (remote->fingerprint_count == DTLS_FINGERPRINTS_MAX)
            return control_fail(request, -EINVAL, "more than %d fingerprints", DTLS_FINGERPRINTS_MAX);
        int result = algorithm && value
                         ? dtls_fingerprint_parse(algorithm, value, &remote->fingerprints[remote->fingerprint_count])
                         : -EINVAL;
        if (result == -EINVAL)
            return control_fail(request, -EINVAL, "fingerprint %zu is malformed", index);
        remote->fingerprint_count += result == 0; /* algorithms we do not take are passed over */
    }
    return remote->fingerprint_count ? 0 : control_fail(request, -EINVAL, "no fingerprint that can be checked");
}

static int check_setup(struct control_request *request)
{
    const char *setup = json_string_value(json_object_get(request->body, "setup"));
    if (setup && (strcmp(setup, "active") == 0 || strcmp(setup, "actpass") == 0))
        return 0;
    return control_fail(request, -EINVAL, "setup must be active or actpass: this side is passive");
}

static int set_remote(void *arg, struct control_request *request, json_t *answer)
{
    (void)answer;
    struct transport *transport;
    struct transport_remote remote = {.ufrag = json_string_value(json_object_get(request->body, "ufrag"))};
    int result = find(arg, request, &transport);
    if (result == 0 && (!remote.ufrag || !remote.ufrag[0]))
        result = control_fail(request, -EINVAL, "ufrag is missing");
    if (result == 0)
        result = check_setup(request);
    if (result == 0)
        result = read_fingerprints(request, &remote);
    if (result < 0)
        return result;
    result = transport_set_remote(transport, &remote);
    return result == -EINVAL
               ? control_fail(request, result, "the verified peer has another fingerprint, or ufrag is too long")
               : result;
}

static int restart_transport(void *arg, struct control_request *request, json_t *answer)
{
    struct transport *transport;
    int result = find(arg, request, &transport);
    if (result == 0)
        result = transport_restart(transport);
    if (result == 0)
        add_description(arg, transport, answer);
    return result;
}

static int close_transport(void *arg, struct control_request *request, json_t *answer)
{
    (void)answer;
    struct transport *transport;
    const char *reason = json_string_value(json_object_get(request->body, "reason"));
    int result = find(arg, request, &transport);
    if (result == 0)
        transport_close(transport, reason ? reason : "asked");
    return result;
}

static const struct control_op ops[] = {
    {"transport.open", open_transport},
    {"transport.remote", set_remote},
    {"transport.restart", restart_transport},
    {"transport.close", close_transport},
};

/* ---- life ---- */

static void close_one(void *arg, struct transport *transport)
{
    (void)arg;
    transport_close(transport, "quit");
}

static void quit(void *arg, uint64_t now_us)
{
    (void)now_us;
    struct control_transport *self = arg;
    transport_each(self->set, close_one, NULL);
}

int control_transport_create(const struct control_transport_config *config, struct control_transport **out)
{
    struct control_transport *self = calloc(1, sizeof *self);
    if (!self)
        return -ENOMEM;
    self->config = *config;
    self->part = (struct control_part){.ops = ops,
                                       .op_count = sizeof ops / sizeof *ops,
                                       .hello_fn = hello,
                                       .snapshot_fn = snapshot,
                                       .quit_fn = quit,
                                       .arg = self};
    struct transport_set_config set = {
        .loop = config->loop, .bind = config->bind, .port = config->port, .state_fn = tell_state, .arg = self};
    int result = transport_set_create(&set, &self->set);
    if (result == 0)
        result = control_register(config->control, &self->part);
    if (result < 0) {
        control_transport_destroy(self);
        return result;
    }
    *out = self;
    return 0;
}

void control_transport_destroy(struct control_transport *self)
{
    if (!self)
        return;
    transport_set_destroy(self->set);
    free(self);
}

struct transport_set *control_transport_set(struct control_transport *self)
{
    return self->set;
}
