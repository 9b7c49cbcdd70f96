// Attacks on a gateway whose results a client can judge from outside, and the raw connections that they use.
export { attackRows, probeCount } from './rows/attack-rows.ts';
export { NoBaseline, runAttack, type AttackResult, type AttackTarget, type RowResult } from './run-attack.ts';
export { exchangeRaw, receive, type RawTarget } from './wire/exchange-raw.ts';
export { readReply } from './wire/raw-reply.ts';
export { writeRequest } from './wire/write-request.ts';
