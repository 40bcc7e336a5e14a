import { type FaultName, faults } from "../../protocol/faults.ts";
import { faultsFa } from "./faults-fa.ts";
import { faultsRu } from "./faults-ru.ts";

/** Every row of the fault catalogue in one language; a missing one does not compile. */
export type FaultWords = Readonly<Record<FaultName, { readonly message: string; readonly hint: string }>>;

/** The catalogue's own words are the English ones. */
export const faultWords: Readonly<Record<"en" | "fa" | "ru", FaultWords>> = {
  en: faults,
  fa: faultsFa,
  ru: faultsRu,
};
