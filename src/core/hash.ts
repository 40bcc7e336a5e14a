/** SHA-256 in hex, of the text's UTF-8. Tokens are kept and looked up so: the store holds none, and a lookup leaks no time. */
export async function sha256(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return Buffer.from(digest).toString("hex");
}
