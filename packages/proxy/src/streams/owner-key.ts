/** What tells the owner of one stream from that of another. */
export function ownerKey(owner: { issuer: string; subject: string } | undefined): string {
  return `${owner?.issuer}\0${owner?.subject}`;
}
