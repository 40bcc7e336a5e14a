import type { Connection } from "../../core/channel.ts";
import { Fault } from "../../protocol/faults.ts";
import { listTopic, memberTopic } from "./messages.ts";

/** Open sockets of agents: lists that follow inboxes, chats that hang on a membership. */
export class Watchers {
  readonly #lists = new Map<string, Set<Connection>>();
  readonly #chats = new Map<Connection, string>();
  readonly #visitors = new Map<Connection, string>();

  /** From now on the list hears who comes and goes; what its user is a member of already is followed by `follow`. */
  addList(connection: Connection): void {
    const { id } = connection.identity;
    const mine = this.#lists.get(id) ?? new Set();
    this.#lists.set(id, mine.add(connection));
    connection.follow(memberTopic(id));
  }

  /** Follows exactly what `read` says, as it stands when two readings agree: a change in between is in neither. */
  async follow(connection: Connection, read: () => Promise<readonly string[]>): Promise<void> {
    for (let before: readonly string[] = []; ; ) {
      const now = await read();
      const [come, gone] = [
        now.filter((each) => !before.includes(each)),
        before.filter((each) => !now.includes(each)),
      ];
      if (come.length + gone.length === 0) return;
      for (const inbox of come) connection.follow(listTopic(inbox));
      for (const inbox of gone) connection.unfollow(listTopic(inbox));
      before = now;
    }
  }

  addVisitor(connection: Connection, inbox: string): void {
    this.#visitors.set(connection, inbox);
  }

  /** Nobody answers there any more. */
  gone(inbox: string): void {
    for (const [visitor, of] of this.#visitors)
      if (of === inbox) visitor.close(new Fault("not_found", "this widget was removed"));
  }

  addChat(connection: Connection, inbox: string): void {
    this.#chats.set(connection, inbox);
  }

  remove(connection: Connection): void {
    this.#chats.delete(connection);
    this.#visitors.delete(connection);
    const { id } = connection.identity;
    const mine = this.#lists.get(id);
    if (mine?.delete(connection) && mine.size === 0) this.#lists.delete(id);
  }

  /** Agents with an open list. */
  online(): ReadonlySet<string> {
    return new Set(this.#lists.keys());
  }

  /** Members came and went: their open sockets are made to fit. Returns the lists that should be shown anew. */
  changed(inbox: string, added: readonly string[], removed: readonly string[]): Connection[] {
    const touched = [];
    for (const user of added)
      for (const list of this.#lists.get(user) ?? []) touched.push(followed(list, inbox));
    for (const user of removed) {
      for (const list of this.#lists.get(user) ?? []) touched.push(unfollowed(list, inbox));
      for (const [chat, of] of this.#chats)
        if (of === inbox && chat.identity.id === user)
          chat.close(new Fault("not_found", "you are no member any more"));
    }
    return touched;
  }
}

function followed(list: Connection, inbox: string): Connection {
  list.follow(listTopic(inbox));
  return list;
}

function unfollowed(list: Connection, inbox: string): Connection {
  list.unfollow(listTopic(inbox));
  return list;
}
