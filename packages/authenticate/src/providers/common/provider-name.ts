/** Returns the name that users know a provider by, or the ID of one that is no longer configured. */
export function providerName(providers: readonly { id: string; name: string }[], id: string): string {
  return providers.find((provider) => provider.id === id)?.name ?? id;
}
