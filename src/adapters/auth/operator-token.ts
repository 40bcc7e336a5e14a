import { randomId } from "../../core/id.ts";
import { commandLine, type Identity } from "../../core/identity.ts";
import { Fault } from "../../protocol/faults.ts";

const prefix = "operator_";

/**
 * The token of the command line on the server's own machine: 240 random bits, new at each start, never on a disk but in
 * a file that this user alone can read. It ends with the process, and needs no account.
 */
export class OperatorToken {
  readonly value = `${prefix}${randomId(48)}`;

  /** `undefined`: a token of another kind. Throws `bad_token` for one of another run. */
  identify(token: string): Identity | undefined {
    if (!token.startsWith(prefix)) return undefined;
    if (isSame(token, this.value)) return commandLine;
    throw new Fault("bad_token", "this token is of an earlier start of the server");
  }
}

/** Takes as long whichever character differs. */
function isSame(a: string, b: string): boolean {
  let difference = a.length ^ b.length;
  for (let i = 0; i < b.length; i++) difference |= a.charCodeAt(i) ^ b.charCodeAt(i);
  return difference === 0;
}
