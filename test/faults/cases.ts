import { answerCases } from "./cases/answers.ts";
import { apacheCases } from "./cases/apache.ts";
import { applicationCases } from "./cases/applications.ts";
import { caddyCases } from "./cases/caddy.ts";
import { closeCases } from "./cases/closes.ts";
import { frameCases } from "./cases/frames.ts";
import { gatewayCases } from "./cases/gateways.ts";
import { handshakeCases } from "./cases/handshakes.ts";
import { haproxyCases } from "./cases/haproxy.ts";
import { libraryCases } from "./cases/libraries.ts";
import { limitCases } from "./cases/limits.ts";
import { networkCases } from "./cases/network.ts";
import { nginxCases } from "./cases/nginx.ts";
import { sessionCases } from "./cases/sessions.ts";
import { slowCases } from "./cases/slow.ts";
import { tcpCases } from "./cases/tcp.ts";
import { tlsCases } from "./cases/tls.ts";
import { tokenCases } from "./cases/tokens.ts";
import type { FaultCase } from "./kit/case.ts";

export type Chapters = Readonly<Record<string, readonly FaultCase[]>>;

/** On the way to the server. */
export const onTheWay: Chapters = {
  "The network": networkCases,
  "The port": tcpCases,
  TLS: tlsCases,
  "Networks, clouds and gateways that answer by themselves": gatewayCases,
};

/** What answers there. */
export const whoAnswers: Chapters = {
  nginx: nginxCases,
  Caddy: caddyCases,
  HAProxy: haproxyCases,
  Apache: apacheCases,
  "Applications that speak HTTP": applicationCases,
  "Libraries of Python": libraryCases,
  "HTTP answers": answerCases,
  Handshakes: handshakeCases,
};

/** Once the socket is open, or nearly. */
export const onTheSocket: Chapters = {
  "Closed at once": closeCases,
  Frames: frameCases,
  "Pings, silence, sizes, many at once": sessionCases,
  "Slow lines and busy servers": slowCases,
  Tokens: tokenCases,
  "Peyk's paths and limits": limitCases,
};

/** Every set-up that the doctor must judge right, in chapters of docs/doctor.md. */
export const chapters: Chapters = { ...onTheWay, ...whoAnswers, ...onTheSocket };
