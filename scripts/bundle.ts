/** `bun scripts/bundle.ts MAIN FOLDER`: a program as `main.js` that is compiled already, for `scripts/built.mjs`. */
import type { BunPlugin } from "bun";

const [main, outdir] = process.argv.slice(2);

/**
 * pino looks who calls it, which is for transports; nothing of ours needs it. To tell the lines of sources, that would
 * read the whole source map, a quarter of each start (bench P8).
 */
const noCallers: BunPlugin = {
  name: "no callers for pino",
  setup: (build) => {
    const contents = "module.exports = () => [];";
    build.onLoad({ filter: /[\\/]pino[\\/]lib[\\/]caller\.js$/ }, () => ({ contents, loader: "js" }));
  },
};

await Bun.build({
  entrypoints: [main!],
  outdir: outdir!,
  target: "bun",
  format: "cjs",
  bytecode: true,
  sourcemap: "linked",
  plugins: [noCallers],
});
