/** Returns how people read which rule it is: its position, after its name if it has one. */
export const ruleLabel = ({ rule, ruleName }: { rule: string; ruleName?: string | undefined }): string =>
  ruleName === undefined ? rule : `${ruleName} (${rule})`;
