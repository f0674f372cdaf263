import { join } from "node:path";
import { defineConfig } from "vitest/config";

const elements = join(import.meta.dirname, "test/elements.ts");

export default defineConfig({
  oxc: { jsx: { runtime: "automatic", importSource: "elements" } },
  resolve: {
    alias: { "elements/jsx-runtime": elements, "elements/jsx-dev-runtime": elements },
  },
  test: {
    environment: "happy-dom",
    include: ["test/**/*.test.{ts,tsx}"],
    setupFiles: ["test/setup.ts"],
  },
});
