import { get } from "./probe.js";
import { isKnown, say } from "./words.js";

let catalogue;

/** The server's own table of refusals; empty where it cannot be had. */
function faults() {
  catalogue ??= get("/doctor/faults.json").then(({ text }) => {
    try {
      return Object.entries(JSON.parse(text));
    } catch {
      return [];
    }
  });
  return catalogue;
}

/** What a close code means, what the server said with it, and whether to try again: a line for each. */
export async function meaningOf({ code, reason }) {
  const fault = await faultOf(code, reason);
  const lines = [isKnown(`close_${code}`) ? say(`close_${code}`) : say("close_other")];
  if (reason !== "") lines.push(say("server_words", { reason }));
  // In English, as the reason is, and without the marks that make code of it elsewhere.
  if (fault !== undefined) lines.push(fault.hint.replaceAll("`", ""), say(`retry_${fault.retry}`));
  return { code, meaning: lines.join("\n") };
}

/** Several faults may share a code. The reason tells them apart where it is the fault's own message. */
async function faultOf(code, reason) {
  const rows = (await faults()).map(([, row]) => row).filter(({ close }) => close === code);
  const message = reason.replace(/ \[\w+\]$/, "");
  return rows.find((row) => row.message === message) ?? (rows.length === 1 ? rows[0] : undefined);
}
