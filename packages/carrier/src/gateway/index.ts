// The gateway's end of carriers.
export { createCarriers, type Carriers, type CarriersDeps, type Refusal } from './carriers.ts';
export { refusalReasons } from './greet.ts';
export type { Carrier, CarrierLimits, Dial, SentToken } from './carrier.ts';
export { upgradeAccepted, upgradeRefusal } from './upgrade-refusal.ts';
export { plainOver, secureOver, type OnRead } from './socket-over.ts';
