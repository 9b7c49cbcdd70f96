import { nameFault } from './name-fault.ts';

/**
 * Marks that turn the direction of text, marks without width, fillers and the like, the blank of Braille, and spaces that
 * look like the usual one.
 */
const unseen = /(?! )[\p{Cf}\p{Default_Ignorable_Code_Point}\p{Zs}\u2800]/u;

/**
 * Returns why no one can have this user name, or undefined if someone can. It is shown to those who approve, and in the
 * audit trail, and must not look like the name of another. Groups are named by administrators and may have such marks,
 * which Persian and emoji need.
 */
export function userNameFault(name: string): string | undefined {
  return nameFault(name) ?? (unseen.test(name) ? 'contains invisible characters' : undefined);
}
