/** The whole body, or `undefined` as soon as it is longer than `limit` bytes. Rejects when the connection breaks. */
export async function readLimited(response: Response, limit: number): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  if (Number(response.headers.get("content-length") ?? 0) > limit) return drop(response);
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength;
    if (size > limit) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

async function drop(response: Response): Promise<undefined> {
  await response.body?.cancel();
}
