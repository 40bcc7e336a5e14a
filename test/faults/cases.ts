import { answerCases } from "./cases/answers.ts";
import { applicationCases } from "./cases/applications.ts";
import { frameCases } from "./cases/frames.ts";
import { handshakeCases } from "./cases/handshakes.ts";
import { libraryCases } from "./cases/libraries.ts";
import { limitCases } from "./cases/limits.ts";
import { networkCases } from "./cases/network.ts";
import { nginxCases } from "./cases/nginx.ts";
import { apacheCases, caddyCases, haproxyCases } from "./cases/proxies.ts";
import { tcpCases } from "./cases/tcp.ts";
import { tlsCases } from "./cases/tls.ts";
import { tokenCases } from "./cases/tokens.ts";
import type { FaultCase } from "./kit/case.ts";

/** Every set-up that the doctor must judge right, in chapters of docs/doctor.md. */
export const chapters: Readonly<Record<string, readonly FaultCase[]>> = {
  "The network": networkCases,
  "The port": tcpCases,
  TLS: tlsCases,
  nginx: nginxCases,
  Caddy: caddyCases,
  HAProxy: haproxyCases,
  Apache: apacheCases,
  Applications: applicationCases,
  "Libraries of Python": libraryCases,
  "HTTP answers": answerCases,
  Handshakes: handshakeCases,
  Frames: frameCases,
  Tokens: tokenCases,
  "Peyk's paths and limits": limitCases,
};
