/** Describes a program's address so that the user sees whether it is the address of their browser (`here`). */
export function compareAddress(address: string | undefined, here: string | undefined): string {
  if (address === undefined) return 'unknown';
  return `${address} (${address === here ? 'the same address as this browser' : 'not the address of this browser'})`;
}
