import { onTheSocket } from "./cases.ts";
import { tryAll } from "./kit/try.ts";

tryAll(onTheSocket);
