import { existsSync } from "node:fs";
import bundled from "@sparticuz/chromium";
import { type Browser, chromium } from "playwright-core";

const system = "/usr/bin/chromium";

/** Nothing that would soften a page's rules: what works here works in a person's browser. */
const args = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-dev-shm-usage",
  "--no-first-run",
  "--no-zygote",
];

const howToGet = `install libnss3, which the bundled Chromium is linked against (apt-get install libnss3), or a Chromium at ${system}`;

/**
 * A real browser: the Chromium that comes with the npm packages, else the system's. A text instead of a browser says
 * why there is none and how to get one. `extra` are further arguments of its command line.
 */
export async function openChromium(extra: readonly string[] = []): Promise<Browser | string> {
  const failures: string[] = [];
  for (const find of [() => bundled.executablePath(), async () => system])
    try {
      return await launch(await find(), extra);
    } catch (error) {
      failures.push(firstLine(error));
    }
  return `no Chromium starts here (${failures.join("; ")}): ${howToGet}`;
}

function launch(executablePath: string, extra: readonly string[]): Promise<Browser> {
  if (!existsSync(executablePath)) throw new Error(`no file ${executablePath}`);
  return chromium.launch({ executablePath, args: [...args, ...extra], headless: true });
}

/** Playwright tells the interesting part after a call log of many lines. */
function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return (/error while loading[^\n]*/.exec(text)?.[0] ?? text.split("\n")[0] ?? "").slice(0, 200);
}
