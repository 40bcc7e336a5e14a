import { explain } from "../doctor/explain.ts";
import type { Refusal } from "../protocol/refusal.ts";
import { CommandError, type Parsed, print } from "./command.ts";
import { ask, NoAnswer, remoteFrom } from "./remote.ts";

/** A receipt, also as it stands in a close reason: `[r_8f2k9a]`. */
const receiptPattern = /^\[?(r_[a-z0-9]{6})\]?$/;

/**
 * Prints the story of a refusal: asks the server of DATA_DIR, or the one that the values `url` and `token` name. With
 * `json`, the story as the API gives it. Returns the exit code, or throws the sentence that says why there is none.
 */
export async function runExplain(parsed: Parsed, receipt: string): Promise<number> {
  const [, id] = receiptPattern.exec(receipt.trim()) ?? [];
  if (id === undefined)
    throw new CommandError(
      `${receipt}: a receipt looks like r_8f2k9a. It stands at the end of a close reason.`,
    );
  const story = await storyOf(parsed, id);
  if (parsed.values.json === true) print(JSON.stringify(story, null, 2));
  else for (const line of explain(story)) print(line);
  return 0;
}

/** The ring lives in the serving process; where that is gone, the log still knows. */
async function storyOf(parsed: Parsed, id: string): Promise<Refusal> {
  try {
    return (await ask(remoteFrom(parsed), `/api/refusals/${id}`)) as Refusal;
  } catch (error) {
    if (!(error instanceof NoAnswer) && !(error instanceof CommandError)) throw error;
    const where = `Refusals are kept while the server runs. The log keeps them longer: grep ${id} in it.`;
    throw new CommandError(`${error.message}\n${where}`);
  }
}
