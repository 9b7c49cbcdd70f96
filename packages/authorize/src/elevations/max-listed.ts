/** How many elevations of one person are looked at, and how many an answer lists. */
export const maxListed = 200;
