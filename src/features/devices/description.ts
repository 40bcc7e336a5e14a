import type { Hello } from "./messages.ts";
import { noCapabilities } from "./session.ts";
import { fitting } from "./words.ts";

/** What a board said of itself, as it goes on record. */
export interface Description {
  /** `undefined`: it did not say; what it said the last time holds. */
  readonly firmware: string | undefined;
  /** Everything else, as JSON. */
  readonly info: string;
  readonly capabilities: readonly string[];
}

export function descriptionOf(hello: Hello): Description {
  const { device: _, timestamp: __, version: firmware, capabilities = noCapabilities, ...said } = hello;
  const { current_settings: settings, ...rest } = said;
  const info = JSON.stringify({
    ...rest,
    ...(settings === undefined ? {} : { current_settings: fitting(settings) }),
    ...(capabilities.length > 0 ? { capabilities } : {}),
  });
  return { firmware, info, capabilities };
}
