/** Returns the key of an account at the CA from its file. Throws if it is not base64url. */
export function readMacKey(content: string): Buffer {
  const text = content.trim().replace(/=+$/, '');
  if (!/^[A-Za-z0-9_-]+$/.test(text)) throw new Error('is not a key in base64url, as the CA shows it');
  return Buffer.from(text, 'base64url');
}
