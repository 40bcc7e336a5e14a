import type { Compilable, EventDraft } from "../../../core/store.ts";
import type { InboxDependencies } from "../dependencies.ts";
import { chatTopic, type ExternalSendResult, iso, listTopic } from "../messages.ts";
import * as repo from "../repo.ts";
import { toMessage } from "../view.ts";
import type { Item } from "./item.ts";

/** Milliseconds before a result that could not be stored is stored again. */
const storeAgain = 1_000;

/** How a message ended. */
export type End =
  | { readonly state: "sent"; readonly error: null }
  | { readonly state: "failed"; readonly error: string };

/** What is stored and told of messages on their way: each is shown once, and its end once. */
export class Telling {
  readonly #deps: InboxDependencies;
  #abandoned = false;

  constructor(deps: InboxDependencies) {
    this.#deps = deps;
  }

  /** The server ends: what cannot be stored now is not tried again. */
  abandon(): void {
    this.#abandoned = true;
  }

  /** Shows the message without an answer of the platform: it takes its time. Never rejects. */
  announce(item: Item): Promise<void> {
    item.telling = item.telling.then(async () => {
      if (item.announced) return;
      await this.keep([repo.announce(this.#deps.store.db, item.message.id)], this.#messageEvents(item, null));
      item.announced = true;
    });
    return item.telling;
  }

  /** The last step of a message: its state, the end of its place here, and what is told, in one change with `writes`. */
  async end(item: Item, end: End, writes: readonly Compilable[]): Promise<void> {
    item.stopTimer();
    await item.telling;
    const { db } = this.#deps.store;
    const { id } = item.message;
    Object.assign(item.message, end);
    const result = resultOf(item, end);
    const state = [repo.setMessageState(db, id, end.state, end.error), repo.deleteOutbox(db, id)];
    if (item.announced) return this.keep([...writes, ...state], [this.#resultEvent(item, result)]);
    await this.keep([...writes, ...state, repo.announce(db, id)], this.#messageEvents(item, result));
    item.announced = true;
  }

  /** What the platform has done is done: it is stored as soon as the store can. Never rejects. */
  async keep(writes: readonly Compilable[], events: readonly EventDraft[] = []): Promise<void> {
    const { journal, clock } = this.#deps;
    for (;;) {
      try {
        return void (await journal.commit({ writes, events }));
      } catch (error) {
        const incident = iso(clock.now());
        this.#deps.events.emit("failure", { where: "inbox.outbox", incident, error });
        if (this.#abandoned) return;
        await new Promise<void>((resolve) => clock.after(storeAgain, resolve));
      }
    }
  }

  #messageEvents({ room, message }: Item, result: ExternalSendResult): EventDraft[] {
    const { chats, lists } = this.#deps;
    const { id, inbox_id } = room.conversation;
    const body = {
      message: toMessage({ ...message, announced: 1 }, room.customer),
      external_send_result: result,
    };
    return [
      chats.draft(chatTopic(id), "chat_message", body),
      lists.draft(listTopic(inbox_id), "conversation_updated", { conversation_id: id }),
    ];
  }

  #resultEvent({ room, message }: Item, result: ExternalSendResult): EventDraft {
    const { id } = room.conversation;
    const body = { conversation_id: id, message_id: message.id, result };
    return this.#deps.chats.draft(chatTopic(id), "external_send_result", body);
  }
}

function resultOf({ room, lastId }: Item, { state, error }: End): ExternalSendResult {
  const { source: platform } = room.conversation;
  if (state === "failed") return { success: false, platform, error };
  return { success: true, platform, ...(lastId === undefined ? {} : { message_id: lastId }) };
}
