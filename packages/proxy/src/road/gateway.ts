import type { Exchange, Step } from '../exchange/exchange.ts';
import { takeSteps } from '../passage/take-steps.ts';

type GatewaySteps = {
  openAudit: Step;
  readTarget: Step;
  readKubeRequest: Step;
  readCredential: Step;
  check: Step;
  admitStream: Step;
  commitAudit: Step;
  impersonate: Step;
  refuseEnded: Step;
  send: Step;
  sendStatus(exchange: Exchange, error: unknown): void;
};

/**
 * Creates the road that every request to a cluster takes, upgrades included. Each step adds its part or refuses, and
 * nothing goes upstream before the last step.
 */
export function createGateway(steps: GatewaySteps): (exchange: Exchange) => Promise<void> {
  const road: readonly Step[] = [
    steps.openAudit, //       nothing begins whose end could not be recorded
    steps.readTarget, //      which cluster, and the headers: 403 for an identity header. An unknown cluster passes
    steps.readKubeRequest, // what is asked: 400 for what could be read in two ways, 405 for unknown methods
    steps.readCredential, //  who asks: exactly one credential
    steps.check, //           authorize decides: 401, 403, and 503 if it cannot be reached
    steps.admitStream, //     a stream is registered, any other request is counted: 429 beyond the limits
    steps.commitAudit, //     what must not run unaudited waits for the acknowledgement
    steps.impersonate, //     the upstream headers, from an allow-list, as the user
    steps.refuseEnded, //     what was ended while it waited goes no further
    steps.send, //            forward, or tunnel for an upgrade
  ];
  return takeSteps(road, steps.sendStatus);
}
