IPC_SOURCES := media/ipc.c media/journal_chunk.c media/vault.c
MEDIA_SOURCES := $(filter-out media/worker.c $(IPC_SOURCES),$(wildcard media/*.c))
RENDER_SOURCES := $(filter-out media/render/main.c,$(wildcard media/render/*.c))
