/** Returns the identities in the text of an identity file of age. Throws if there is none, or something else is in it. */
export function parseIdentities(text: string): string[] {
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  const identities = lines.filter((line) => line !== '' && !line.startsWith('#'));
  // The line is not shown, because it may be a secret.
  if (identities.some((line) => !/^AGE-SECRET-KEY-1[A-Z0-9]{58}$/.test(line)))
    throw new Error('This is not an identity file of age: a line does not begin with AGE-SECRET-KEY-1.');
  if (identities.length === 0) throw new Error('There is no identity in this file.');
  return identities;
}
