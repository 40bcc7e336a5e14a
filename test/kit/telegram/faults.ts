import type { ResponseParameters } from "grammy/types";
import { ApiError, droppedConnection, flood } from "./answer.ts";

export type InjectedFault =
  /** 429 with `parameters.retry_after`, in seconds. */
  | { readonly kind: "flood"; readonly retryAfter: number }
  | {
      readonly kind: "refuse";
      readonly code: number;
      readonly description: string;
      readonly parameters?: ResponseParameters;
    }
  /** A page of somebody in between, not of Telegram. */
  | { readonly kind: "html"; readonly status: number }
  /** Done, but the answer waits. */
  | { readonly kind: "slow"; readonly until: Promise<unknown> }
  /** The connection breaks before anything is done. */
  | { readonly kind: "drop" }
  /** Done, and nobody hears of it. */
  | { readonly kind: "accept_then_drop" }
  | { readonly kind: "accept_then_hang" };

/** `sendMessage`, any chat and once, unless said otherwise. `method: "*"` is all of them. */
export interface When {
  readonly method?: string;
  readonly chat?: number | string;
  readonly times?: number;
}

interface Injected {
  readonly fault: InjectedFault;
  readonly when: When;
  left: number;
}

/** What is to go wrong, in the order it was asked for. */
export class Faults {
  #list: Injected[] = [];

  /** Returns what takes it back. */
  add(fault: InjectedFault, when: When = {}): () => void {
    const injected = { fault, when, left: when.times ?? 1 };
    this.#list.push(injected);
    return () => {
      this.#list = this.#list.filter((each) => each !== injected);
    };
  }

  take(method: string, chat: unknown): InjectedFault | undefined {
    const found = this.#list.find(({ when, left }) => left > 0 && matches(when, method, chat));
    if (found !== undefined) found.left--;
    return found?.fault;
  }
}

const matches = ({ method = "sendMessage", chat }: When, called: string, to: unknown): boolean =>
  (method === "*" || method === called) && (chat === undefined || String(chat) === String(to));

/** The answer where nothing is carried out; otherwise it is, and `spoil` sees to the rest. */
export function instead(fault: InjectedFault): Response | undefined {
  if (fault.kind === "flood") return flood(fault.retryAfter).toResponse();
  if (fault.kind === "refuse")
    return new ApiError(fault.code, fault.description, fault.parameters).toResponse();
  if (fault.kind === "html")
    return new Response("<html>something else</html>", {
      status: fault.status,
      headers: { "Content-Type": "text/html", Location: "http://127.0.0.1:1/" },
    });
  return fault.kind === "drop" ? droppedConnection() : undefined;
}

/** What becomes of the answer to a request that was carried out. */
export async function spoil(fault: InjectedFault | undefined, answer: Response): Promise<Response> {
  if (fault?.kind === "accept_then_drop") return droppedConnection();
  if (fault?.kind === "accept_then_hang") return new Promise<Response>(() => {});
  if (fault?.kind === "slow") await fault.until;
  return answer;
}
