/** AES-256-GCM (NIST SP 800-38D) with a random 96-bit nonce before each text: what is on the disk is no use without the key. */
export class AesBox {
  readonly #key: Promise<CryptoKey>;

  /** `secret`: at least 128 random bits as text. */
  constructor(secret: string) {
    this.#key = importKey(secret);
  }

  async seal(text: string): Promise<string> {
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const data = new TextEncoder().encode(text);
    const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, await this.#key, data);
    return Buffer.concat([iv, new Uint8Array(sealed)]).toString("base64");
  }

  /** Rejects with a sentence where the key is another one, or the text was changed. */
  async open(sealed: string): Promise<string> {
    const bytes = Buffer.from(sealed, "base64");
    try {
      const iv = bytes.subarray(0, 12);
      const text = await crypto.subtle.decrypt({ name: "AES-GCM", iv }, await this.#key, bytes.subarray(12));
      return new TextDecoder().decode(text);
    } catch (cause) {
      throw new Error(
        "a stored secret cannot be read: was secret_key in DATA_DIR replaced? Put the old one back.",
        {
          cause,
        },
      );
    }
  }
}

async function importKey(secret: string): Promise<CryptoKey> {
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(secret));
  return crypto.subtle.importKey("raw", hash, "AES-GCM", false, ["encrypt", "decrypt"]);
}
