import {
  createRemoteJWKSet,
  decodeJwt,
  importSPKI,
  type JWTPayload,
  type JWTVerifyOptions,
  jwtVerify,
} from "jose";
import type { Clock } from "../../core/clock.ts";
import { type Identity, type Role, roles } from "../../core/identity.ts";
import { Fault } from "../../protocol/faults.ts";
import { tokenFault } from "./token-fault.ts";

/** One entry of JWT_ISSUERS: a back end whose tokens we accept. Exactly one of the three keys is set. */
export interface ForeignIssuer {
  readonly name: string;
  /** Expected `iss`; absent: the tokens carry none. */
  readonly issuer?: string | undefined;
  readonly audience?: string | undefined;
  /** The one algorithm that is accepted: HS256, HS384, HS512, RS256, …, ES256, … */
  readonly algorithm: string;
  readonly secret?: string | undefined;
  /** PEM, SPKI. */
  readonly public_key?: string | undefined;
  readonly jwks_url?: string | undefined;
  readonly user_claim: string;
  readonly name_claim?: string | undefined;
  readonly role_claim?: string | undefined;
  /** Role of tokens whose role claim is absent or unknown to us. */
  readonly role: Role;
  /** Only where this says so may a token have no end. */
  readonly allow_no_expiry: boolean;
}

type Verify = (token: string, options: JWTVerifyOptions) => Promise<JWTPayload>;

/** Seconds that another back end's clock may differ from ours. */
const clockTolerance = 30;

/** Reads tokens of other back ends. Identities are `<issuer's name>:<user>`, so that they never meet our own. */
export class ForeignIssuers {
  readonly #clock: Clock;
  readonly #issuers: readonly { config: ForeignIssuer; verify: Verify }[];

  constructor(issuers: readonly ForeignIssuer[], clock: Clock) {
    this.#clock = clock;
    this.#issuers = issuers.map((config) => ({ config, verify: verifier(config) }));
  }

  /** `undefined`: no issuer here would have made this token. Throws the Fault of the issuer that would. */
  async identify(token: string): Promise<Identity | undefined> {
    if (this.#issuers.length === 0) return undefined;
    let fault: Fault | undefined;
    for (const { config, verify } of this.#candidates(token)) {
      try {
        return toIdentity(config, await verify(token, this.#options(config)));
      } catch (error) {
        fault = tokenFault(error, this.#clock.now());
        // The key fits, so it is this issuer's token: what is wrong with it is the answer.
        if (fault.fault === "token_expired") throw fault;
      }
    }
    if (fault !== undefined) throw fault;
    return undefined;
  }

  #candidates(token: string) {
    const iss = claimedIssuer(token);
    return this.#issuers.filter(({ config }) => config.issuer === iss);
  }

  #options({ issuer, audience, algorithm, user_claim, allow_no_expiry }: ForeignIssuer): JWTVerifyOptions {
    return {
      algorithms: [algorithm],
      clockTolerance,
      currentDate: new Date(this.#clock.now()),
      requiredClaims: allow_no_expiry ? [user_claim] : [user_claim, "exp"],
      ...(issuer === undefined ? {} : { issuer }),
      ...(audience === undefined ? {} : { audience }),
    };
  }
}

function claimedIssuer(token: string): string | undefined {
  try {
    return decodeJwt(token).iss;
  } catch (cause) {
    throw new Fault("bad_token", "this is no readable token", { cause });
  }
}

function verifier({ secret, public_key, jwks_url, algorithm }: ForeignIssuer): Verify {
  if (jwks_url !== undefined) {
    const keys = createRemoteJWKSet(new URL(jwks_url));
    return async (token, options) => (await jwtVerify(token, keys, options)).payload;
  }
  const key =
    secret === undefined ? importSPKI(public_key ?? "", algorithm) : new TextEncoder().encode(secret);
  return async (token, options) => (await jwtVerify(token, await key, options)).payload;
}

function toIdentity(config: ForeignIssuer, payload: JWTPayload): Identity {
  const user = userOf(config, payload);
  const named = config.name_claim === undefined ? undefined : payload[config.name_claim];
  return {
    id: `${config.name}:${user}`,
    role: roleOf(config, payload),
    name: typeof named === "string" ? named.slice(0, 200) : user,
    ...(payload.exp === undefined ? {} : { expiresAt: payload.exp * 1000 }),
  };
}

/** A name or a whole number: anything else (null, a list, nothing) would make one identity of many users. */
function userOf({ user_claim }: ForeignIssuer, payload: JWTPayload): string {
  const user = payload[user_claim];
  if ((typeof user === "string" && user !== "") || Number.isSafeInteger(user)) return String(user);
  throw new Fault("bad_token", `the token's ${user_claim} names no user`);
}

function roleOf({ role_claim, role }: ForeignIssuer, payload: JWTPayload): Role {
  const claimed = role_claim === undefined ? undefined : payload[role_claim];
  const grantable = roles.filter((each) => each !== "anonymous" && each !== "device");
  return grantable.find((each) => each === claimed) ?? role;
}
