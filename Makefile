# hoichan: one Makefile for the whole tree. `make help` tells what there is.
# Each folder's module.mk lists sources and nothing else.

MODE ?= release
B := build/$(MODE)
.DEFAULT_GOAL := all
SHELL := /bin/bash
# One short line for each file; `make V=1` shows the commands.
ifndef V
say = @printf '  %-5s %s\n' $(1) $@;
endif

include media/module.mk signaling/module.mk server/module.mk

# ---- tools and flags ---------------------------------------------------------------------------------------------
CC := gcc
WARN := -Wall -Wextra -Wshadow -Wmissing-prototypes -Wstrict-prototypes -Wvla -Wformat=2 -Wconversion \
        -Wno-sign-conversion -Werror
PKGS := glib-2.0 gio-unix-2.0 libwebsockets libnghttp2 zlib jansson nice openssl sqlite3 libpq libsodium libcurl libpng libseccomp cjose \
        gstreamer-1.0 gstreamer-app-1.0 gstreamer-sdp-1.0 gstreamer-rtp-1.0 gstreamer-video-1.0 gstreamer-audio-1.0 \
        gstreamer-pbutils-1.0
RENDER_PKGS := pangocairo gstreamer-tag-1.0 # hoichan-render alone
PKG_CFLAGS := $(patsubst -I%,-isystem %,$(shell pkg-config --cflags $(PKGS) $(RENDER_PKGS) 2>/dev/null))
PKG_LIBS   := $(shell pkg-config --libs $(PKGS) 2>/dev/null)
RENDER_LIBS := $(shell pkg-config --libs $(RENDER_PKGS) 2>/dev/null)
WORKER_LIBS := $(shell pkg-config --libs nice openssl jansson libsodium libseccomp 2>/dev/null) -lm
# Intel's cipher is there on amd64 alone; without it OpenSSL's does the work (media/aead.h).
ifneq ($(wildcard /usr/include/intel-ipsec-mb.h),)
PKG_CFLAGS += -DWITH_IPSEC_MB
PKG_LIBS += -lIPSec_MB
WORKER_LIBS += -lIPSec_MB
endif
COMMON := -std=gnu11 -D_GNU_SOURCE -I. $(WARN) $(PKG_CFLAGS) -fno-omit-frame-pointer -fstack-protector-strong -pthread

SAN_asan := -fsanitize=address,undefined -fno-sanitize-recover=undefined
FLAGS_debug   := -Og -g3
FLAGS_release := -O2 -g -D_FORTIFY_SOURCE=2 -fPIE
FLAGS_asan    := -O1 -g $(SAN_asan)
FLAGS_tsan    := -O1 -g -fsanitize=thread
LINK_release  := -pie -Wl,-z,relro,-z,now
LINK_asan     := $(SAN_asan)
LINK_tsan     := -fsanitize=thread
CFLAGS  := $(COMMON) $(FLAGS_$(MODE))
LDFLAGS := $(LINK_$(MODE)) -pthread
ifeq ($(FLAGS_$(MODE)),)
$(error MODE=$(MODE) is not one of debug, release, asan, tsan)
endif

# ---- what is built -----------------------------------------------------------------------------------------------
obj = $(patsubst %.c,$(B)/%.o,$(1))
LIB_MEDIA     := $(B)/libmedia.a
LIB_RENDER    := $(B)/librender.a
LIB_IPC       := $(B)/libipc.a
LIB_SIGNALING := $(B)/libsignaling.a
LIB_SERVER    := $(B)/libserver.a
PROGRAMS := $(B)/hoichand $(B)/hoichan-media $(B)/hoichan-render $(B)/hoichanctl

all: programs web ## build everything (MODE=debug|release|asan|tsan)
programs: $(PROGRAMS)

$(LIB_MEDIA):     $(call obj,$(MEDIA_SOURCES))
$(LIB_RENDER):    $(call obj,$(RENDER_SOURCES))
$(LIB_IPC):       $(call obj,$(IPC_SOURCES))
$(LIB_SIGNALING): $(call obj,$(SIGNALING_SOURCES))
$(LIB_SERVER):    $(call obj,$(SERVER_SOURCES))
$(B)/lib%.a:
	@rm -f $@; ar rcs $@ $^

$(B)/hoichan-media:  $(call obj,media/worker.c) $(LIB_MEDIA) $(LIB_IPC)
	$(call say,LINK)$(CC) $(LDFLAGS) -o $@ $^ $(WORKER_LIBS)
$(B)/hoichan-render: $(call obj,media/render/main.c) $(LIB_RENDER) $(LIB_MEDIA) $(LIB_IPC)
	$(call say,LINK)$(CC) $(LDFLAGS) -o $@ $^ $(PKG_LIBS) $(RENDER_LIBS) -lm
$(B)/hoichand:       $(call obj,server/main.c) $(LIB_SERVER) $(LIB_SIGNALING) $(LIB_MEDIA) $(LIB_IPC)
	$(call say,LINK)$(CC) $(LDFLAGS) -o $@ $^ $(PKG_LIBS) -lm
$(B)/hoichanctl:     $(call obj,server/ctl.c) $(LIB_SERVER) $(LIB_SIGNALING) $(LIB_MEDIA) $(LIB_IPC)
	$(call say,LINK)$(CC) $(LDFLAGS) -o $@ $^ $(PKG_LIBS) -lm

$(B)/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC)$(CC) $(CFLAGS) -MMD -MP -c -o $@ $<
-include $(shell [ -d $(B) ] && find $(B) -name '*.d')

# ---- unit tests and fuzzers: one program per file ------------------------------------------------------------------
TEST_LIBS := -lcmocka -lsrtp2 # libsrtp is what ours is held against
UNIT_TESTS := $(patsubst tests/unit/%.c,$(B)/tests/unit/%,$(wildcard tests/unit/test_*.c))
$(B)/tests/unit/%: $(B)/tests/unit/%.o $(LIB_SERVER) $(LIB_SIGNALING) $(LIB_RENDER) $(LIB_MEDIA) $(LIB_IPC)
	$(call say,LINK)$(CC) $(LDFLAGS) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(PKG_LIBS) $(RENDER_LIBS) $(TEST_LIBS) -lm
.PRECIOUS: $(B)/%.o
unit-tests: $(UNIT_TESTS)

FUZZ := build/fuzz
FUZZERS := $(patsubst tests/fuzz/%.c,$(FUZZ)/%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_SOURCES := $(MEDIA_SOURCES) $(RENDER_SOURCES) $(IPC_SOURCES) $(SIGNALING_SOURCES) $(SERVER_SOURCES)
FUZZ_SECONDS ?= 60
$(FUZZ)/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC)clang $(COMMON) -Wno-unknown-warning-option -O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined -MMD -MP -c -o $@ $<
$(FUZZ)/libfuzzed.a: $(patsubst %.c,$(FUZZ)/%.o,$(FUZZ_SOURCES))
	@rm -f $@; ar rcs $@ $^
$(FUZZ)/fuzz_%: $(FUZZ)/tests/fuzz/fuzz_%.o $(FUZZ)/libfuzzed.a
	$(call say,LINK)clang -fsanitize=fuzzer,address,undefined $(FUZZ_LINK) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(PKG_LIBS) $(RENDER_LIBS) $(TEST_LIBS) -lm
-include $(shell [ -d $(FUZZ) ] && find $(FUZZ) -name '*.d')

include web/module.mk tests/module.mk

# ---- set-up ------------------------------------------------------------------------------------------------------
packages = $(shell grep -hv '^\#' $(1))
missing = $(shell for p in $(call packages,$(1)); do dpkg-query -W -f '$${Status}' $$p 2>/dev/null | grep -q ' installed' || echo $$p; done)
apt = @missing="$(call missing,$(1))"; if [ -n "$$missing" ]; then \
	echo "setup: installing Debian packages:" $$missing; \
	sudo=; [ $$(id -u) = 0 ] || sudo=sudo; \
	$$sudo apt-get -qq -o DPkg::Lock::Timeout=500 update && \
	DEBIAN_FRONTEND=noninteractive $$sudo apt-get -qq -o DPkg::Lock::Timeout=500 install -y --no-install-recommends $$missing >/dev/null; fi

setup: setup-build setup-web ## install what building and running need
setup-build:
	$(call apt,config/packages-build.txt $(wildcard config/packages-build-$(shell dpkg --print-architecture).txt))
setup-test: setup-debian-test setup-web ## install what testing needs besides
setup-debian-test: setup-build
	$(call apt,config/packages-test.txt)

run: setup ## build and run on https://localhost:8443
	@$(MAKE) --no-print-directory all
	@exec $(B)/hoichand $(if $(CONFIG),--config $(CONFIG))

# ---- package -----------------------------------------------------------------------------------------------------
VERSION := 0.1.0
DEB := build/deb
deb: setup ## a Debian package of this tree in build/
	@$(MAKE) --no-print-directory MODE=release all
	@rm -rf $(DEB) && mkdir -p $(DEB)/root/DEBIAN $(DEB)/debian $(DEB)/root/usr/share/doc/hoichan
	@printf 'Source: hoichan\n\nPackage: hoichan\nArchitecture: any\n' >$(DEB)/debian/control
	@install -D -s -t $(DEB)/root/usr/bin build/release/hoichand build/release/hoichan-media build/release/hoichan-render build/release/hoichanctl
	@install -D -m 644 config/hoichan.ini.example $(DEB)/root/etc/hoichan/hoichan.ini
	@sed -i 's|^\(#\? *\)state_dir *=.*|state_dir = /var/lib/hoichan|' $(DEB)/root/etc/hoichan/hoichan.ini
	@install -D -m 644 config/systemd/hoichand.service $(DEB)/root/lib/systemd/system/hoichand.service
	@mkdir -p $(DEB)/root/usr/share/hoichan && cp -r web/dist $(DEB)/root/usr/share/hoichan/web
	@install -m 644 README.md LICENSE -t $(DEB)/root/usr/share/doc/hoichan && install -m 644 config/README.md $(DEB)/root/usr/share/doc/hoichan/OPERATING.md
	@install -m 755 config/debian/postinst $(DEB)/root/DEBIAN/postinst
	@echo /etc/hoichan/hoichan.ini >$(DEB)/root/DEBIAN/conffiles
	@depends=$$(cd $(DEB) && dpkg-shlibdeps -O root/usr/bin/* 2>/dev/null | sed 's/^shlibs:Depends=//') && \
		sed "s|@VERSION@|$(VERSION)|; s|@ARCH@|$$(dpkg --print-architecture)|; s|@DEPENDS@|$$depends|" \
		config/debian/control.in >$(DEB)/root/DEBIAN/control
	@dpkg-deb --root-owner-group --build $(DEB)/root build/hoichan_$(VERSION).deb

clean: ## remove what was built
	rm -rf build web/dist

help: ## this list
	@grep -hE '^[a-z-]+:.*##' Makefile web/module.mk tests/module.mk | sed -E 's/:.*## /\t/' | expand -t 16 | sort

.PHONY: all programs unit-tests setup setup-build setup-test setup-debian-test run deb clean help
