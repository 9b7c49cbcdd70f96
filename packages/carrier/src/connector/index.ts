// The connector's end of carriers.
export { openCarrier, type OpenCarrier, type OpenCarrierDeps } from './open-carrier.ts';
export { keepCarriers, type KeepCarriersDeps, type KeptCarrier } from './keep-carriers.ts';
export type { Answers, IssuedToken, TokenSource } from './serve-session.ts';
