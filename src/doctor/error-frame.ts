export interface ErrorFrame {
  readonly fault: string;
  readonly message: string;
  readonly receipt?: string;
}

/** A message that tells of an error, as Peyk and many others write it. */
export function errorIn(text: string): ErrorFrame | undefined {
  const frame = objectIn(text);
  if (frame === undefined || (frame.type !== "error" && frame.error === undefined)) return undefined;
  const string = (value: unknown) => (typeof value === "string" ? value : "");
  const fault = string(frame.fault) || string(frame.error) || string(frame.code);
  const message =
    string(frame.message) || string(frame.detail) || string(frame.reason) || string(frame.error);
  return { fault, message, ...(string(frame.receipt) === "" ? {} : { receipt: string(frame.receipt) }) };
}

/** The object in a message, where there is one. */
export function objectIn(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
