/* What strangers send to the port: telling it apart, reading STUN, and libnice's validation behind it. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "media/demux.h"
#include "media/ice.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct scene {
    struct ice_agent *agent;
    struct ice *ice;
    struct demux *demux;
    uint64_t now_us;
};

static struct scene *open_scene(void)
{
    struct scene *scene = calloc(1, sizeof *scene);
    if (!scene || ice_agent_create(&scene->agent) < 0 || ice_create(scene->agent, &scene->ice) < 0 ||
        demux_create(&scene->demux) < 0 || demux_add_ufrag(scene->demux, ice_local(scene->ice)->ufrag, scene) < 0)
        abort();
    return scene;
}

/* The claimed ufrag is made the right one, so that the fuzzer comes as far as the integrity check. */
static void claim_ours(const struct scene *scene, uint8_t *packet, size_t size)
{
    const char *ufrag;
    size_t ufrag_size;
    if (ice_peek(packet, size, &ufrag, &ufrag_size) == 0 && ufrag_size == ICE_UFRAG_SIZE)
        memcpy(packet + (ufrag - (const char *)packet), ice_local(scene->ice)->ufrag, ICE_UFRAG_SIZE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct scene *scene;
    if (!scene)
        scene = open_scene();
    uint8_t *packet = malloc(size + 1);
    if (!packet)
        return 0;
    memcpy(packet, data, size);
    enum demux_kind kind = demux_classify(packet, size);
    struct path from = {.remote_port = 9, .remote.s6_addr = {0x20, 1, [15] = (uint8_t)size}};
    struct ice_result result;
    scene->now_us += 1000000;
    if (kind == DEMUX_STUN) {
        claim_ours(scene, packet, size);
        ice_input(scene->ice, &from, packet, size, scene->now_us, &result);
        if (result.verdict == ICE_CHECKED)
            abort(); /* nobody guesses a password */
    } else if (demux_find_path(scene->demux, &from)) {
        abort();
    }
    free(packet);
    return 0;
}
