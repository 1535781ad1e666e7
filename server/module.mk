SERVER_SOURCES := $(filter-out server/main.c server/ctl.c,$(wildcard server/*.c server/api/*.c server/store/*.c server/records/*.c server/files/*.c))

# Files inside the program (server/embed.h).
MIGRATIONS := $(wildcard server/store/migrations/*.sql)
$(B)/server/store/migrate.o build/fuzz/server/store/migrate.o: $(MIGRATIONS)
$(B)/server/api/operation.o build/fuzz/server/api/operation.o: server/openapi.json
$(B)/server/records/imaging_marks.o build/fuzz/server/records/imaging_marks.o: server/records/srgb.icc
