import type { OpenAPIHono } from "@hono/zod-openapi";
import type { Feature, Job } from "../../core/feature.ts";
import type { Check } from "../../core/health.ts";
import type { HttpEnv } from "../../core/http.ts";
import type { Hub } from "../../core/hub.ts";
import { cameraChannel } from "./channels/esp32cam.ts";
import { operatorsChannel } from "./channels/operators.ts";
import { picoChannel } from "./channels/pico.ts";
import { onlyVideoChannel, videoChannel } from "./channels/video.ts";
import { TokenEnds, tokensTopic } from "./events.ts";
import { addCameraRoutes } from "./routes/camera.ts";
import { addCommandRoutes } from "./routes/commands.ts";
import { addDeviceRoutes } from "./routes/devices.ts";
import type { Kit } from "./routes/kit.ts";
import { addLogRoutes } from "./routes/logs.ts";
import { addPairingRoutes } from "./routes/pairing.ts";
import type { Devices } from "./service.ts";

/** Boards and their operators (seeds 000 and 001). */
export function devicesFeature(devices: Devices, hub: Hub, kit: Kit): Feature<OpenAPIHono<HttpEnv>> {
  hub.join(tokensTopic, {
    deliver: ({ data }) => void tokensEnded(devices, TokenEnds.parse(JSON.parse(String(data)))),
  });
  return {
    name: "devices",
    channels: [
      picoChannel(devices),
      cameraChannel(devices),
      videoChannel(devices.cameras),
      onlyVideoChannel(devices.cameras),
      operatorsChannel(devices),
    ],
    routes: createRoutes(devices, kit),
    jobs: jobs(devices),
    checks: [publicTokensCheck(devices)],
    start: () => devices.start(),
    stop: () => devices.registry.stop(),
  };
}

/** Of its own accord: whoever ended them has his answer already. */
async function tokensEnded(devices: Devices, ended: TokenEnds): Promise<void> {
  try {
    await devices.tokensEnded(ended);
  } catch (error) {
    devices.failed("tokens", ended.device_id, error);
  }
}

function createRoutes(devices: Devices, kit: Kit): OpenAPIHono<HttpEnv> {
  const app = kit.newRoutes();
  // Before the routes with an id: "pairing" is none.
  addPairingRoutes(app, devices, kit);
  addDeviceRoutes(app, devices, kit);
  addLogRoutes(app, devices, kit);
  addCommandRoutes(app, devices, kit);
  addCameraRoutes(app, devices, kit);
  return app;
}

const jobs = ({ commands, logs, registry }: Devices): Job[] => [
  { name: "devices.sweep_commands", every: 1_000, run: () => commands.sweep() },
  { name: "devices.forget_commands", every: 3_600_000, run: () => commands.forgetOld() },
  { name: "devices.note_last_seen", every: 30_000, run: () => registry.noteLastSeen() },
  { name: "devices.prune_logs", every: 300_000, run: () => logs.prune() },
];

/** The seed gave device tokens to the whole internet; who wants that is reminded of it. */
const publicTokensCheck = ({ options }: Devices): Check => ({
  name: "public_tokens",
  async run() {
    if (options.publicTokens !== "open")
      return { verdict: "ok", saw: `PUBLIC_TOKENS=${options.publicTokens}`, fix: "" };
    return {
      verdict: "warning",
      saw: "PUBLIC_TOKENS=open: whoever reaches this server gets the tokens of all boards",
      fix: "Set PUBLIC_TOKENS=pairing and use `peyk pair`, or give each device a token of its own with `peyk device add`.",
    };
  },
});
