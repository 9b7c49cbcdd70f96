export const actions = ['allow', 'deny'] as const;
export type Action = (typeof actions)[number];

/** The operators in the order in which the alternatives of one rule are named and tried. */
export const operators = ['and', 'or', 'not', 'nor'] as const;
export type Operator = (typeof operators)[number];
