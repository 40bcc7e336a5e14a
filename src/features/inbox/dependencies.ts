import type { Clock } from "../../core/clock.ts";
import type { Connections } from "../../core/connections.ts";
import type { Events } from "../../core/events.ts";
import type { Hub, Publisher } from "../../core/hub.ts";
import type { Identity } from "../../core/identity.ts";
import type { Journal } from "../../core/journal.ts";
import type { Presence } from "../../core/presence.ts";
import type { Store } from "../../core/store.ts";
import type { chatOutgoing, conversationsOutgoing, inboxEvents, widgetOutgoing } from "./messages.ts";
import type { NewcomerLimits } from "./newcomers.ts";
import type { Platform, PlatformName } from "./platform.ts";
import type { InboxTables } from "./repo.ts";

/** Encrypts what must not be read from the disk; see adapters/auth. */
export interface SecretBox {
  seal(text: string): Promise<string>;
  open(sealed: string): Promise<string>;
}

/** Stores what a platform has changed of its own settings; `undefined`: nothing, after all. Rejects where it cannot. */
// biome-ignore lint/suspicious/noExplicitAny: each platform knows its own settings.
export type Keep = (change: (old: any) => any) => Promise<void>;

/** Makes the platforms of inboxes; see adapters. `settings` are what `check` gave back. */
export interface Platforms {
  create(kind: PlatformName, inbox: string, settings: unknown, keep: Keep): Promise<Platform>;
  /** Asks the platform whether the settings are good. Rejects with `bad_request` and the platform's words. */
  check(kind: PlatformName, settings: unknown): Promise<{ readonly account: string }>;
}

/** Who did what to which conversation. */
export interface Act {
  readonly by: Pick<Identity, "id" | "name">;
  readonly what: "conversation.suspect" | "conversation.clear";
  readonly target: string;
}

/** What every part of this feature works with. */
export interface InboxDependencies {
  readonly store: Store<InboxTables>;
  readonly journal: Pick<Journal, "commit">;
  readonly hub: Hub;
  readonly connections: Connections;
  readonly presence: Presence;
  readonly lists: Publisher<typeof conversationsOutgoing>;
  readonly chats: Publisher<typeof chatOutgoing>;
  readonly visitors: Publisher<typeof widgetOutgoing>;
  readonly changes: Publisher<typeof inboxEvents>;
  readonly clock: Clock;
  readonly events: Events;
  readonly box: SecretBox;
  readonly platforms: Platforms;
  readonly newcomers: NewcomerLimits;
  /** Notes what an agent decided, for GET /api/audit. Never rejects. */
  readonly audit: (act: Act) => Promise<void>;
  /** Messages that one user may send to customers in any minute; 0: no limit. */
  readonly messagesPerMinute: number;
  /** Whether there is a user with this id, as far as we can know. */
  readonly knowsUser: (id: string) => Promise<boolean>;
  /** Where the outside reaches us, without a slash at the end; `undefined`: nobody said. */
  readonly publicUrl: string | undefined;
}
