import { main } from "./cli/index.ts";

// No top-level await: a bundle compiled to bytecode may not have one.
void main(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
});
