import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";

/** What came of one request: an answer, or why there is none. */
export type Answer =
  | { readonly status: number; readonly body: string; readonly ms: number }
  | { readonly failed: "refused" | "silent" | "unreachable" | "hung up" };

export interface Question {
  readonly address: string;
  readonly port: number;
  readonly tls: boolean;
  readonly path: string;
  /** Milliseconds for the whole request; absent: what is enough for an answer that needs no thought. */
  readonly patience?: number;
}

/** Milliseconds for the whole request, on this very machine. */
const usual = 1_200;
/** Bytes of an answer that are read; health has a few thousand. */
const enough = 256 * 1024;

/**
 * Where a question to 127.0.0.1 comes from, where the system has more than one loopback address, as Linux: a proxy that
 * TRUST_PROXY names has 127.0.0.1, and who comes from there without saying for whom stands for a stranger.
 */
const elsewhere = "127.0.0.2";

/**
 * A GET on a connection of its own, past every proxy of the environment. It is this machine, by an address that no
 * certificate needs to name: so the certificate is judged elsewhere.
 */
export async function ask(question: Question): Promise<Answer> {
  if (question.address !== "127.0.0.1") return askFrom(undefined, question);
  const answer = await askFrom(elsewhere, question);
  return "failed" in answer && answer.failed === "unreachable" ? askFrom(undefined, question) : answer;
}

function askFrom(localAddress: string | undefined, question: Question): Promise<Answer> {
  const { address, port, tls, path, patience = usual } = question;
  const started = performance.now();
  const host = `${address.includes(":") ? `[${address}]` : address}:${port}`;
  const from = localAddress === undefined ? {} : { localAddress };
  const options = { host: address, port, path, agent: false as const, headers: { host }, ...from };
  return new Promise((resolve) => {
    const request = tls ? httpsRequest({ ...options, rejectUnauthorized: false }) : httpRequest(options);
    const end = (answer: Answer) => {
      clearTimeout(timer);
      resolve(answer);
      request.destroy();
    };
    const timer = setTimeout(() => end({ failed: "silent" }), patience);
    request.on("error", (error) => end({ failed: whyOf(error) }));
    request.on("response", (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (text: string) => {
        body += text;
        if (body.length > enough) end({ failed: "hung up" });
      });
      response.on("error", () => end({ failed: "hung up" }));
      response.on("end", () =>
        end({ status: response.statusCode ?? 0, body, ms: Math.round(performance.now() - started) }),
      );
    });
    request.end();
  });
}

function whyOf(error: unknown): "refused" | "silent" | "unreachable" | "hung up" {
  const { code = "" } = error as { code?: string };
  if (/REFUSED/i.test(code)) return "refused";
  if (/UNREACH|ADDRNOTAVAIL/i.test(code)) return "unreachable";
  return /TIMEDOUT/i.test(code) ? "silent" : "hung up";
}
