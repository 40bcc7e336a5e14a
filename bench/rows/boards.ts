import { openEvery, type Pair } from "../kit/pair.ts";

const pico = "pico_for-the-bench-only";
const camera = "esp32cam_for-the-bench-only";

/** Tokens that all boards share, as those of the seeds do. */
export const boardSettings = { PICO_AUTH_TOKENS: pico, ESP32CAM_AUTH_TOKENS: camera };

/** Picos, each with a name of its own. Resolves with the seconds until the last had its answer. */
export async function openPicos(pair: Pair, count: number, series = "bench"): Promise<number> {
  const names = Array.from({ length: count }, (_, i) => `${series}-${i}`);
  return openEvery(
    pair,
    names.map(() => `/ws/pico?token=${pico}`),
    names,
  );
}

export async function openCamera(pair: Pair): Promise<void> {
  await openEvery(pair, [`/ws/esp32cam?token=${camera}`], ["bench"]);
}

/** Sockets of those who look after boards. */
export async function openStaff(pair: Pair, path: string, count: number): Promise<void> {
  const token = await pair.server.call("staffToken", undefined);
  await openEvery(
    pair,
    Array.from({ length: count }, () => `${path}?token=${token}`),
  );
}
