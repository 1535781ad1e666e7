IPC_SOURCES := media/ipc.c
MEDIA_SOURCES := $(filter-out media/worker.c media/ipc.c,$(wildcard media/*.c))
RENDER_SOURCES := $(filter-out media/render/main.c,$(wildcard media/render/*.c))
