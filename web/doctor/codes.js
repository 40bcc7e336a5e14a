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

/** What a close code means, and what the server said with it. */
export async function meaningOf({ code, reason }) {
  const known = isKnown(`close_${code}`) ? say(`close_${code}`) : say("close_other");
  const fault = await faultOf(code, reason);
  const words =
    reason === "" ? "" : ` ${say("server_words", { reason, hint: fault === undefined ? "" : fault.hint })}`;
  const retry = fault === undefined ? "" : ` ${say(`retry_${fault.retry}`)}`;
  return { code, meaning: `${known}${words}${retry}` };
}

/** Several faults may share a code. The reason tells them apart where it is the fault's own message. */
async function faultOf(code, reason) {
  const rows = (await faults()).map(([, row]) => row).filter(({ close }) => close === code);
  const message = reason.replace(/ \[\w+\]$/, "");
  return rows.find((row) => row.message === message) ?? (rows.length === 1 ? rows[0] : undefined);
}
