// The files of the page as text: the server imports them as such, so that they are in the one-file executable too.
import codes from "./codes.js" with { type: "text" };
import main from "./main.js" with { type: "text" };
import own from "./own.js" with { type: "text" };
import style from "./page.css" with { type: "text" };
import page from "./page.html" with { type: "text" };
import probe from "./probe.js" with { type: "text" };
import steps from "./steps.js" with { type: "text" };
import view from "./view.js" with { type: "text" };
import en from "./words/en.json" with { type: "json" };
import fa from "./words/fa.json" with { type: "json" };
import ru from "./words/ru.json" with { type: "json" };
import words from "./words.js" with { type: "text" };

export { page, style };
export const scripts = {
  "codes.js": codes,
  "main.js": main,
  "own.js": own,
  "probe.js": probe,
  "steps.js": steps,
  "view.js": view,
  "words.js": words,
};
export const languages = { en, fa, ru };
