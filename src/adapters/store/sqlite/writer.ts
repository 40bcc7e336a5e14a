/** The writer's thread: a slow disk stalls this thread, and never the sockets. */
import { BatchWriter } from "./batch.ts";
import type { FromWriter, ToWriter } from "./messages.ts";
import { packOutcomes, unpackUnits } from "./packing.ts";

declare const self: Worker;

const answer = (message: FromWriter) => postMessage(message);
let writer: BatchWriter | undefined;

self.onmessage = ({ data }: MessageEvent<ToWriter>) => {
  try {
    if ("open" in data) {
      writer = new BatchWriter(data.open, data.checkpointer);
      answer({ opened: true });
    } else if ("packed" in data) {
      answer({ packed: packOutcomes(writer!.write(unpackUnits(data.packed))) });
      writer!.checkpoints.afterBatch();
    } else {
      writer?.close();
      answer({ closed: true });
    }
  } catch (error) {
    answer({ broken: error instanceof Error ? error.message : String(error) });
  }
};
