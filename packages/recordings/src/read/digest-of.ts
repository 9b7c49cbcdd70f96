const hexOf = (bytes: ArrayBuffer): string =>
  [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, '0')).join('');

/** Returns the SHA-256 of bytes, in hexadecimal. */
export const digestOf = async (bytes: Uint8Array): Promise<string> =>
  hexOf(await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>));

/** Returns the digest of a recording: over the digests of its files in order, each in hexadecimal. */
export const digestOfRecording = (sha256: readonly string[]): Promise<string> =>
  digestOf(new TextEncoder().encode(sha256.join('')));
