import type { PolicyInput } from '../../config/gateway-config.ts';
import { bitOf, type Field } from './fields.ts';
import type { RecordedRequest } from './recorded-request.ts';

/** The fields that were read since the last reset, and those of them that the event does not record, as bits. */
export type Watch = { read: number; missing: number };

type See = <T>(field: Field, value: T) => T;

/** The members of `kubernetes` in an input that a recorded request has under the same name. */
const kubernetesMembers = [
  'cluster',
  'verb',
  'requestVerb',
  'isResourceRequest',
  'apiGroup',
  'apiVersion',
  'resource',
  'subresource',
  'namespace',
  'name',
  'labelSelector',
  'fieldSelector',
  'namespaced',
  'aggregated',
  'upsert',
  'upgrade',
  'exec',
  'impersonate',
] as const;

function kubernetesPart(request: RecordedRequest, see: See): PolicyInput['kubernetes'] {
  const part = {
    get path() {
      return see('path', request.path);
    },
    get dryRun() {
      return see('kubernetes.dryRun', request.dryRun === true ? true : undefined);
    },
  };
  for (const name of kubernetesMembers)
    Object.defineProperty(part, name, { enumerable: true, get: () => see(`kubernetes.${name}`, request[name]) });
  return part;
}

function requestPart(request: RecordedRequest, see: See) {
  return {
    get method() {
      return see('request.method', request.method);
    },
    get path() {
      return see('path', request.path);
    },
    get host() {
      return see('request.host', undefined);
    },
    get ip() {
      return see('request.ip', request.ip);
    },
    get headers() {
      return see('request.headers', undefined);
    },
    get clientCertificate() {
      return see('request.clientCertificate', undefined);
    },
  };
}

/**
 * Returns a recorded request as an input for a policy. Every field that is read is noted. A missing field is therefore
 * detected where it is read, whatever the criteria are, and is never taken to be empty.
 */
export function recordedInput(request: RecordedRequest, watch: Watch): PolicyInput {
  const see: See = (field, value) => {
    const bit = bitOf(field);
    watch.read |= bit;
    watch.missing |= bit & request.missing;
    return value;
  };
  // Own accessors, not those of a prototype: code that copies the object reads, and so notes, all of them.
  return {
    user: {
      get id() {
        return see('user.id', request.user);
      },
      get email() {
        return see('user.email', request.email);
      },
      get groups() {
        return see('user.groups', request.groups);
      },
      get claims() {
        return see('claims', undefined);
      },
    },
    session: {
      get id() {
        return see('session.id', request.sessionId);
      },
      get claims() {
        return see('claims', undefined);
      },
    },
    request: requestPart(request, see),
    kubernetes: kubernetesPart(request, see),
    get elevations() {
      return see('elevations', undefined);
    },
    // Who was on call is recorded as little as who had which elevation, and there are bits for 32 fields.
    get onCall() {
      return see('elevations', undefined);
    },
    get now() {
      return see('now', request.now);
    },
  };
}
