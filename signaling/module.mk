SIGNALING_SOURCES := $(wildcard signaling/*.c)
