// Builds ../panoptic_nb/static/widget.{js,css}. The result is committed, and the same on every machine.
import { writeFileSync } from "node:fs";
import { context } from "esbuild";
import { minify } from "terser";
import { ownNames } from "./ownNames.mjs";

/** What esbuild leaves: some percent, by knowing more about the code. */
const shorter = {
  name: "shorter",
  setup(build) {
    build.onEnd(async ({ outputFiles }) => {
      for (const { path, text } of outputFiles) {
        writeFileSync(path, path.endsWith(".js") ? await shorten(text) : text);
      }
    });
  },
};

async function shorten(script) {
  const { code } = await minify(script, {
    module: true,
    ecma: 2022,
    compress: {
      passes: 4,
      unsafe_arrows: true,
      unsafe_methods: true,
      pure_getters: true,
      keep_fargs: false,
    },
    format: { ascii_only: false },
  });
  return `${code}\n`;
}

const options = {
  entryPoints: { widget: "src/index.ts" },
  outdir: "../panoptic_nb/static",
  bundle: true,
  write: false,
  plugins: [shorter],
  format: "esm",
  minify: true,
  // Members of our own objects are a tenth of the script when they keep their names.
  mangleProps: new RegExp(`^(${ownNames().join("|")})$`),
  legalComments: "none",
  charset: "utf8",
  // The classic calls: h("b", null, text) is shorter than jsx("b", { children: text }).
  tsconfigRaw: {
    compilerOptions: { jsx: "react", jsxFactory: "h", jsxFragmentFactory: "Fragment" },
  },
  inject: ["src/jsx.ts"],
  // CSS nesting is newer than these, so every selector is written out with its scope.
  target: ["chrome111", "firefox113", "safari16.4"],
  logLevel: "info",
};

const builder = await context(options);
await builder.rebuild();
if (process.argv.includes("--watch")) await builder.watch();
else await builder.dispose();
