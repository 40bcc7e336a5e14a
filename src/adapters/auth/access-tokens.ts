import { jwtVerify, SignJWT } from "jose";
import type { Clock } from "../../core/clock.ts";
import { randomId } from "../../core/id.ts";
import { Fault } from "../../protocol/faults.ts";
import { tokenFault } from "./token-fault.ts";

/** What an access token says: whose it is, and which login it came from. */
export interface AccessClaims {
  readonly user: number;
  readonly session: string;
}

const issuer = "peyk";

/** Our own access tokens: JWT (RFC 7519), HS256 with JWT_SECRET, `sub` the user, `sid` the session. */
export class AccessTokens {
  readonly #clock: Clock;
  readonly #key: Promise<CryptoKey>;

  constructor(secret: string, clock: Clock) {
    this.#clock = clock;
    const bytes = new TextEncoder().encode(secret);
    // Imported once: jose would otherwise import the bytes anew for each token.
    this.#key = crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, [
      "sign",
      "verify",
    ]);
  }

  /** `ttl` in seconds. `user_id` and `token_type` are there for clients that expect SimpleJWT's claims (seed 004). */
  async issue({ user, session }: AccessClaims, ttl: number): Promise<string> {
    const now = Math.floor(this.#clock.now() / 1000);
    return new SignJWT({ sid: session, user_id: user, token_type: "access" })
      .setProtectedHeader({ alg: "HS256", typ: "JWT" })
      .setIssuer(issuer)
      .setSubject(String(user))
      .setJti(randomId(16))
      .setIssuedAt(now)
      .setExpirationTime(now + ttl)
      .sign(await this.#key);
  }

  /** Throws the Fault that says what is wrong with the token. `expiresAt` in milliseconds since 1970. */
  async read(token: string): Promise<AccessClaims & { expiresAt: number }> {
    const now = this.#clock.now();
    try {
      const { payload } = await jwtVerify(token, await this.#key, {
        algorithms: ["HS256"],
        issuer,
        requiredClaims: ["sub", "sid", "exp"],
        currentDate: new Date(now),
      });
      if (payload.token_type !== "access") throw new Fault("bad_token", "this is no access token");
      return {
        user: Number(payload.sub),
        session: String(payload.sid),
        expiresAt: Number(payload.exp) * 1000,
      };
    } catch (error) {
      throw tokenFault(error, now);
    }
  }
}
