import { z } from "zod";
import { Fault } from "../../protocol/faults.ts";
import { type Kind, kindNames } from "./kinds.ts";
import { cut } from "./words.ts";

const angle = z
  .number()
  .int("must be a whole number from 0 to 180")
  .min(0, "must be from 0 to 180")
  .max(180, "must be from 0 to 180");
const percent = (name: string) =>
  z.number().int().min(0, `${name} must be from 0 to 100`).max(100, `${name} must be from 0 to 100`);
const intensity = percent("intensity").default(50);

export const actions = [
  "reset_position",
  "emergency_stop",
  "emergency_stop_smooth",
  "system_reboot",
  "flash_on",
  "flash_off",
] as const;

/** Camera settings and their ranges, as the firmware takes them. */
const tone = z.number().int().min(-2, "must be from -2 to 2").max(2, "must be from -2 to 2");
const cameraSettings = {
  photo_quality: z.number().int().min(1, "must be from 1 to 100").max(100, "must be from 1 to 100"),
  brightness: tone,
  contrast: tone,
  saturation: tone,
  sharpness: tone,
  auto_exposure: z.boolean(),
  auto_white_balance: z.boolean(),
};
const settings = z
  .object(cameraSettings)
  .partial()
  .refine((body) => Object.keys(body).length > 0, "name one setting at least");

/** Longest free command: boards have little memory (wire of seed 000: frames below 4 KB). */
export const maxPayloadBytes = 4_000;

/** What a caller may ask for. Angles are degrees, intensities percent. */
export const CommandRequest = z.discriminatedUnion("type", [
  z.object({ type: z.literal("servo"), servo1: angle, servo2: angle, smooth: z.boolean().default(false) }),
  z.object({ type: z.literal("action"), action: z.enum(actions), intensity: intensity.optional() }),
  z.object({ type: z.literal("status") }),
  z.object({
    type: z.literal("capture_photo"),
    quality: z.number().int().min(1).max(100).default(80),
    flash: z.boolean().default(false),
    intensity,
  }),
  z.object({ type: z.literal("flash"), on: z.boolean(), intensity }),
  z.object({ type: z.literal("camera_settings"), settings }),
  z.object({ type: z.literal("json"), payload: z.record(z.string(), z.unknown()) }),
]);
export type CommandRequest = z.output<typeof CommandRequest>;

/** A command as the board gets it, and which of its answers is about it. */
export interface Wire {
  readonly payload: Readonly<Record<string, unknown>>;
  readonly answers: string;
}

type Build<T extends CommandRequest["type"]> = (
  request: Extract<CommandRequest, { type: T }>,
  at: string,
) => Wire;
type Builders = { readonly [T in CommandRequest["type"]]?: Build<T> };

const picoActions: readonly string[] = [
  "reset_position",
  "emergency_stop",
  "emergency_stop_smooth",
  "system_reboot",
];
const cameraActions: readonly string[] = [
  "reset_position",
  "emergency_stop",
  "system_reboot",
  "flash_on",
  "flash_off",
];

/** Shapes that the Pico's firmware parses: a `type` and a `command`. */
const pico: Builders = {
  servo({ servo1, servo2, smooth }, timestamp) {
    const type = smooth ? "servo_smooth" : "servo";
    return {
      answers: type,
      payload: { type, command: { servo1, servo2 }, timestamp, source: "web_interface" },
    };
  },
  action({ action }, timestamp) {
    requireAction("pico", action, picoActions);
    return {
      answers: "action",
      payload: { type: "action", command: { action }, timestamp, source: "web_interface" },
    };
  },
  status: (_, timestamp) => ({ answers: "status", payload: { type: "status", timestamp } }),
};

/** Shapes that the camera's firmware parses: keys at the top, no `type`. */
const esp32cam: Builders = {
  servo: ({ servo1, servo2 }) => ({ answers: "servo_command", payload: { servo1, servo2 } }),
  action({ action, intensity }) {
    requireAction("esp32cam", action, cameraActions);
    const isFlash = action.startsWith("flash");
    const payload = intensity === undefined ? { action } : { action, intensity };
    return { answers: isFlash ? "flash" : action, payload };
  },
  capture_photo: ({ quality, flash, intensity }) => ({
    answers: "photo",
    payload: { action: "capture_photo", quality, flash, intensity },
  }),
  flash: ({ on: flash, intensity }) => ({ answers: "flash", payload: { flash, intensity } }),
  camera_settings({ settings }) {
    const [name, ...others] = Object.keys(settings);
    // Firmware answers one setting by its name, and several as a whole.
    if (others.length === 0) return { answers: name!, payload: settings };
    return { answers: "camera_settings_updated", payload: { camera_settings: settings } };
  },
};

const builders: Readonly<Record<Kind, Builders>> = { pico, esp32cam };

/** Throws `bad_body` for what this kind of board cannot do. `at`: ISO time. */
export function toWire(kind: Kind, request: CommandRequest, at: string): Wire {
  if (request.type === "json") return freeJson(kind, request.payload);
  const build = builders[kind][request.type] as Build<never> | undefined;
  if (build === undefined) {
    const known = [...Object.keys(builders[kind]), "json"].join(", ");
    throw new Fault("bad_body", `type: ${kindNames[kind]} takes ${known}, not ${request.type}`);
  }
  return build(request as never, at);
}

function freeJson(kind: Kind, payload: Readonly<Record<string, unknown>>): Wire {
  const bytes = Buffer.byteLength(JSON.stringify(payload));
  if (bytes > maxPayloadBytes)
    throw new Fault("bad_body", `payload: ${bytes} bytes; boards take ${maxPayloadBytes} at most`);
  const byType = typeof payload.type === "string" ? cut(payload.type, 60) : "";
  return { answers: (kind === "esp32cam" ? answerByKeys(payload) : undefined) ?? byType, payload };
}

/** How the camera's firmware answers keys at the top of a command, where not by their own name. */
const answersByKey: ReadonlyMap<string, string> = new Map([
  ["camera_settings", "camera_settings_updated"],
  ["servo1", "servo_command"],
  ["servo2", "servo_command"],
  ["flash", "flash"],
  ["intensity", "flash_intensity"],
  ...Object.keys(cameraSettings).map((name) => [name, name] as const),
]);
const answersByAction: ReadonlyMap<unknown, string> = new Map([
  ["capture_photo", "photo"],
  ["flash_on", "flash"],
  ["flash_off", "flash"],
]);

/** What the builders above know of their own commands, read from one that somebody wrote himself. */
function answerByKeys(payload: Readonly<Record<string, unknown>>): string | undefined {
  const { action } = payload;
  if (typeof action === "string") return answersByAction.get(action) ?? cut(action, 60);
  const key = [...answersByKey.keys()].find((each) => Object.hasOwn(payload, each));
  return key === undefined ? undefined : answersByKey.get(key);
}

function requireAction(kind: Kind, action: string, known: readonly string[]): void {
  if (known.includes(action)) return;
  throw new Fault("bad_body", `action: ${kindNames[kind]} takes ${known.join(", ")}, not ${action}`);
}
