/** Returns a key that is the same for all streams of one user. */
export function ownerKey(owner: { issuer: string; subject: string } | undefined): string {
  return `${owner?.issuer}\0${owner?.subject}`;
}
