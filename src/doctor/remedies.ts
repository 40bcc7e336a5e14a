import type { Remedy } from "./report.ts";

export interface RemedyText extends Remedy {
  /** Fits where one of these answers; absent: everywhere. */
  readonly who?: RegExp;
}

export const remedies: Readonly<Record<string, readonly RemedyText[]>> = {};
