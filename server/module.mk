SERVER_SOURCES := $(filter-out server/main.c server/ctl.c,$(wildcard server/*.c server/api/*.c server/store/*.c server/records/*.c))
