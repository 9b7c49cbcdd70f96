/**
 * How many ended rights are kept and read at once at most, and for how long. Nothing that was given for a time lasts as
 * long.
 */
export const rightsEndsLimits = { max: 50_000, atOnce: 1000, keptMs: 60 * 24 * 3_600_000 };
