import { onTheWay } from "./cases.ts";
import { tryAll } from "./kit/try.ts";

tryAll(onTheWay);
