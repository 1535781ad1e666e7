/** The mix of all sound, as Opus packets in a working file. */
#ifndef MEDIA_RENDER_SOUND_H
#define MEDIA_RENDER_SOUND_H

#include "media/render/render.h"

#define SOUND_FILE "sound"

/** Silence where nobody speaks, from the recording's start to its end. */
enum render_error sound_write(struct render *render, char **reason);

#endif
