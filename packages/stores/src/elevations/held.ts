/**
 * What one replica at a time may have: a person, to decide what they can ask for, or the events of an elevation or a
 * service account, to record them.
 */
export type Held = { issuer: string; subject: string } | { eventsOf: string };
