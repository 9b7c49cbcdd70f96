import { parseFieldTerm, splitFieldSelector, type FieldRequirement } from '@sallyport/contracts';

/** Parses a field selector like apimachinery, with terms in its sorted order; undefined if it is malformed. */
export function parseFieldSelector(selector: string): FieldRequirement[] | undefined {
  const requirements: FieldRequirement[] = [];
  for (const term of sorted(splitFieldSelector(selector))) {
    if (term === '') continue;
    const requirement = parseFieldTerm(term);
    if (requirement === undefined) return undefined;
    requirements.push(requirement);
  }
  return requirements;
}

/** Returns the value that a selector requires of `field`: empty if none, undefined if the selector is malformed. */
export function requiredFieldValue(selector: string, field: string): string | undefined {
  let least: Buffer | undefined;
  let value = '';
  // Not sorted as a whole: this runs before the caller is authenticated, and sorting tens of thousands of terms takes
  // tens of milliseconds.
  for (const term of selector === '' ? [] : splitFieldSelector(selector)) {
    if (term === '') continue;
    const requirement = parseFieldTerm(term);
    if (requirement === undefined) return undefined;
    if (!requirement.equal || requirement.field !== field) continue;
    const bytes = Buffer.from(term);
    if (least !== undefined && bytes.compare(least) >= 0) continue;
    least = bytes;
    value = requirement.value;
  }
  return value;
}

// Of two values for a field the first in byte order wins, so the order is part of the meaning.
function sorted(terms: string[]): string[] {
  if (terms.length < 2) return terms;
  return terms
    .map((term) => Buffer.from(term))
    .sort((a, b) => a.compare(b))
    .map((term) => term.toString());
}
