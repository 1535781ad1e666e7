/**
 * What the compiler does not see: the applications import shared and never one another, shared imports no application,
 * and protocol and session stay free of the DOM so that they are tested without a browser.
 */
import globals from "globals";
import tseslint from "typescript-eslint";

const applications = ["doctor", "kiosk", "admin"];
const mayNotImport = (folders, message) => ({
  "no-restricted-imports": ["error", { patterns: [{ group: folders.map((f) => `**/${f}/**`), message }] }],
});
const domGlobals = ["window", "document", "navigator", "location", "localStorage", "sessionStorage", "HTMLElement"];

export default tseslint.config(
  { ignores: ["dist/", "node_modules/", "shared/protocol/messages.ts"] },
  ...tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      eqeqeq: "error",
      "no-console": "error",
      "max-lines": ["error", { max: 600, skipBlankLines: true, skipComments: true }],
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
      "@typescript-eslint/no-misused-promises": ["error", { checksVoidReturn: false }],
    },
  },
  {
    files: ["**/*.tsx"],
    rules: {
      "no-restricted-syntax": [
        "error",
        { selector: "JSXAttribute[name.name='style']", message: "No inline styles: the CSP is strict. Use a class." },
        { selector: "JSXAttribute[name.name='dangerouslySetInnerHTML']", message: "Never." },
      ],
    },
  },
  ...applications.map((application) => ({
    files: [`${application}/**`],
    rules: mayNotImport(applications.filter((a) => a !== application), "Applications import shared, never one another."),
  })),
  { files: ["shared/**"], rules: mayNotImport(applications, "shared knows no application.") },
  {
    files: ["shared/protocol/**", "shared/session/**"],
    ignores: ["**/*.test.ts"],
    rules: { "no-restricted-globals": ["error", ...domGlobals] },
  },
  {
    files: ["**/*.js", "**/*.mjs"],
    extends: [tseslint.configs.disableTypeChecked],
    languageOptions: { globals: { ...globals.node, ...globals.serviceworker } },
    rules: { "no-console": "off" },
  },
);
