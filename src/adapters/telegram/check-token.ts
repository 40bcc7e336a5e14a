import type { Clock } from "../../core/clock.ts";
import type { TelegramSettings } from "../../features/inbox/platform.ts";
import { Fault } from "../../protocol/faults.ts";
import { Line } from "./line.ts";

const timeout = 15_000;
const shape = /^\d+:[\w-]+$/;

/** The bot's username, as Telegram knows it. Throws a Fault with Telegram's words. */
export async function checkToken(
  { bot_token: token, api_root: apiRoot }: Pick<TelegramSettings, "bot_token" | "api_root">,
  clock: Clock,
): Promise<string> {
  if (!shape.test(token)) throw bad("a bot token looks like 123456:ABC-def; @BotFather gives it");
  if (!/^https?:$/.test(URL.parse(apiRoot)?.protocol ?? "")) throw bad("api_root is not an http address");
  const answer = await new Line({ token, apiRoot, clock }).call((api) => api.getMe(), { timeout });
  if (answer.ok) return answer.value.username;
  const { kind, words } = answer.failure;
  throw bad(kind === "refused" ? `Telegram does not take this bot token: ${words}` : words);
}

const bad = (detail: string) => new Fault("bad_request", detail);
