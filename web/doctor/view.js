import { list, say } from "./words.js";

const marks = { ok: "✓", warning: "!", broken: "✗", running: "", waiting: "", skipped: "–" };

/** Only ever text: nothing that a server, a path or a person says becomes markup. */
function element(tag, className, text) {
  const made = document.createElement(tag);
  made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

/** One line of the list; the same line again where it is there already. */
export function show(host, name, { status, detail = "", ms }) {
  const row = host.querySelector(`[data-step="${name}"]`) ?? host.appendChild(element("li", "step"));
  row.dataset.step = name;
  row.dataset.status = status;
  const mark = element("span", "mark", marks[status]);
  mark.ariaHidden = "true";
  const title = element("span", "name", say(`steps_${name}`));
  title.append(element("span", "hidden", `: ${say(`status_${status}`)}`));
  const took = element("span", "took", ms === undefined ? "" : say("ms", { ms: Math.max(1, ms) }));
  row.replaceChildren(mark, title, took, element("span", "detail", detail));
}

/** The sentence at the top, and what to do. */
export function showVerdict(status, kind) {
  const box = document.getElementById("verdict");
  box.dataset.status = status;
  document.getElementById("headline").textContent = say(`verdict_${kind}`);
  const advice = [...list(`verdict_${kind}_advice`)];
  if (kind === "socket" && location.protocol === "http:") advice.unshift(say("verdict_socket_http_advice"));
  document.getElementById("advice").replaceChildren(...advice.map((text) => element("li", "", text)));
}

/** Each line in the direction of its own first letter. What is copied has no marks for the eye in it. */
export function showLines(host, lines) {
  const rows = lines.map((line) => {
    const row = element("span", "line", `${line.replace(/[\u2068\u2069]/g, "")}\n`);
    row.dir = "auto";
    return row;
  });
  host.replaceChildren(...rows);
}

/** Copies what stands in an element, and says so on the button for a moment. */
export function copyButtons() {
  for (const button of document.querySelectorAll("[data-copy]"))
    button.addEventListener("click", async () => {
      await copy(document.getElementById(button.dataset.copy));
      button.textContent = say("copied");
      setTimeout(() => {
        button.textContent = say("copy");
      }, 2_000);
    });
}

/** Pages over http have no clipboard to write to, but a selection. */
async function copy(source) {
  if (navigator.clipboard !== undefined) return navigator.clipboard.writeText(source.textContent);
  getSelection().selectAllChildren(source);
  document.execCommand("copy");
}
