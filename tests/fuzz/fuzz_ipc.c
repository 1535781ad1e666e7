/* Requests as they come over the socket, against a whole worker: both halves, real sockets, no peers. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "media/control.h"
#include "media/control_room.h"
#include "media/control_transport.h"
#include "media/ipc.h"
#include "media/load.h"
#include "media/log.h"
#include "media/loop.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct scene {
    struct loop *loop;
    struct control *control;
    struct control_transport *transports;
    struct load *load;
    struct control_room *rooms;
    int peer;
};

static void open_parts(struct scene *scene)
{
    struct control_transport_config config = {.loop = scene->loop, .control = scene->control};
    if (candidate_addresses_parse("127.0.0.1", &config.announce) < 0 ||
        control_transport_create(&config, &scene->transports) < 0)
        abort();
    struct transport_set *set = control_transport_set(scene->transports);
    if (load_create(scene->loop, scene->control, set, &scene->load) < 0)
        abort();
    struct control_room_config rooms = {
        .control = scene->control, .loop = scene->loop, .transports = set, .load = scene->load};
    if (control_room_create(&rooms, &scene->rooms) < 0)
        abort();
}

static struct scene *open_scene(void)
{
    struct scene *scene = calloc(1, sizeof *scene);
    char path[] = "/tmp/fuzz-ipc-XXXXXX";
    if (!scene || !mkdtemp(path) || log_set_level("error") < 0 || loop_create(&scene->loop) < 0)
        abort();
    char socket[sizeof path + 8];
    snprintf(socket, sizeof socket, "%s/s", path);
    if (control_create(scene->loop, socket, &scene->control) < 0 || ipc_connect(socket, &scene->peer) < 0)
        abort();
    open_parts(scene);
    unlink(socket);
    rmdir(path);
    return scene;
}

static void request(const struct scene *scene, const char *text)
{
    control_input(scene->control, text, strlen(text), -1, loop_now_us(scene->loop));
}

static void read_answers(const struct scene *scene)
{
    static char text[IPC_MESSAGE_MAX + 1];
    int fd;
    while (ipc_receive(scene->peer, text, &fd) > 0)
        ;
}

/* After these two a worker takes no rooms for the rest of its life, and there would be little left to find. */
static int ends_it(const uint8_t *line, size_t size)
{
    return memmem(line, size, "drain", 5) || memmem(line, size, "quit", 4);
}

/* Requests are separated by newlines. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct scene *scene;
    if (!scene)
        scene = open_scene();
    for (size_t at = 0; at < size;) {
        size_t end = at;
        while (end < size && data[end] != '\n')
            end++;
        if (!ends_it(data + at, end - at))
            control_input(scene->control, (const char *)data + at, end - at, -1, loop_now_us(scene->loop));
        at = end + 1;
    }
    loop_turn(scene->loop, 0);
    /* What one input leaves behind the next shall not find, as far as its names can be known. */
    request(scene, "{\"id\":1,\"op\":\"room.close\",\"room\":\"r\",\"reason\":\"end\"}");
    loop_turn(scene->loop, 0);
    read_answers(scene);
    return 0;
}
