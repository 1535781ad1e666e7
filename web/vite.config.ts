/**
 * Three pages from one tree: doctor → dist/join/index.html, kiosk → dist/kiosk/index.html, admin → dist/admin/index.html.
 * Everything they load has a hash in its name and lies under dist/assets/, so it may be cached for ever.
 */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig, type Plugin } from "vite";

const pages = { join: "doctor", kiosk: "kiosk", admin: "admin" };
const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** The address of a page is a user's word (join), its folder is ours (doctor). */
function pagesByAddress(): Plugin {
  return {
    name: "pages-by-address",
    enforce: "post",
    generateBundle(_options, bundle) {
      for (const [address, folder] of Object.entries(pages)) {
        const page = bundle[`${folder}/index.html`];
        if (page) page.fileName = `${address}/index.html`;
      }
    },
    configureServer(server) {
      server.middlewares.use((request, _response, next) => {
        const address = /^\/(join|kiosk|admin)(\/|\?|$)/.exec(request.url ?? "")?.[1] as keyof typeof pages | undefined;
        if (address && !/\.\w+$/.test(request.url ?? "")) request.url = `/${pages[address]}/index.html`;
        next();
      });
    },
  };
}

export default defineConfig({
  root: here("."),
  plugins: [pagesByAddress()],
  build: {
    outDir: "dist",
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    manifest: true,
    rollupOptions: {
      input: Object.fromEntries(
        Object.entries(pages)
          .filter(([, folder]) => existsSync(here(`${folder}/index.html`)))
          .map(([address, folder]) => [address, here(`${folder}/index.html`)]),
      ),
    },
  },
  server: {
    proxy: {
      "/api": { target: "https://localhost:8443", secure: false },
      "/ws": { target: "wss://localhost:8443", secure: false, ws: true },
    },
  },
  test: { include: ["{shared,doctor,kiosk,admin}/**/*.test.{ts,tsx}"], environment: "node", restoreMocks: true, testTimeout: 60_000 },
} as Parameters<typeof defineConfig>[0]);
