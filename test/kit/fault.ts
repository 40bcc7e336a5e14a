import { Fault, type FaultName } from "../../src/protocol/faults.ts";

/**
 * The name of the fault that a promise rejects with; `undefined` if it resolves. In place of `expect(…).rejects`,
 * which blocks the event loop that the writer's thread answers through.
 */
export async function faultOf(promise: Promise<unknown>): Promise<FaultName | undefined> {
  try {
    await promise;
    return undefined;
  } catch (error) {
    if (error instanceof Fault) return error.fault;
    throw error;
  }
}
