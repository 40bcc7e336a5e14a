import { because, known, type Outcome } from "../outcome.ts";
import type { NoAnswer } from "../wire/http.ts";

/** What else can be said of somebody who does not answer the handshake. */
export interface Otherwise {
  /** The port was asked for plainly, and speaks TLS. */
  readonly speaksTls: boolean;
  /** An ordinary request is answered. */
  readonly speaksHttp: boolean;
  /** Even somebody who has not said a word is hung up on. */
  readonly resetsAll?: boolean;
}

/** A TLS record of type alert (RFC 8446 5.1). */
export const isAlert = (bytes: Uint8Array): boolean => bytes[0] === 0x15 && bytes[1] === 0x03;

/** What came is no HTTP, or no whole answer. */
export function judgeNoAnswer({ bytes, ending }: NoAnswer, otherwise: Otherwise): Outcome {
  const { speaksTls, speaksHttp, resetsAll } = otherwise;
  if (resetsAll === true) return because("tcp_reset");
  // A proxy that passes on what it got: TLS is what its upstream speaks.
  if (isAlert(bytes) && speaksHttp) return because("bad_gateway", { banner: "TLS" });
  if (speaksTls || isAlert(bytes))
    return because("plain_on_tls_port", { how: isAlert(bytes) ? "alert" : "closed" });
  if (ending?.how === "failure" && /CERTIFICATE_REQUIRED/.test(ending.code))
    return because("tls_client_cert", { code: ending.code });
  if (speaksHttp || /^HTTP\/1\.[01] \d{3}/.test(textOf(bytes)))
    return ending === undefined
      ? because("upgrade_hangs")
      : because("bad_handshake", { how: bytes.length === 0 ? "hangs_up_at_upgrade" : "ends_half_way" });
  if (bytes.length === 0)
    return ending === undefined
      ? because("silent")
      : because("hung_up", known({ code: ending.code || undefined }));
  if (isHttp2(bytes)) return because("http2_only", { code: "SETTINGS" });
  return because("not_http", known({ banner: printable(bytes), speaks: protocolOf(bytes) }));
}

const textOf = (bytes: Uint8Array): string => Buffer.from(bytes.subarray(0, 200)).toString("latin1");

/** An HTTP/2 server's first frame is SETTINGS, type 4, on stream 0 (RFC 9113 3.4). */
const isHttp2 = (bytes: Uint8Array): boolean =>
  bytes.length >= 9 && bytes[0] === 0 && bytes[1] === 0 && bytes[3] === 4 && bytes[4] === 0;

const printable = (bytes: Uint8Array): string =>
  Buffer.from(bytes.subarray(0, 80))
    .toString("latin1")
    .replace(/[^\x20-\x7e]+/g, " ")
    .trim()
    .slice(0, 60);

/** First words of servers that are not HTTP. */
const banners: readonly (readonly [RegExp, string])[] = [
  [/^SSH-/, "SSH"],
  [/^220[ -].*(SMTP|mail|Postfix|Exim)/i, "SMTP"],
  [/^220[ -]/, "FTP"],
  [/^-(ERR|DENIED|NOAUTH|MISCONF)/, "Redis"],
  [/^\+OK/, "POP3"],
  [/^\* OK/, "IMAP"],
  [/^RFB \d/, "VNC"],
  [/^AMQP/, "AMQP"],
  [/unsupported frontend protocol|invalid length of startup packet/, "PostgreSQL"],
  [/mysql_native_password|caching_sha2_password|MariaDB/, "MySQL"],
  [/^INFO \{/, "NATS"],
];

const protocolOf = (bytes: Uint8Array): string | undefined => {
  const text = textOf(bytes);
  return banners.find(([pattern]) => pattern.test(text))?.[1];
};
