import { missing } from "./program.ts";

/** The seeds' Python passes `extra_headers`, which versions 14 and newer of its library no longer take. */
const attempt = `
import asyncio, requests, websockets
async def attempt():
    await websockets.connect("ws://127.0.0.1:1", extra_headers={})
try:
    asyncio.run(attempt())
except OSError:
    pass
`;

/** `""` where the devices' Python of the seeds can run here, else what to install. */
export const noLegacyPython = (): string =>
  missing(
    ["python3", "-c", attempt],
    "Python 3 with requests and a websockets that takes extra_headers (older than 14) is missing: python3 -m pip install websockets==13.1 requests",
  );
