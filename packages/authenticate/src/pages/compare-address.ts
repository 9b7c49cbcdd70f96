/** Where a program asks from, in words by which a person sees whether it is where their own browser (`here`) is. */
export function compareAddress(address: string | undefined, here: string | undefined): string {
  if (address === undefined) return 'not known';
  return `${address} (${address === here ? 'the address of this browser, too' : 'not the address of this browser'})`;
}
