import { whoAnswers } from "./cases.ts";
import { tryAll } from "./kit/try.ts";

tryAll(whoAnswers);
