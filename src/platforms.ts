import type { Clock } from "./core/clock.ts";
import type { Events } from "./core/events.ts";
import type { Platforms } from "./features/inbox/dependencies.ts";
import type { InstagramSettings, PlatformName, TelegramSettings } from "./features/inbox/platform.ts";
import { webPlatform } from "./features/inbox/visitors.ts";

/** Makes the platforms of inboxes. Their libraries are loaded by the first inbox that needs them: they slow the start. */
export function createPlatforms(clock: Clock, events: Events): Platforms {
  const logFor = (platform: PlatformName, inbox: string) => (event: { kind: string; detail: string }) =>
    events.emit("platform.noted", { inbox, platform, ...event });
  return {
    async create(kind, inboxId, settings, keep) {
      const log = logFor(kind, inboxId);
      if (kind === "telegram") {
        const { TelegramPlatform } = await import("./adapters/telegram/platform.ts");
        return new TelegramPlatform({ inboxId, settings: settings as TelegramSettings, clock, log });
      }
      if (kind === "instagram") {
        const { InstagramPlatform } = await import("./adapters/instagram/platform.ts");
        return new InstagramPlatform({ inboxId, settings: settings as InstagramSettings, clock, log, keep });
      }
      return webPlatform();
    },
    async check(kind, settings) {
      if (kind === "telegram") {
        const { checkToken } = await import("./adapters/telegram/check-token.ts");
        return { account: await checkToken(settings as TelegramSettings, clock) };
      }
      if (kind === "instagram") {
        const { checkAccount } = await import("./adapters/instagram/check.ts");
        return { account: await checkAccount(settings as InstagramSettings, fetch, clock) };
      }
      return { account: "" };
    },
  };
}
