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

/** Share of a fault's own words that a reason must have to be its particulars: `pages of https://… may not connect`. */
const alike = 0.6;

/** Several faults may share a code; the reason tells them apart. */
async function faultOf(code, reason) {
  const rows = (await faults()).map(([, row]) => row).filter(({ close }) => close === code);
  const said = reason.split(" ");
  const share = ({ message }) => {
    const own = message.split(" ");
    return own.filter((word) => said.includes(word)).length / own.length;
  };
  const [best] = rows.sort((a, b) => share(b) - share(a));
  return best !== undefined && (share(best) >= alike || rows.length === 1) ? best : undefined;
}
