/** Returns what a person reads of a cluster that does not exist, or of which no rule is about them. */
export const noSuchCluster = (name: string): string =>
  `There is no cluster ${JSON.stringify(name.slice(0, 63))} that you may use. Run "sallyport clusters" to list yours, or ask your operator for access.`;
